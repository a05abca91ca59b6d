import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import {
  createPki,
  rawRequest,
  writeSsl,
  type Leaf,
  type Pki,
  type RawReply,
} from '@kickd/testkit';
import { execa, execaSync } from 'execa';
import type { Test } from 'tap';
import {
  monitor,
  startFixture,
  web,
  type Fixture,
} from '../../packages/agent/test/fixture.ts';
import { StartRefused } from '../../packages/agent/src/start-refused.ts';
import { buildKickd, buildKicker } from '../crash/kickd.ts';

/** One CA and what openssl makes with its key, for kickd in this process and for both programs as they are started. */
export interface TlsLab {
  dir: string;
  pki: Pki;
  /** certificate and key of the CA, PEM */
  ca: Leaf;
  /** a certificate of a host or a kicker */
  leaf(certname: string): Leaf;
  /** what openssl signs as CRL; each has the next number, and a time a second later */
  crl(options?: CrlOptions): string;
  /** another certificate of the CA's key and name, or of another key and name; `from` and `to` in days from now */
  caCertificate(options: CaOptions): string;
  openssl(...args: string[]): string;
  /** a kickd that is listening, or the codes and words of what keeps it from starting */
  start(files?: { ca?: string; crl?: string }): Promise<Fixture>;
  refusedStart(files: { ca?: string; crl?: string }): Promise<Refusal>;
}

interface CrlOptions {
  revoked?: readonly Leaf[];
  /** a section of extensions in openssl's words */
  extensions?: string;
}

interface CaOptions {
  from: number;
  to: number;
  /** with another name it is another CA, with a key of its own */
  name?: string;
}

interface Refusal {
  codes: string[];
  messages: string;
}

const acl = `path /\nallow ${monitor}\n`;

/** @param dir an empty directory */
export function createTlsLab(t: Test, dir = t.testdir({})): TlsLab {
  const pki = createPki({ tier: 'single' });
  const [stored] = pki.stored().cas;
  if (stored === undefined) throw new Error('no CA');
  const ca = { cert: stored.cert, key: stored.key };
  const work = join(dir, 'openssl');
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'ca.pem'), ca.cert);
  writeFileSync(join(work, 'ca.key'), ca.key, { mode: 0o600 });
  const openssl = (...args: string[]): string =>
    execaSync('openssl', args, { cwd: work, stripFinalNewline: false }).stdout;
  let number = 0;
  const startedMs = Date.now() - 600_000;
  const begin = async (
    files: { ca?: string; crl?: string } = {},
  ): Promise<Fixture> => {
    const place = mkdtempSync(join(dir, 'kickd-'));
    return startFixture(place, { acl, pki, ...files });
  };
  return {
    dir,
    pki,
    ca,
    openssl,
    leaf: (certname) => pki.issue({ certname }),
    crl({ revoked = [], extensions } = {}) {
      number += 1;
      const lines = revoked.map(({ cert }) => {
        const { serialNumber } = new X509Certificate(cert);
        return `R\t400101000000Z\t260101000000Z\t${serialNumber}\tunknown\t/CN=x\n`;
      });
      writeFileSync(join(work, 'index.txt'), lines.join(''));
      const hex = number.toString(16).padStart(2, '0');
      writeFileSync(join(work, 'crlnumber'), `${hex}\n`);
      writeFileSync(
        join(work, 'ca.cnf'),
        `${caConfig}\n[more]\n${extensions ?? ''}\n`,
      );
      openssl(
        ...['ca', '-config', 'ca.cnf', '-gencrl', '-out', 'crl.pem'],
        ...['-crl_lastupdate', opensslTime(startedMs + number * 1000)],
        ...['-crl_nextupdate', '20391231235959Z'],
        ...['-crlexts', extensions === undefined ? 'plain' : 'more'],
      );
      return openssl('crl', '-in', 'crl.pem');
    },
    caCertificate({ from, to, name }) {
      const key = name === undefined ? 'ca.key' : 'other.key';
      if (name !== undefined)
        openssl(
          ...['genpkey', '-algorithm', 'EC', '-out', key],
          ...['-pkeyopt', 'ec_paramgen_curve:P-256'],
        );
      const subject = name ?? 'Puppet CA: puppet.example.com';
      // the testkit makes it another way than openssl's "hash"
      const keyId = name === undefined ? keyIdOf(openssl) : 'hash';
      writeFileSync(
        join(work, 'ca.cnf'),
        `${caConfig}[v3_ca]\n${caExtensions}subjectKeyIdentifier = ${keyId}\n`,
      );
      writeFileSync(join(work, 'index.txt'), '');
      number += 1;
      writeFileSync(join(work, 'serial'), `${String(1000 + number)}\n`);
      openssl(
        ...['req', '-new', '-key', key, '-subj', `/CN=${subject}`],
        ...['-config', 'ca.cnf', '-out', 'ca.csr'],
      );
      openssl(
        ...['ca', '-batch', '-config', 'ca.cnf', '-selfsign', '-notext'],
        ...['-keyfile', key, '-in', 'ca.csr', '-extensions', 'v3_ca'],
        ...['-startdate', opensslDay(from)],
        ...['-enddate', opensslDay(to), '-out', 'generation.pem'],
      );
      return openssl('x509', '-in', 'generation.pem');
    },
    start: async (files) => {
      const fixture = await begin(files);
      t.teardown(() => fixture.agent.close());
      return fixture;
    },
    refusedStart: async (files) => {
      try {
        const { agent } = await begin(files);
        await agent.close();
        return { codes: [], messages: 'it has started' };
      } catch (error) {
        const faults =
          error instanceof StartRefused
            ? error.faults
            : [error as { code: string; message: string }];
        return {
          codes: faults.map(({ code }) => code),
          messages: faults.map(({ message }) => message).join('\n'),
        };
      }
    },
  };
}

