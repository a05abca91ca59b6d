import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCmHost } from '../test/real/lab/cm-host.ts';
import { plainEnvironment } from '../test/real/lab/command.ts';
import { createKicker } from '../test/real/lab/kicker-processes.ts';
import { startProcess, type LabProcess } from '../test/real/lab/processes.ts';
import {
  host,
  isReady,
  missingAlertmanager,
  places,
  writeAlertmanagerConfigs,
} from '../test/real/lab/alertmanager-site.ts';
import { interleave } from './measure.ts';
import { startHook } from './monitor-hook.ts';
import { isHere, rowsOf, until, type Healer } from './monitor-rows.ts';
import type { Row } from './row.ts';

const hookPort = 29_197;
const groupInterval = '2s';
/** Up for so long without a webhook: none will come. */
const healedMs = 5000;
const prometheus = `http://127.0.0.1:${String(places.prometheus)}`;

/**
 * A web service is killed, Alertmanager sends its webhook, and the expression of the rule is clear: by kicker, and by a
 * script behind the same webhook. Green is the first sample of Prometheus with the service up; Prometheus can be asked
 * for no recheck, so the script asks for the expression until it is clear. Without asking it knows by `resolved` alone.
 */
export async function benchAlertmanager(rounds: number): Promise<Row[]> {
  if (!isHere('alertmanager', missingAlertmanager())) return [];
  const dir = mkdtempSync(join(tmpdir(), 'kickd-bench-am-'));
  mkdirSync(join(dir, 'web'));
  const closers: (() => void | Promise<void>)[] = [];
  const start = (name: string, ...command: [string, ...string[]]): void => {
    const process = startProcess(name, command, { env: plainEnvironment });
    closers.push(() => process.stop({ graceMs: 5000 }));
  };
  try {
    const webctl = [join(dir, 'web/webctl'), 'start', join(dir, 'web')];
    const web = await startCmHost(
      join(dir, 'web'),
      `{type: command, argv: [${webctl.join(', ')}], exitCodes: {'0': unchanged, '2': corrected}}`,
    );
    closers.push(() => web.close());
    writeAlertmanagerConfigs(dir, web, {
      groupInterval,
      holdSeconds: 0,
      verifySeconds: 60,
    });
    const first = join(dir, 'first.yml');
    const text = readFileSync(first, 'utf8');
    const receive = `127.0.0.1:${String(places.receive)}`;
    writeFileSync(
      first,
      text.replace(receive, `127.0.0.1:${String(hookPort)}`),
    );
    const script = join(dir, 'script');
    writeFileSync(
      script,
      `#!/bin/sh
cat >/dev/null
${webctl.join(' ')}
until curl -sG ${prometheus}/api/v1/query --data-urlencode 'query=up{job="web"} == 0' | grep -q '"result":\\[\\]'; do sleep 0.2; done
`,
      { mode: 0o755 },
    );
    let healer: Healer = 'kicker';
    const hook = await startHook(
      hookPort,
      () =>
        healer === 'kicker'
          ? { url: `http://${receive}/v1/alertmanager` }
          : { script },
      (body) => body.includes('"status":"firing"'),
    );
    closers.push(() => hook.close());
    start(
      'bench-alertmanager',
      '/usr/bin/prometheus-alertmanager',
      `--config.file=${first}`,
      `--storage.path=${dir}/first`,
      `--web.listen-address=127.0.0.1:${String(places.alertmanager)}`,
      '--cluster.listen-address=',
    );
    await isReady(`http://127.0.0.1:${String(places.alertmanager)}/-/ready`);
    start(
      'bench-prometheus',
      '/usr/bin/prometheus',
      `--config.file=${dir}/prometheus.yml`,
      `--storage.tsdb.path=${dir}/tsdb`,
      `--web.listen-address=127.0.0.1:${String(places.prometheus)}`,
      '--rules.alert.resend-delay=2s',
    );
    await isReady(`${prometheus}/-/ready`);
    const kicker = createKicker('bench-am', join(dir, 'kicker.yaml'), {
      host,
      service: 'apache2',
    });
    const receiver = await kicker.startReceive();
    closers.push(() => receiver.stop({ graceMs: 5000 }));
    const resolved: number[] = [];

    const tryOnce = async (who: Healer): Promise<number | undefined> => {
      healer = who;
      const serve: LabProcess | undefined =
        who === 'kicker' ? await kicker.startServe() : undefined;
      try {
        await until('green', async () =>
          (await upSince(0)) === undefined ? undefined : true,
        );
        await sleep(Math.random() * 1000);
        const crashedMs = Date.now();
        await web.crash();
        const toldAt = (status: string): number | undefined =>
          hook.calls.find(
            ({ atMs, body }) =>
              atMs > crashedMs && body.includes(`"status":"${status}"`),
          )?.atMs;
        const calledMs = await until('webhook', async () => {
          const toldMs = toldAt('firing');
          if (toldMs !== undefined) return toldMs;
          const upMs = await upSince(crashedMs + 500);
          return upMs !== undefined && Date.now() - upMs > healedMs
            ? 0
            : undefined;
        });
        // kicker asks Alertmanager as well, and has healed it before the webhook: there was no call.
        if (calledMs === 0) return undefined;
        const greenMs = await until('sample with the service up', () =>
          upSince(calledMs),
        );
        // The next episode within group_interval would not be told.
        const resolvedMs = await until('resolved', () => toldAt('resolved'));
        if (who === 'script') resolved.push(resolvedMs - calledMs);
        return greenMs - calledMs;
      } finally {
        await serve?.stop({ graceMs: 25_000 });
      }
    };
    const loop = async (who: Healer): Promise<number> => {
      for (;;) {
        const ms = await tryOnce(who);
        if (ms !== undefined) return ms;
      }
    };
    const [ours = [], scripts = []] = await interleave(
      [() => loop('kicker'), () => loop('script')],
      { rounds, warmUps: 1 },
    );
    return rowsOf(
      'alertmanager',
      {
        kicker: ours,
        script: scripts,
        'script alone': resolved.slice(-rounds),
      },
      `script alone, until resolved (group_interval ${groupInterval})`,
    );
  } finally {
    for (const close of closers.toReversed()) await close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** When Prometheus first saw the service up after an instant, by its raw samples. @param sinceMs 0: whether it does now */
async function upSince(sinceMs: number): Promise<number | undefined> {
  const range = sinceMs === 0 ? '3s' : '120s';
  const reply = await fetch(
    `${prometheus}/api/v1/query?query=${encodeURIComponent(`up{job="web"}[${range}]`)}`,
  );
  const { data } = (await reply.json()) as {
    data: { result: { values: [number, string][] }[] };
  };
  const samples = data.result[0]?.values ?? [];
  if (sinceMs === 0) return samples.at(-1)?.[1] === '1' ? 0 : undefined;
  const found = samples.find(
    ([seconds, value]) => seconds * 1000 > sinceMs && value === '1',
  );
  return found === undefined ? undefined : found[0] * 1000;
}
