import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kick, Run } from '@kickd/protocol';
import type { LocalRunner } from '../../packages/agent/src/io/local-runner.ts';
import { openSqliteJournal } from '../../packages/agent/src/io/sqlite-journal.ts';
import {
  createFakeHost,
  fakeStandbyPlan,
  type FakeHost,
} from '../../packages/agent/test/run/fake-host.ts';
import { createFakeRunner } from '../../packages/agent/test/run/fake-runner.ts';
import { createFuse, type Fuse, type FusePlan } from './fuse.ts';
import { entryInWords, type Entry } from './history.ts';
import { judge, type Breach } from './judge.ts';
import { host } from './site.ts';

/** What went wrong, where, and all that led to it. */
export interface FailedStep {
  blownAt: string;
  story: string[];
}

interface StepResult {
  /** in which life and at which call it happened; empty when the story ended before that call */
  blownAt: string[];
  breaches: Breach[];
  history: Entry[];
}

const long = { since: '2026-01-01T00:00:00Z' };
const by = 'monitor.example.com';
/** A step that waits longer waits for something that will never come. */
const patienceMs = 8000;

/** What is asked, in this order, of one life of kickd or of several. */
const asked: ['kick' | 'cancel' | 'end', Partial<Kick> & { n: number }][] = [
  ['kick', { n: 1, because: long }],
  ['kick', { n: 2, because: long }],
  ['kick', { n: 3, tags: ['apache'] }],
  ['kick', { n: 4, noop: true }],
  ['kick', { n: 5, expires: '2026-01-01T00:00:00Z' }],
  ['kick', { n: 6, tags: ['ntp'] }],
  ['cancel', { n: 4 }],
  ['end', { n: 2 }],
  ['kick', { n: 7, because: long }],
  ['cancel', { n: 7 }],
  ['kick', { n: 1, because: long }],
  ['end', { n: 0 }],
  ['kick', { n: 8, because: { ...long, service: 'HTTP' } }],
  ['kick', { n: 9, because: { ...long, service: 'SSH' } }],
  ['end', { n: 2 }],
];

/** So many stories are told side by side: most of their time is waiting. */
const sideBySide = 32;

/**
 * Death before and after each call of a port, with `twice` again in the life that follows; an error at
 * each call of the journal, once and three times over; each 1, 2, 3 … until the story ends unharmed.
 */
