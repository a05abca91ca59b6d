import t from 'tap';
import { stepsView } from '../../../src/commands/views/steps.ts';
import { printed, printedJson } from './printed.ts';

const steps = [
  { step: 'tcp', ok: true, text: 'answers' },
  { step: 'tls', ok: false, text: 'expired', remedy: 'renew', code: 'X' },
  { step: 'acl', ok: undefined, text: 'not tried' },
];
const lines = (passed: string, failed: string, open: string) => [
  `${passed} tcp: answers`,
  `${failed} tls: expired`,
  '  remedy: renew',
  `${open} acl: not tried`,
];
const rows: [Record<string, string>, boolean, string[]][] = [
  [{}, false, lines('ok', 'FAIL', '--')],
  [{ LANG: 'C.UTF-8' }, false, lines('✓', '✗', '·')],
  [{ LANG: 'C.UTF-8', LC_ALL: 'C' }, false, lines('ok', 'FAIL', '--')],
  [
    { LANG: 'C.UTF-8' },
    true,
    lines('\u001b[32m✓\u001b[0m', '\u001b[31m✗\u001b[0m', '·'),
  ],
  [{ LANG: 'C.UTF-8', NO_COLOR: '1' }, true, lines('ok', 'FAIL', '--')],
  [{ TERM: 'dumb' }, true, lines('ok', 'FAIL', '--')],
];
for (const [env, stdoutIsTty, expected] of rows) {
  t.strictSame(printed(stepsView, steps, { env, stdoutIsTty }), expected);
}
t.strictSame(printedJson(steps), [
  { version: 1, step: 'tcp', ok: true, text: 'answers' },
  { version: 1, ...steps[1] },
  { version: 1, step: 'acl', text: 'not tried' },
]);
