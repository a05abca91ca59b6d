import { Faults, errors, exitCodes } from '../errors.ts';
import { faultsOf, troubleOf } from '../faults.ts';
import { createHeartbeatFile } from '../io/heartbeat-file.ts';
import { createJsonLog } from '../io/json-log.ts';
import { placesOf } from '../io/ledger-file.ts';
import { writeMetricsFile } from '../io/metrics-file.ts';
import { openSpool } from '../io/spool.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import { createWatchdog } from '../io/watchdog.ts';
import { watchSpool } from '../io/watch-spool.ts';
import { callForSetAside } from '../kicks/call-set-aside.ts';
import { endPages } from '../kicks/end-pages.ts';
import { handleEvent } from '../kicks/handle-event.ts';
import { createKicks } from '../kicks/kicks.ts';
import { createDispatcher } from '../outbox/dispatcher.ts';
import type { Ledger, Lease, Log, Spool } from '../ports.ts';
import { createMetrics, type Metrics } from '../serve/metrics.ts';
import { serveLoop, type ServeWorld } from '../serve/serve-loop.ts';
import type { Shell } from './command.ts';
import { decidingOf } from './deciding.ts';
import { readInForce, type InForce } from './in-force.ts';
import { inTurn } from './in-turn.ts';
import type { Given } from './options.ts';
import { readSpooled, refreshWaiting } from './read-events.ts';
import { runMonitors } from './run-monitors.ts';
import { standBy, takeIdleLease } from './who-serves.ts';

/** Serves in this process. @returns the exit code @throws {Fault | Faults} why it cannot begin, or had to end */
export async function serveHere(given: Given, shell: Shell): Promise<number> {
  const metrics = createMetrics(await shell.version());
  const written = createJsonLog((line) => shell.say(line), shell.clock);
  const log: Log = (event, facts) => {
    written(event, facts);
    metrics.log(event, facts);
  };
  const isUntilIdle = given.flag('until-idle') === true;
  const inForce = await readInForce(given.text('config'), shell, log);
  const { ledgerFile, directory } = placesOf(inForce.config);
  const ledger = openLedger(ledgerFile, shell.clock);
  try {
    const spool = openSpool(directory, shell.user.uid);
    const lease = isUntilIdle
      ? await takeIdleLease(ledger, directory, shell)
      : await standBy(ledger, { shell, log });
    if (lease === undefined) return exitCodes.ok;
    try {
      return await serve(
        { ledger, lease, spool, inForce, log, metrics },
        given,
        shell,
      );
    } finally {
      lease.release();
    }
  } finally {
    ledger.close();
  }
}

