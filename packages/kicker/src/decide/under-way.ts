import { showMs, type Finding } from './finding.ts';
import type { Rule } from './rules.ts';
import type { Situation } from './situation.ts';

/** Two calls for one problem (SOFT 3, then HARD; two monitors): the second joins the open kick. */
export function judgeJoin({ service }: Situation): Finding {
  if (service.open === undefined) return undefined;
  return {
    kind: 'skip',
    code: 'joined',
    kick: service.open.kick,
    reason: `kick ${service.open.kick} for this problem is already under way`,
  };
}

/** The run has ended; whether it helped is not known yet. */
export function judgeVerifying({ service, atMs }: Situation): Finding {
  if (service.verifying === undefined) return undefined;
  const { kick, untilMs } = service.verifying;
  return {
    kind: 'wait',
    code: 'verifying',
    reason: `kick ${kick} has ended, and the monitor has ${showMs(untilMs - atMs)} left to see the service green`,
    againAfterMs: untilMs - atMs,
  };
}

export function judgeCoolDown(
  { service, atMs }: Situation,
  rule: Rule,
): Finding {
  if (service.lastEndMs === undefined) return undefined;
  const agoMs = atMs - service.lastEndMs;
  const leftMs = rule.coolDownSeconds * 1000 - agoMs;
  const fact = `the last kick for it ended ${showMs(agoMs)} ago (coolDownSeconds is ${rule.coolDownSeconds})`;
  if (leftMs <= 0) return { kind: 'note', reason: fact };
  return {
    kind: 'wait',
    code: 'cool-down',
    reason: fact,
    againAfterMs: leftMs,
  };
}

/** One kick at a time on a host, and not one right after the other, whatever the services. */
export function judgeHostBusy({ host, service }: Situation): Finding {
  if (host?.open === undefined || service.open !== undefined) return undefined;
  return {
    kind: 'wait',
    code: 'host-busy',
    reason: `kick ${host.open.kick} for another service of the host is under way`,
    againAfterMs: 15 * 1000,
  };
}

export function judgeHostInterval({ host, atMs, rules }: Situation): Finding {
  if (host?.lastKickMs === undefined) return undefined;
  const seconds = rules.guards.hostIntervalSeconds;
  const agoMs = atMs - host.lastKickMs;
  const leftMs = seconds * 1000 - agoMs;
  if (leftMs <= 0) return undefined;
  return {
    kind: 'wait',
    code: 'host-interval',
    reason: `the host was kicked ${showMs(agoMs)} ago (guards.hostIntervalSeconds is ${seconds})`,
    againAfterMs: leftMs,
  };
}
