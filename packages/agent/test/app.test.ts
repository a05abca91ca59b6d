import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@kickd/protocol';
import { createPki, writeSsl } from '@kickd/testkit';
import t from 'tap';
import { StartRefused } from '../src/start-refused.ts';
import {
  kickOf,
  monitor,
  simpleAcl,
  startFixture,
  web,
  type Caller,
} from './fixture.ts';

t.test(
  'a wrong certificate is refused with its code, one line, no run',
  async (t) => {
    const fixture = await startFixture(t.testdir());
    t.teardown(() => fixture.agent.close());
    const day = 24 * 60 * 60 * 1000;
    const ago = (days: number): Date => new Date(Date.now() - days * day);
    const cases: [string, Caller, string][] = [
      ['none', 'nobody', 'PEER_NO_CERTIFICATE'],
      ['expired', { notBefore: ago(3), notAfter: ago(1) }, 'PEER_EXPIRED'],
      [
        'not yet valid',
        { notBefore: ago(-1), notAfter: ago(-3) },
        'PEER_NOT_YET_VALID',
      ],
      ['for servers only', { eku: ['serverAuth'] }, 'PEER_USAGE'],
      [
        'two CNs',
        {
          subject: [
            ['CN', monitor],
            ['CN', web],
          ],
        },
        'PEER_NAME_AMBIGUOUS',
      ],
      [
        'a CN with a newline',
        { subject: [['CN', `${monitor}\n`]], san: null },
        'PEER_NAME_INVALID',
      ],
      [
        'a CN with ESC',
        { subject: [['CN', '\u001b[2J']], san: null },
        'PEER_NAME_INVALID',
      ],
      [
        'a CN that is not among the SANs',
        { san: ['other.example.com'] },
        'PEER_NAME_NOT_IN_SAN',
      ],
    ];
    for (const [name, as, code] of cases) {
      const lines = fixture.told.length;
      const reply = await fixture.post(kickOf(1), as);
      t.match(reply, { status: 403, code }, `${name}: ${reply.text}`);
      const audit = fixture.told.slice(lines);
      t.equal(audit.length, 1, `${name}: one line`);
      t.match(audit, [{ event: 'handshake-refused', ip: '127.0.0.1', code }]);
      t.notMatch(JSON.stringify(audit), /\\n|\\u001b/, `${name}: printable`);
    }
    t.equal(fixture.cm.starts(), 0);
  },
);

t.test('a foreign CA of the same name is refused', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  const { cert, key } = createPki({ tier: 'two', key: 'ec' }).issue({
    certname: monitor,
  });
  const { rawRequest } = await import('@kickd/testkit');
  const reply = await rawRequest(
    fixture.agent.port,
    { cert, key, rejectUnauthorized: false, servername: web },
    [`GET /status HTTP/1.1\r\nHost: ${web}\r\n\r\n`],
  );
  t.match(reply, { status: 403, code: 'PEER_UNKNOWN_CA' });
  t.match(fixture.told.at(-1), {
    event: 'handshake-refused',
    code: 'PEER_UNKNOWN_CA',
    certname: monitor,
  });
});

t.test('a revoked certificate is refused once the CRL is read', async (t) => {
  const fixture = await startFixture(t.testdir());
  t.teardown(() => fixture.agent.close());
  const { cert, key } = fixture.pki.issue({ certname: monitor });
  const { rawRequest } = await import('@kickd/testkit');
  const ask = () =>
    rawRequest(
      fixture.agent.port,
      { cert, key, rejectUnauthorized: false, servername: web },
      [
        `GET /run/${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)} HTTP/1.1\r\nHost: ${web}\r\n\r\n`,
      ],
    );
  t.match(await ask(), { status: 403, code: 'ACL_DENIED' }, 'known so far');
  fixture.pki.revoke(cert);
  writeFileSync(fixture.settings.tls.crl, fixture.pki.crl);
  await fixture.heard(
    (e) => e.event === 'reloaded' && e.what === 'certificates',
  );
  t.match(await ask(), { status: 403, code: 'PEER_REVOKED' });

  const before = fixture.told.length;
  writeFileSync(fixture.settings.tls.crl, '');
  await fixture.heard((e) => e.event === 'reload-refused');
  t.match(fixture.told[before], {
    event: 'reload-refused',
    what: 'certificates',
  });
  t.match(await ask(), { code: 'PEER_REVOKED' }, 'the old set stays in force');
});

