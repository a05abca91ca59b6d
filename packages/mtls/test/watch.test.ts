import { EventEmitter, once } from 'node:events';
import {
  chmodSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
  readFileSync,
} from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mock } from 'node:test';
import t, { type Test } from 'tap';
import type { FaultFacts } from '@kickd/protocol';
import { createPki, writeSsl, type Pki } from '@kickd/testkit';
import {
  guardServer,
  readMaterialSync,
  serverTlsOptions,
  watchMaterial,
  type Inspection,
  type Material,
  type Taken,
  type TlsFiles,
  type WatchOptions,
} from '../src/index.ts';

function start(t: Test, files: TlsFiles, more: Partial<WatchOptions> = {}) {
  const events = new EventEmitter();
  const abort = new AbortController();
  // the watch holds no process open
  const open = setInterval(() => undefined, 1000);
  t.teardown(() => {
    clearInterval(open);
    abort.abort();
  });
  const log: string[] = [];
  const current = readMaterialSync(files);
  const watch = watchMaterial({
    files,
    current,
    pollMs: 50,
    signal: abort.signal,
    onChange: (material, inspection, taken) => {
      log.push('change');
      events.emit('change', material, inspection, taken);
    },
    onRefused: (faults) => {
      log.push(...faults.map(({ code }) => code));
      events.emit('refused', faults);
    },
    ...more,
  });
  return { events, abort, log, watch };
}

/** As a careful writer does it. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function setUp(t: Test): { pki: Pki; files: TlsFiles; cert: string } {
  const pki = createPki();
  const leaf = pki.issue({ certname: 'web1.example.com' });
  return {
    pki,
    files: writeSsl(t.testdir({}), { ...leaf, ca: pki.ca, crl: pki.crl }),
    cert: leaf.cert,
  };
}

t.test(
  'a key that everybody may read leaves the old one in force',
  async (t) => {
    const { files } = setUp(t);
    const { events, log } = start(t, files);
    const refused = once(events, 'refused');
    chmodSync(files.key, 0o644);
    const [faults] = (await refused) as [FaultFacts[]];
    t.match(faults, [{ code: 'KEY_EXPOSED' }]);
    t.same(log, ['KEY_EXPOSED']);
  },
);

t.test('a revocation is live in a running server', async (t) => {
  const { pki, files } = setUp(t);
  const client = pki.issue({ certname: 'monitor.example.com' });
  const server = createServer(
    serverTlsOptions(readMaterialSync(files)),
    (_req, res) => res.end(),
  );
  guardServer(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (tls: {
    cert: string;
    key: string;
  }): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port,
          agent: false,
          rejectUnauthorized: false,
          ...tls,
        },
        (res) => {
          res.resume();
          res.on('end', () => resolve(res.statusCode));
        },
      )
        .on('error', reject)
        .end();
    });
  const { events } = start(t, files, {
    pollMs: 500,
    onChange: (material) => {
      server.setSecureContext(serverTlsOptions(material));
      events.emit('live');
    },
  });
  t.equal(await ask(client), 200);
  pki.revoke(client.cert);
  const live = once(events, 'live');
  replace(files.crl, pki.crl);
  await live;
  t.equal(await ask(client), 403);
  t.equal(
    await ask(pki.issue({ certname: 'other.example.com' })),
    200,
    'and nobody else is refused',
  );
});

t.test(
  'cert and key one after the other: told once, when they fit',
  async (t) => {
    const { pki, files } = setUp(t);
    const { events, log, watch } = start(t, files, { pollMs: 60_000 });
    const next = pki.issue({ certname: 'web1.example.com' });
    const changed = once(events, 'change');
    replace(files.cert, next.cert);
    replace(files.key, next.key);
    const [material] = (await changed) as [Material];
    t.equal(material.cert, next.cert);
    t.equal(material.key, next.key);
    await watch.look();
    t.strictSame(log, ['change']);
  },
);

t.test('a set that is bad for one look alone is not told', async (t) => {
  const { pki, files } = setUp(t);
  pki.renewCrl();
  let looks = 0;
  const { events, log, watch } = start(t, files, {
    pollMs: 60_000,
    now: () => {
      looks += 1;
      // how old the files are is asked first; then the first look sees half of what is being written
      if (looks === 2) replace(files.crl, pki.crl);
      return new Date();
    },
  });
  const changed = once(events, 'change');
  replace(files.crl, pki.crls[0] ?? '');
  const [, , first] = (await changed) as [Material, Inspection, string];
  t.equal(first, 'newer CRLs alone');
  await watch.look();
  t.strictSame(log, ['change', 'change'], 'then the whole');
});

t.test('of two sets that are bad in one way each is told', async (t) => {
  const { files } = setUp(t);
  const { log, watch } = start(t, files, { pollMs: 60_000 });
  for (const text of ['none', 'none', 'none again']) {
    writeFileSync(files.crl, text);
    await watch.look();
  }
  t.strictSame(log, ['CRL_EMPTY', 'CRL_EMPTY']);
});

t.test('an abort in the middle of a look', async (t) => {
  /** @returns what is told by a look whose nth question for the time comes with an abort */
  const abortedAt = async (
    nth: number,
    spoil: (files: TlsFiles, pki: Pki) => void,
  ): Promise<string[]> => {
    const { pki, files } = setUp(t);
    const abort = new AbortController();
    const log: string[] = [];
    let asked = 0;
    const watch = watchMaterial({
      files,
      current: readMaterialSync(files),
      pollMs: 60_000,
      signal: abort.signal,
      onChange: () => log.push('change'),
      onRefused: () => log.push('refused'),
      now: () => {
        asked += 1;
        if (asked === nth) abort.abort();
        return new Date();
      },
    });
    spoil(files, pki);
    await watch.look();
    abort.abort();
    return log;
  };
  const renew = ({ crl }: TlsFiles, pki: Pki): void => {
    pki.renewCrl();
    writeFileSync(crl, pki.crl);
  };
  const empty = ({ crl }: TlsFiles): void => writeFileSync(crl, '');
  t.strictSame(await abortedAt(1, empty), []);
  t.strictSame(await abortedAt(1, renew), []);
  t.strictSame(await abortedAt(2, renew), [], 'judged, and not taken');
  t.strictSame(await abortedAt(9, empty), ['refused']);
  t.strictSame(await abortedAt(9, renew), ['change']);
});

