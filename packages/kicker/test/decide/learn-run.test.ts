import t from 'tap';
import type { Outcome } from '@kickd/protocol';
import { didRun } from '../../src/decide/learn-run.ts';
import { emptyService } from '../../src/decide/service-memory.ts';
import type { OutcomeRecord } from '../../src/events/outcome-record.ts';
import { createLearner } from './learn-on.ts';

const minute = 60 * 1000;
const certname = 'web1.example.com';
const key = `${certname}\tHTTP`;
const problem = { sinceMs: 0, ids: {}, kicks: 1, isTold: false };
const ended = (outcome: Partial<Outcome> = {}): OutcomeRecord => ({
  kind: 'ended',
  run: 'r',
  outcome: { kind: 'corrected', corrected: [], failed: [], ...outcome },
});
const record = {
  certname,
  service: 'HTTP',
  cm: '',
  isNoop: false,
  verifySeconds: 300,
  futileRuns: 2,
  noopChanges: 1,
};

function createTold(kick = {}, service = {}) {
  const { read, set, setFleet, tell } = createLearner();
  set('kick', 'k1', { ...record, ...kick });
  setFleet({ open: 2 });
  set('host', certname, {
    bad: ['HTTP'],
    open: { kick: 'k1', service: 'HTTP' },
  });
  set('service', key, {
    ...emptyService(0),
    problem,
    open: { kick: 'k1', isNoop: false },
    ...service,
  });
  return {
    read,
    set,
    setFleet,
    end: (outcome: OutcomeRecord, atMs = minute, id = 'k1') =>
      tell({ kind: 'outcome', kick: id, outcome }, atMs),
    tell,
    service: () => read('service', key),
    host: () => read('host', certname),
  };
}

void t.test('a run has ended: it is judged', async (t) => {
  const told = createTold();
  told.end(ended());
  t.strictSame(told.service(), {
    ...emptyService(0),
    problem,
    lastEndMs: minute,
    verifying: { kick: 'k1', untilMs: 6 * minute, futileRuns: 2 },
  });
  t.equal(told.read('kick', 'k1'), undefined);
  t.equal(told.read('fleet', '')?.open, 1);
  t.equal(told.host()?.open, undefined);
  t.strictSame(told.host()?.bad, ['HTTP']);
  const after = told.service();
  told.end(ended(), 2 * minute);
  t.equal(told.service(), after, 'told twice');
  t.equal(told.read('fleet', '')?.open, 1);
});

void t.test(
  'what the host refused, or never got, counts for nothing',
  async (t) => {
    const refused: OutcomeRecord[] = [
      ended({ kind: 'refused' }),
      { kind: 'refused', code: 'FROZEN', message: 'x' },
      { kind: 'gave-up', code: 'CONNECT_REFUSED', message: 'x' },
    ];
    for (const outcome of refused) {
      const told = createTold();
      told.end(outcome);
      t.strictSame(told.service(), {
        ...emptyService(0),
        problem,
        lastEndMs: minute,
      });
      t.equal(didRun(outcome), false);
    }
    for (const kind of [
      'unchanged',
      'failed',
      'timed-out',
      'cancelled',
      'lost',
      'not-started',
    ] as const) {
      t.equal(didRun(ended({ kind })), true, kind);
    }
    t.equal(didRun({ kind: 'not-known', code: 'x', message: 'x' }), true);
  },
);

void t.test('not needed: the monitor has the last word', async (t) => {
  const told = createTold({ acceptedMs: 1000 });
  told.setFleet({ open: 2, tookMs: [40_000] });
  told.end(ended({ kind: 'not-needed' }));
  t.strictSame(told.service()?.verifying, {
    kick: 'k1',
    untilMs: 6 * minute,
    futileRuns: 2,
    isNotNeeded: true,
  });
  t.strictSame(
    told.read('fleet', '')?.tookMs,
    [40_000],
    'it says nothing of how long runs take',
  );
  t.equal(didRun(ended({ kind: 'not-needed' })), true, 'it is judged');
  told.tell(
    {
      kind: 'verdict',
      kick: 'k1',
      certname,
      service: 'HTTP',
      verdict: 'still-broken',
    },
    7 * minute,
  );
  t.match(told.service(), { futile: 1, notNeeded: 1 });
});

void t.test('not needed, and green by then: nothing was healed', async (t) => {
  const told = createTold();
  const { problem: _problem, ...green } = told.service() ?? emptyService(0);
  told.set('service', key, green);
  told.end(ended({ kind: 'not-needed' }));
  t.match(told.service(), { healedMs: undefined, lastEndMs: minute });
});

void t.test('green before the run had ended: healed', async (t) => {
  const told = createTold();
  const { problem: _problem, ...green } = told.service() ?? emptyService(0);
  told.set('service', key, green);
  told.end(ended());
  t.match(told.service(), {
    healedMs: minute,
    lastEndMs: minute,
    verifying: undefined,
  });
});

