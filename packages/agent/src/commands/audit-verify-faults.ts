import { printable, type FaultFacts } from '@kickd/protocol';
import { reasonOf } from '../errors.ts';

/** What `kickd audit verify` can meet. */
export const auditFaults = {
  broken: (file: string, line: string, why: string): FaultFacts => ({
    code: 'AUDIT_ALTERED',
    exitCode: 1,
    message: `${file}:${line}: ${why}`,
    remedy: `compare with the copy in the log: journalctl -u kickd; and look who could write: ls -l ${file}`,
  }),
  empty: (file: string): FaultFacts => ({
    code: 'AUDIT_EMPTY',
    exitCode: 1,
    message: `there is no line in ${printable(file)}`,
    remedy: 'kickd writes one when it starts: systemctl status kickd',
  }),
  unreadable: (file: string, error: unknown): FaultFacts => ({
    code: 'AUDIT_UNREADABLE',
    exitCode: 2,
    message: `the audit file ${printable(file)} cannot be read: ${reasonOf(error)}`,
    remedy: `sudo kickd audit verify ${printable(file)}`,
  }),
  head: (text: string): FaultFacts => ({
    code: 'USAGE',
    exitCode: 2,
    message: `--head wants NUMBER:HASH, found ${printable(text)}`,
    remedy: 'take it from /status, or from: kicker check HOST',
  }),
} as const;