const bad: [string, string, (files: TlsFiles, pki: Pki) => void][] = [
  ['CRL emptied', 'CRL_EMPTY', ({ crl }) => writeFileSync(crl, '')],
  ['CRL removed', 'TLS_FILE_MISSING', ({ crl }) => rmSync(crl)],
  [
    'CRL without the root',
    'CRL_NOT_COVERING',
    ({ crl }, pki) => replace(crl, pki.crls[0] ?? ''),
  ],
  [
    'CRL from an old backup',
    'CRL_BACKWARDS',
    ({ crl }, pki) => {
      pki.renewCrl({ of: 'intermediate', number: 3 });
      replace(crl, pki.crl);
    },
  ],
  [
    'key of another',
    'CERT_KEY_MISMATCH',
    ({ key }, pki) => replace(key, pki.issue({ certname: 'x' }).key),
  ],
  [
    'expired',
    'CERT_EXPIRED',
    ({ cert, key }, pki) => {
      const leaf = pki.issue({
        certname: 'web1.example.com',
        notBefore: new Date(0),
        notAfter: new Date(1e9),
      });
      replace(cert, leaf.cert);
      replace(key, leaf.key);
    },
  ],
];
for (const [what, code, spoil] of bad)
  t.test(`refused once, then the good one: ${what}`, async (t) => {
    const { pki, files } = setUp(t);
    pki.renewCrl({ of: 'intermediate', number: 5 });
    writeFileSync(files.crl, pki.crl);
    const good = Object.values(files).map(
      (file: string) => [file, readFileSync(file, 'utf8')] as const,
    );
    const { events, log, watch } = start(t, files);
    const refused = once(events, 'refused');
    spoil(files, pki);
    const [faults] = (await refused) as [FaultFacts[]];
    t.match(faults[0], { code, remedy: /./, exitCode: 3 });
    await watch.look();
    await watch.look();
    t.strictSame(log, [code], 'told once');
    for (const [file, text] of good) writeFileSync(file, text);
    await watch.look();
    t.strictSame(log, [code], 'the set in force came back: nothing to say');
    pki.renewCrl({ number: 9 });
    const changed = once(events, 'change');
    replace(files.crl, pki.crl);
    await changed;
    t.strictSame(log, [code, 'change']);
    const again = once(events, 'refused');
    writeFileSync(files.ca, '');
    await again;
    t.strictSame(log, [code, 'change', 'CA_EMPTY']);
  });

