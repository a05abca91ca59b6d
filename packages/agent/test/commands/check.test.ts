import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPki, writeSsl } from '@kickd/testkit';
import t, { type Test } from 'tap';
import { check } from '../../src/commands/check.ts';
import type { Finding } from '../../src/commands/finding.ts';

const day = 24 * 60 * 60 * 1000;
const now = new Date();
const pki = createPki();

/** A host whose certificate ends so many days from now. */
function write(t: Test, daysLeft: number) {
  const dir = t.testdir({});
  const notAfter = new Date(+now + daysLeft * day);
  const files = writeSsl(join(dir, 'ssl'), {
    ...pki.issue({ certname: 'web1.example.com', notAfter }),
    ca: pki.ca,
    crl: pki.crl,
  });
  const { cert, key, ca, crl } = files;
  const config = join(dir, 'kickd.yaml');
  writeFileSync(join(dir, 'auth.conf'), 'path /run\nallow a.example.com\n');
  writeFileSync(
    config,
    `certname: web1.example.com
tls: {cert: ${cert}, key: ${key}, ca: ${ca}, crl: ${crl}}
acl: {file: ${dir}/auth.conf}
cm: {default: t, profiles: {t: {type: command, argv: [/bin/true], exitCodes: {}}}}
state: ${dir}/state
`,
  );
  return { config, files };
}
const of = (findings: Finding[], subject: Finding['subject']): string[] =>
  findings
    .filter((finding) => finding.subject === subject)
    .map(({ level, code, message }) => `${level} ${code ?? message}`);

t.test('what expires is told 30, 7 and 1 days ahead', async (t) => {
  const soon = 'warning CERT_EXPIRES_SOON';
  const cases: [number, RegExp[] | (string | RegExp)[]][] = [
    [100, [/^ok .* more than 30 days ahead/]],
    [29, [soon, /^ok .*: certificate on .* within 30 days/]],
    [6, [soon, /^ok .* within 7 days/]],
    [0.5, [soon, /^ok .* within a day/]],
    [-1, ['fault CERT_EXPIRED']],
  ];
  for (const [days, expected] of cases) {
    const { config } = write(t, days);
    t.match(of(await check(config, now), 'certificates'), expected);
  }
});

t.test('what others may change is told', async (t) => {
  const { config, files } = write(t, 100);
  chmodSync(files.key, 0o644);
  chmodSync(join(config, '..', 'auth.conf'), 0o646);
  const findings = await check(config, now);
  t.same(of(findings, 'certificates'), ['fault KEY_EXPOSED']);
  t.same(of(findings, 'acl'), ['fault FILE_WRITABLE']);
  chmodSync(config, 0o646);
  const refused = of(await check(config, now), 'configuration');
  t.same(refused, ['fault FILE_WRITABLE']);
});
