import {
  countedMost,
  hostIntervalMs,
  type KickerSite,
  type MonitorEvent,
} from './kicker-site.ts';
import type { LedgerFacts, LedgerRow } from './kicker-ledger.ts';

export type KickerLaw = 'lost' | 'doubled' | 'forgotten' | 'out of order';

export interface KickerBreach {
  law: KickerLaw;
  what: string;
}

/** Clocks of kicker and ledger are two, and the wall clock may be slewed. */
const toleranceMs = 100;

/**
 * What must hold when all is at rest, however often kicker was killed.
 * @param put every event that a handler said it has
 * @param ledger what the ledger then holds
 */
export function judgeKicker(
  put: readonly MonitorEvent[],
  ledger: LedgerFacts,
  agents: Pick<KickerSite, 'accepted' | 'starts' | 'pages' | 'commands'>,
): KickerBreach[] {
  const breaches: KickerBreach[] = [];
  const breach = (law: KickerLaw, what: string): void => {
    breaches.push({ law, what });
  };
  const { rows } = ledger;
  const of = (kind: string): LedgerRow[] =>
    rows.filter((row) => row.kind === kind);

  // An event from the spool carries its file's name; those that kicker looked at again by itself do not.
  const taken = of('event').filter(({ source }) => source !== null);
  const seen = new Map<string, number>();
  for (const { body } of taken) add(seen, eventKey(body as MonitorEvent));
  for (const event of put) {
    const key = eventKey(event);
    const times = seen.get(key) ?? 0;
    if (times === 0) breach('lost', `the event ${key}`);
    if (times > 1)
      breach('doubled', `the event ${key}: ${String(times)} times`);
  }
  if (seen.size > new Set(put.map(eventKey)).size) {
    breach('doubled', 'an event that nobody put there');
  }
  for (const [at, row] of rows.entries()) {
    if (row.kind !== 'event') continue;
    const next = rows[at + 1];
    if (next?.kind !== 'decision' || next.problem !== row.problem) {
      breach('lost', `the decision about the event ${String(row.seq)}`);
    }
  }

  const accepted = agents.accepted();
  const kicks = of('kick');
  const perProblem = new Map<string, number>();
  for (const { problem } of kicks) add(perProblem, problem ?? '?');
  for (const [problem, times] of perProblem) {
    if (times > 1)
      breach('doubled', `${problem} was kicked ${String(times)} times`);
  }
  for (const [kick, times] of accepted) {
    if (times > 1)
      breach('doubled', `the host took kick ${kick} ${String(times)} times`);
    if (!kicks.some((row) => row.kick === kick)) {
      breach('lost', `kick ${kick} was sent and is not in the ledger`);
    }
  }
  for (const [run, times] of agents.starts()) {
    if (times > 1)
      breach('doubled', `run ${run} was started ${String(times)} times`);
  }
  for (const { kick, seq } of kicks) {
    const outcomes = of('outcome').filter((row) => row.kick === kick);
    if (outcomes.length !== 1) {
      breach(
        'lost',
        `kick ${kick ?? '?'} has ${String(outcomes.length)} outcomes`,
      );
    }
    const { kind } = (outcomes[0]?.body ?? {}) as { kind?: string };
    const isTaken = accepted.has(kick ?? '');
    if (kind === 'ended' && !isTaken) {
      breach('lost', `kick ${kick ?? '?'} ended, and no host has it`);
    }
    // Sent by one that died, and the problem was over before the next could ask: to ask is to kick.
    const isOver = kind === 'not-known' && isGreen(rows, outcomes[0]);
    if (isTaken && kind !== 'ended' && !isOver) {
      breach(
        'lost',
        `kick ${kick ?? '?'} (entry ${String(seq)}) ran, and its outcome is ${String(kind)}`,
      );
    }
  }

  for (const [host, times] of timesBy(kicks)) {
    for (const [at, time] of times.entries()) {
      const before = times[at - 1];
      if (
        before !== undefined &&
        time - before < hostIntervalMs - toleranceMs
      ) {
        breach(
          'forgotten',
          `${host} was kicked twice within ${String(time - before)} ms`,
        );
      }
    }
  }
  for (const [service, counted] of ledger.counted) {
    const there = kicks.filter((row) => serviceOf(row) === service).length;
    if (counted !== Math.min(there, countedMost)) {
      breach(
        'forgotten',
        `${service}: ${String(there)} kicks, ${String(counted)} counted`,
      );
    }
  }
  if (ledger.open !== 0) {
    breach(
      'forgotten',
      `${String(ledger.open)} kicks count as under way at rest`,
    );
  }
  for (const what of outOfOrder(agents.commands(), rows)) {
    breach('out of order', what);
  }
  const pages = agents.pages();
  for (const row of of('escalation')) {
    const [, host, service] = JSON.parse(row.problem ?? '[]') as string[];
    const { reason } = row.body as { reason: string };
    const subject = `${host ?? '?'} / ${service ?? '?'}`;
    const isTold = pages.some(
      (page) => page.includes(`"${subject}"`) && page.includes(reason),
    );
    if (!isTold) breach('lost', `nobody was called for ${subject}: ${reason}`);
  }
  return breaches;
}

