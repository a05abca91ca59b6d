import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { loadRules } from '../../src/io/load-rules.ts';

function createPlaces(t: Test) {
  const dir = t.testdir();
  mkdirSync(join(dir, 'xdg'), { mode: 0o700 });
  return {
    file: join(dir, 'rules.yaml'),
    cache: join(dir, 'xdg', 'kicker', 'rules.json'),
  };
}

const codeOf = (loading: Promise<unknown>): Promise<unknown> =>
  loading.then(
    () => undefined,
    (error: { faults?: { code: string }[] }) => error.faults?.[0]?.code,
  );

const text = (host: string) =>
  `rules: [{name: a, match: {host: ${host}, labels: {__proto__: x}}}]`;

void t.test('which file', async (t) => {
  const { file } = createPlaces(t);
  writeFileSync(file, text('web1'));
  const rules = await loadRules({ rules: file }, {});
  t.match(rules, { source: file, rules: [{ match: { host: ['web1'] } }] });
  t.equal(
    await codeOf(loadRules({ rules: '/nonexistent' }, {})),
    'RULES_MISSING',
  );
  t.equal(
    await codeOf(loadRules({ rules: t.testdirName }, {})),
    'RULES_UNREADABLE',
  );
  // No machine that runs the tests has rules in the usual place.
  t.strictSame(await loadRules({}, {}), defaultRuleSet);
});

void t.test('kept and parsed are the same', async (t) => {
  const { file, cache } = createPlaces(t);
  writeFileSync(file, text('web1'));
  const parsed = await loadRules({ rules: file }, {}, cache);
  t.ok(existsSync(cache));
  const kept = await loadRules({ rules: file }, {}, cache);
  t.not(kept, parsed);
  t.strictSame(kept, parsed);
});

void t.test(
  'a changed text is parsed anew, a bad one is never kept',
  async (t) => {
    const { file, cache } = createPlaces(t);
    writeFileSync(file, text('web1'));
    await loadRules({ rules: file }, {}, cache);
    writeFileSync(file, text('web2'));
    t.match(await loadRules({ rules: file }, {}, cache), {
      rules: [{ match: { host: ['web2'] } }],
    });
    const before = readFileSync(cache, 'utf8');
    writeFileSync(file, '');
    t.equal(
      await codeOf(loadRules({ rules: file }, {}, cache)),
      'CONFIG_INVALID',
    );
    t.equal(readFileSync(cache, 'utf8'), before);
  },
);

void t.test(
  'the sample is right, and holds the defaults that it names',
  async (t) => {
    const sample = join(
      import.meta.dirname,
      '../../../../deploy/kicker-rules.yaml.sample',
    );
    const { guards } = await loadRules({ rules: sample }, {});
    t.strictSame(guards, defaultRuleSet.guards);
  },
);
