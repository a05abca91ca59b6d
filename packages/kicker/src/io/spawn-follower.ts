import { spawn } from 'node:child_process';

/**
 * Starts `kicker follow KICK` in a session of its own, with nothing open to the caller: Nagios kills
 * its handler's process group after 30 s, and a child that keeps stdout freezes a Nagios worker.
 * @returns the pid once it runs, undefined where it could not be started
 */
export function spawnFollower(
  self: { command: string; args: readonly string[] },
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn(self.command, [...self.args, 'follow', ...args], {
      cwd: '/',
      detached: true,
      stdio: 'ignore',
      shell: false,
      env: keep(env),
    });
    child.once('error', () => resolve(undefined));
    child.once('spawn', () => {
      child.unref();
      resolve(child.pid);
    });
  });
}

/** Only what kicker itself reads. */
function keep(env: Readonly<Record<string, string | undefined>>) {
  const kept: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'LANG', 'TZ', 'XDG_STATE_HOME']) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
