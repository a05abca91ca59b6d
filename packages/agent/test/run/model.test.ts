import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@kickd/testkit';
import type { Kick, Run } from '@kickd/protocol';
import fc from 'fast-check';
import t from 'tap';
import type { LocalRunner } from '../../src/io/local-runner.ts';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import type { Journal } from '../../src/ports.ts';
import { runTransitions } from '../../src/run/run.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRunner } from './fake-runner.ts';

/**
 * The invariants of ARCHITECTURE.md, "What always holds", under any sequence of what can happen to a
 * runner. The journal and the runner are the real ones; clock and processes are pretended.
 */
const by = 'monitor.example.com';

interface Real {
  dir: string;
  clock: ReturnType<typeof createFakeClock>;
  host: ReturnType<typeof createFakeHost>;
  journal: Journal;
  runner: LocalRunner;
  /** the states that were written of each run, in order */
  written: Map<string, Run['state'][]>;
}

/** What a caller and an operator remember. */
interface Model {
  /** accepted kicks, and the run that each was told */
  accepted: Map<string, { kick: Kick; run: string }>;
  ended: Map<string, Run>;
  isFrozen: boolean;
  /** runs that were in progress when kickd or the host went down */
  unseen: Set<string>;
  kicks: number;
}

type Command = fc.AsyncCommand<Model, Real>;

function openJournal(real: Pick<Real, 'dir' | 'clock' | 'written'>): Journal {
  const journal = openSqliteJournal(join(real.dir, 'journal.sqlite'));
  const note = ({ run, state, kicks }: Run): void => {
    const isWanted = kicks.some(
      ({ expires = 'Z' }) => expires > real.clock.now().toISOString(),
    );
    if (state === 'running' && !real.written.get(run)?.includes('running')) {
      assert(isWanted, 'a run that nobody wants any more never begins');
    }
    const states = real.written.get(run) ?? [];
    real.written.set(run, [...states, state]);
  };
  return new Proxy(journal, {
    get: (target, name: keyof Journal) => {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        if (name === 'accept') note(args[1] as Run);
        if (name === 'start' || name === 'end') note(args[0] as Run);
        return Reflect.apply(member, target, args);
      };
    },
  });
}

function start(real: Omit<Real, 'runner' | 'journal'>): Real {
  const journal = openJournal(real);
  const runner = createFakeRunner({
    ...real,
    journal,
    launcher: real.host.launcher(),
    timeoutMs: 24 * 60 * 60 * 1000,
  });
  runner.recover();
  return { ...real, journal, runner };
}

/**
 * Until every run waits for a tool that is alive, or nothing is open; and as many looks at the disk
 * longer as the runner itself needs to come to a decision.
 */
async function settle({ dir, journal, host }: Real): Promise<void> {
  for (let calm = 0; calm < 3;) {
    await access(`${dir}/lock`).catch(() => undefined);
    const open = journal.openRuns().map(({ run }) => run);
    const running = open.find(({ state }) => state === 'running');
    const isCalm =
      running === undefined ? open.length === 0 : running.run === host.alive();
    calm = isCalm ? calm + 1 : 0;
  }
}

async function check(model: Model, real: Real): Promise<void> {
  await settle(real);
  const { runner, host, written } = real;
  const runs = await runner.recent(1000);
  const known = new Map(runs.map((run) => [run.run, run]));

  for (const [id, { kick, run }] of model.accepted) {
    const serving = runs.filter(({ kicks }) =>
      kicks.some((served) => served.kick === id),
    );
    assert.deepEqual(
      serving.map((one) => one.run),
      [run],
      'every accepted kick belongs to exactly the run that was told',
    );
    checkServes(known.get(run), kick);
  }
  for (const [run, states] of written) {
    for (const [n, state] of states.entries()) {
      const before = states[n - 1] ?? 'queued';
      const allowed: readonly string[] = runTransitions[before];
      assert(
        state === before
          ? state !== 'ended' || n === 0
          : allowed.includes(state),
        `run ${run} went from ${before} to ${state}`,
      );
    }
  }
  for (const [id, run] of model.ended) {
    assert.deepEqual(known.get(id), run, 'an ended run stays as it is');
  }
  const running = runs.filter(({ state }) => state === 'running');
  assert(running.length <= 1, 'one run at a time');
  assert.equal(running[0]?.run, host.alive());
  const waiting = runs.filter(({ state }) => state === 'queued');
  const scopes = new Set(
    waiting.map(
      ({ cm, noop, environment = '' }) => `${cm} ${noop} ${environment}`,
    ),
  );
  assert.equal(scopes.size, waiting.length, 'one waits for each scope');
  checkTool(real);
  for (const run of runs) {
    if (run.state !== 'ended') continue;
    checkOutcome(run, model, real);
    model.ended.set(run.run, run);
  }
}