t.test('the same content in new files is no change', async (t) => {
  const { files } = setUp(t);
  const { log, watch } = start(t, files);
  for (const file of Object.values(files) as string[])
    replace(file, `# again\n${readFileSync(file, 'utf8')}`);
  await watch.look();
  utimesSync(files.crl, 1, 1);
  await watch.look();
  t.strictSame(log, []);
});

t.test('a symlink that is swapped', async (t) => {
  const { pki, files } = setUp(t);
  const dir = join(t.testdirName, 'linked');
  mkdirSync(join(dir, 'a'), { recursive: true });
  mkdirSync(join(dir, 'b'));
  writeFileSync(join(dir, 'a', 'crl.pem'), pki.crl);
  symlinkSync('a', join(dir, 'now'));
  const linked = { ...files, crl: join(dir, 'now', 'crl.pem') };
  const { events } = start(t, linked);
  pki.renewCrl();
  writeFileSync(join(dir, 'b', 'crl.pem'), pki.crl);
  const changed = once(events, 'change');
  symlinkSync('b', join(dir, 'next'));
  renameSync(join(dir, 'next'), join(dir, 'now'));
  const [material] = (await changed) as [Material];
  t.strictSame(material.crl, pki.crls, 'the new one is in force');
});

t.test(
  'where no event comes, the next poll sees it: within 500 ms',
  async (t) => {
    mock.timers.enable({ apis: ['setInterval'] });
    t.teardown(() => mock.timers.reset());
    const { pki, files } = setUp(t);
    const dir = join(t.testdirName, 'linked');
    mkdirSync(join(dir, 'a'), { recursive: true });
    mkdirSync(join(dir, 'b'));
    writeFileSync(join(dir, 'a', 'crl.pem'), pki.crl);
    symlinkSync(join(dir, 'a'), join(dir, 'now'));
    const linked = { ...files, crl: join(dir, 'now', 'crl.pem') };
    const { events, log, watch } = start(t, linked, { pollMs: 500 });
    await watch.look();
    pki.renewCrl();
    writeFileSync(join(dir, 'b', 'crl.pem'), pki.crl);
    // the folder that the path led to is the one that is watched: nothing happens in it
    rmSync(join(dir, 'now'));
    symlinkSync(join(dir, 'b'), join(dir, 'now'));
    const changed = once(events, 'change');
    mock.timers.tick(499);
    t.strictSame(log, []);
    mock.timers.tick(1);
    const [material] = (await changed) as [Material];
    t.strictSame(material.crl, pki.crls);
  },
);

t.test('bad for its dates alone: taken when its time comes', async (t) => {
  const { pki, files } = setUp(t);
  let now = new Date(Date.now() + 60_000);
  const { events } = start(t, files, { now: () => now });
  pki.renewCrl({ thisUpdate: new Date(+now + 3_600_000) });
  const refused = once(events, 'refused');
  replace(files.crl, pki.crl);
  const [faults] = (await refused) as [FaultFacts[]];
  t.match(faults, [{ code: 'CRL_NOT_YET_VALID' }, {}]);
  const changed = once(events, 'change');
  // nothing happens to the files
  now = new Date(+now + 7_200_000);
  const [material, , taken] = (await changed) as [Material, unknown, string];
  t.strictSame(material.crl, pki.crls);
  t.equal(taken, 'everything');
});

t.test('a CA certificate ends while it is in force', async (t) => {
  const old = createPki({ now: new Date(Date.now() - 15 * 365 * 86_400_000) });
  const pki = createPki();
  const files = writeSsl(t.testdir({}), {
    ...pki.issue({ certname: 'web1.example.com' }),
    ca: old.ca + pki.ca,
    crl: old.crl + pki.crl,
  });
  let now = new Date(Date.now() - 10 * 365 * 86_400_000);
  const { events, log } = start(t, files, { now: () => now });
  now = new Date(Date.now() + 86_400_000);
  const client = pki.issue({ certname: 'monitor.example.com' });
  pki.revoke(client.cert);
  const changed = once(events, 'change');
  replace(files.crl, old.crl + pki.crl);
  const [, inspection, taken] = (await changed) as [
    Material,
    Inspection,
    string,
  ];
  t.equal(taken, 'everything');
  t.match(
    inspection.warnings.map(({ code }) => code),
    ['CA_SPARE_EXPIRED', 'CA_SPARE_EXPIRED'],
  );
  t.strictSame(log, ['change']);
});

