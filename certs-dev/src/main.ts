import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createPki } from './pki.ts';
import { hostsIn, readCa, writeCa, writeCrls, writeHost } from './ssldir.ts';

const usage = `npm run certs -- [--out DIR] [--tier two|single] [NAME…]
npm run certs -- revoke NAME [--out DIR]

Makes a throw-away PKI laid out like Puppet's ssldir. Never use it in production.
  --out DIR   where to write          [certs-dev/out]
  --tier T    two: root and intermediate, as puppetserver ca setup; single: one CA   [two]
  NAME…       [monitor.example.com web1.example.com web2.example.com]
A second call keeps the CA and the names that are there, and adds names.
`;

const certnamePattern = /^[a-z0-9][a-z0-9._-]{0,252}$/;

process.exitCode = main(process.argv.slice(2));

function main(argv: string[]): number {
  let values;
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        tier: { type: 'string', default: 'two' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { tier } = values;
  if (tier !== 'two' && tier !== 'single')
    return fail(`--tier is two or single, not ${JSON.stringify(tier)}`);
  const dir = resolve(values.out ?? join(import.meta.dirname, '..', 'out'));
  const [first, ...rest] = positionals;
  const isRevoke = first === 'revoke';
  const names = isRevoke ? rest : positionals;
  for (const name of names)
    if (!certnamePattern.test(name) || name === 'ca')
      return fail(`${JSON.stringify(name)} is not a certname`);
  return isRevoke ? revoke(dir, names) : issue(dir, tier, names);
}

function issue(dir: string, tier: 'two' | 'single', asked: string[]): number {
  const names =
    asked.length > 0
      ? asked
      : ['monitor.example.com', 'web1.example.com', 'web2.example.com'];
  const kept = readCa(dir, {});
  if (kept !== undefined && kept.tier !== tier)
    say(`The CA in ${shown(dir)} is kept; its tier is ${kept.tier}.`);
  const pki = kept ?? createPki({ tier, key: 'rsa' });
  const present = kept === undefined ? [] : hostsIn(dir);
  for (const [index, name] of names.entries()) {
    if (present.includes(name)) {
      say(`${shown(join(dir, name))} is there already`);
      continue;
    }
    // RSA as Puppet makes it; each third an EC key, so that both kinds are in use
    const key = index % 3 === 2 ? 'ec' : 'rsa';
    const leaf = pki.issue({ certname: name, key });
    say(`${shown(writeHost(dir, name, leaf, pki))}/ (${key.toUpperCase()})`);
  }
  writeCa(dir, pki);
  say(`${shown(join(dir, 'ca'))}/ (the CA's keys: throw-away, never commit)`);
  say(
    `next: openssl x509 -in ${shown(certOf(dir, names[0] ?? ''))} -noout -text`,
  );
  say(`      npm run certs -- revoke ${names.at(-1) ?? ''}${outOption(dir)}`);
  return 0;
}

function revoke(dir: string, names: string[]): number {
  const [name] = names;
  if (name === undefined || names.length > 1) return fail('revoke one NAME');
  const pki = readCa(dir, {});
  if (pki === undefined)
    return fail(`no CA in ${shown(dir)}; make one: npm run certs`);
  if (!existsSync(certOf(dir, name)))
    return fail(
      `no certificate of ${name} in ${shown(dir)}; there are: ${hostsIn(dir).join(' ')}`,
    );
  pki.revoke(readFileSync(certOf(dir, name), 'utf8'));
  writeCa(dir, pki);
  for (const file of writeCrls(dir, pki)) say(shown(file));
  say(`${name} is revoked`);
  say(
    `next: openssl crl -in ${shown(join(dir, 'ca', 'ca_crl.pem'))} -noout -text`,
  );
  return 0;
}

function certOf(dir: string, name: string): string {
  return join(dir, name, 'certs', `${name}.pem`);
}

function outOption(dir: string): string {
  return dir === resolve(import.meta.dirname, '..', 'out')
    ? ''
    : ` --out ${shown(dir)}`;
}

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(why: string): number {
  process.stderr.write(`${why}\n\n${usage}`);
  return 2;
}