/** What is executed is what was asked for. */
function checkServes(run: Run | undefined, kick: Kick): void {
  assert(run !== undefined);
  assert.equal(run.noop, kick.noop ?? false, 'noop never merges');
  assert.equal(run.environment, kick.environment);
  const wanted = kick.tags;
  const covers =
    run.tags === undefined ||
    (wanted?.every((tag) => run.tags?.includes(tag)) ?? false);
  assert(covers, 'the scope of a run covers its kicks');
  const served = run.kicks.find((one) => one.kick === kick.kick);
  if (served?.joined === 'joined-running') {
    const since = Date.parse(kick.because?.since ?? served.acceptedAt);
    assert(Date.parse(run.startedAt ?? '') >= since, 'the run has seen it');
  }
}

/** The tool starts once a run, and never beside another. */
function checkTool({ host }: Real): void {
  const started = new Set<string>();
  let alive: string | undefined;
  for (const { what, run } of host.lines) {
    if (what === 'start') {
      assert(!started.has(run), 'a run starts once');
      assert.equal(alive, undefined, 'never two runs at once');
      started.add(run);
      alive = run;
    } else alive = undefined;
  }
}

function checkOutcome(run: Run, model: Model, { host }: Real): void {
  const own = host.lines.filter((line) => line.run === run.run);
  const exitCode = own.find(({ what }) => what === 'end')?.exitCode;
  const { kind, code, verified } = run.outcome ?? {};
  const what = `${String(kind)} ${String(code)} after ${JSON.stringify(own)}`;
  if (verified !== undefined) {
    const services = run.kicks.flatMap(({ because }) => because?.service ?? []);
    assert(services.length > 0 && own.length > 0 && !run.noop, what);
    if (services.includes('SSH')) assert(!verified, what);
    assert(!services.includes('Disk'), what);
  }
  switch (kind) {
    case 'unchanged':
      return assert(exitCode === 0, what);
    case 'corrected':
      return assert(exitCode === 2 && !run.noop, what);
    case 'failed':
      return assert(exitCode === (code === 'noop-ignored' ? 2 : 1), what);
    case 'cancelled':
      return assert(exitCode === undefined, what);
    case 'lost':
      return assert(own.length > 0 && model.unseen.has(run.run), what);
    case 'not-needed':
      assert(
        own.length === 0 && run.startedAt === undefined && !run.noop,
        what,
      );
      // only where every kick is about what the probe is about
      return run.kicks.forEach(({ because }) => {
        assert(because?.service === 'HTTP', what);
      });
    case 'refused':
      assert(code === 'frozen' || code === 'expired', what);
      return assert(own.length === 0, what);
    default:
      assert.fail(what);
  }
}

class KickOnce implements Command {
  readonly ask: Partial<Kick>;
  readonly expiresInMs: number | undefined;
  readonly sinceMs: number | undefined;
  readonly service: string | undefined;

  constructor(
    ask: Partial<Kick>,
    sinceMs: number | undefined,
    expiresInMs: number | undefined,
    service: string | undefined,
  ) {
    this.service = service;
    this.ask = ask;
    this.sinceMs = sinceMs;
    this.expiresInMs = expiresInMs;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const { host, runner, clock } = real;
    const at = (ms: number): string =>
      new Date(clock.now().getTime() + ms).toISOString();
    model.kicks += 1;
    const kick: Kick = {
      kick: `0193a000-0000-7000-8000-${String(model.kicks).padStart(12, '0')}`,
      certname: 'web1.example.com',
      ...this.ask,
      ...((this.sinceMs !== undefined || this.service !== undefined) && {
        because: {
          ...(this.sinceMs !== undefined && { since: at(this.sinceMs) }),
          ...(this.service !== undefined && { service: this.service }),
        },
      }),
      ...(this.expiresInMs !== undefined && { expires: at(this.expiresInMs) }),
    };
    const starts = host.lines.length;
    const submission = await runner.submit(kick, by);
    assert.equal(submission.kind, 'accepted');
    if (submission.kind !== 'accepted') return;
    model.accepted.set(kick.kick, { kick, run: submission.run.run });
    await check(model, real);
    const isExpired = this.expiresInMs !== undefined && this.expiresInMs <= 0;
    if (isExpired) {
      assert.equal(submission.run.outcome?.code, 'expired');
      assert.equal(submission.run.kicks.length, 1);
    }
    if (isExpired || model.isFrozen) assert.equal(host.lines.length, starts);
  }

  toString(): string {
    return `kick(${JSON.stringify(this)})`;
  }
}

class KickAgain implements Command {
  readonly nth: number;
  readonly as: 'same' | 'other body' | 'other caller';

  constructor(nth: number, as: KickAgain['as']) {
    this.nth = nth;
    this.as = as;
  }

  check(model: Readonly<Model>): boolean {
    return model.accepted.size > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const all = [...model.accepted.values()];
    const { kick, run } = all[this.nth % all.length] ?? assert.fail();
    const body = this.as === 'other body' ? { ...kick, tags: ['else'] } : kick;
    const caller = this.as === 'other caller' ? 'other.example.com' : by;
    const submission = await real.runner.submit(body, caller);
    if (this.as === 'same') {
      assert(submission.kind === 'accepted');
      assert.equal(submission.run.run, run);
    } else assert.equal(submission.kind, 'conflict');
    await check(model, real);
  }

  toString(): string {
    return `again(${this.as} ${String(this.nth)})`;
  }
}

