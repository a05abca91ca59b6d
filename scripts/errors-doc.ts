import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { aclFaults, aclWarnings } from '../packages/agent/src/acl/faults.ts';
import { auditFaults } from '../packages/agent/src/commands/audit-verify-faults.ts';
import { explainFaults } from '../packages/agent/src/commands/acl-explain-faults.ts';
import { connectionFaults, faults } from '../packages/agent/src/errors.ts';
import { refusals } from '../packages/agent/src/refusals.ts';
import { errors as kickerErrors } from '../packages/kicker/src/errors.ts';
import { errors as tlsErrors } from '../packages/mtls/src/errors.ts';
import { explainHandshake } from '../packages/mtls/src/handshake-errors.ts';
import { peerRemedy, type PeerCode } from '../packages/mtls/src/peer-errors.ts';

/** docs/errors.md, made from the tables of the code. `--check` compares, without it writes. */
export const errorsFile = join(import.meta.dirname, '..', 'docs', 'errors.md');

type Table = Readonly<Record<string, (...args: never[]) => unknown>>;
interface Row {
  code: string;
  message: string;
  remedy: string;
  exit: string;
}

const peerMeanings: Record<PeerCode, string> = {
  PEER_NO_CERTIFICATE: 'the client showed no certificate',
  PEER_UNKNOWN_CA: 'the certificate is of a CA that this host does not know',
  PEER_EXPIRED: 'the certificate is past its time',
  PEER_NOT_YET_VALID: 'the certificate is not valid yet',
  PEER_REVOKED: 'the certificate, or the CA above it, is revoked',
  PEER_USAGE: 'the certificate is not one for TLS clients',
  PEER_CRL_MISSING: 'there is no CRL for a CA above the certificate',
  PEER_CRL_EXPIRED: 'the CRL of a CA above the certificate is past its time',
  PEER_NAME_AMBIGUOUS: 'the certificate has no CN, or more than one',
  PEER_NAME_INVALID: 'the CN is no certname',
  PEER_NAME_NOT_IN_SAN: 'the CN is not among the DNS names of the certificate',
  PEER_REFUSED:
    'OpenSSL refused the certificate for another reason, which it names',
};

const peerFaults: Table = Object.fromEntries(
  Object.entries(peerMeanings).map(([code, message]) => [
    code,
    // the keys of a Record<PeerCode, …> are PeerCodes
    () => ({
      code,
      message,
      remedy: peerRemedy(code as PeerCode),
      status: 403,
    }),
  ]),
);

const handshakeFaults: Table = Object.fromEntries(
  [
    'ERR_SSL_HTTP_REQUEST',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
    'ERR_SSL_NO_SHARED_CIPHER',
    'ERR_SSL_NO_APPLICATION_PROTOCOL',
    'ERR_TLS_HANDSHAKE_TIMEOUT',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ECONNRESET',
    'REASON',
  ].map((code) => [
    code,
    () => {
      const facts = explainHandshake(Object.assign(new Error(code), { code }));
      return { ...facts, exitCode: undefined };
    },
  ]),
);

const sections: [string, string, Table][] = [
  [
    'Keys, certificates, CRLs',
    'Of `kickd` and `kicker` about their own files, and of `kicker` about the host it reached.',
    tlsErrors,
  ],
  [
    'A certificate that kickd refuses',
    "In kickd's log with certname, serial and issuer; the client gets the code as a 403.",
    peerFaults,
  ],
  [
    'A connection that is turned away before TLS',
    "In kickd's log, once a minute for each source; the other end sees a reset.",
    connectionFaults,
  ],
  ['A handshake that did not come about', "In kickd's log.", handshakeFaults],
  ['kickd: start and configuration', '', faults],
  [
    'kickd: access rules',
    'Each names its file and line. The [grammar](reference/acl.md).',
    { ...aclFaults, ...aclWarnings, ...explainFaults },
  ],
  [
    'kickd: the audit file',
    'Of `kickd audit verify`: the first line that is not what kickd wrote.',
    auditFaults,
  ],
  [
    'kickd: replies',
    'Problem replies of the HTTP interface; the audit line has the same code.',
    refusals,
  ],
  ['kicker', '', kickerErrors],
];

export async function renderErrors(): Promise<string> {
  const parts = sections.map(([title, intro, table]) => {
    const rows = Object.values(table).map(rowOf);
    const seen = new Set<string>();
    const lines = rows
      .filter(({ code }) => !seen.has(code) && seen.add(code))
      .toSorted((a, b) => (a.code < b.code ? -1 : 1))
      .map(
        ({ code, message, remedy, exit }) =>
          `| \`${code}\` | ${exit} | ${cell(message)} | ${cell(remedy)} |`,
      );
    return `## ${title}\n\n${intro}\n\n| code | exit | what happened | what to type next |\n| --- | --- | --- | --- |\n${lines.join('\n')}`;
  });
  const text = `# Errors

Every error has a stable code, one line and a remedy. Scripts look at the code. Words in capitals stand for values. The page
is made from the code by \`npm run errors\`; a test keeps the two in step. Where a row of several places has one code, one of
the messages is shown. "exit" is the exit code of the command, or the status of the HTTP reply.

${parts.join('\n\n')}
`;
  return format(text, { parser: 'markdown' });
}

/** Calls a table's function with the names of its own parameters as values. */
function rowOf(make: (...args: never[]) => unknown): Row {
  const source = make.toString();
  const list = /^\(?([^)=]*)\)?\s*=>/.exec(source)?.[1] ?? '';
  const names = list
    .split(',')
    .map((name) => name.trim().replace(/\s*=.*$/s, ''))
    .filter(Boolean);
  for (const valueOf of placeholders) {
    try {
      // the tables' functions take texts, numbers, places and errors, all for one sentence
      const made = make(...(names.map(valueOf) as never[])) as Partial<Row> & {
        title?: string;
        status?: number;
        exitCode?: number;
      };
      return {
        code: String(made.code),
        message: made.message ?? made.title ?? '',
        remedy: made.remedy ?? '',
        exit: String(made.status ?? made.exitCode ?? ''),
      };
    } catch {
      // another kind of value is wanted
    }
  }
  throw new Error(`no row can be made of ${source.slice(0, 200)}`);
}

/** What a parameter may want to be, one after the other until a row comes of it. */
const placeholders: ((name: string) => unknown)[] = [
  (name) => place(name) ?? upper(name),
  // a text that can be joined as well: one of the parameters is a list
  (name) =>
    place(name) ??
    Object.assign(Object(upper(name)), { join: () => upper(name) }),
  (name) => place(name) ?? [upper(name)],
  (name) =>
    place(name) ?? { text: upper(name), message: upper(name), line: 'LINE' },
  () => new Date(0),
];

function place(name: string): unknown {
  if (name !== 'at') return undefined;
  // `at` is a place in a file in one table and a time in another
  return { file: 'FILE', line: 'LINE', toString: () => 'WHEN' };
}

function upper(name: string): string {
  return name.replaceAll(/[A-Z]/g, ' $&').toUpperCase().replaceAll(' ', '_');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

if (import.meta.main) {
  const text = await renderErrors();
  if (process.argv.includes('--check')) {
    process.exitCode = readFileSync(errorsFile, 'utf8') === text ? 0 : 1;
  } else writeFileSync(errorsFile, text);
}
