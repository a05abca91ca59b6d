import type { Outcome } from '@kickd/protocol';
import { showMs, type Finding } from './finding.ts';
import type { ServerMemory } from './memory.ts';
import type { Guards, Rule } from './rules.ts';
import { readServer, type Situation } from './situation.ts';

/**
 * Hosts in a row that got no catalog say that the CM server is in trouble, and kicks only add to it. After
 * a while one host tries whether it is over.
 */
export function judgeServer(situation: Situation, rule: Rule): Finding {
  const { memory, rules, atMs } = situation;
  const server = readServer(memory, rule);
  if (server?.openSinceMs === undefined) return undefined;
  const { retryAfterSeconds } = rules.guards.breaker;
  const leftMs = server.openSinceMs + retryAfterSeconds * 1000 - atMs;
  const fact = `${server.failed.length} hosts in a row got no catalog: the CM server is in trouble since ${showMs(atMs - server.openSinceMs)} (guards.breaker)`;
  if (leftMs <= 0 && server.probe === undefined) {
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
  const { probe, openSinceMs, ...rest } = server;
  const isProbe = probe === kick;
  const kept = {
    ...rest,
    ...(probe === undefined || isProbe ? {} : { probe }),
  };
  if (sign === 'good') return { failed: [], isTold: false };
  if (sign === undefined) {
    return { ...kept, ...(openSinceMs === undefined ? {} : { openSinceMs }) };
  }
  const { hosts } = guards.breaker;
  const failed = server.failed.includes(certname)
    ? server.failed
    : [...server.failed, certname].slice(-hosts);
  if (failed.length < hosts) return { ...kept, failed };
  return {
    ...kept,
    failed,
    openSinceMs: openSinceMs === undefined || isProbe ? atMs : openSinceMs,
  };
}
