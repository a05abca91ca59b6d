import type { FaultFacts } from '@kickd/protocol';
import type { CheckStep } from '../ports.ts';
import type { Shell } from './command.ts';
import { toJsonLine } from './kick-result.ts';

export function passed(step: string, text: string): CheckStep {
  return { step, ok: true, text };
}

export function failed(
  step: string,
  { code, message, remedy }: Omit<FaultFacts, 'exitCode'>,
): CheckStep {
  return { step, ok: false, text: message, remedy, code };
}

/** Tells steps as they come: a mark and one line each, the remedy below what failed. */
export function createTeller(
  shell: Pick<Shell, 'say' | 'env' | 'stdoutIsTty'>,
  isJson: boolean,
): (step: CheckStep) => void {
  if (isJson) {
    return (step) => shell.say(toJsonLine({ version: 1, ...step }));
  }
  const { env } = shell;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  const isPlain = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const isUtf8 = /utf-?8/i.test(locale) && !isPlain;
  const hasColor = shell.stdoutIsTty && !isPlain && env['TERM'] !== 'dumb';
  const paint = (color: number, text: string) =>
    hasColor ? `\u001b[${color}m${text}\u001b[0m` : text;
  return ({ step, ok, text, remedy }) => {
    const mark =
      ok === undefined
        ? isUtf8
          ? '·'
          : '--'
        : ok
          ? paint(32, isUtf8 ? '✓' : 'ok')
          : paint(31, isUtf8 ? '✗' : 'FAIL');
    shell.say(`${mark} ${step}: ${text}`);
    if (remedy !== undefined) shell.say(`  type: ${remedy}`);
  };
}