async function serve(
  {
    ledger,
    lease,
    spool,
    inForce: first,
    log,
    metrics,
  }: {
    ledger: Ledger;
    lease: Lease;
    spool: Spool;
    inForce: InForce;
    log: Log;
    metrics: Metrics;
  },
  given: Given,
  shell: Shell,
): Promise<number> {
  let inForce = first;
  const { signal } = shell;
  const nowMs = (): number => shell.clock.now().getTime();
  const deciding = () =>
    decidingOf(inForce.config, inForce.rules, ledger, shell, inForce.can);
  const dispatcher = createDispatcher({
    outbox: ledger,
    perform: (action, signal) => inForce.perform(action, signal),
    timing: shell,
    onTrouble: (error) => log('action-trouble', troubleOf(error)),
    onFailed: ({ action, tries }, { fault }) => {
      const { code, message, remedy } = fault;
      const kind = action.to === 'person' ? 'person' : action.feedback.kind;
      log('action-failed', { action: kind, tries, code, message, remedy });
    },
  });
  const watch = watchSpool(spool.directory);
  const gone = new AbortController();
  const end = AbortSignal.any([signal, gone.signal]);
  const kicks = createKicks(
    ledger,
    () => ({
      transport: inForce.client,
      timing: shell,
      limiter: inForce.limiter,
      followMs: inForce.config.follow.forSeconds * 1000,
      telling: () => ({
        rules: inForce.rules,
        now: shell.clock.moment(),
        can: inForce.can,
      }),
      watch: (event) =>
        inForce.monitors.get(event.monitor)?.see(event) ?? {
          kind: 'not-known',
        },
      canRecheck: ({ monitor }) => inForce.can(monitor, 'recheck'),
    }),
    { log, onChange: () => watch.wake() },
    end,
  );
  const heartbeat = createHeartbeatFile(spool.directory, shell.pid, nowMs);
  const watchdog = createWatchdog(shell.env, () => shell.clock.monotonicMs());
  const world: ServeWorld = {
    ledger,
    lease,
    spool,
    timing: shell,
    log,
    kicks,
    dispatcher,
    heartbeat: {
      beat: () => {
        heartbeat.beat();
        watchdog.beat();
      },
      withdraw: () => heartbeat.withdraw(),
    },
    callForSetAside: (bad) => callForSetAside(bad, deciding()),
    writeMetrics: async () => {
      const file = inForce.config.metrics?.textfile;
      if (file === undefined) return;
      const facts = {
        ledger,
        kicks,
        spool,
        epoch: lease.epoch,
        now: shell.clock.now(),
      };
      writeMetricsFile(file, await metrics.render(facts), shell.pid);
    },
    retention: () => inForce.config.retention,
    concurrency: () => inForce.rules.guards.concurrency,
    read: (event) => readSpooled(event, inForce, shell, log),
    refresh: (record) =>
      refreshWaiting(record, inForce, { ledger, shell, signal }),
    handle: (context) => handleEvent(context, deciding()),
    endPages: () => endPages(deciding()),
  };
  /** The old stays in force, whole, where the new cannot be read: whatever is wrong with it. */
  async function reload(): Promise<void> {
    try {
      const next = await readInForce(given.text('config'), shell, log);
      const before = placesOf(first.config);
      const after = placesOf(next.config);
      if (
        before.ledgerFile !== after.ledgerFile ||
        before.directory !== after.directory
      ) {
        throw new Faults([errors.reloadPlaces()]);
      }
      inForce = next;
      await endMonitors();
      endMonitors = runMonitors(inForce.monitors, spool.directory, {
        log,
        timing: shell,
      });
      const { config, rules } = inForce;
      log('reloaded', { config: config.file, rules: rules.source });
    } catch (error) {
      for (const fault of reloadFaultsOf(error)) log('reload-refused', fault);
    }
  }
  let endMonitors = runMonitors(inForce.monitors, spool.directory, {
    log,
    timing: shell,
  });
  const reloadInTurn = inTurn(reload);
  const unhook = shell.onHangup(() => void reloadInTurn());
  try {
    log('serving', {
      ledger: ledger.file,
      spool: spool.directory,
      rules: inForce.rules.source,
      lease: lease.epoch,
    });
    const ended = await serveLoop(
      world,
      (ms) => watch.sleep(ms, signal),
      signal,
      given.flag('until-idle') === true,
    );
    gone.abort();
    if (ended === 'ledger-replaced') {
      throw new Faults([errors.ledgerReplaced(ledger.file)]);
    }
    if (ended === 'lease-lost') {
      const { epoch = 0 } = ledger.lastHolder() ?? {};
      throw new Faults([errors.leaseLost(ledger.file, lease.epoch, epoch)]);
    }
    log('stopped', { because: ended });
    await world.writeMetrics().catch((error: unknown) => {
      log('trouble', { what: 'metrics', ...troubleOf(error) });
    });
    return exitCodes.ok;
  } finally {
    gone.abort();
    watch.close();
    unhook();
    await endMonitors();
  }
}

/** A mistake in the settings is told with its place; a mistake in kicker ends no serve loop either. */
function reloadFaultsOf(
  error: unknown,
): readonly Readonly<Record<string, unknown>>[] {
  try {
    return faultsOf(error).map(({ code, message, remedy }) => ({
      code,
      message,
      remedy,
    }));
  } catch {
    return [troubleOf(error)];
  }
}
