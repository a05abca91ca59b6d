import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { defaultConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/io/load-config.ts';

function createPlaces(t: Test) {
  const dir = t.testdir();
  mkdirSync(join(dir, 'xdg'), { mode: 0o700 });
  return {
    file: join(dir, 'kicker.yaml'),
    cache: join(dir, 'xdg', 'kicker', 'config.json'),
  };
}

const codeOf = (loading: Promise<unknown>): Promise<unknown> =>
  loading.then(
    () => undefined,
    (error: { faults?: { code: string }[] }) => error.faults?.[0]?.code,
  );

void t.test('which file', async (t) => {
  const { file } = createPlaces(t);
  writeFileSync(file, 'port: 9139');
  t.equal((await loadConfig(file, {})).port, 9139);
  t.equal((await loadConfig(undefined, { KICKER_CONFIG: file })).port, 9139);
  t.equal(
    await codeOf(loadConfig('/nonexistent', { KICKER_CONFIG: file })),
    'CONFIG_MISSING',
  );
  t.equal(await codeOf(loadConfig(`${file}/x`, {})), 'CONFIG_MISSING');
  t.equal(await codeOf(loadConfig(t.testdirName, {})), 'CONFIG_UNREADABLE');
});

void t.test('kept and parsed are the same', async (t) => {
  const { file, cache } = createPlaces(t);
  writeFileSync(
    file,
    [
      'port: 9139',
      'hosts: {__proto__: {port: 1}, Web1: {address: "::1"}}',
      'rules: /etc/kicker/other.yaml',
      'timeouts: {connectSeconds: 0.1}',
      'tls: {cert: /a, key: /b, ca: /c, crl: /d}',
    ].join('\n'),
  );
  const parsed = await loadConfig(file, {}, cache);
  t.ok(existsSync(cache));
  const kept = await loadConfig(file, {}, cache);
  t.not(kept, parsed);
  t.strictSame(kept, parsed);
  t.strictSame(Object.keys(kept.hosts), Object.keys(parsed.hosts));
});

void t.test('it is the kept one that is read', async (t) => {
  const { file, cache } = createPlaces(t);
  writeFileSync(file, 'port: 9139');
  await loadConfig(file, {}, cache);
  const text = readFileSync(cache, 'utf8');
  writeFileSync(cache, text.replace('"port":9139', '"port":9140'));
  t.equal((await loadConfig(file, {}, cache)).port, 9140);
});

void t.test('an edit is seen at once, and so is its mistake', async (t) => {
  const { file, cache } = createPlaces(t);
  // Of one length, within one tick of the clock.
  for (const port of [9139, 9140, 9139]) {
    writeFileSync(file, `port: ${String(port)}`);
    t.equal((await loadConfig(file, {}, cache)).port, port);
  }
  writeFileSync(file, 'prt: 9139');
  t.equal(await codeOf(loadConfig(file, {}, cache)), 'CONFIG_UNKNOWN_KEY');
  t.equal(await codeOf(loadConfig(file, {}, cache)), 'CONFIG_UNKNOWN_KEY');
});

void t.test('a file with a mistake is never kept', async (t) => {
  const { file, cache } = createPlaces(t);
  writeFileSync(file, 'port: 0');
  t.equal(await codeOf(loadConfig(file, {}, cache)), 'CONFIG_INVALID');
  t.notOk(existsSync(cache));
});

void t.test('a file that is gone is not remembered', async (t) => {
  const { file, cache } = createPlaces(t);
  writeFileSync(file, 'port: 9139');
  await loadConfig(file, {}, cache);
  const { rmSync } = await import('node:fs');
  rmSync(file);
  t.equal(await codeOf(loadConfig(file, {}, cache)), 'CONFIG_MISSING');
});

void t.test('where the cache cannot be, the file is enough', async (t) => {
  const { file } = createPlaces(t);
  writeFileSync(file, 'port: 9139');
  const nowhere = '/proc/none/kicker/config.json';
  t.strictSame(await loadConfig(file, {}, nowhere), {
    ...defaultConfig(),
    file,
    port: 9139,
  });
});

void t.test('unbuilt, nothing is kept', async (t) => {
  const { file, cache } = createPlaces(t);
  writeFileSync(file, 'port: 9139');
  await loadConfig(file, { XDG_CACHE_HOME: join(cache, '..', '..') });
  t.notOk(existsSync(cache));
});