class Cancel implements Command {
  readonly nth: number;

  constructor(nth: number) {
    this.nth = nth;
  }

  check(model: Readonly<Model>): boolean {
    return model.accepted.size > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const all = [...model.accepted.values()];
    const { run } = all[this.nth % all.length] ?? assert.fail();
    const before = await real.runner.find(run);
    const cancellation = await real.runner.cancel(run, by);
    const isOver = before?.state === 'ended';
    assert.equal(cancellation.kind, isOver ? 'has-ended' : 'cancelled');
    const after = await real.runner.find(run);
    if (!isOver) assert.equal(after?.outcome?.kind, 'cancelled');
    await check(model, real);
  }

  toString(): string {
    return `cancel(${String(this.nth)})`;
  }
}

/** A step that needs no more than a name. */
function step(
  name: string,
  run: (model: Model, real: Real) => Promise<void> | void,
  isPossible: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check: (model) => isPossible(model),
    run: async (model, real) => {
      await run(model, real);
      await check(model, real);
    },
    toString: () => name,
  };
}

const endTool = (exitCode: number): Command =>
  step(`end(${String(exitCode)})`, ({ isFrozen }, { host }) => {
    const alive = host.alive();
    const lines = host.lines.length;
    if (alive !== undefined) host.end(alive, exitCode);
    if (isFrozen) assert(host.lines.length <= lines + 1);
  });

async function restart(model: Model, real: Real, between: () => void) {
  const alive = real.host.alive();
  if (alive !== undefined) model.unseen.add(alive);
  await real.runner.close();
  between();
  Object.assign(real, start(real));
}

const kickOnce = fc
  .tuple(
    fc.record(
      {
        tags: fc.subarray(['apache', 'ntp', 'ssh'], { minLength: 1 }),
        noop: fc.boolean(),
        environment: fc.constant('test'),
      },
      { requiredKeys: [] },
    ),
    fc.option(fc.integer({ min: -120_000, max: 10_000 }), { nil: undefined }),
    // undefined: it never expires
    fc.constantFrom(...Array<undefined>(9), -1000, 0, 30_000, 600_000),
    fc.constantFrom(undefined, undefined, 'HTTP', 'HTTP', 'SSH', 'Disk'),
  )
  .map(
    ([ask, since, expires, service]) =>
      new KickOnce(ask, since, expires, service),
  );

const end = fc.constantFrom(0, 2, 1).map(endTool);

/** What comes more often stands here more often. */
const commands = [
  ...Array.from({ length: 6 }, () => kickOnce),
  ...Array.from({ length: 3 }, () => end),
  fc
    .tuple(
      fc.nat(100),
      fc.constantFrom<KickAgain['as'][]>('same', 'other body', 'other caller'),
    )
    .map(([nth, as]) => new KickAgain(nth, as)),
  fc.nat(100).map((nth) => new Cancel(nth)),
  fc
    .integer({ min: 1, max: 60_000 })
    .map((ms) =>
      step(`wait(${String(ms)} ms)`, (_, { clock }) => clock.advance(ms)),
    ),
  fc.constant(step('restart', (model, real) => restart(model, real, () => {}))),
  fc.constant(
    step('restart, the tool ends meanwhile', (model, real) =>
      restart(model, real, () => {
        const alive = real.host.alive();
        if (alive !== undefined) real.host.end(alive, 2);
      }),
    ),
  ),
  fc.constant(
    step('reboot', (model, real) =>
      restart(model, real, () => real.host.reboot()),
    ),
  ),
  fc.boolean().map((isGreen) =>
    step(isGreen ? 'green' : 'red', (_, { host }) => {
      host.isGreen = isGreen;
    }),
  ),
  fc.constant(
    step('freeze', (model, { dir }) => {
      model.isFrozen = true;
      writeFileSync(`${dir}/freeze`, 'no repairs\n');
    }),
  ),
  fc.constant(
    step('thaw', (model, { dir }) => {
      model.isFrozen = false;
      rmSync(`${dir}/freeze`, { force: true });
    }),
  ),
];

t.test('what always holds, holds', async (t) => {
  const root = t.testdir();
  await fc.assert(
    fc.asyncProperty(
      fc.commands(commands, { maxCommands: 40, size: 'max' }),
      async (story) => {
        const dir = mkdtempSync(join(root, 'run-'));
        const real = start({
          dir,
          clock: createFakeClock(),
          host: createFakeHost(),
          written: new Map(),
        });
        const model: Model = {
          accepted: new Map(),
          ended: new Map(),
          isFrozen: false,
          unseen: new Set(),
          kicks: 0,
        };
        try {
          await fc.asyncModelRun(() => ({ model, real }), story);
          // to the end: every accepted kick has one outcome
          while (real.host.alive() !== undefined) {
            real.host.end(real.host.alive() ?? '', 0);
            await check(model, real);
          }
          for (const { run } of model.accepted.values()) {
            assert((await real.runner.find(run))?.outcome !== undefined);
          }
        } finally {
          await real.runner.close();
          rmSync(dir, { recursive: true });
        }
      },
    ),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 60) },
  );
  t.pass();
});
