import { execaSync } from 'execa';
import type { TlsFiles } from '@kickd/mtls';
import { parseUnitCredentials } from '../config/unit-credentials.ts';

const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
const inOne = 'kickd-serve.service';
const listener = 'kickd.service';

/**
 * The files that systemd will hand to the listener (`LoadCredential=`), drop-ins included.
 * @returns undefined where there is no such unit, or kickd is started in one process
 */
export function unitCredentials(): Partial<TlsFiles> | undefined {
  if (ask(['is-enabled', inOne]) === 'enabled') return undefined;
  const text = ask(['cat', listener]);
  return text === undefined ? undefined : parseUnitCredentials(text);
}

function ask(args: string[]): string | undefined {
  const { failed, stdout } = execaSync('systemctl', ['--no-pager', ...args], {
    env,
    extendEnv: false,
    reject: false,
    timeout: 5000,
    maxBuffer: 1024 * 1024,
    stdin: 'ignore',
    stderr: 'ignore',
  });
  return failed ? undefined : stdout;
}
