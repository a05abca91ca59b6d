import type { Config } from '../config/config.ts';
import { faultsOf } from '../faults.ts';
import { createMonitor } from '../monitors/registry.ts';
import type { MonitorSettings } from '../monitors/schemas.ts';
import type { CheckStep } from '../ports.ts';
import type { Shell } from './command.ts';
import { monitorWorldOf } from './monitor-world.ts';
import { failed } from '../steps.ts';

/** The way to one monitor, step by step. */
export async function* checkMonitor(
  name: string,
  settings: MonitorSettings,
  config: Config,
  shell: Shell,
): AsyncGenerator<CheckStep> {
  try {
    const world = monitorWorldOf(config, shell);
    const monitor = await createMonitor(name, settings, world);
    yield* monitor.check(shell.signal);
  } catch (error) {
    for (const fault of faultsOf(error)) yield failed(`monitor ${name}`, fault);
  }
}
