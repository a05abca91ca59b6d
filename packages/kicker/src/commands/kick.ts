import { randomBytes } from 'node:crypto';
import { createUuid7, printable, type Kick } from '@kickd/protocol';
import { timeoutsOf } from '../config/config.ts';
import { Faults, exitCodes } from '../errors.ts';
import { findTargets, type Target } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import type { AgentClient, Ledger } from '../ports.ts';
import { driveKick } from '../kicks/drive-kick.ts';
import { createCommand, type Found, type Shell } from './command.ts';
import { eachAtOnce } from './each-at-once.ts';
import { collectHosts } from './hosts.ts';
import { kickSpec, readKickOptions, type KickOptions } from './kick-options.ts';
import { factsOf } from '../fleet/reply-facts.ts';
import { recordOf, type KickResult } from './kick-result.ts';
import { recordByHand } from './record-by-hand.ts';
import { showOutput } from './show-output.ts';
import { createHandStore } from './hand-store.ts';
import {
  createKickProgress,
  type KickProgress,
} from './views/kick-progress.ts';
import { kickView, type KickRecord, type TargetRecord } from './views/kick.ts';

/** How often a kick with an unknown fate is sent again, before the caller is told. */
const repeatsMost = 3;

export const command = createCommand({
  spec: kickSpec,
  view: kickView,
  async *run(given, shell): Found<KickRecord | TargetRecord> {
    const options = readKickOptions(given);
    const names = await collectHosts(given, shell);
    const config = await loadConfig(given.text('config'), shell.env);
    const found = findTargets(names, config.hosts, options.port ?? config.port);
    if (found.kind === 'faults') throw new Faults(found.faults);
    const { targets } = found;
    if (options.isTest) {
      for (const { name, certname, address, port } of targets) {
        yield { host: name, certname, address, port };
      }
      return exitCodes.ok;
    }
    const material = loadMaterial(config, shell.user);
    const ledger = openLedger(locateLedger(config.ledger), shell.clock);
    const client = createAgentClient(() => material, timeoutsOf(config));
    const waitMs = (options.timeoutSeconds ?? config.waitSeconds) * 1000;
    warnWhereStopped(ledger, shell);
    const progress = startProgress(targets.length, options, shell);
    let exit: number = exitCodes.ok;
    try {
      const kickOne = async (target: Target): Promise<KickRecord> => {
        progress?.started(target.name);
        const kick = createKick(target, options, shell, waitMs);
        const result = await kickHost(
          { client, ledger, shell, options, waitMs },
          target,
          kick,
        );
        const record = recordOf(target, kick.kick, result);
        progress?.ended(target.name, record.exit !== exitCodes.ok);
        return record;
      };
      for await (const record of eachAtOnce(
        targets,
        options.parallel,
        kickOne,
      )) {
        exit = Math.max(exit, record.exit);
        progress?.hide();
        yield record;
        progress?.show();
      }
    } finally {
      progress?.end();
      ledger.close();
    }
    return exit;
  },
});

/** How often the time in the line of progress goes on. */
const progressMs = 1000;

/** The line of progress: for many hosts, at a terminal, and not where the output of runs is shown. */
function startProgress(
  total: number,
  { json, isFollowing }: KickOptions,
  shell: Shell,
): (KickProgress & { end(): void }) | undefined {
  const { progress: draw, clock } = shell;
  if (draw === undefined || json || isFollowing || total < 2) return undefined;
  const progress = createKickProgress(total, draw, () => clock.monotonicMs());
  const over = new AbortController();
  const keepShowing = async (): Promise<void> => {
    while (!over.signal.aborted) {
      progress.show();
      await shell.pause(progressMs, over.signal);
    }
  };
  void keepShowing();
  return {
    ...progress,
    end: () => {
      over.abort();
      progress.hide();
    },
  };
}

/** The stop holds for what kicker decides; a person who types this has decided otherwise, and should know. */
function warnWhereStopped(ledger: Ledger, shell: Pick<Shell, 'warn'>): void {
  const stopped = ledger.read('fleet', '')?.stopped;
  if (stopped === undefined) return;
  const { by, at, reason } = stopped;
  shell.warn(
    `kicker: ${printable(by)} stopped kicker at ${at}: ${printable(reason)}; a kick by hand is sent all the same`,
  );
}

async function kickHost(
  {
    client,
    ledger,
    shell,
    options,
    waitMs,
  }: {
    client: AgentClient;
    ledger: Ledger;
    shell: Shell;
    options: KickOptions;
    waitMs: number;
  },
  target: Target,
  kick: Kick,
): Promise<KickResult> {
  const waits = AbortSignal.any([shell.signal, AbortSignal.timeout(waitMs)]);
  if (options.isPing) {
    const status = await client.getStatus(target, waits);
    // A host that answers, even with a refusal of /status, is there.
    if (status.kind !== 'accepted' && status.kind !== 'problem') {
      return { ...factsOf(status), kind: 'not-sent' };
    }
  }
  const keys = { kick: kick.kick };
  const decided = recordByHand({ ledger, shell }, target, kick, 'kicker kick');
  const store = createHandStore(keys, ledger, shell);
  const output =
    options.isWaiting && options.isFollowing
      ? store.accepted.then((run) =>
          run === undefined
            ? undefined
            : showOutput(client, target, run.run, shell, waits),
        )
      : undefined;
  await driveKick(
    { target, request: kick, decided, lifeMs: waitMs },
    store,
    {
      transport: client,
      timing: shell,
      limiter: (work) => work(),
      followMs: waitMs,
      isStopped: () => false,
      // Whoever waits for it is told at once that it did not arrive; where nobody knows, its id makes it safe to ask again.
      mayRetry: (misses, mayHaveArrived) =>
        mayHaveArrived && misses <= repeatsMost,
    },
    options.isWaiting ? waits : store.untilAccepted(waits),
  );
  store.end();
  await output;
  return store.result(target, options.isWaiting);
}

function createKick(
  target: Target,
  options: KickOptions,
  shell: Shell,
  waitMs: number,
): Kick {
  const now = shell.clock.now();
  const { tags, cm, environment } = options;
  return {
    kick: createUuid7(now.getTime(), randomBytes(10)),
    certname: target.certname,
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
    ...(cm === undefined ? {} : { cm }),
    ...(environment === undefined ? {} : { environment }),
    ...(options.noop ? { noop: true } : {}),
    // Who waits no longer does not want it later either.
    expires: new Date(now.getTime() + waitMs).toISOString(),
  };
}
