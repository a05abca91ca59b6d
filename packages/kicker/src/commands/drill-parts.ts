import { randomBytes } from 'node:crypto';
import { createUuid7, type Kick } from '@kickd/protocol';
import type { Config } from '../config/config.ts';
import { defaultRulesFile } from '../config/config.ts';
import type { KickRequest } from '../decide/decision.ts';
import type { RuleSet } from '../decide/rules.ts';
import { alertOf, type DrillWorld } from '../drill/judge-drill.ts';
import { pastDrills, type PastDrill } from '../drill/past-drills.ts';
import { labelOf } from '../events/label.ts';
import { findIn, type Target } from '../fleet/target.ts';
import { readHeartbeat } from '../io/heartbeat-file.ts';
import { isLeased } from '../io/lease.ts';
import { placesOf } from '../io/ledger-file.ts';
import type { Ledger, LedgerTransaction } from '../ports.ts';
import { contextOf } from '../serve/event-context.ts';
import type { Shell } from './command.ts';
import type { DrillOptions } from './drill-options.ts';
import { lookOnce, type DrillMonitor } from './drill-sight.ts';

/** As many drills of one host are looked at. */
const pastMost = 500;

/** What each part of a drill needs. */
export interface Parts {
  options: DrillOptions;
  config: Config;
  rules: RuleSet;
  watching: DrillMonitor;
  ledger: Ledger;
  target: Target;
  shell: Shell;
}

/**
 * A kick of the drill itself, to break or to repair.
 * @param lifeMs how long it is sent again before it expires
 * @param since when the problem began, ISO 8601
 */
export function createDrillKick(
  { options, target, shell, watching }: Parts,
  asked: KickRequest,
  lifeMs: number,
  since?: string,
): Kick {
  const now = shell.clock.now().getTime();
  return {
    kick: createUuid7(now, randomBytes(10)),
    certname: target.certname,
    ...asked,
    expires: new Date(now + lifeMs).toISOString(),
    because: {
      monitor: watching.monitor.name,
      host: labelOf(options.host),
      service: labelOf(options.service),
      state: 'drill',
      ...(since === undefined ? {} : { since }),
    },
  };
}

/** All that is known now: by the rules, the memory, the monitor and the clock. */
export function worldOf(
  { options, config, rules, watching, ledger, shell }: Parts,
  memory: Pick<LedgerTransaction, 'read'>,
): DrillWorld {
  const { monitor } = watching;
  const { host, service, seen } = lookOnce(monitor, options);
  const now = shell.clock.moment();
  const event = alertOf({ monitor: monitor.name, host, service, now });
  const seenEvent = { event, groups: [], remarks: [] };
  const { context } = contextOf(seenEvent, monitor, findIn(config));
  const { ledgerFile, directory } = placesOf(config);
  return {
    rules,
    memory,
    facts: context.facts,
    now,
    monitor: monitor.name,
    host,
    service,
    seen,
    isServed: isServed(ledgerFile, directory, now.wallMs),
    ledgerFile,
    rulesFile: config.rules ?? defaultRulesFile,
    past: pastOf(ledger, host),
  };
}

/** Who may not look at the lock goes by what the one who serves says of itself. */
function isServed(
  ledgerFile: string,
  spoolDirectory: string,
  nowMs: number,
): boolean {
  return (
    isLeased(ledgerFile) ??
    readHeartbeat(spoolDirectory, nowMs)?.isHanging === false
  );
}

function pastOf(ledger: Ledger, host: string): PastDrill[] {
  const filter = { kinds: ['drill'], host } as const;
  return pastDrills(ledger.history(filter, Number.MAX_SAFE_INTEGER, pastMost));
}
