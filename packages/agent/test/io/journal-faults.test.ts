import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Fault, type Kick } from '@kickd/protocol';
import { createChildLauncher } from '../../src/io/child-launcher.ts';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import type { Journal } from '../../src/ports.ts';
import { bareOutcome } from '../../src/run/outcome.ts';
import {
  endedRun,
  queuedRun,
  startedRun,
  withKick,
} from '../../src/run/run.ts';
import type { Told } from '../../src/told.ts';
import { createFakeHost } from '../run/fake-host.ts';
import { createFakeRunner } from '../run/fake-runner.ts';

const by = 'monitor.example.com';
const kickOf = (n: number, more: Partial<Kick> = {}): Kick => ({
  kick: `0193a000-0000-7000-8000-${String(n).padStart(12, '0')}`,
  certname: 'web1.example.com',
  ...more,
});
/** Never served by a real run, not even by one that begins in the same millisecond. */
const another = { noop: true };
const longAgo = { because: { since: '2026-01-01T00:00:00Z' } };

/** Waits as long as the test may take: a busy machine is no fault. */
const patient = (): AbortSignal => new AbortController().signal;

/** Waits for what the next turns of the loop bring. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A journal whose writes fail as told: not done at all, or done with the answer lost. */
function createFaulty(file: string) {
  const journal = openSqliteJournal(file);
  const plan: Partial<Record<keyof Journal, 'undone' | 'done'>> = {};
  const failed = new Set<keyof Journal>();
  const faulty = new Proxy(journal, {
    get: (target, name: keyof Journal) => {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const mode = plan[name];
        const result: unknown =
          mode === 'undone' ? undefined : Reflect.apply(member, target, args);
        if (mode !== undefined) failed.add(name);
        if (mode !== undefined) throw new Error(`no space left (${name})`);
        return result;
      };
    },
  });
  return { journal: faulty, plan, failed };
}

t.test('a run is told as queued until it is marked as begun', async (t) => {
  const dir = t.testdir();
  const host = createFakeHost();
  const file = join(dir, 'journal.sqlite');
  const first = openSqliteJournal(file);
  const runner = createFakeRunner({
    dir,
    journal: first,
    launcher: host.launcher(),
  });
  runner.recover();
  const one = await runner.submit(kickOf(1, longAgo), by);
  const two = await runner.submit(kickOf(2, longAgo), by);
  t.match(
    [one, two],
    [{ run: { state: 'queued' } }, { run: { state: 'queued' } }],
  );
  t.equal(host.lines.length, 0, 'the tool has not been started yet');
  // kickd dies here
  await runner.close();

  const journal = openSqliteJournal(file);
  const next = createFakeRunner({ dir, journal, launcher: host.launcher() });
  next.recover();
  t.teardown(() => next.close());
  await until(() => host.alive() !== undefined);
  const run = host.alive() ?? '';
  host.end(run, 2);
  const ended = await next.waitForEnd(run, patient());
  t.match(ended, { outcome: { kind: 'corrected' }, kicks: { length: 2 } });
});

t.test(
  'a kick that was refused but written all the same is served',
  async (t) => {
    const dir = t.testdir();
    const host = createFakeHost();
    const { journal, plan } = createFaulty(join(dir, 'journal.sqlite'));
    const runner = createFakeRunner({
      dir,
      journal,
      launcher: host.launcher(),
    });
    runner.recover();
    t.teardown(() => runner.close());
    plan.accept = 'done';
    t.match(await runner.submit(kickOf(1), by), { kind: 'journal-broken' });
    delete plan.accept;
    const again = await runner.submit(kickOf(1), by);
    if (again.kind !== 'accepted') throw new Error(again.kind);
    await until(() => host.alive() === again.run.run);
    host.end(again.run.run, 2);
    const { run } = again.run;
    const ended = await runner.waitForEnd(run, patient());
    t.match(ended?.outcome, { kind: 'corrected' });
  },
);

t.test('and a run knows of a kick that joined it that way', async (t) => {
  const dir = t.testdir();
  const host = createFakeHost();
  const { journal, plan } = createFaulty(join(dir, 'journal.sqlite'));
  const runner = createFakeRunner({ dir, journal, launcher: host.launcher() });
  runner.recover();
  t.teardown(() => runner.close());
  await runner.submit(kickOf(1), by);
  await until(() => host.alive() !== undefined);
  const run = host.alive() ?? '';
  plan.accept = 'done';
  await runner.submit(
    kickOf(2, { because: { since: '2020-01-01T00:00:00Z' } }),
    by,
  );
  delete plan.accept;
  host.end(run, 0);
  const ended = await runner.waitForEnd(run, patient());
  t.match(ended, { state: 'ended', kicks: { length: 2 } });
});