t.test(
  'the ACL follows its file, and a bad edit changes nothing',
  async (t) => {
    const fixture = await startFixture(t.testdir());
    t.teardown(() => fixture.agent.close());
    const file = fixture.settings.acl.file;
    const heardOf = (event: string, after: number) =>
      fixture.heard(
        (e) => e.event === event && fixture.told.indexOf(e) >= after,
      );
    t.equal((await fixture.get('/status')).status, 403);

    let mark = fixture.told.length;
    writeFileSync(file, `${simpleAcl}path /status\nallow ${monitor}\n`);
    await heardOf('reloaded', mark);
    t.equal((await fixture.get('/status')).status, 200);

    mark = fixture.told.length;
    writeFileSync(file, `${simpleAcl}permit ${monitor}\n`);
    const refused = await heardOf('reload-refused', mark);
    t.match(JSON.stringify(refused), /auth\.conf:4/);
    t.equal((await fixture.get('/status')).status, 200, 'the old rules stay');

    mark = fixture.told.length;
    writeFileSync(file, simpleAcl);
    chmodSync(file, 0o646);
    const writable = await heardOf('reload-refused', mark);
    t.match(JSON.stringify(writable), /FILE_WRITABLE/);
    t.equal((await fixture.get('/status')).status, 200, 'the old rules stay');

    mark = fixture.told.length;
    rmSync(file);
    await heardOf('reload-refused', mark);
    t.equal((await fixture.get('/status')).status, 403, 'no file, nobody');
  },
);

t.test('the status says what a person wants to know', async (t) => {
  const acl = `path /\nmethod find, search, save\nallow ${monitor}\n`;
  const fixture = await startFixture(t.testdir(), { acl });
  t.teardown(() => fixture.agent.close());
  fixture.cm.plan('exit 2');
  const { run } = fixture.runOf(await fixture.post(kickOf(1)));
  await fixture.get(`/run/${run}?wait=10`);
  const [, body = ''] = (await fixture.get('/status')).text.split('\r\n\r\n');
  t.match(JSON.parse(body), {
    version: /^\d/,
    certname: web,
    cm: { profile: 'fake', locked: false },
    last: { run, outcome: { kind: 'corrected' } },
    expiries: [{ what: String, at: /Z$/, level: 'far' }],
    acl: { current: true, rules: 1 },
  });
  const [, list = ''] = (await fixture.get('/runs')).text.split('\r\n\r\n');
  t.match(JSON.parse(list), { runs: [{ run }] });
});

t.test('no ACL file: it starts, says so, and lets nobody in', async (t) => {
  const fixture = await startFixture(t.testdir(), { acl: '' });
  t.teardown(() => fixture.agent.close());
  t.match(fixture.told, [{ event: 'warning', fault: { code: 'ACL_MISSING' } }]);
  t.match(await fixture.post(kickOf(1)), { status: 403, code: 'ACL_DENIED' });
});

t.test(
  'what keeps it from starting is told at once, each with a remedy',
  async (t) => {
    await t.rejects(
      startFixture(t.testdir(), { acl: 'permit a\nallow b\n' }),
      StartRefused,
    );
    const dir = t.testdir();
    const pki = createPki({ tier: 'single', key: 'ec' });
    const fixture = await startFixture(join(dir), { pki });
    await fixture.agent.close();
    const { startAgent } = await import('../src/app.ts');
    const quiet = { tell: () => undefined };
    const other = { ...fixture.settings, certname: 'web9.example.com' };
    t.match(await faultsOf(startAgent(other, quiet)), [
      { code: 'CERTNAME_DIFFERS', remedy: String },
    ]);
    const foreign = createPki({ tier: 'single', key: 'ec' });
    mkdirSync(join(dir, 'x'));
    const tls = writeSsl(join(dir, 'x'), {
      ...pki.issue({ certname: web }),
      ca: pki.ca,
      crl: foreign.crl,
    });
    const settings = {
      ...fixture.settings,
      tls: { ...tls, minVersion: 'TLSv1.3' as const },
    };
    t.match(await faultsOf(startAgent(settings, quiet)), [
      { code: 'CRL_NOT_COVERING', remedy: String },
    ]);
  },
);

async function faultsOf(starting: Promise<unknown>): Promise<unknown> {
  try {
    await starting;
    return [];
  } catch (error) {
    // what no TLS could be made of is told alone
    if (error instanceof Fault) return [error];
    return error instanceof StartRefused ? error.faults : error;
  }
}

t.test('while the audit file has no room, nothing is begun', async (t) => {
  const fixture = await startFixture(t.testdir(), {
    acl: `path /\nallow ${monitor}\n`,
    auditFile: '/dev/full',
  });
  t.teardown(() => fixture.agent.close());
  t.match(fixture.told, [
    { event: 'warning', fault: { code: 'AUDIT_BROKEN', message: /ENOSPC/ } },
  ]);
  const kick = await fixture.post(kickOf(1));
  t.match(kick, { status: 503, code: 'AUDIT_BROKEN' });
  t.equal(fixture.cm.starts(), 0);
  const status = await fixture.get('/status');
  t.equal(status.status, 200, 'whoever asks is still answered');
  t.match(status.text, /"audit":\{"ok":false,"reason":"ENOSPC/);
  const metrics = await fixture.get('/metrics');
  t.match(metrics.text, /^kickd_audit_ok 0$/m);
});
