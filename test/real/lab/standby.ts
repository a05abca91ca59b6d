/** The standby of a kickd in the lab, asked as its runner asks it; by eyes that share no code with kickd. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitFor } from './wait.ts';

/** What it says of itself. */
export interface StandbyAnswer {
  standby: 'ready' | 'stale';
  pid: number;
  /** what it can heal */
  resources: string[];
  /** what it cannot, and why not */
  unfit: Record<string, string>;
  /** of one that is stale: what has changed */
  because?: string;
}

/** Waits until the standby has loaded and says that it is ready. */
export function readyStandby(folder: string): Promise<StandbyAnswer> {
  return waitFor(
    'a standby that is ready',
    async () => {
      const answer = await askStandby(folder);
      return answer?.standby === 'ready' ? answer : undefined;
    },
    { timeoutMs: 180_000 },
  );
}

/** Another one whenever it has loaded anew. */
export function socketOf(folder: string): string | undefined {
  const name = existsSync(folder)
    ? readdirSync(folder).find((entry) => entry.endsWith('.sock'))
    : undefined;
  if (name === undefined) return undefined;
  const { ino, ctimeNs } = statSync(join(folder, name), { bigint: true });
  return `${ino} ${ctimeNs}`;
}

/** @returns undefined: none listens */
export async function askStandby(
  folder: string,
): Promise<StandbyAnswer | undefined> {
  const socket = existsSync(folder)
    ? readdirSync(folder).find((name) => name.endsWith('.sock'))
    : undefined;
  return socket === undefined
    ? undefined
    : askOn(join(folder, socket), '{"ask":"ready"}\n');
}

function askOn(path: string, line: string): Promise<StandbyAnswer | undefined> {
  return new Promise((resolve) => {
    let answer: StandbyAnswer | undefined;
    const peer = connect(path, () => peer.write(line));
    const lines = createInterface({ input: peer });
    // of the socket, which says so too
    lines.on('error', () => {});
    lines.on('line', (text) => {
      const said = JSON.parse(text) as StandbyAnswer | { standby: 'looking' };
      if (said.standby === 'looking') return;
      answer = said;
      peer.end();
    });
    peer.on('error', () => {});
    peer.on('close', () => resolve(answer));
  });
}