t.test('and one that joined it before it began', async (t) => {
  const dir = t.testdir();
  const host = createFakeHost();
  const { journal, plan } = createFaulty(join(dir, 'journal.sqlite'));
  const runner = createFakeRunner({ dir, journal, launcher: host.launcher() });
  runner.recover();
  t.teardown(() => runner.close());
  await runner.submit(kickOf(1, { tags: ['ntp'] }), by);
  plan.accept = 'done';
  await runner.submit(kickOf(2, { tags: ['apache'] }), by);
  delete plan.accept;
  await until(() => host.alive() !== undefined);
  const run = host.alive() ?? '';
  host.end(run, 0);
  const ended = await runner.waitForEnd(run, patient());
  t.match(ended, { state: 'ended', kicks: { length: 2 } });
  t.same(ended?.tags, ['apache', 'ntp'], 'what was started is what was asked');
});

t.test('an outcome is told once it is on disk, and not before', async (t) => {
  const dir = t.testdir();
  const host = createFakeHost();
  const told: Told[] = [];
  const { journal, plan, failed } = createFaulty(join(dir, 'journal.sqlite'));
  const runner = createFakeRunner({
    dir,
    journal,
    launcher: host.launcher(),
    told,
  });
  runner.recover();
  t.teardown(() => runner.close());
  const one = await runner.submit(kickOf(1), by);
  await until(() => host.alive() !== undefined);
  const two = await runner.submit(kickOf(2, another), by);
  if (one.kind !== 'accepted' || two.kind !== 'accepted') throw new Error();
  plan.end = 'undone';
  host.end(one.run.run, 2);
  await until(() => failed.has('end'));
  t.match(await runner.find(one.run.run), { state: 'running' });
  t.notOk(told.some(({ event }) => event === 'run-ended'));
  t.equal(host.alive(), undefined, 'nothing is started meanwhile');
  delete plan.end;
  const ended = await runner.waitForEnd(one.run.run, patient());
  t.match(ended?.outcome, { kind: 'corrected' });
  await until(() => host.alive() === two.run.run);
  host.end(two.run.run, 0);
  await runner.waitForEnd(two.run.run, patient());
});

t.test(
  'a run that could not be marked as begun is not told as ended before that is on disk',
  async (t) => {
    const dir = t.testdir();
    const host = createFakeHost();
    const { journal, plan, failed } = createFaulty(join(dir, 'journal.sqlite'));
    const runner = createFakeRunner({
      dir,
      journal,
      launcher: host.launcher(),
    });
    runner.recover();
    t.teardown(() => runner.close());
    plan.start = 'undone';
    plan.end = 'undone';
    const one = await runner.submit(kickOf(1), by);
    if (one.kind !== 'accepted') throw new Error(one.kind);
    const { run } = one.run;
    await until(() => failed.has('start') && failed.has('end'));
    t.match(await runner.find(run), { state: 'queued' });
    delete plan.start;
    delete plan.end;
    t.match(await runner.waitForEnd(run, patient()), {
      outcome: {
        kind: 'not-started',
        code: 'journal',
        reason: /no space left/,
      },
    });
    t.same(host.lines, []);
  },
);

t.test('a launch that failed, nobody knows where, is looked for', async (t) => {
  const dir = t.testdir();
  const host = createFakeHost();
  const journal = openSqliteJournal(join(dir, 'journal.sqlite'));
  const launcher = host.launcher();
  const runner = createFakeRunner({
    dir,
    journal,
    launcher: {
      ...launcher,
      launch: async (...args) => {
        await launcher.launch(...args);
        throw new Error('EIO');
      },
    },
  });
  runner.recover();
  t.teardown(() => runner.close());
  const one = await runner.submit(kickOf(1), by);
  await until(() => host.alive() !== undefined);
  const two = await runner.submit(kickOf(2, another), by);
  if (one.kind !== 'accepted' || two.kind !== 'accepted') throw new Error();
  host.end(one.run.run, 2);
  const ended = await runner.waitForEnd(one.run.run, patient());
  t.match(ended?.outcome, { kind: 'lost', code: 'runner-gone' });
  await until(() => host.alive() === two.run.run);
  host.end(two.run.run, 0);
  await runner.waitForEnd(two.run.run, patient());
  t.same(
    host.lines.map(({ what }) => what),
    ['start', 'end', 'start', 'end'],
  );
});

t.test(
  'without room for its output a run is told as not started',
  async (t) => {
    const dir = t.testdir();
    const launcher = createChildLauncher();
    const command = { file: '/bin/true', argv: [], env: {} };
    t.match(
      await launcher.launch(command, kickOf(1).kick, `${dir}/no/such/dir`),
      {
        kind: 'not-started',
        reason: /ENOENT/,
      },
    );
  },
);

