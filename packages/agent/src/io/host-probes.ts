import { printable, type Outcome, type Run } from '@kickd/protocol';
import type { Clock, CmProfile, Launcher, Narrator } from '../ports.ts';
import { bareOutcome } from '../run/outcome.ts';
import { servicesToAskAfter, servicesToAskBefore } from '../run/probe-plan.ts';
import { askProbe, type ProbeAnswer } from './ask-probe.ts';

/** What asking the host about a run needs of its execution. */
export interface HostAsk {
  /** as it now stands: others may join it */
  readonly run: Run;
  profile: CmProfile;
  logFile: string;
  launcher: Launcher;
  clock: Clock;
  narrator: Narrator;
  cancel: AbortSignal;
  closing: AbortSignal;
}

/** All probes of a run together: the asker waits for them. */
const allMostMs = 10 * 1000;

export type Needed =
  /** nobody was asked: nothing has changed meanwhile */
  | { kind: 'not-asked' }
  | { kind: 'run' }
  | { kind: 'not-needed'; outcome: Outcome };

/**
 * Whether the host itself says that a run is not needed: where every kick of it is about a service whose probe is
 * green. Who joins while it is asked is judged with the others, at the moment of the answer.
 */
export async function askBefore(ask: HostAsk): Promise<Needed> {
  const deadlineMs = ask.clock.monotonicMs() + allMostMs;
  const green = new Map<string, string>();
  for (;;) {
    const services = servicesToAskBefore(ask.run, ask.profile.probes);
    const next = services.find((service) => !green.has(service));
    if (services.length === 0) {
      return green.size === 0 ? { kind: 'not-asked' } : { kind: 'run' };
    }
    if (next === undefined) {
      const said = services.map((service) => green.get(service) ?? '');
      return { kind: 'not-needed', outcome: notNeeded(said) };
    }
    const answer = await askOne(
      ask,
      { service: next, when: 'before', nth: green.size },
      deadlineMs,
    );
    if (answer.kind !== 'green') return { kind: 'run' };
    const name = printable(next, 80);
    const text = answer.text === '' ? '' : `: ${answer.text}`;
    green.set(next, `the probe of ${name} is green${text}`);
  }
}

/**
 * Whether the services are green right after the run.
 * @returns undefined: nobody was asked
 */
export async function askAfter(
  ask: HostAsk,
  outcome: Outcome,
): Promise<boolean | undefined> {
  if (!mayHaveHelped(outcome)) return undefined;
  const deadlineMs = ask.clock.monotonicMs() + allMostMs;
  let isGreen: boolean | undefined;
  const services = servicesToAskAfter(ask.run, ask.profile.probes);
  for (const [nth, service] of services.entries()) {
    const answer = await askOne(
      ask,
      { service, when: 'after', nth },
      deadlineMs,
    );
    if (answer.kind === 'stopped') return undefined;
    isGreen = answer.kind === 'green';
    if (!isGreen) return false;
  }
  return isGreen;
}

/** Whether the tool ran, and nobody has ended it on purpose. */
function mayHaveHelped({ kind }: Outcome): boolean {
  switch (kind) {
    case 'unchanged':
    case 'corrected':
    case 'partly':
    case 'failed':
    case 'timed-out':
    case 'lost':
      return true;
    case 'cancelled':
    case 'refused':
    case 'not-started':
    case 'not-needed':
      return false;
  }
}

interface Question {
  service: string;
  when: 'before' | 'after';
  /** of those that are asked then */
  nth: number;
}

async function askOne(
  { run: { run }, profile, logFile, launcher, ...ask }: HostAsk,
  { service, when, nth }: Question,
  deadlineMs: number,
): Promise<ProbeAnswer> {
  const { clock, narrator, cancel, closing } = ask;
  const probe = profile.probes?.get(service);
  if (probe === undefined) throw new Error(`no probe of ${service}`);
  const startedMs = clock.monotonicMs();
  const leftMs = deadlineMs - startedMs;
  narrator.tell({ event: 'probe-asked', run, service, when });
  const answer: ProbeAnswer =
    leftMs <= 0
      ? { kind: 'timed-out', text: 'the others took all of the 10 s' }
      : await askProbe(
          { ...probe, timeoutMs: Math.min(probe.timeoutMs, leftMs) },
          launcher,
          {
            // each its own: a KILL that comes late must not meet the next one
            job: `probe-${run}-${when}-${String(nth)}`,
            outputFile: `${logFile}.probe`,
            signal: AbortSignal.any([cancel, closing]),
          },
        );
  const { kind, exitCode, text } = answer;
  narrator.tell({
    event: 'probe-answered',
    run,
    service,
    when,
    answer: kind,
    ...(exitCode !== undefined && { exitCode }),
    text,
    durationMs: Math.round(clock.monotonicMs() - startedMs),
  });
  return answer;
}

function notNeeded(said: readonly string[]): Outcome {
  return bareOutcome('not-needed', undefined, said.join('; '));
}
