import { execa } from 'execa';

/**
 * Starts kicker once more in a session of its own, with nothing open to the caller: Nagios kills its handler's
 * process group after 30 s, and a child that keeps stdout freezes a Nagios worker.
 * @returns once it runs @throws where it cannot be started
 */
export async function startDetached(
  self: { command: string; args: readonly string[] },
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const child = execa(self.command, [...self.args, ...args], {
    cwd: '/',
    env: keep(env),
    extendEnv: false,
    detached: true,
    cleanup: false,
    stdio: 'ignore',
  });
  if (child.pid === undefined) await child;
  // how it ends is its own matter
  else void child.catch(() => undefined);
  child.nodeChildProcess.unref();
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