void t.test('a noop run is not judged by the service', async (t) => {
  const noop = { kick: 'k1', isNoop: true };
  const change = { resource: 'File[a]' };
  const few = createTold({ isNoop: true }, { open: noop });
  few.end(ended({ pending: [change] }));
  t.strictSame(few.service(), {
    ...emptyService(0),
    problem,
    lastEndMs: minute,
  });
  const many = createTold({ isNoop: true }, { open: noop });
  many.end(ended({ pending: [change, change], configVersion: 'v1' }));
  t.strictSame(many.service()?.block, {
    why: 'too-many-changes',
    atMs: minute,
    policy: 'v1',
  });
  const unknown = createTold({ isNoop: true }, { open: noop });
  unknown.end({ kind: 'not-known', code: 'x', message: 'x' });
  t.equal(unknown.service()?.block, undefined);
});

void t.test('the version of the policy', async (t) => {
  const told = createTold();
  told.end(ended({ configVersion: 'v1' }));
  t.equal(told.host()?.policy, 'v1');
  const cached = createTold();
  cached.end(ended({ configVersion: 'v1', cachedCatalog: true }));
  t.equal(cached.host()?.policy, undefined, 'that of a cached catalog is old');
  told.tell(
    { kind: 'policy', certname, configVersion: 'v2', runEndedMs: 9 },
    2 * minute,
  );
  t.equal(told.host()?.policy, 'v2');
  told.tell(
    { kind: 'policy', certname: 'new', configVersion: 'v3', runEndedMs: 9 },
    2 * minute,
  );
  t.strictSame(told.read('host', 'new'), { bad: [], policy: 'v3' });
});

void t.test('another kick is under way by now', async (t) => {
  const told = createTold({}, { open: { kick: 'k2', isNoop: false } });
  told.set('host', certname, {
    bad: [],
    open: { kick: 'k2', service: 'HTTP' },
  });
  const before = told.service();
  told.end(ended());
  t.equal(told.service(), before);
  t.match(told.host()?.open, { kick: 'k2' });
});

void t.test('what it says of the CM server', async (t) => {
  const told = createTold();
  told.end(ended({ kind: 'failed', code: 'catalog' }));
  t.strictSame(told.read('server', '')?.failed, [certname]);
  const fine = createTold();
  fine.set('server', '', { failed: ['other'], isTold: false });
  fine.end({ kind: 'not-known', code: 'x', message: 'x' });
  t.strictSame(fine.read('server', '')?.failed, ['other']);
});

void t.test('places, and how long a run took', async (t) => {
  const place = { second: '999', isProbation: false };
  const taken = { place, acceptedMs: 10_000 };
  const told = createTold(taken);
  told.setFleet({ places: { '999': 2 } });
  told.end(ended());
  t.match(told.read('fleet', ''), { places: { '999': 1 }, tookMs: [50_000] });
  const unknown = createTold(taken);
  unknown.end({ kind: 'not-known', code: 'x', message: 'x' });
  t.equal(unknown.read('fleet', '')?.tookMs, undefined);
});

void t.test(
  'a host that kept its place too long, and one whose run ended',
  async (t) => {
    const slow = createTold({ place: { second: '59', isProbation: false } });
    slow.end({ kind: 'not-known', code: 'x', message: 'x' });
    t.equal(slow.host()?.isSlow, true);
    const inTime = createTold({ place: { second: '61', isProbation: false } });
    inTime.end({ kind: 'not-known', code: 'x', message: 'x' });
    t.equal(inTime.host()?.isSlow, undefined);
    const well = createTold({ place: { second: '59', isProbation: false } });
    well.set('host', certname, { bad: [], isSlow: true });
    well.end(ended());
    t.equal(well.host()?.isSlow, undefined);
  },
);

void t.test('a kick that was not taken, and one that was', async (t) => {
  const place = { second: '999', isProbation: false };
  const told = createTold({ place });
  told.setFleet({ places: { '999': 1 } });
  told.tell({ kind: 'not-reached', kick: 'k1' }, minute);
  t.strictSame(told.read('fleet', '')?.places, {});
  t.equal(told.read('kick', 'k1')?.place, undefined);
  t.equal(told.host()?.isSlow, true);
  told.tell({ kind: 'accepted', kick: 'k1' }, 2 * minute);
  t.match(told.read('kick', 'k1'), {
    acceptedMs: 2 * minute,
    place: { isProbation: true },
  });
  const kept = createTold({ place });
  kept.setFleet({ places: { '999': 1 } });
  kept.tell({ kind: 'accepted', kick: 'k1' }, minute);
  // From now on it is a run that is waited for: as long as nobody knows how long they take.
  t.match(kept.read('kick', 'k1'), {
    acceptedMs: minute,
    place: { second: '75', isProbation: false },
  });
  t.strictSame(kept.read('fleet', '')?.places, { '75': 1 });
  for (const kind of ['not-reached', 'accepted'] as const) {
    kept.tell({ kind, kick: 'unknown' }, minute);
    t.equal(kept.read('kick', 'unknown'), undefined);
  }
});

