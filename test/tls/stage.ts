import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import { rawRequest, type RawReply } from '@kickd/testkit';
import { createSite, host, type Site } from '../crash/site.ts';
import { startHalf } from '../processes/half.ts';

/** kickd as it is shipped, two processes, and everybody of `*.example.com` may do everything. */
export interface Stage {
  site: Site;
  port: number;
  /** what the listener says from now on */
  onSaid(listener: (text: string) => void): void;
  /** GET, as the monitor or somebody else; with the time until the end of the answer */
  ask(path?: string, as?: Asker): Promise<RawReply & { ms: number }>;
  /** Puts the CRL of the PKI in the place of the old one, as a careful writer does it. */
  publishCrl(): void;
  close(): Promise<void>;
}

/** Whoever is not answered by then is not served. */
const patienceMs = 20 * 1000;
const unanswered: RawReply = {
  status: 0,
  text: '',
  code: undefined,
  error: 'no answer',
};

/** More than what the monitor has: another pair, an address to come from, a session to resume. */
type Asker = ConnectionOptions & { localAddress?: string };

export interface StageOptions {
  /** the limits of a source as they are by default; without it there are none to speak of */
  hasLimits?: boolean;
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** @param command of `buildKickd` */
export async function startStage(
  dir: string,
  command: readonly string[],
  { hasLimits = false, minVersion = 'TLSv1.3' }: StageOptions = {},
): Promise<Stage> {
  const site = createSite(dir);
  writeFileSync(join(dir, 'auth.conf'), 'path /\nallow *.example.com\n');
  const text = readFileSync(site.configFile, 'utf8')
    .replace('tls: {', `tls: {minVersion: ${minVersion}, `)
    .replace(hasLimits ? /, perSource: \{[^}]*\}/ : '\0', '');
  writeFileSync(site.configFile, text);
  const socket = join(dir, 'runner.sock');
  const runner = startHalf(command, 'runner', site.configFile, socket);
  await runner.heard(/"event":"runner-ready"/);
  const listener = startHalf(command, 'listen', site.configFile, socket);
  const [, found] = await listener.heard(/"event":"listening".*"port":(\d+)/);
  const port = Number(found);
  return {
    site,
    port,
    onSaid: listener.onSaid,
    ask: async (path = '/status', as = {}) => {
      const startedMs = performance.now();
      const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, '', ''];
      const tls = { ...site.tls, ...as };
      const reply = await Promise.race([
        rawRequest(port, tls, [lines.join('\r\n')]),
        sleep(patienceMs, unanswered, { ref: false }),
      ]);
      return { ...reply, ms: performance.now() - startedMs };
    },
    publishCrl: () => {
      const { crl } = site.files;
      writeFileSync(`${crl}.new`, site.pki.crl, { mode: 0o644 });
      renameSync(`${crl}.new`, crl);
    },
    close: async () => {
      for (const half of [listener, runner]) half.kill();
      await Promise.all([listener.ended, runner.ended]);
      await site.tool.killAll();
    },
  };
}
