import type { Outcome } from '@kickd/protocol';
import { showMs, type Finding } from './finding.ts';
import type { ServerMemory } from './memory.ts';
import type { Guards, Rule } from './rules.ts';
import { readServer, type Situation } from './situation.ts';

/** What a host said this long ago is no longer counted. */
const windowMs = 60 * 60 * 1000;
/** So many hosts are remembered, of each kind. */
const hostsMost = 50;
/** A kick that tries has this long to say something; then another host tries as well. */
const probeMostMs = 60 * 1000;

/**
 * Hosts that got no catalog, more of them than got one, say that the CM server is in trouble, and kicks only add to
 * it. After a while one host tries whether it is over: not one of those that reported the trouble, as long as there
 * are others, and each has a time of its own. A single host that gets a catalog outweighs all that got none.
 */
export function judgeServer(situation: Situation, rule: Rule): Finding {
  const { memory, rules, atMs, hostKey } = situation;
  const server = readServer(memory, rule);
  if (server?.openSinceMs === undefined) return undefined;
  const retryMs = rules.guards.breaker.retryAfterSeconds * 1000;
  const leftMs = server.openSinceMs + retryMs - atMs;
  const fact = `${server.failed.length} hosts got no catalog: the CM server is in trouble since ${showMs(atMs - server.openSinceMs)} (guards.breaker)`;
  const isTried = (server.probeUntilMs ?? 0) > atMs;
  const isPartial = server.failed.includes(hostKey) && leftMs > -retryMs;
  if (leftMs <= 0 && !isTried && !isPartial) {
    return {
      kind: 'note',
      reason: `${fact}; this kick tries whether it is over`,
    };
  }
  return {
    kind: 'wait',
    code: 'server-trouble',
    reason: fact,
    againAfterMs: leftMs > 0 ? leftMs : 15 * 1000,
    ...(server.isTold ? {} : { escalate: { about: 'server', reason: fact } }),
  };
}

/** A kick was decided while the server is in trouble: it is the one that tries. */
export function withProbe(
  server: ServerMemory,
  kick: string,
  { breaker }: Guards,
  atMs: number,
): ServerMemory {
  const forMs = Math.min(probeMostMs, breaker.retryAfterSeconds * 1000);
  return { ...server, probe: kick, probeUntilMs: atMs + forMs };
}

/** What a run says about the CM server: it answered, it did not, or nothing. */
export function serverSign(outcome: Outcome): 'good' | 'bad' | undefined {
  if (outcome.cachedCatalog === true) return 'bad';
  switch (outcome.kind) {
    case 'unchanged':
    case 'corrected':
    case 'partly':
      return 'good';
    case 'failed':
      // Resources that failed came in a catalog; a run without a report had no server to send it to.
      if (outcome.code === 'resources') return 'good';
      return outcome.code === 'catalog' || outcome.code === 'no-report'
        ? 'bad'
        : undefined;
    case 'timed-out':
    case 'cancelled':
    case 'refused':
    case 'lost':
    case 'not-started':
    // Stryker disable next-line ConditionalExpression: the last one
    case 'not-needed':
      return undefined;
  }
}

/** The record after one run more. */
export function withSign(
  server: ServerMemory,
  sign: 'good' | 'bad' | undefined,
  kick: string,
  certname: string,
  guards: Guards,
  atMs: number,
): ServerMemory {
  const { probe, probeUntilMs, openSinceMs, ...rest } = server;
  const isProbe = probe === kick;
  if (sign === 'good') {
    return {
      failed: [],
      isTold: false,
      servedMs: withServed(server.servedMs, certname, atMs),
    };
  }
  const servedMs = recent(server.servedMs, atMs);
  const kept: ServerMemory = {
    ...rest,
    servedMs,
    ...(probe === undefined || isProbe ? {} : { probe }),
    ...(probeUntilMs === undefined || isProbe ? {} : { probeUntilMs }),
    ...(openSinceMs === undefined ? {} : { openSinceMs }),
  };
  if (sign === undefined) return kept;
  const { [certname]: _before, ...others } = servedMs;
  const failedMs = withSaid(
    // A record from before the times were kept: as if it were now.
    server.failedMs ??
      Object.fromEntries(server.failed.map((name) => [name, atMs])),
    certname,
    atMs,
  );
  const failed = Object.keys(failedMs);
  const next = { ...kept, failed, failedMs, servedMs: others };
  if (openSinceMs !== undefined) {
    return isProbe ? { ...next, openSinceMs: atMs } : next;
  }
  const isTrouble =
    failed.length >= guards.breaker.hosts &&
    failed.length > Object.keys(others).length;
  return isTrouble ? { ...next, openSinceMs: atMs } : next;
}

/**
 * Where as many as are remembered said so in the last minutes one more tells nothing new: this is asked after each run, and a
 * copy of all of them cost more than the whole decision.
 */
function withServed(
  servedMs: Readonly<Record<string, number>> = {},
  certname: string,
  atMs: number,
): Record<string, number> {
  const names = Object.keys(servedMs);
  // Stryker disable next-line UnaryOperator: of many there is a first
  const oldestMs = servedMs[names[0] ?? ''] ?? -Infinity;
  if (names.length > hostsMost && atMs - oldestMs < windowMs / 4) {
    return servedMs;
  }
  return withSaid(servedMs, certname, atMs);
}

/** The host goes behind all others: so the first is always the oldest. */
function withSaid(
  saidMs: Readonly<Record<string, number>>,
  certname: string,
  atMs: number,
): Record<string, number> {
  const next = recent(saidMs, atMs);
  delete next[certname];
  next[certname] = atMs;
  return next;
}

/** The last of those that said so within the window. */
function recent(
  saidMs: Readonly<Record<string, number>> | undefined,
  atMs: number,
): Record<string, number> {
  const kept = { ...saidMs };
  let count = 0;
  for (const name in kept) {
    if (atMs - (kept[name] ?? 0) > windowMs) delete kept[name];
    else count += 1;
  }
  for (; count > hostsMost; count -= 1) delete kept[oldestOf(kept)];
  return kept;
}

function oldestOf(saidMs: Readonly<Record<string, number>>): string {
  let oldest = '';
  let oldestMs = Infinity;
  for (const name in saidMs) {
    const ms = saidMs[name] ?? 0;
    // Stryker disable next-line EqualityOperator: which of those that are equally old
    if (ms < oldestMs) [oldest, oldestMs] = [name, ms];
  }
  return oldest;
}