/** What a kick tells Nagios of its service, in this order; a recheck says the same at any time. */
const ranks: Readonly<Record<string, number>> = {
  ACKNOWLEDGE_SVC_PROBLEM: 0,
  ADD_SVC_COMMENT: 1,
};

/**
 * What Nagios was told of a service in another order than it was decided in. After a death the last command may come
 * twice, but never again when a later one has come.
 */
function outOfOrder(
  commands: readonly string[],
  rows: readonly LedgerRow[],
): string[] {
  const kickOfRun = new Map<string, string>();
  for (const { kind, kick, body } of rows) {
    const { run, state } = (body ?? {}) as { run?: unknown; state?: unknown };
    if (kick === null || state !== undefined) continue;
    if (kind === 'outcome' && typeof run === 'string') kickOfRun.set(run, kick);
    if (kind === 'reply') {
      const { run: id } = (run ?? {}) as { run?: string };
      if (id !== undefined) kickOfRun.set(id, kick);
    }
  }
  const order = rows.flatMap(({ kind, kick }) =>
    kind === 'kick' && kick !== null ? [kick] : [],
  );
  const last = new Map<string, { at: number; command: string }>();
  const found: string[] = [];
  for (const command of commands) {
    const [, name = '', fields = ''] =
      /^\[\d+\] ([A-Z_]+);(.*)$/.exec(command) ?? [];
    const rank = ranks[name];
    const run = /\brun ([0-9a-f-]{36})/.exec(fields)?.[1] ?? '';
    const kick =
      /\bkick ([0-9a-f-]{36})/.exec(fields)?.[1] ?? kickOfRun.get(run);
    if (rank === undefined || kick === undefined) continue;
    const isVerdict = fields.includes('did not help');
    const at = order.indexOf(kick) * 3 + (isVerdict ? 2 : rank);
    const service = fields.split(';').slice(0, 2).join(' / ');
    const before = last.get(service);
    if (before !== undefined && at < before.at) {
      found.push(`${service}: ${command} after ${before.command}`);
    }
    last.set(service, { at, command });
  }
  return found;
}

/** Whether the problem was told to be over before this entry. */
function isGreen(
  rows: readonly LedgerRow[],
  entry: LedgerRow | undefined,
): boolean {
  return rows.some(
    ({ kind, problem, seq, body }) =>
      kind === 'event' &&
      problem === entry?.problem &&
      seq < (entry?.seq ?? 0) &&
      (body as MonitorEvent).state === 'OK',
  );
}

function eventKey(event: MonitorEvent | Record<string, unknown>): string {
  const { host, service, problem, state, stateType, attempt } = event;
  return JSON.stringify([
    host,
    service,
    String(problem),
    state,
    stateType,
    attempt,
  ]);
}

/** As kicker remembers a service. */
function serviceOf({ body, problem }: LedgerRow): string {
  const { target } = body as { target: { certname: string } };
  const service = (JSON.parse(problem ?? '[]') as string[])[2] ?? '?';
  return `${target.certname}\t${service}`;
}

function timesBy(kicks: readonly LedgerRow[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { body, at } of kicks) {
    const { target } = body as { target: { certname: string } };
    times.set(target.certname, [
      ...(times.get(target.certname) ?? []),
      Date.parse(at),
    ]);
  }
  return times;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
