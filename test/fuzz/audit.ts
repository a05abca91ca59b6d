import { nextLine, chainStart } from '../../packages/agent/src/audit/chain.ts';
import { auditEntryOf } from '../../packages/agent/src/audit/entry.ts';
import { verifyAudit } from '../../packages/agent/src/audit/verify.ts';
import { sha256 } from '../../packages/agent/src/io/audit-file.ts';
import { mutationsOf } from './mutations.ts';
import { expectTrue, type Target } from './target.ts';

const whole = ((): string => {
  let head = chainStart;
  let text = '';
  for (let n = 0; n < 6; n += 1) {
    const entry = { event: n === 0 ? 'opened' : 'request', ip: '10.0.0.5' };
    const next = nextLine(head, new Date(n * 1000), entry, sha256);
    head = next.head;
    text += `${next.line}\n`;
  }
  return text;
})();

/** The audit file: whatever was changed in it is found, but for lines that are gone from its ends. */
export const auditFile: Target = {
  name: 'audit file',
  inputs: mutationsOf([whole], [',"torn":12', '"seq":2', '"prev":"', '\n']),
  batch: 200,
  play: (input) => {
    const text = Buffer.from(input).toString('latin1');
    const verdict = verifyAudit([{ file: 'a', text }], sha256);
    const isPart = whole.includes(text) || text === '';
    expectTrue(verdict.kind !== 'whole' || isPart, 'a change was not found');
  },
};

/** A line about a request: one line of printable ASCII below 4 KiB, whatever was sent. */
export const auditLines: Target = {
  name: 'audit lines',
  inputs: mutationsOf(
    ['/run', 'monitor.example.com', '/^(a|b)\u001b\n'.repeat(50)],
    [' -> ', '"hash":"', '\u0085'],
  ),
  batch: 500,
  play: (input) => {
    const text = Buffer.from(input).toString('utf8');
    const entry = auditEntryOf({
      event: 'handshake-refused',
      ip: text,
      certname: text,
      serial: text,
      fingerprint: text,
      issuer: text,
      code: 'PEER_REFUSED',
      message: text,
      remedy: text,
    });
    expectTrue(entry !== undefined, 'no line');
    const { line } = nextLine(chainStart, new Date(0), entry ?? {}, sha256);
    expectTrue(/^[\x20-\x7e]{1,4095}$/.test(line), `no such line: ${line}`);
    const verdict = verifyAudit([{ file: 'a', text: `${line}\n` }], sha256);
    expectTrue(verdict.kind === 'whole', 'its own line is not taken');
  },
};
