import { spawn } from 'node:child_process';

/**
 * Starts kicker once more in a session of its own, with nothing open to the caller: Nagios kills its handler's
 * process group after 30 s, and a child that keeps stdout freezes a Nagios worker.
 * @returns once it runs @throws where it cannot be started
 */
export function startDetached(
  self: { command: string; args: readonly string[] },
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(self.command, [...self.args, ...args], {
      cwd: '/',
      detached: true,
      stdio: 'ignore',
      shell: false,
      env: keep(env),
    });
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}

/** Only what kicker itself reads. */
function keep(env: Readonly<Record<string, string | undefined>>) {
  const kept: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'LANG', 'TZ', 'KICKER_CONFIG']) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