void t.test('the verdict of the monitor', async (t) => {
  const verifying = { kick: 'k1', untilMs: 9 * minute, futileRuns: 2 };
  const verdict = (
    word: 'healed' | 'still-broken' | 'unknown',
    kick = 'k1',
    more = {},
  ) => {
    const told = createTold({}, { verifying, ...more });
    told.set('host', certname, { bad: [], policy: 'v1' });
    told.tell(
      { kind: 'verdict', kick, certname, service: 'HTTP', verdict: word },
      2 * minute,
    );
    return told.service();
  };
  t.match(verdict('healed'), { healedMs: 2 * minute, verifying: undefined });
  t.match(verdict('still-broken'), { futile: 1, verifying: undefined });
  t.match(verdict('unknown', 'k1', { futile: 1 }), {
    futile: 2,
    block: { why: 'futile', atMs: 2 * minute, policy: 'v1' },
  });
  t.strictSame(
    verdict('healed', 'k9')?.verifying,
    verifying,
    'of another kick',
  );
});

void t.test('a host that the memory has forgotten', async (t) => {
  const place = { second: '999', isProbation: false };
  const forgotten = () => {
    const { read, set, setFleet, tell } = createLearner();
    set('kick', 'k1', { ...record, place });
    setFleet({ open: 1, places: { '999': 1 } });
    return { read, tell };
  };
  const missed = forgotten();
  missed.tell({ kind: 'not-reached', kick: 'k1' }, minute);
  t.equal(missed.read('host', certname), undefined);
  const accepted = forgotten();
  accepted.tell({ kind: 'accepted', kick: 'k1' }, minute);
  t.match(accepted.read('kick', 'k1')?.place, { isProbation: false });
  const done = forgotten();
  done.tell({ kind: 'outcome', kick: 'k1', outcome: ended() }, minute);
  t.strictSame(done.read('host', certname), { bad: [] });
});

void t.test('that a host is slow is written once', async (t) => {
  const told = createTold();
  told.tell({ kind: 'not-reached', kick: 'k1' }, minute);
  const slow = told.host();
  t.equal(slow?.isSlow, true);
  told.tell({ kind: 'not-reached', kick: 'k1' }, 2 * minute);
  t.equal(told.host(), slow);
});

void t.test('the end of a run is no trouble that is heard of', async (t) => {
  const counted = { groups: [''], quarter: '0' };
  const told = createTold();
  told.set('host', certname, { bad: ['HTTP'], counted });
  told.end(ended(), 480 * minute);
  t.strictSame(told.host()?.counted, counted);
  told.tell(
    { kind: 'policy', certname, configVersion: 'v2', runEndedMs: 9 },
    480 * minute,
  );
  t.strictSame(told.host()?.counted, counted, 'nor is a new policy');
});

void t.test('a verdict about what is not judged', async (t) => {
  const told = createTold();
  const tell = (service: string) =>
    told.tell(
      {
        kind: 'verdict',
        kick: 'k1',
        certname,
        service,
        verdict: 'still-broken',
      },
      minute,
    );
  const before = told.service();
  tell('HTTP');
  t.equal(told.service(), before);
  tell('SSH');
  t.equal(told.read('service', `${certname}\tSSH`), undefined);
});

void t.test('a verdict about a host that was forgotten', async (t) => {
  const told = createTold(
    {},
    { verifying: { kick: 'k1', untilMs: 9 * minute, futileRuns: 1 } },
  );
  const service = told.service();
  if (service === undefined) throw new Error('no service');
  const { read, set, tell } = createLearner();
  set('service', key, service);
  tell(
    {
      kind: 'verdict',
      kick: 'k1',
      certname,
      service: 'HTTP',
      verdict: 'still-broken',
    },
    minute,
  );
  t.strictSame(read('service', key)?.block, { why: 'futile', atMs: minute });
});

void t.test(
  'a service whose kick was forgotten, and odd noop runs',
  async (t) => {
    const told = createTold({}, { open: undefined });
    const before = told.service();
    told.end(ended());
    t.equal(told.service(), before);

    const noop = { kick: 'k1', isNoop: true };
    const silent = createTold({ isNoop: true }, { open: noop });
    silent.end(ended());
    t.equal(silent.service()?.block, undefined, 'no list of changes');
    const change = { resource: 'File[a]' };
    const many = createTold({ isNoop: true }, { open: noop });
    many.end(ended({ pending: [change, change] }));
    t.strictSame(
      many.service()?.block,
      { why: 'too-many-changes', atMs: minute },
      'no version of the policy',
    );
  },
);
