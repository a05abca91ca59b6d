import { readFileSync } from 'node:fs';
import { execa } from 'execa';

export interface UserIds {
  uid: number;
  gid: number;
}

/**
 * The numbers of a user: from /etc/passwd, or from whatever else the system takes names from (LDAP, sssd).
 * @returns undefined: there is no such user
 * @see getent(1), passwd(5)
 */
export async function findUser(
  name: string,
  passwd = '/etc/passwd',
): Promise<UserIds | undefined> {
  return idsIn(readText(passwd), name) ?? idsIn(await askSystem(name), name);
}

function idsIn(text: string, name: string): UserIds | undefined {
  for (const line of text.split('\n')) {
    const [own, , uid = '', gid = ''] = line.split(':');
    if (own !== name || !isNumber(uid) || !isNumber(gid)) continue;
    return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}

async function askSystem(name: string): Promise<string> {
  const { stdout } = await execa('getent', ['--', 'passwd', name], {
    env: { PATH: '/usr/bin:/bin' },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: 5 * 1000,
    maxBuffer: 64 * 1024,
  });
  return stdout;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