t.test(
  'of a refused set the newer CRL alone, never an older one',
  async (t) => {
    const { pki, files } = setUp(t);
    pki.renewCrl({ number: 5 });
    replace(files.crl, pki.crl);
    const { events, log, watch } = start(t, files, { pollMs: 60_000 });
    const before = readMaterialSync(files);
    const [, rootCrl = ''] = pki.crls;
    rmSync(files.key);
    await watch.look();
    t.strictSame(log, ['TLS_FILE_MISSING']);
    pki.renewCrl({ of: 'intermediate', number: 6 });
    const [newer = ''] = pki.crls;
    const changed = once(events, 'change');
    replace(files.crl, newer);
    const [material, inspection, taken] = (await changed) as [
      Material,
      Inspection,
      string,
    ];
    t.equal(taken, 'newer CRLs alone');
    t.strictSame(material.trust.forTls.crl, [newer, rootCrl]);
    t.equal(material.key, before.key, 'all else stays');
    t.strictSame(
      [...inspection.crlNumbers.values()].map(({ number }) => number),
      [6n, 5n],
    );
    pki.renewCrl({ of: 'intermediate', number: 4 });
    replace(files.crl, pki.crls[0] ?? '');
    await watch.look();
    t.strictSame(
      log.filter((entry) => entry === 'change'),
      ['change'],
      'the older one is not',
    );
  },
);

t.test(
  'onChange that throws: refused, told once, tried again when the files change',
  async (t) => {
    const { pki, files } = setUp(t);
    let isFit = false;
    const taken: (readonly string[])[] = [];
    const { log, watch } = start(t, files, {
      pollMs: 60_000,
      onChange: (material) => {
        if (!isFit) throw new Error('no');
        taken.push(material.trust.forTls.crl);
      },
    });
    pki.renewCrl();
    replace(files.crl, pki.crl);
    await watch.look();
    t.strictSame(log, ['TLS_NOT_TAKEN']);
    await watch.look();
    t.strictSame(log, ['TLS_NOT_TAKEN']);
    pki.renewCrl();
    replace(files.crl, pki.crl);
    await watch.look();
    t.strictSame(log, ['TLS_NOT_TAKEN', 'TLS_NOT_TAKEN'], 'another set');
    isFit = true;
    await watch.look();
    t.strictSame(taken, [pki.crls]);
    await watch.look();
    t.strictSame(taken, [pki.crls], 'in force, so there is nothing to take');
  },
);

t.test(
  'without a current set the first good look is a change; an aborted watch is silent',
  async (t) => {
    const { pki, files } = setUp(t);
    const abort = new AbortController();
    const changes: [crls: readonly string[], Taken][] = [];
    const log: string[] = [];
    const watch = watchMaterial({
      files,
      signal: abort.signal,
      onChange: (material, _inspection, taken) =>
        changes.push([material.trust.forTls.crl, taken]),
      onRefused: (faults) => log.push(...faults.map(({ code }) => code)),
    });
    writeFileSync(files.crl, '');
    await watch.look();
    t.strictSame(log, ['CRL_EMPTY']);
    writeFileSync(files.crl, pki.crl);
    await watch.look();
    const before = pki.crls;
    t.strictSame(changes, [[before, 'everything']]);
    pki.renewCrl();
    replace(files.crl, pki.crl);
    await watch.look();
    const after = pki.crls;
    t.strictSame(changes.at(-1), [after, 'everything']);
    abort.abort();
    pki.renewCrl();
    replace(files.crl, pki.crl);
    await watch.look();
    t.strictSame(changes, [
      [before, 'everything'],
      [after, 'everything'],
    ]);
    t.strictSame(log, ['CRL_EMPTY']);
  },
);