function opensslTime(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}

function opensslDay(days: number): string {
  return opensslTime(Date.now() + days * 24 * 60 * 60 * 1000);
}

function keyIdOf(openssl: TlsLab['openssl']): string {
  const text = openssl(
    ...['x509', '-in', 'ca.pem', '-noout', '-ext', 'subjectKeyIdentifier'],
  );
  return /[0-9A-F:]{30,}/.exec(text)?.[0] ?? 'hash';
}

const caExtensions = `basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
`;

const caConfig = `
[ca]
default_ca = d
[d]
database = index.txt
crlnumber = crlnumber
serial = serial
certificate = ca.pem
private_key = ca.key
default_md = sha256
new_certs_dir = .
policy = policy
unique_subject = no
[policy]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[plain]
authorityKeyIdentifier = keyid
[idp]
fullname = URI:http://ca.example.com/crl
`;

/** GET /status over TLS, with whatever certificate; trusts anything, so that what is tested is kickd. */
export function ask(
  { agent }: Fixture,
  tls: ConnectionOptions,
): Promise<RawReply> {
  return rawRequest(
    agent.port,
    { rejectUnauthorized: false, servername: web, ...tls },
    [`GET /status HTTP/1.1\r\nHost: ${web}\r\n\r\n`],
  );
}

/** Replaces a file as a careful writer does it. */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

/** One program as a person starts it. */
export interface Said {
  /** exit code, or the signal that ended it */
  exit: number | string;
  /** stdout and stderr */
  text: string;
}

/** @returns a function that runs kickd or kicker to its end */
export async function createPrograms(
  dir: string,
): Promise<Record<'kickd' | 'kicker', (...args: string[]) => Promise<Said>>> {
  const place = join(dir, 'programs');
  mkdirSync(place);
  const variables = ['PATH=/usr/bin:/bin', 'LANG=C.UTF-8', 'HOME=/nonexistent'];
  const run =
    (command: string[]) =>
    async (...args: string[]): Promise<Said> => {
      const { exitCode, signal, stdout, stderr } = await execa(
        // a test runner puts variables of its own into whatever is started
        '/usr/bin/env',
        ['-i', ...variables, ...command, ...args],
        { timeout: 30_000, stripFinalNewline: false, reject: false },
      );
      return { exit: exitCode ?? String(signal), text: stdout + stderr };
    };
  return {
    kickd: run(await buildKickd(place)),
    kicker: run(await buildKicker(place)),
  };
}

/** Writes four files and a configuration of kickd that names them. @returns the configuration */
export function writeKickdConfig(
  dir: string,
  texts: { cert: string; key: string; ca: string; crl: string },
  more = '',
): string {
  mkdirSync(dir, { recursive: true });
  const { cert, key, ca, crl } = writeSsl(join(dir, 'ssl'), texts);
  writeFileSync(join(dir, 'auth.conf'), acl);
  const file = join(dir, 'kickd.yaml');
  writeFileSync(
    file,
    `listen: {address: 127.0.0.1, port: 0}
certname: ${web}
tls: {cert: ${cert}, key: ${key}, ca: ${ca}, crl: ${crl}}
acl: {file: ${dir}/auth.conf}
audit: {file: ${dir}/audit.log}
cm: {default: tool, profiles: {tool: {type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}}}
run: {freezeFile: ${dir}/freeze}
state: ${dir}/state
${more}`,
  );
  return file;
}

/** The same for kicker, with one host at a port. */
export function writeKickerConfig(
  dir: string,
  texts: { cert: string; key: string; ca: string; crl: string },
  port: number,
): string {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'kicker.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      tls: writeSsl(join(dir, 'ssl'), texts),
      hosts: { web1: { certname: web, address: '127.0.0.1', port } },
      ledger: join(dir, 'ledger.sqlite'),
    }),
  );
  return file;
}
