import { findUser } from './find-user.ts';

/** As whom a probe is started. */
export type ProbeUser =
  | { kind: 'user'; ids: { uid: number; gid: number } }
  /** kickd is not root, and starts it as itself */
  | { kind: 'self' }
  | { kind: 'unknown' }
  /** root under another name */
  | { kind: 'root' };

export async function findProbeUser(name: string): Promise<ProbeUser> {
  if (process.geteuid?.() !== 0) return { kind: 'self' };
  const ids = await findUser(name);
  if (ids === undefined) return { kind: 'unknown' };
  return ids.uid === 0 ? { kind: 'root' } : { kind: 'user', ids };
}
