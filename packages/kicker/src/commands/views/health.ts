import { viewOfEach } from './view.ts';

/** What a monitoring plugin answers about the kickd of one host. */
export interface HealthRecord {
  /** OK, WARNING, CRITICAL, UNKNOWN: 0 to 3, the exit code */
  state: number;
  word: string;
  text: string;
  perfdata: readonly string[];
  more: readonly string[];
}

/**
 * One line, a bar, perfdata; more lines behind.
 * @see https://nagios-plugins.org/doc/guidelines.html
 */
export const healthView = viewOfEach<HealthRecord>(
  ({ word, text, perfdata, more }) => [
    `KICKD ${word} - ${barless(text)}${perfdata.length === 0 ? '' : ` | ${perfdata.join(' ')}`}`,
    ...more.map(barless),
  ],
);

/** A bar would begin the perfdata. */
function barless(text: string): string {
  return text.replaceAll('|', '/');
}
