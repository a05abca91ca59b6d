import { userInfo } from 'node:os';
import { execa } from 'execa';
import { parsePuppetConfigPrint } from '@kickd/mtls';
import { confArguments } from '../cm/puppet-conf-arguments.ts';

/**
 * The same places as Puppet itself resolves them; takes most of a second, so it is asked once, at
 * start. Must be asked as the user that runs Puppet: as another it silently tells of `~/.puppet`.
 * @returns an empty record when Puppet does not answer
 */
export async function askPuppet(
  binary: string,
  confFile: string | undefined,
): Promise<Record<string, string>> {
  const conf = confArguments(confFile);
  const result = await execa(
    binary,
    ['config', 'print', '--section', 'agent', ...conf],
    {
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        HOME: userInfo().homedir,
      },
      extendEnv: false,
      timeout: 20 * 1000,
      reject: false,
      maxBuffer: 1024 * 1024,
      stdin: 'ignore',
    },
  );
  return result.failed ? {} : parsePuppetConfigPrint(result.stdout);
}
