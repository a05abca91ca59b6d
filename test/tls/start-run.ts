import { rawRequest } from '@kickd/testkit';
import { host } from '../crash/site.ts';
import type { Stage } from './stage.ts';

/**
 * Kicks as the monitor.
 * @param seconds how long the tool takes
 * @returns the run's id
 */
export async function startRun(
  { site, port }: Stage,
  seconds: number,
): Promise<string> {
  site.tool.plan(seconds, 0);
  const kick = '0193a000-0000-7000-8000-000000000001';
  const body = JSON.stringify({ kick, certname: host });
  const head = [
    'POST /run HTTP/1.1',
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${String(body.length)}`,
  ];
  const text = `${head.join('\r\n')}\r\n\r\n${body}`;
  const reply = await rawRequest(port, site.tls, [text]);
  const run = /"run":"([0-9a-f-]{36})"/.exec(reply.text)?.[1];
  if (run === undefined) throw new Error(`no run: ${reply.text}`);
  return run;
}
