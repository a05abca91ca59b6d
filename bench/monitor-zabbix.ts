import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCmHost } from '../test/real/lab/cm-host.ts';
import { runCommand } from '../test/real/lab/command.ts';
import { createKicker } from '../test/real/lab/kicker-processes.ts';
import {
  host,
  receivePort,
  setUpZabbix,
  writeZabbixKicker,
} from '../test/real/lab/zabbix-site.ts';
import {
  missingZabbix,
  startZabbix,
  type Zabbix,
} from '../test/real/lab/zabbix.ts';
import { startHook } from './monitor-hook.ts';
import {
  healByTurns,
  isHere,
  rowsOf,
  until,
  type Healer,
} from './monitor-rows.ts';
import type { Row } from './row.ts';

const hookPort = 29_255;
/** How often Zabbix looks of its own accord; as installed most items are looked at once a minute. */
const delaySeconds = 15;

/**
 * A web service is killed, Zabbix sends its webhook, and the problem is gone: by kicker, and by a script behind the same
 * webhook. When it was gone, Zabbix says itself.
 */
export async function benchZabbix(rounds: number): Promise<Row[]> {
  if (!isHere('zabbix', missingZabbix())) return [];
  const dir = mkdtempSync(join(tmpdir(), 'kickd-bench-zabbix-'));
  const closers: (() => void | Promise<void>)[] = [];
  try {
    const zabbix = await startZabbix(dir);
    closers.push(() => zabbix.close());
    mkdirSync(join(dir, 'web'));
    const webctl = [join(dir, 'web/webctl'), 'start', join(dir, 'web')];
    const web = await startCmHost(
      join(dir, 'web'),
      `{type: command, argv: [${webctl.join(', ')}], exitCodes: {'0': unchanged, '2': corrected}}`,
    );
    closers.push(() => web.close());
    const tokens = await setUpZabbix(zabbix, {
      // Nobody listens there: who is called is no part of this.
      pager: 'http://127.0.0.1:9/',
      hookPort,
    });
    for (const [name, token] of Object.entries(tokens)) {
      writeFileSync(join(dir, name), token, { mode: 0o600 });
    }
    writeZabbixKicker(dir, web, zabbix);
    const [item] = await zabbix.call<{ itemid: string }[]>('item.get', {
      output: ['itemid'],
      host,
    });
    const itemid = item?.itemid ?? '';
    await zabbix.call('item.update', {
      itemid,
      delay: `${String(delaySeconds)}s`,
    });
    const scripts = { script: join(dir, 'script'), alone: join(dir, 'alone') };
    const start = `#!/bin/sh\ncat >/dev/null\n${webctl.join(' ')}\n`;
    writeFileSync(scripts.alone, start, { mode: 0o755 });
    const task = {
      jsonrpc: '2.0',
      method: 'task.create',
      params: [{ type: 6, request: { itemid } }],
      auth: tokens['zabbix-recheck.token'],
      id: 1,
    };
    writeFileSync(
      scripts.script,
      `${start}exec curl -sS -o /dev/null -H 'Content-Type: application/json-rpc' -d '${JSON.stringify(task)}' ${zabbix.api}/api_jsonrpc.php\n`,
      { mode: 0o755 },
    );
    let healer: Healer = 'kicker';
    const hook = await startHook(
      hookPort,
      () =>
        healer === 'kicker'
          ? { url: `http://127.0.0.1:${String(receivePort)}/v1/zabbix` }
          : {
              script: healer === 'script' ? scripts.script : scripts.alone,
            },
      isProblem,
    );
    closers.push(() => hook.close());
    const kicker = createKicker('bench-zabbix', join(dir, 'kicker.yaml'), {
      host,
      service: 'http',
    });
    const receiver = await kicker.startReceive();
    closers.push(() => receiver.stop({ graceMs: 5000 }));
    await until(
      'first value',
      async () => {
        const [now] = await zabbix.call<{ lastvalue: string }[]>('item.get', {
          output: ['lastvalue'],
          host,
        });
        return now?.lastvalue === '1' ? true : undefined;
      },
      { timeoutMs: 120_000, everyMs: 500 },
    );
    const loop = async (who: Healer): Promise<number> => {
      healer = who;
      const serve = who === 'kicker' ? await kicker.startServe() : undefined;
      try {
        const crashedMs = Date.now();
        await web.crash();
        if (await web.isUp()) throw new Error('the service outlives kill -9');
        const calledMs = await until(
          'webhook',
          () =>
            hook.calls.find(
              ({ atMs, body }) => atMs > crashedMs && isProblem(body),
            )?.atMs,
          { timeoutMs: 45_000 },
        );
        const greenMs = await until(
          'end of the problem',
          () => goneAt(zabbix, calledMs),
          { everyMs: 400 },
        );
        // What the healers ask of Zabbix is done each 5 s: no loop is to begin where the last one ended.
        await sleep(2000 + Math.random() * 5000);
        return greenMs - calledMs;
      } finally {
        await serve?.stop({ graceMs: 25_000 });
      }
    };
    const healed = await healByTurns(
      loop,
      () => runCommand(join(dir, 'web/webctl'), ['start', join(dir, 'web')]),
      { rounds, warmUps: 0 },
    );
    return rowsOf(
      'zabbix',
      healed,
      `script alone, item each ${String(delaySeconds)} s`,
    );
  } finally {
    for (const close of closers.toReversed()) await close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** By the body of deploy/zabbix: neither a recovery nor an update. */
function isProblem(body: string): boolean {
  return body.includes('"value":"1"') && !body.includes('"update":"1"');
}

/** When the last problem was gone, epoch milliseconds; undefined while one is open. */
async function goneAt(
  zabbix: Zabbix,
  sinceMs: number,
): Promise<number | undefined> {
  const [last] = await zabbix.call<{ r_clock: string; r_ns: string }[]>(
    'problem.get',
    {
      output: ['r_clock', 'r_ns'],
      recent: true,
      sortfield: ['eventid'],
      sortorder: 'DESC',
      limit: 1,
    },
  );
  if (last === undefined) return undefined;
  const ms = Number(last.r_clock) * 1000 + Number(last.r_ns) / 1_000_000;
  return ms > sinceMs ? ms : undefined;
}
