import t from 'tap';
import yargs from 'yargs';
import { chainStart, nextLine } from '../../src/audit/chain.ts';
import { createAuditVerify } from '../../src/commands/audit-verify.ts';
import { sha256 } from '../../src/io/audit-file.ts';

const first = nextLine(
  chainStart,
  new Date(0),
  { event: 'opened', version: '0' },
  sha256,
);
const second = nextLine(first.head, new Date(0), { event: 'request' }, sha256);
const { seq, hash } = second.head;
const files: Record<string, string> = {
  '/log/audit.log': `${first.line}\n${second.line}\n`,
  '/log/short': `${first.line}\n`,
  '/log/bad': `${first.line}\n${second.line.replace('request', 'refused')}\n`,
  '/log/empty': '',
};

async function verify(args: string[]) {
  let said = '';
  let exitCode = -1;
  const write = (text: string): void => void (said += text);
  await yargs(args)
    .command(
      createAuditVerify({
        readFile: (file) => {
          const text = files[file];
          if (text === undefined) throw new Error('ENOENT');
          return text;
        },
        sha256,
        configuredFiles: async () => ['/log/audit.log'],
        stdout: { write },
        stderr: { write },
        setExitCode: (code) => (exitCode = code),
      }),
    )
    .parseAsync();
  return { exitCode, said };
}

const cases: [string[], number, RegExp][] = [
  [[], 0, new RegExp(`^whole: 2 lines, number 1 to 2\nhead: 2:${hash}\n$`)],
  [['/log/audit.log'], 0, /^whole/],
  [['--head', `${String(seq)}:${hash}`], 0, /^whole/],
  [
    ['/log/short', '--head', `${String(seq)}:${hash}`],
    1,
    /AUDIT_ALTERED: \/log\/short:1: numbers 2 to 2 are missing/,
  ],
  [['/log/bad'], 1, /AUDIT_ALTERED: \/log\/bad:2: .*\n {2}remedy: /],
  [['/log/empty'], 1, /AUDIT_EMPTY/],
  [['/log/none'], 2, /AUDIT_UNREADABLE.*\n {2}remedy: /],
  [['--head', '3'], 2, /USAGE.*\n {2}remedy: /],
];
for (const [args, exitCode, said] of cases) {
  t.test(`audit verify ${args.join(' ').slice(0, 40)}`, async (t) => {
    t.match(await verify(['verify', ...args]), { exitCode, said });
  });
}
