import { outcomeLimits, type Run, type Status } from '@kickd/protocol';
import t from 'tap';
import { cutRun, cutRunList, cutStatus } from '../../src/io/cut-reply.ts';
import { fitsSchema } from '../../src/io/reply-schema.ts';
import { aRun, hostName } from '../fake-kickd.ts';

const at = '2026-01-02T03:04:05.678Z';
const id = (n: number): string =>
  `01990000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

const full: Run = {
  ...aRun(),
  state: 'ended',
  tags: ['apache'],
  environment: 'production',
  kicks: [
    {
      kick: id(2),
      by: 'monitor.example.com',
      joined: 'started',
      acceptedAt: at,
      expires: at,
      because: { monitor: 'nagios', service: 'HTTP', since: at },
    },
  ],
  startedAt: at,
  endedAt: at,
  durationMs: 7,
  outcome: {
    kind: 'partly',
    code: 'resources',
    reason: 'Größe: file not found',
    exitCode: 6,
    corrected: [
      {
        resource: 'Service[apache2]',
        property: 'ensure',
        from: 'stopped',
        to: 'running',
        corrective: true,
      },
    ],
    failed: ['File[/etc/x]'],
    cachedCatalog: false,
    matched: true,
    verified: false,
    pending: [{ resource: 'File[/a]' }],
    configVersion: '1234',
  },
};

const status: Status = {
  version: '1.2.3',
  certname: hostName,
  uptimeSeconds: 5,
  launcher: 'unit',
  cm: {
    profile: 'puppet-agent',
    locked: false,
    disabled: 'by ada',
    policy: { configVersion: '1234', endedAt: at, durationMs: 3 },
  },
  current: { ...aRun(), state: 'queued' },
  last: full,
  expiries: [{ what: 'certificate', at, level: 'far' }],
  acl: { current: true, rules: 2 },
  journal: { ok: true },
  audit: { ok: false, reason: 'no room', head: '7:abc' },
  frozen: 'until Monday',
  limits: { bodyMaxBytes: 4096, runTimeoutSeconds: 900, minIntervalSeconds: 0 },
};

// What an honest kickd tells comes through as it is, with every key that it has.
t.strictSame(cutRun(full), full);
t.strictSame(cutRun(aRun()), aRun());
t.strictSame(cutStatus(status), status);
const bare: Status = {
  version: '1',
  certname: hostName,
  uptimeSeconds: 5,
  cm: { profile: 'p', locked: true },
  expiries: [],
  acl: { current: true, rules: 2 },
  limits: { bodyMaxBytes: 4096, runTimeoutSeconds: 900 },
};
t.strictSame(cutStatus(bare), bare);

void t.test('lists and texts are cut', async (t) => {
  const long = '\u001b[2J'.repeat(1000);
  const resource = { resource: long, property: long, from: long, to: long };
  const { outcome } = cutRun({
    ...full,
    outcome: {
      kind: 'failed',
      code: long,
      reason: long,
      configVersion: long,
      corrected: Array.from({ length: 30_000 }, () => resource),
      pending: Array.from({ length: 51 }, () => resource),
      failed: Array.from({ length: 30_000 }, (_, n) => `File[/${n}]`),
    },
  });
  const cut = (most: number): string => `${long.slice(0, most - 3)}...`;
  const { nameChars, propertyChars, valueChars } = outcomeLimits;
  for (const list of [outcome?.corrected, outcome?.pending]) {
    t.equal(list?.length, 50);
    const [first] = list ?? [];
    t.equal(first?.resource, cut(nameChars));
    t.equal(first?.property, cut(propertyChars));
    t.equal(first?.from, cut(valueChars));
    t.equal(first?.to, cut(valueChars));
  }
  t.equal(outcome?.failed.length, 50);
  t.equal(outcome?.failed[49], 'File[/49]');
  t.equal(outcome?.code, cut(64));
  t.equal(outcome?.reason, cut(256));
  t.equal(outcome?.configVersion, cut(64));
});

void t.test('of a run only the keys are kept that we know', async (t) => {
  const given = {
    ...full,
    more: 'x',
    tags: Array.from({ length: 1000 }, (_, n) => `t${n}`),
    kicks: [{ ...full.kicks[0], more: 'x' }],
    outcome: {
      ...full.outcome,
      more: 'x',
      corrected: [{ resource: 'A[b]', more: 'x' }],
    },
  };
  t.ok(fitsSchema('run', given), 'the schema takes them');
  // fitsSchema has just said so.
  const kept = cutRun(given as Run);
  t.strictSame(kept, {
    ...full,
    tags: Array.from({ length: 32 }, (_, n) => `t${n}`),
    outcome: { ...full.outcome, corrected: [{ resource: 'A[b]' }] },
  });
});

void t.test('of the kicks those that are wanted', async (t) => {
  const [kick] = full.kicks;
  const many = Array.from({ length: 20_000 }, (_, n) => ({
    ...(kick as Run['kicks'][number]),
    kick: id(n),
  }));
  const run = { ...full, kicks: many };
  t.equal(cutRun(run).kicks.length, 1000);
  t.strictSame(
    cutRun(run, ({ kick }) => kick === id(15_000)).kicks.map(
      ({ kick }) => kick,
    ),
    [id(15_000)],
  );
});

void t.test('what is about another host is left out', async (t) => {
  const other = { ...full, certname: 'web2.example.com' };
  t.strictSame(cutRunList({ runs: [other, full, other] }, hostName), {
    runs: [full],
  });
  const { current: _, last: __, ...rest } = status;
  t.strictSame(cutStatus({ ...status, current: other, last: other }), rest);
});

void t.test('texts of a status are cut', async (t) => {
  const long = 'x'.repeat(10_000);
  const kept = cutStatus({
    ...status,
    version: long,
    cm: {
      ...status.cm,
      disabled: long,
      policy: { configVersion: long, endedAt: at },
    },
    expiries: Array.from({ length: 1000 }, () => ({ what: long, at })),
    journal: { ok: false, reason: long },
    audit: { ok: false, reason: long, head: long },
    frozen: long,
  });
  const line = `${'x'.repeat(253)}...`;
  t.equal(kept.version, line);
  t.equal(kept.cm.disabled, line);
  t.equal(kept.cm.policy?.configVersion, `${'x'.repeat(61)}...`);
  t.equal(kept.expiries.length, 50);
  t.equal(kept.expiries[49]?.what, line);
  t.equal(kept.journal?.reason, line);
  t.strictSame(kept.audit, { ok: false, reason: line, head: line });
  t.equal(kept.frozen, line);
});

void t.test('no character is cut in two', async (t) => {
  const reason = `${'x'.repeat(252)}${'\u{1f600}'.repeat(9)}`;
  const { outcome: kept } = cutRun({
    ...full,
    outcome: { kind: 'failed', corrected: [], failed: [], reason },
  });
  t.equal(kept?.reason, `${'x'.repeat(252)}...`);
});
