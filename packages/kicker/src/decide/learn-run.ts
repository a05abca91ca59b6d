import { isNotNeeded, type OutcomeRecord } from '../events/outcome-record.ts';
import { serverSign, withSign } from './breaker.ts';
import { serviceKey } from '../events/keys.ts';
import type { KickMemory, ServiceMemory } from './memory.ts';
import type { News } from './news.ts';
import { defaultRule } from './default-rules.ts';
import { isOverdue, releasePlace, takePlace, withTook } from './places.ts';
import { withPolicy } from './policy-version.ts';
import { writeHost, type Recall } from './recall.ts';
import { emptyService } from './service-memory.ts';
import { fleetOf } from './steady.ts';
import { withFutile, withHealed } from './verdict.ts';

/** For a kick from before the rule said so. */
const usualExpectMs = defaultRule.expectSeconds * 1000;

/** A kick that was not taken gives its place back, and its host gets one of few places the next time. */
export function learnNotReached(
  { kick }: Extract<News, { kind: 'not-reached' }>,
  { memory, atMs }: Recall,
): void {
  const record = memory.read('kick', kick);
  if (record === undefined) return;
  const { place, ...rest } = record;
  memory.write('fleet', '', releasePlace(fleetOf(memory), place, atMs));
  memory.write('kick', kick, rest);
  markSlow(record.certname, true, memory);
}

/** The host has accepted a kick: from now on its run loads the CM server. */
export function learnAccepted(
  { kick }: Extract<News, { kind: 'accepted' }>,
  { memory, atMs }: Recall,
): void {
  const record = memory.read('kick', kick);
  if (record === undefined) return;
  // Stryker disable next-line ObjectLiteral,ArrayDeclaration: only whether it is slow is asked
  const host = memory.read('host', record.certname) ?? { bad: [] };
  const expectMs = record.expectMs ?? usualExpectMs;
  const freed = releasePlace(fleetOf(memory), record.place, atMs);
  const { fleet, place } = takePlace(
    freed,
    host,
    { expectMs, isAccepted: true },
    atMs,
  );
  memory.write('fleet', '', fleet);
  memory.write('kick', kick, { ...record, place, acceptedMs: atMs });
}

function markSlow(
  certname: string,
  isSlow: boolean,
  memory: Recall['memory'],
): void {
  const host = memory.read('host', certname);
  if (host === undefined || (host.isSlow ?? false) === isSlow) return;
  const { isSlow: _before, ...rest } = host;
  memory.write('host', certname, isSlow ? { ...rest, isSlow } : rest);
}

/** A kick has ended: what runs count, how the CM server is, whether there is a verdict to wait for. */
export function learnOutcome(
  { kick, outcome }: Extract<News, { kind: 'outcome' }>,
  recall: Recall,
): void {
  const { memory, atMs, rules } = recall;
  const record = memory.read('kick', kick);
  if (record === undefined) return;
  memory.write('kick', kick, undefined);
  const { certname, cm, place, acceptedMs } = record;
  // Stryker disable next-line ConditionalExpression: only an end has an outcome of its own
  const ended = outcome.kind === 'ended' ? outcome.outcome : undefined;
  const freed = releasePlace(fleetOf(memory), place, atMs);
  const fleet =
    ended === undefined || isNotNeeded(outcome) || acceptedMs === undefined
      ? freed
      : withTook(freed, atMs - acceptedMs);
  memory.write('fleet', '', { ...fleet, open: Math.max(0, fleet.open - 1) });
  if (ended !== undefined) markSlow(certname, false, memory);
  else if (isOverdue(place, atMs)) markSlow(certname, true, memory);

  const { open, ...known } = memory.read('host', certname) ?? { bad: [] };
  const host =
    ended?.configVersion === undefined || ended.cachedCatalog === true
      ? known
      : withPolicy(known, ended.configVersion, kick, atMs);
  writeHost(
    certname,
    open === undefined || open.kick === kick ? host : { ...host, open },
    recall,
    false,
  );
  const server = memory.read('server', cm) ?? { failed: [], isTold: false };
  const sign = ended === undefined ? undefined : serverSign(ended);
  memory.write(
    'server',
    cm,
    withSign(server, sign, kick, certname, rules.guards, atMs),
  );
  const name = serviceKey(certname, record.service);
  const service = memory.read('service', name) ?? emptyService(atMs);
  memory.write(
    'service',
    name,
    withOutcome(service, kick, record, outcome, host.policy, atMs),
  );
}

export function learnVerdict(
  { kick, certname, service: of, verdict }: Extract<News, { kind: 'verdict' }>,
  { memory, atMs }: Recall,
): void {
  const name = serviceKey(certname, of);
  const service = memory.read('service', name);
  if (service?.verifying?.kick !== kick) return;
  const { futileRuns } = service.verifying;
  const policy = memory.read('host', certname)?.policy;
  memory.write(
    'service',
    name,
    verdict === 'healed'
      ? withHealed(service, atMs)
      : withFutile(service, atMs, policy, futileRuns),
  );
}

export function learnPolicy(
  { certname, configVersion, runEndedMs }: Extract<News, { kind: 'policy' }>,
  recall: Recall,
): void {
  const host = recall.memory.read('host', certname) ?? { bad: [] };
  writeHost(
    certname,
    withPolicy(host, configVersion, `ended ${runEndedMs}`, recall.atMs),
    recall,
    false,
  );
}

function withOutcome(
  known: ServiceMemory,
  kick: string,
  record: KickMemory,
  outcome: OutcomeRecord,
  policy: string | undefined,
  atMs: number,
): ServiceMemory {
  if (known.open?.kick !== kick) return known;
  const { open: _open, ...rest } = known;
  const service: ServiceMemory = { ...rest, lastEndMs: atMs };
  if (!didRun(outcome)) return service;
  if (record.isNoop) {
    const pending =
      outcome.kind === 'ended' ? (outcome.outcome.pending?.length ?? 0) : 0;
    if (pending <= record.noopChanges) return service;
    return {
      ...service,
      block: {
        why: 'too-many-changes',
        atMs,
        ...(policy === undefined ? {} : { policy }),
      },
    };
  }
  if (service.problem === undefined) {
    return withHealed(service, atMs, isNotNeeded(outcome));
  }
  return {
    ...service,
    verifying: {
      kick,
      untilMs: atMs + record.verifySeconds * 1000,
      futileRuns: record.futileRuns,
      ...(isNotNeeded(outcome) ? { isNotNeeded: true as const } : {}),
    },
  };
}

/**
 * Whether the host tried. A run that was lost or cancelled did not help either, nor did a tool that cannot be
 * started: what nobody can tell counts like a failure. What the host refused counts for nothing.
 */
export function didRun(outcome: OutcomeRecord): boolean {
  switch (outcome.kind) {
    case 'ended':
      return outcome.outcome.kind !== 'refused';
    case 'not-known':
      return true;
    case 'refused':
    case 'gave-up':
      return false;
  }
}
