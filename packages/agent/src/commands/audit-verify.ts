import type { CommandModule } from 'yargs';
import { printable } from '@kickd/protocol';
import type { ChainHead, Sha256 } from '../audit/chain.ts';
import { verifyAudit } from '../audit/verify.ts';
import { auditFaults } from './audit-verify-faults.ts';

/** The doors to the world that the command needs. */
export interface AuditVerifyIo {
  /** one character a byte; throws as `readFileSync` does */
  readFile(file: string): string;
  sha256: Sha256;
  /** the file of the configuration, and the one that logrotate moved away last */
  configuredFiles(config: string | undefined): Promise<string[]>;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
  setExitCode(code: number): void;
}

export interface AuditVerifyArguments {
  files?: string[] | undefined;
  head?: string | undefined;
  config?: string | undefined;
}

/** `kickd audit verify`: exit 0 whole, 1 broken or empty, 2 usage. */
export function createAuditVerify(
  io: AuditVerifyIo,
): CommandModule<object, AuditVerifyArguments> {
  return {
    command: 'verify [files..]',
    describe: 'say whether the audit file is what kickd wrote, and how far',
    builder: (args) =>
      args
        .positional('files', {
          type: 'string',
          array: true,
          describe: 'oldest first (default: of the configuration)',
        })
        .options({
          head: {
            type: 'string',
            requiresArg: true,
            describe: 'NUMBER:HASH as /status told it earlier: must be in it',
          },
          config: {
            type: 'string',
            requiresArg: true,
            describe: 'the configuration (default /etc/kickd/kickd.yaml)',
          },
        }),
    handler: async (args) => {
      io.setExitCode(await verify(args, io));
    },
  };
}

async function verify(
  { files: named = [], head, config }: AuditVerifyArguments,
  io: AuditVerifyIo,
): Promise<number> {
  const tell = (fault: ReturnType<(typeof auditFaults)['empty']>): number => {
    const { code, message, remedy, exitCode } = fault;
    io.stderr.write(`kickd: ${code}: ${message}\n  remedy: ${remedy}\n`);
    return exitCode;
  };
  const noted = head === undefined ? undefined : readHead(head);
  if (head !== undefined && noted === undefined) {
    return tell(auditFaults.head(head));
  }
  const files = named.length > 0 ? named : await io.configuredFiles(config);
  const texts: { file: string; text: string }[] = [];
  for (const file of files) {
    try {
      texts.push({ file: printable(file), text: io.readFile(file) });
    } catch (error) {
      return tell(auditFaults.unreadable(file, error));
    }
  }
  const verdict = verifyAudit(texts, io.sha256, noted);
  switch (verdict.kind) {
    case 'broken': {
      const { file, line, why } = verdict;
      return tell(auditFaults.broken(file, String(line), why));
    }
    case 'empty':
      return tell(auditFaults.empty(files.join(', ')));
    case 'whole': {
      const { lines, firstSeq, torn } = verdict;
      const { seq, hash } = verdict.head;
      const unfinished =
        torn === 0 ? '' : `; ${String(torn)} not finished, and told so`;
      io.stdout.write(
        `whole: ${String(lines)} lines, number ${String(firstSeq)} to ${String(seq)}${unfinished}\n` +
          `head: ${String(seq)}:${hash}\n`,
      );
      return 0;
    }
  }
}

function readHead(text: string): ChainHead | undefined {
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined) return undefined;
  return { seq: Number(seq), hash };
}
