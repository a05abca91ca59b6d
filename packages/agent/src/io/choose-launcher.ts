import { existsSync } from 'node:fs';
import { execaSync } from 'execa';
import type { Launcher } from '../ports.ts';
import { createChildLauncher } from './child-launcher.ts';
import { createUnitLauncher } from './unit-launcher.ts';

/** How the runs of this host are started. */
export type LauncherKind = 'unit' | 'process';

/** `OOMPolicy=` came with it, as the last of what `unit-command.ts` uses. */
const systemdLeast = 243;

/**
 * Transient units where kickd is root and systemd is process 1; process groups elsewhere, as in a
 * container, and with an older systemd (RHEL 8 has 239).
 * @see sd_booted(3)
 */
export function launcherKind(): LauncherKind {
  const isManaged =
    process.geteuid?.() === 0 && existsSync('/run/systemd/system');
  return isManaged && systemdVersion() >= systemdLeast ? 'unit' : 'process';
}

export function createLauncher(kind: LauncherKind, graceMs: number): Launcher {
  return kind === 'unit'
    ? createUnitLauncher({ endsDir: '/run/kickd/ends', graceMs })
    : createChildLauncher();
}

/** @returns 0 where there is no answer */
function systemdVersion(): number {
  const { stdout } = execaSync('systemctl', ['--version'], {
    env: { PATH: '/usr/bin:/bin' },
    extendEnv: false,
    reject: false,
    timeout: 10 * 1000,
  });
  return Number(/^systemd (\d+)/.exec(stdout)?.[1] ?? 0);
}
