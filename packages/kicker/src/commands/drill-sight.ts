import { Faults, errors } from '../errors.ts';
import type { Config } from '../config/config.ts';
import { spellingsOf } from '../events/name-bytes.ts';
import { createMonitor } from '../monitors/registry.ts';
import type { Monitor, SeenService } from '../ports.ts';
import type { Shell } from './command.ts';
import { monitorWorldOf } from './monitor-world.ts';

/** A monitor that is polled, or streams, has its first data within this time. */
const dataWithinMs = 15 * 1000;
const lookMs = 200;

/** @param isAsked its data come over its API, a moment after the start; else they are in files, or nowhere */
export interface DrillMonitor {
  monitor: Monitor;
  isAsked: boolean;
}

/** The monitor of a drill: the one that is named, or the only one. @throws {Faults} USAGE, MONITOR_UNKNOWN */
export async function monitorOfDrill(
  named: string | undefined,
  config: Config,
  shell: Shell,
): Promise<DrillMonitor> {
  const names = Object.keys(config.monitors);
  const name = named ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    throw new Faults([
      errors.usage('drill', `say which monitor: --monitor ${names.join('|')}`),
    ]);
  }
  const settings = config.monitors[name];
  if (settings === undefined) {
    throw new Faults([errors.monitorUnknown(name, names)]);
  }
  const monitor = await createMonitor(
    name,
    settings,
    monitorWorldOf(config, shell),
  );
  return { monitor, isAsked: 'api' in settings && settings.api !== undefined };
}

/** How the monitor sees a service, under the name that it writes itself. */
export interface Sight {
  host: string;
  service: string;
  seen: SeenService;
}

/**
 * Looks at a service until the monitor says something of it. What a stream or a poll brings beside that is thrown away:
 * `kicker serve` has it as well.
 */
export async function lookAt(
  { monitor, isAsked }: DrillMonitor,
  typed: { host: string; service: string },
  shell: Shell,
): Promise<Sight> {
  const end = new AbortController();
  const signal = AbortSignal.any([shell.signal, end.signal]);
  // What it cannot reach shows as data that do not come.
  const running = monitor.run({ put: () => {} }, signal).catch(() => {});
  const startMs = shell.clock.monotonicMs();
  try {
    for (;;) {
      const sight = lookOnce(monitor, typed);
      const isLate = shell.clock.monotonicMs() - startMs >= dataWithinMs;
      if (sight.seen.kind === 'seen' || !isAsked || isLate || signal.aborted) {
        return sight;
      }
      await shell.pause(lookMs, signal);
    }
  } finally {
    end.abort();
    await running;
  }
}

/** A name that was typed in UTF-8 may be another one in the bytes of the monitor. */
export function lookOnce(
  monitor: Pick<Monitor, 'name' | 'see'>,
  { host, service }: { host: string; service: string },
): Sight {
  for (const ofHost of spellingsOf(host)) {
    for (const ofService of spellingsOf(service)) {
      const seen = monitor.see({
        monitor: monitor.name,
        host: ofHost,
        service: ofService,
        state: 'OK',
        stateType: 'HARD',
        attempt: 1,
        inDowntime: false,
      });
      if (seen.kind === 'seen') {
        return { host: ofHost, service: ofService, seen };
      }
    }
  }
  return { host, service, seen: { kind: 'not-known' } };
}