t.test(
  'a run that goes on while its profile is gone is waited for',
  async (t) => {
    const dir = t.testdir();
    const host = createFakeHost();
    const file = join(dir, 'journal.sqlite');
    const first = createFakeRunner({
      dir,
      journal: openSqliteJournal(file),
      launcher: host.launcher(),
    });
    first.recover();
    const one = await first.submit(kickOf(1), by);
    if (one.kind !== 'accepted') throw new Error(one.kind);
    await until(() => host.alive() !== undefined);
    const two = await first.submit(kickOf(2, another), by);
    if (two.kind !== 'accepted') throw new Error(two.kind);
    await first.close();
    const next = createFakeRunner({
      dir,
      journal: openSqliteJournal(file),
      launcher: host.launcher(),
      profile: 'other',
    });
    next.recover();
    t.teardown(() => next.close());
    await new Promise((resolve) => setImmediate(resolve));
    t.match(await next.find(one.run.run), { state: 'running' });
    host.end(one.run.run, 2);
    for (const [run, kind] of [
      [one.run.run, 'lost'],
      [two.run.run, 'not-started'],
    ] as const) {
      t.match(await next.waitForEnd(run, patient()), {
        outcome: { kind, code: 'unknown-profile' },
      });
    }
  },
);

/** Runs in every state; `onWrite` is called after each transaction. */
function writeSample(journal: Journal, onWrite: () => void): void {
  for (let n = 0; n < 30; n++) {
    const kick = kickOf(n);
    const scope = { cm: 'tool', noop: false };
    const now = new Date('2026-11-22T10:00:00.000Z');
    const waiting = withKick(
      queuedRun(runId(n), kick.certname, scope, now),
      kick,
      by,
      'queued',
      scope,
      now,
    );
    const body = JSON.stringify(kick);
    journal.accept({ kick: kick.kick, run: waiting.run, by, body }, waiting);
    onWrite();
    if (n === 29) break;
    const started = startedRun(waiting, now);
    const child = { pid: 4711 + n, startTicks: '1', bootId: 'boot' };
    journal.start(started, 'boot', child);
    onWrite();
    if (n === 28) continue;
    journal.end(endedRun(started, bareOutcome('corrected'), now));
    onWrite();
  }
}

const runId = (n: number): string =>
  `0193a000-0000-7000-9000-${String(n).padStart(12, '0')}`;

function sayAll(journal: Journal): string {
  return JSON.stringify([
    journal.recentRuns(1000),
    journal.openRuns(),
    Array.from({ length: 31 }, (_, n) => [
      journal.findKick(kickOf(n).kick),
      journal.findRun(runId(n)),
    ]),
  ]);
}

/** @returns what it says, or the code of the refusal; anything else that is thrown is a mistake */
function tryJournal(file: string): string {
  let journal: Journal | undefined;
  try {
    journal = openSqliteJournal(file);
    return sayAll(journal);
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  } finally {
    journal?.close();
  }
}

t.test('a damaged journal is refused, or says what it said', async (t) => {
  const dir = t.testdir();
  const sample = join(dir, 'sample.sqlite');
  const journal = openSqliteJournal(sample);
  writeSample(journal, () => undefined);
  const said = sayAll(journal);
  journal.close();
  const bytes = readFileSync(sample);
  const file = join(dir, 'journal.sqlite');
  const answers = new Map<string, number>();
  const wrong: string[] = [];
  const take = (what: string, damaged: Uint8Array): void => {
    writeFileSync(file, damaged);
    const answer = tryJournal(file);
    const kind = answer === said ? 'whole' : answer;
    if (kind !== 'whole' && kind !== 'JOURNAL_UNUSABLE') wrong.push(what);
    answers.set(kind, (answers.get(kind) ?? 0) + 1);
  };
  // a prime step reaches every field of a record on one page or another
  for (let at = 0; at < bytes.length; at += 37) {
    const damaged = Uint8Array.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    take(`bit ${String(at % 8)} of byte ${String(at)}`, damaged);
  }
  for (let length = 100; length < bytes.length; length += 1500) {
    take(`cut to ${String(length)}`, bytes.subarray(0, length));
  }
  t.same(wrong, []);
  t.ok((answers.get('whole') ?? 0) > 0);
  t.ok((answers.get('JOURNAL_UNUSABLE') ?? 0) > 0);
  t.comment(JSON.stringify([...answers].map(([k, n]) => [k.slice(0, 20), n])));
});

t.test('a torn or damaged log gives a state that once was', async (t) => {
  const dir = t.testdir();
  const sample = join(dir, 'sample.sqlite');
  const journal = openSqliteJournal(sample);
  const states = new Set([sayAll(journal)]);
  writeSample(journal, () => states.add(sayAll(journal)));
  // as a kill leaves them
  const main = readFileSync(sample);
  const log = readFileSync(`${sample}-wal`);
  journal.close();
  const file = join(dir, 'journal.sqlite');
  const answers = new Set<string>();
  const take = (damaged: Uint8Array): void => {
    writeFileSync(file, main);
    writeFileSync(`${file}-wal`, damaged);
    answers.add(tryJournal(file));
  };
  for (let length = 0; length <= log.length; length += 2503) {
    take(log.subarray(0, length));
  }
  for (let at = 0; at < log.length; at += 3001) {
    const damaged = Uint8Array.from(log);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    take(damaged);
  }
  take(log);
  answers.delete('JOURNAL_UNUSABLE');
  t.same(
    [...answers].filter((answer) => !states.has(answer)),
    [],
  );
  t.ok(answers.size > 10, `${String(answers.size)} states`);
});
