import type { CheckStep } from '../../ports.ts';
import type { View } from './view.ts';

/** Steps as they come: a mark and one line each, the remedy below what failed. */
export const stepsView: View<CheckStep> = (out) => {
  const { env } = out;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  const isPlain = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const isUtf8 = /utf-?8/i.test(locale) && !isPlain;
  const hasColor = out.stdoutIsTty && !isPlain && env['TERM'] !== 'dumb';
  const paint = (color: number, text: string) =>
    hasColor ? `\u001b[${color}m${text}\u001b[0m` : text;
  const markOf = (ok: boolean | undefined): string => {
    if (ok === undefined) return isUtf8 ? '·' : '--';
    return ok
      ? paint(32, isUtf8 ? '✓' : 'ok')
      : paint(31, isUtf8 ? '✗' : 'FAIL');
  };
  return {
    print: ({ step, ok, text, remedy }) => {
      out.say(`${markOf(ok)} ${step}: ${text}`);
      if (remedy !== undefined) out.say(`  remedy: ${remedy}`);
    },
  };
};