export async function playAllSteps(
  dir: string,
  { twice, isHandedOver = false }: { twice: boolean; isHandedOver?: boolean },
): Promise<{ steps: number; breaches: FailedStep[] }> {
  const result = { steps: 0, breaches: [] as FailedStep[] };
  const play = async (name: string, plans: FusePlan[]): Promise<boolean> => {
    const { blownAt, breaches, history } = await playSteps(
      join(dir, name),
      plans,
      isHandedOver,
    );
    // what follows the last fuse that blew has been played already
    if (blownAt.length < plans.length) return false;
    if ((plans[0]?.at ?? 0) >= callsMost) throw new Error('raise callsMost');
    result.steps += 1;
    if (breaches.length > 0) {
      result.breaches.push({
        blownAt: blownAt.join(', then '),
        story: [
          ...breaches.map(({ law, what }) => `${law}: ${what}`),
          ...history.map(entryInWords),
        ],
      });
    }
    return true;
  };
  const lines: (() => Promise<void>)[] = [];
  for (const when of ['before', 'after'] as const) {
    const death = (at: number): FusePlan => ({ at, when, what: 'death' });
    // a story has fewer calls than that: whoever begins beyond its end stops at once
    for (let first = 1; first <= callsMost; first++) {
      for (const times of [1, 3]) {
        const name = `error-${when}-${String(times)}-${String(first)}`;
        const error: FusePlan = {
          ...{ at: first, when, times, what: 'error', only: 'journal' },
        };
        lines.push(async () => void (await play(name, [error])));
      }
      lines.push(async () => {
        const name = `death-${when}-${String(first)}`;
        if (!(await play(name, [death(first)])) || !twice) return;
        for (let second = 1; ; second++) {
          const plans = [death(first), death(second)];
          if (!(await play(`${name}-${String(second)}`, plans))) return;
        }
      });
    }
  }
  const worker = async (): Promise<void> => {
    for (let line = lines.shift(); line; line = lines.shift()) await line();
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
  return result;
}

const callsMost = 90;

/**
 * Plays the story through one life of the runner after the other: each with its fuse, the last
 * without. Journal and runner are the real ones; the processes are pretended.
 */
async function playSteps(
  dir: string,
  plans: readonly FusePlan[],
  isHandedOver: boolean,
): Promise<StepResult> {
  mkdirSync(dir, { recursive: true });
  const tools = createFakeHost();
  const world: World = {
    ...{ dir, tools, isHandedOver, history: [], next: 0, unanswered: [] },
  };
  const blownAt: string[] = [];
  for (const [point, plan] of [...plans, never].entries()) {
    const fuse = createFuse(plan);
    await live(world, fuse, point);
    if (fuse.isBlown) blownAt.push(fuse.blownAt);
    if (!fuse.isDead) break;
  }
  const { history } = world;
  return { blownAt, history, breaches: judge(history, tools.lines) };
}

const never: FusePlan = { at: 0, when: 'before', what: 'death' };

interface World {
  dir: string;
  /** to a standby: what it cannot take is started cold beside it */
  isHandedOver: boolean;
  tools: FakeHost;
  history: Entry[];
  /** which line of the story comes next */
  next: number;
  unanswered: Kick[];
}

async function live(world: World, fuse: Fuse, point: number): Promise<void> {
  const { dir, tools, history } = world;
  const journal = openSqliteJournal(join(dir, 'journal.sqlite'));
  let runner: LocalRunner | undefined;
  try {
    runner = createFakeRunner({
      dir,
      journal: fuse.journal(journal),
      launcher: fuse.launcher(tools.launcher()),
      ...(world.isHandedOver && {
        standbys: fuse.standbys(tools.standbys(dir)),
        change: (profile) => ({ ...profile, standby: fakeStandbyPlan }),
      }),
    });
    runner.recover();
    await play(world, runner, fuse, point);
  } catch (error) {
    if (!fuse.isBlown) throw error;
    // an error at start ends a life as well: kickd says it and exits
    fuse.die();
  }
  if (fuse.isDead)
    history.push({ point, kind: 'killed', what: fuse.blownAt, atMs: 0 });
  await runner?.close();
  journal.close();
}

async function play(
  world: World,
  runner: LocalRunner,
  fuse: Fuse,
  point: number,
): Promise<void> {
  const { history, tools } = world;
  const known = new Map<string, string>();
  const see = (run: Run | undefined): void => {
    if (run === undefined || fuse.isDead) return;
    if (known.get(run.run) === JSON.stringify(run)) return;
    known.set(run.run, JSON.stringify(run));
    history.push({ point, kind: 'seen', run });
  };
  const kick = async (body: Kick): Promise<void> => {
    const submission = await runner.submit(body, by);
    if (fuse.isDead || submission.kind !== 'accepted') {
      world.unanswered.push(body);
      const why = fuse.isDead ? fuse.blownAt : submission.kind;
      history.push({ point, kind: 'unknown', kick: body.kick, why });
      return;
    }
    const { run } = submission;
    history.push({ point, kind: 'accepted', kick: body.kick, run });
  };
  for (const body of world.unanswered.splice(0)) await kick(body);
  for (; world.next < asked.length && !fuse.isDead; world.next++) {
    const [what, { n, ...more }] = asked[world.next] ?? ['end', { n: 0 }];
    if (what === 'kick')
      await kick({ kick: kickId(n), certname: host, ...more });
    else if (what === 'end') await endTool(tools, fuse, n);
    else {
      const id = runOf(history, kickId(n));
      if (id !== undefined) {
        const end = runner.cancel(id, by);
        const done = await Promise.race([end, deathOf(fuse)]);
        if (done !== undefined && 'run' in done) see(done.run);
      }
    }
    await tick();
  }
  // to rest: every kick gets its answer and every run its end
  const patience = Date.now() + patienceMs;
  while (!fuse.isDead && Date.now() < patience) {
    for (const body of world.unanswered.splice(0)) await kick(body);
    const alive = tools.alive();
    // a noop run corrects nothing
    if (alive !== undefined) tools.end(alive, 0);
    const runs = await Promise.all(
      runsOf(history).map(async (id) => {
        try {
          return await runner.find(id);
        } catch {
          return undefined;
        }
      }),
    );
    runs.forEach(see);
    const isDone = runs.every((run) => run?.state === 'ended');
    if (isDone && world.unanswered.length === 0 && alive === undefined) return;
    await tick();
  }
}

/** Waits for a tool and ends it, or gives up when this life is over or nothing starts. */
async function endTool(
  tools: FakeHost,
  fuse: Fuse,
  exitCode: number,
): Promise<void> {
  const patience = Date.now() + 300;
  while (!fuse.isDead && Date.now() < patience) {
    const alive = tools.alive();
    if (alive !== undefined) {
      tools.end(alive, exitCode);
      return;
    }
    await tick();
  }
}

async function deathOf(fuse: Fuse): Promise<undefined> {
  const patience = Date.now() + patienceMs;
  while (!fuse.isDead && Date.now() < patience) await tick();
  return undefined;
}

/** A turn of the loop, and time for the other stories. */
function tick(): Promise<void> {
  return sleep(2);
}

function kickId(n: number): string {
  return `0193a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

function runOf(history: readonly Entry[], kick: string): string | undefined {
  for (const entry of history) {
    if (entry.kind === 'accepted' && entry.kick === kick) return entry.run.run;
  }
  return undefined;
}

function runsOf(history: readonly Entry[]): string[] {
  return [
    ...new Set(
      history.flatMap((entry) =>
        entry.kind === 'accepted' || entry.kind === 'seen'
          ? [entry.run.run]
          : [],
      ),
    ),
  ];
}
