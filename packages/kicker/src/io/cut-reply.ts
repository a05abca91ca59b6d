import {
  outcomeLimits,
  runLimits,
  type CorrectedResource,
  type Healed,
  type Outcome,
  type Run,
  type RunList,
  type ServedKick,
  type Status,
} from '@kickd/protocol';

/** One for each CA of a chain and its CRL is usual. */
const expiriesMost = 50;

/**
 * What is kept of a run as a host tells it: the keys that we know, and no more of each than kickd itself keeps. A host
 * may say anything, and what is kept goes into ledger and log, and is read again and again.
 * @param isKept which of the kicks that it serves
 */
export function cutRun(
  run: Run,
  isKept: (kick: ServedKick) => boolean = () => true,
): Run {
  const { tags, environment, startedAt, endedAt, durationMs } = run;
  const { healed, outcome } = run;
  return {
    run: run.run,
    certname: run.certname,
    cm: run.cm,
    state: run.state,
    ...(tags !== undefined && { tags: tags.slice(0, runLimits.tags) }),
    noop: run.noop,
    ...(environment !== undefined && { environment }),
    kicks: run.kicks.filter(isKept).slice(0, runLimits.kicks).map(cutKick),
    queuedAt: run.queuedAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(healed !== undefined && { healed: cutHealed(healed) }),
    ...(endedAt !== undefined && { endedAt }),
    ...(durationMs !== undefined && { durationMs }),
    ...(outcome !== undefined && { outcome: cutOutcome(outcome) }),
  };
}

/** Runs of another host than `certname` are none of its business, and left out. */
export function cutRunList({ runs }: RunList, certname: string): RunList {
  return {
    runs: runs
      .filter((run) => run.certname === certname)
      .map((run) => cutRun(run)),
  };
}

/** The same of a status; a run of another host is left out. */
export function cutStatus(status: Status): Status {
  const { version, certname, uptimeSeconds, launcher, cm, acl } = status;
  const { current, last, journal, audit, frozen, limits } = status;
  const { disabled, policy } = cm;
  const { minIntervalSeconds } = limits;
  const isOwn = (run: Run | undefined): run is Run =>
    run?.certname === certname;
  return {
    version: line(version),
    certname,
    uptimeSeconds,
    ...(launcher !== undefined && { launcher }),
    cm: {
      profile: cm.profile,
      locked: cm.locked,
      ...(disabled !== undefined && { disabled: line(disabled) }),
      ...(policy !== undefined && {
        policy: {
          configVersion: versionOf(policy.configVersion),
          endedAt: policy.endedAt,
          ...(policy.durationMs !== undefined && {
            durationMs: policy.durationMs,
          }),
        },
      }),
    },
    ...(isOwn(current) && { current: cutRun(current) }),
    ...(isOwn(last) && { last: cutRun(last) }),
    expiries: status.expiries
      .slice(0, expiriesMost)
      .map(({ what, at, level }) => ({
        what: line(what),
        at,
        ...(level !== undefined && { level }),
      })),
    acl: { current: acl.current, rules: acl.rules },
    ...(journal !== undefined && { journal: cutHealth(journal) }),
    ...(audit !== undefined && {
      audit: { ...cutHealth(audit), head: line(audit.head) },
    }),
    ...(frozen !== undefined && { frozen: line(frozen) }),
    limits: {
      bodyMaxBytes: limits.bodyMaxBytes,
      runTimeoutSeconds: limits.runTimeoutSeconds,
      ...(minIntervalSeconds !== undefined && { minIntervalSeconds }),
    },
  };
}

function cutKick(given: ServedKick): ServedKick {
  const { kick, by, joined, acceptedAt, expires, because } = given;
  return {
    kick,
    by,
    joined,
    acceptedAt,
    ...(expires !== undefined && { expires }),
    // the schema takes no key in it that it does not know, and no long text
    ...(because !== undefined && { because }),
  };
}

function cutHealed({ at, corrected, failed }: Healed): Healed {
  const { resources, nameChars } = outcomeLimits;
  return {
    at,
    corrected: corrected.slice(0, resources).map(cutResource),
    failed: failed.slice(0, resources).map((name) => cut(name, nameChars)),
  };
}

function cutOutcome(outcome: Outcome): Outcome {
  const { code, reason, exitCode, pending, configVersion } = outcome;
  const { cachedCatalog, matched, verified } = outcome;
  const { resources, codeChars, nameChars } = outcomeLimits;
  return {
    kind: outcome.kind,
    ...(code !== undefined && { code: cut(code, codeChars) }),
    ...(reason !== undefined && { reason: line(reason) }),
    ...(exitCode !== undefined && { exitCode }),
    corrected: outcome.corrected.slice(0, resources).map(cutResource),
    failed: outcome.failed
      .slice(0, resources)
      .map((name) => cut(name, nameChars)),
    ...(cachedCatalog !== undefined && { cachedCatalog }),
    ...(matched !== undefined && { matched }),
    ...(verified !== undefined && { verified }),
    ...(pending !== undefined && {
      pending: pending.slice(0, resources).map(cutResource),
    }),
    ...(configVersion !== undefined && {
      configVersion: versionOf(configVersion),
    }),
  };
}

function cutResource(given: CorrectedResource): CorrectedResource {
  const { resource, property, from, to, corrective } = given;
  const { nameChars, propertyChars, valueChars } = outcomeLimits;
  return {
    resource: cut(resource, nameChars),
    ...(property !== undefined && {
      property: cut(property, propertyChars),
    }),
    ...(from !== undefined && { from: cut(from, valueChars) }),
    ...(to !== undefined && { to: cut(to, valueChars) }),
    ...(corrective !== undefined && { corrective }),
  };
}

function cutHealth({ ok, reason }: { ok: boolean; reason?: string }): {
  ok: boolean;
  reason?: string;
} {
  return { ok, ...(reason !== undefined && { reason: line(reason) }) };
}

function line(text: string): string {
  return cut(text, outcomeLimits.lineChars);
}

/** Foreign text stays as it is, and is made printable where it is shown. No character is cut in two. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 3).replace(/[\uD800-\uDBFF]$/, '')}...`;
}

function versionOf(text: string): string {
  return cut(text, outcomeLimits.configVersionChars);
}
