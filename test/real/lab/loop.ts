/** The lab with kickd, kicker and Nagios in it, and the words in which a test speaks of one problem. */
import type { Run } from '@kickd/protocol';
import { issueForNagios } from './certs.ts';
import { auditorName, startKickd, type Kickd } from './kickd.ts';
import { writeKickerConfig } from './kicker.ts';
import { startLab, type Lab } from './lab.ts';
import { startNagios, type Nagios, type ServiceLine } from './nagios.ts';
import type { CaKind } from './puppetserver.ts';
import { waitFor } from './wait.ts';

/** From the crash until Nagios shows OK: detection 9 s, a run 6 s, the recheck; the rest is for slow machines. */
const healedWithinMs = 90_000;

export interface Loop {
  lab: Lab;
  kickd: Kickd;
  nagios: Nagios;
}

/** Starts everything; about a minute. */
export async function startLoop(ca: CaKind): Promise<Loop> {
  const lab = await startLab({ ca });
  const closers = [() => lab.close()];
  try {
    const auditorFiles = await issueForNagios(auditorName);
    const kickd = await startKickd({
      agentFiles: lab.agentFiles,
      auditorFiles,
    });
    closers.push(() => kickd.close());
    const env = await writeKickerConfig(lab.kickerFiles);
    const nagios = await startNagios({ env });
    return { lab, kickd, nagios };
  } catch (error) {
    for (const close of closers.toReversed()) await close();
    throw error;
  }
}

export async function closeLoop({ lab, kickd, nagios }: Loop): Promise<void> {
  await nagios.close();
  await kickd.close();
  await lab.close();
}

/** Kills Apache, waits until Nagios shows OK again, and returns the one run of that problem. */
export async function crashAndHeal(
  loop: Loop,
): Promise<{ run: Run; calls: ServiceLine[] }> {
  const { lab, nagios } = loop;
  await settle(loop);
  const before = await knownRuns(loop);
  const calls = nagios.handlerCalls().length;
  const alerts = nagios.alerts().length;
  await lab.apache.crash();
  await waitFor(
    'nagios to see the crash and the recovery',
    () =>
      nagios
        .alerts()
        .slice(alerts)
        .some(({ state }) => state === 'OK') || undefined,
    { timeoutMs: healedWithinMs, explain: () => nagios.log() },
  );
  // Apache is back a second before puppet has sent its report, and Nagios may look in between.
  await waitIdle(loop);
  const runs = await runsSince(loop, before);
  const [run] = runs;
  if (run === undefined || runs.length > 1)
    throw new Error(`${runs.length} runs served one problem`);
  return { run, calls: nagios.handlerCalls().slice(calls) };
}

/** Waits until nothing runs, Apache is up and Nagios knows it. */
export async function settle(loop: Loop): Promise<void> {
  const { lab, nagios } = loop;
  await waitIdle(loop);
  await lab.apache.waitUp({ timeoutMs: 10_000 });
  await nagios.waitState('OK', { timeoutMs: 30_000, stateType: 'HARD' });
}

async function waitIdle({ kickd }: Loop): Promise<void> {
  await waitFor(
    'kickd to be idle',
    async () =>
      (await kickd.runs()).every(({ state }) => state === 'ended') || undefined,
    { timeoutMs: 60_000 },
  );
}

export async function knownRuns({ kickd }: Loop): Promise<Set<string>> {
  return new Set((await kickd.runs()).map(({ run }) => run));
}

export async function runsSince(
  loop: Loop,
  before: Set<string>,
): Promise<Run[]> {
  return (await loop.kickd.runs()).filter(({ run }) => !before.has(run));
}

/** The oldest run that is not in `before`, once it has ended. */
export function firstEndedSince(loop: Loop, before: Set<string>): Promise<Run> {
  return waitFor(
    'kickd to end a run',
    async () => {
      const run = (await runsSince(loop, before)).at(-1);
      return run?.state === 'ended' ? run : undefined;
    },
    { timeoutMs: 60_000 },
  );
}

export function countLines(kickd: Kickd, event: string): number {
  return kickd.log().filter((line) => line.event === event).length;
}

/** For a test that kicks by itself: Nagios sees the crash as well, and its kick would come between. */
export async function withoutHandlers(
  { nagios }: Loop,
  work: () => Promise<void>,
): Promise<void> {
  await nagios.setHandlers(false);
  try {
    await work();
  } finally {
    await nagios.setHandlers(true);
  }
}
