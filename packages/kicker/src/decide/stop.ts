import { serviceKey } from '../events/keys.ts';
import { spellingsOf } from '../events/name-bytes.ts';
import type { Finding } from './finding.ts';
import type { Situation } from './situation.ts';

/** `kicker stop`: nothing is kicked until somebody says `kicker resume`. */
export function judgeStop({ fleet }: Situation): Finding {
  if (fleet.stopped === undefined) return undefined;
  const { by, at, reason } = fleet.stopped;
  return {
    kind: 'wait',
    code: 'stopped',
    reason: `${by} stopped kicker at ${at}: ${reason}`,
    againAfterMs: 60 * 1000,
  };
}

/** A monitor that does not see clearly reports trouble everywhere: what it says is not acted upon. */
export function judgeMonitor({
  facts,
  rules,
  memory,
  fleet,
}: Situation): Finding {
  const reason = facts.monitorTrouble ?? sickCanary();
  if (reason === undefined) return undefined;
  return {
    kind: 'wait',
    code: 'monitor-trouble',
    reason: `the monitor is not to be believed now: ${reason}`,
    againAfterMs: 60 * 1000,
    ...(fleet.isTrouble === true
      ? {}
      : {
          escalate: {
            about: 'monitor',
            reason: `nothing is kicked, since the monitor is not to be believed: ${reason}`,
          },
        }),
  };

  function sickCanary(): string | undefined {
    for (const { host, service } of rules.guards.canaries) {
      if (service === undefined) {
        const state = memory.read('host', host)?.state ?? 'UP';
        if (state !== 'UP') return `its canary ${host} is ${state}`;
      } else if (
        spellingsOf(service).some(
          (name) =>
            memory.read('service', serviceKey(host, name))?.problem !==
            undefined,
        )
      ) {
        return `its canary ${host} / ${service} is not OK`;
      }
    }
    return undefined;
  }
}
