import type { Kick } from '@kickd/protocol';
import { timeoutsOf } from '../config/config.ts';
import { judgeDrill, type Condition } from '../drill/judge-drill.ts';
import { Faults, exitCodes } from '../errors.ts';
import { problemKey } from '../events/event.ts';
import { findIn } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { placesOf } from '../io/ledger-file.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import { loadRules } from '../io/load-rules.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import type { DrillEnded } from '../ledger/entry.ts';
import { createCommand, type Found } from './command.ts';
import { breakIt, sendForMs } from './drill-break.ts';
import { mendIt, warnOfLedger } from './drill-mend.ts';
import { drillSpec, readDrillOptions } from './drill-options.ts';
import { createDrillKick, worldOf, type Parts } from './drill-parts.ts';
import { lookAt, monitorOfDrill } from './drill-sight.ts';
import { watch } from './drill-watch.ts';
import { exitCodeOf } from './kick-result.ts';
import {
  drillView,
  type DrillRecord,
  type DrillReport,
} from './views/drill.ts';

export const command = createCommand<DrillRecord>({
  spec: drillSpec,
  view: drillView,
  async *run(given, shell): Found<DrillRecord> {
    const options = readDrillOptions(given, shell);
    const config = await loadConfig(given.text('config'), shell.env);
    const rules = await loadRules(config, shell.env);
    const found = findIn(config)(options.host, undefined);
    if (found.kind === 'fault') throw new Faults([found.fault]);
    const { target } = found;
    const watching = await monitorOfDrill(options.monitor, config, shell);
    const { ledgerFile } = placesOf(config);
    const ledger = openLedger(ledgerFile, shell.clock, { isMade: false });
    try {
      const sight = await lookAt(watching, options, shell);
      const parts: Parts = {
        options: { ...options, host: sight.host, service: sight.service },
        config,
        rules,
        watching,
        ledger,
        target,
        shell,
      };
      if (options.isDryRun) return yield* printConditions(parts);
      return yield* drill(parts);
    } finally {
      ledger.close();
    }
  },
});

async function* printConditions(parts: Parts): Found<DrillRecord> {
  const conditions = judgeDrill(worldOf(parts, parts.ledger));
  for (const { name, isMet, fault } of conditions) {
    yield {
      record: 'condition',
      name,
      ok: isMet,
      ...(fault === undefined
        ? {}
        : { code: fault.code, text: fault.message, remedy: fault.remedy }),
    };
  }
  return conditions.every(({ isMet }) => isMet === true)
    ? exitCodes.ok
    : exitCodes.runFailed;
}

/** Judges, writes, breaks, watches, tells; and mends where nobody else did. */
async function* drill(parts: Parts): Found<DrillRecord> {
  const { options, ledger, target, shell, watching, config } = parts;
  const { host, service, profile } = options;
  const monitor = watching.monitor.name;
  const kick = createDrillKick(parts, { cm: profile }, sendForMs);
  const keys = {
    kick: kick.kick,
    problem: problemKey({ monitor, host, service }),
  };
  // what is wrong with the own certificate shows before anything is written
  const material = loadMaterial(config, shell.user);
  const client = createAgentClient(() => material, timeoutsOf(config));
  begin(parts, kick, keys);
  const facts = { host, service, monitor, profile, kick: kick.kick };
  yield { record: 'begun', ...facts, certname: target.certname };
  const broken = await breakIt(parts, client, kick);
  // From here on a ledger that cannot be written is told, and keeps nothing from being mended.
  const write = (ended: Omit<DrillEnded, 'phase'>): void => {
    const body = { phase: 'ended', ...ended } as const;
    try {
      ledger.append([{ entry: { kind: 'drill', body }, keys }]);
    } catch (error) {
      warnOfLedger(error, shell);
    }
  };
  const report = (more: Partial<DrillReport>): DrillReport => ({
    record: 'report',
    ...facts,
    result: 'failed',
    steps: [],
    corrected: [],
    exit: exitCodes.runFailed,
    ...more,
  });

  if (!broken.mayBeBroken) {
    const { code, message, remedy } = broken.trouble;
    const why = `${code}: ${message}`;
    write({ result: 'not-begun', why });
    const exit = exitCodeOf(broken.result);
    yield report({ result: 'not-begun', why, look: remedy, exit });
    return exit;
  }
  const brokenAt = broken.at;
  if (broken.trouble === undefined) {
    yield { record: 'broken', ...facts, at: brokenAt, run: broken.run };
  }
  const watched =
    broken.trouble === undefined
      ? yield* watch(parts, keys.kick, brokenAt)
      : {
          steps: [],
          why: `the breakage is not known to have been made: ${broken.trouble.code}: ${broken.trouble.message}`,
          look: broken.trouble.remedy,
        };
  const seconds = watched.steps.at(-1)?.offsetSeconds;
  if ('healed' in watched) {
    const { kick: healedBy, corrected } = watched.healed;
    write({ result: 'passed', seconds: seconds ?? 0, healedBy });
    yield report({
      result: 'passed',
      ...(seconds === undefined ? {} : { seconds }),
      steps: watched.steps,
      corrected,
      healedBy,
      exit: exitCodes.ok,
    });
    return exitCodes.ok;
  }
  const { why, look } = watched;
  write({ result: 'failed', why });
  const mend =
    'isGreen' in watched ? undefined : await mendIt(parts, client, brokenAt);
  yield report({
    why,
    look,
    steps: watched.steps,
    ...(mend === undefined ? {} : { mend }),
  });
  return exitCodes.runFailed;
}

/**
 * Judged and written in one transaction, so that of two drills one begins. The memory learns nothing of it: the kick that
 * breaks is no try to heal, and must not keep the alert that follows from being kicked.
 */
function begin(
  parts: Parts,
  kick: Kick,
  keys: { kick: string; problem: string },
): void {
  const { options, ledger, target, shell, watching } = parts;
  const { by, reason, host, service, profile, timeoutMs } = options;
  const until = shell.clock.now().getTime() + sendForMs + timeoutMs;
  ledger.transact((transaction) => {
    throwUnmet(judgeDrill(worldOf(parts, transaction)));
    transaction.add([
      {
        entry: {
          kind: 'drill',
          body: {
            phase: 'began',
            by,
            reason,
            monitor: watching.monitor.name,
            host,
            service,
            certname: target.certname,
            profile,
            until: new Date(until).toISOString(),
          },
        },
        keys,
      },
      {
        entry: { kind: 'kick', body: { target, request: kick } },
        // no kick of a problem: it heals nothing
        keys: { kick: kick.kick },
      },
    ]);
  });
}

function throwUnmet(conditions: readonly Condition[]): void {
  const faults = conditions.flatMap(({ fault }) => fault ?? []);
  if (faults.length > 0) throw new Faults(faults);
}
