/**
 * A real Prometheus and Alertmanager with deploy/alertmanager in them, a web service that they watch, a pager, kickd, and
 * `kicker serve` and `kicker receive`.
 */
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, startCmHost, webPort, type CmHost } from './cm-host.ts';
import { plainEnvironment, runCommand } from './command.ts';
import { writeRules } from './kicker-files.ts';
import { createKicker, type Entry } from './kicker-processes.ts';
import { checkout } from './places.ts';
import { startProcess, type LabProcess } from './processes.ts';
import type { Stopped } from './stopped.ts';
import { waitFor } from './wait.ts';

export const places = {
  prometheus: 29_190,
  alertmanager: 29_193,
  second: 29_194,
  pager: 29_195,
  receive: 29_196,
};
export const host = 'web1.example.com';

/** What of it is not installed, as a package of Debian. */
export function missingAlertmanager(): string[] {
  return ['/usr/bin/prometheus', '/usr/bin/prometheus-alertmanager'].filter(
    (file) => findTool(file) === undefined,
  );
}

export interface Site {
  web: CmHost;
  /** what the pager got: status and when */
  pages: { status: string; atMs: number }[];
  /** everything in the ledger about the service, oldest first */
  history(): Promise<Entry[]>;
  waitFor(
    what: string,
    fits: (entry: Entry) => boolean,
    timeoutMs?: number,
  ): Promise<Entry>;
  alertmanager: { restart(): Promise<void> };
  startSecond(): Promise<void>;
  kicker: { kill(): Promise<void>; start(): Promise<void> };
  isGreen(): Promise<boolean>;
  /** the objects of `kicker backtest --json` about one service */
  backtest(file: string): Promise<Record<string, unknown>[]>;
}

/**
 * @param groupInterval of the route to kicker: for so long Alertmanager does not tell of a second episode
 * @param profile how kickd heals; {dir} is the folder of the service
 */
export async function startSite(
  t: Stopped,
  {
    groupInterval = '2s',
    holdSeconds = 60,
    verifySeconds = 30,
    profile = `{type: command, argv: [{dir}/webctl, start, {dir}], exitCodes: {'0': unchanged, '2': corrected}}`,
  } = {},
): Promise<Site> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-am-'));
  const started: LabProcess[] = [];
  const start = (name: string, command: [string, ...string[]]): LabProcess => {
    const process = startProcess(name, command, { env: plainEnvironment });
    started.push(process);
    return process;
  };
  const pages: Site['pages'] = [];
  const pager = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      const { alerts } = JSON.parse(text) as { alerts: { status: string }[] };
      for (const { status } of alerts) pages.push({ status, atMs: Date.now() });
      response.end();
    });
  }).listen(places.pager, '127.0.0.1');
  await once(pager, 'listening');
  mkdirSync(join(dir, 'web'));
  const web = await startCmHost(
    join(dir, 'web'),
    profile.replaceAll('{dir}', join(dir, 'web')),
  );
  t.teardown(async () => {
    for (const process of started.toReversed())
      await process.stop({ graceMs: 5000 });
    await web.close();
    pager.close();
    rmSync(dir, { recursive: true, force: true });
  });
  writeAlertmanagerConfigs(dir, web, {
    groupInterval,
    holdSeconds,
    verifySeconds,
  });

  const startAlertmanager = async (name: string, port: number) => {
    const process = start(`am-${name}`, [
      '/usr/bin/prometheus-alertmanager',
      `--config.file=${dir}/${name}.yml`,
      `--storage.path=${dir}/${name}`,
      `--web.listen-address=127.0.0.1:${String(port)}`,
      '--cluster.listen-address=',
    ]);
    await isReady(`http://127.0.0.1:${String(port)}/-/ready`);
    return process;
  };
  let alertmanager = await startAlertmanager('first', places.alertmanager);
  start('am-prometheus', [
    '/usr/bin/prometheus',
    `--config.file=${dir}/prometheus.yml`,
    `--storage.tsdb.path=${dir}/tsdb`,
    `--web.listen-address=127.0.0.1:${String(places.prometheus)}`,
    '--rules.alert.resend-delay=2s',
  ]);
  await isReady(`http://127.0.0.1:${String(places.prometheus)}/-/ready`);
  const kicker = createKicker(
    'am',
    join(dir, 'kicker.yaml'),
    { host, service: 'apache2' },
    started,
  );
  const serve = await kicker.startBoth();
  const { history, waitHistory } = kicker;
  return {
    web,
    pages,
    history,
    waitFor: (what, fits, timeoutMs = 60_000) =>
      waitHistory(what, (entries) => entries.findLast(fits), timeoutMs),
    alertmanager: {
      restart: async () => {
        await alertmanager.stop({ signal: 'SIGKILL' });
        alertmanager = await startAlertmanager('first', places.alertmanager);
      },
    },
    startSecond: async () =>
      void (await startAlertmanager('second', places.second)),
    kicker: serve,
    backtest: async (file) => {
      const [program, ...args] = kicker.command(
        ...['backtest', '--json', '--monitor=alertmanager', file],
      );
      const { output } = await runCommand(program, args);
      const records = output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const found = records.filter(({ kind }) => kind === 'service');
      if (found.length === 0) throw new Error(output);
      return found;
    },
    isGreen: async () => {
      const reply = await fetch(
        `http://127.0.0.1:${String(places.prometheus)}/api/v1/query?query=${encodeURIComponent('up{job="web"} == 1')}`,
      );
      const { data } = (await reply.json()) as { data: { result: unknown[] } };
      return data.result.length === 1;
    },
  };
}

/** What deploy/alertmanager has, with the places and the haste of the test. */
export function writeAlertmanagerConfigs(
  dir: string,
  { port, client }: CmHost,
  {
    groupInterval,
    holdSeconds,
    verifySeconds,
  }: { groupInterval: string; holdSeconds: number; verifySeconds: number },
): void {
  const deployed = (name: string): string =>
    readFileSync(join(checkout, 'deploy/alertmanager', name), 'utf8');
  const token = join(dir, 'token');
  writeFileSync(token, 'a-token\n', { mode: 0o600 });
  const alertmanager = deployed('alertmanager.yml')
    .replace('127.0.0.1:8141', `127.0.0.1:${String(places.receive)}`)
    .replace('/etc/prometheus/kicker.token', token)
    .replace('group_interval: 30s', `group_interval: ${groupInterval}`)
    .replace('group_wait: 30s', 'group_wait: 8s')
    .replace('group_interval: 5m', 'group_interval: 2s');
  const pager = `  - name: pager\n    webhook_configs: [{ url: 'http://127.0.0.1:${String(places.pager)}/', send_resolved: false }]\n`;
  writeFileSync(
    join(dir, 'first.yml'),
    alertmanager.replace('  - name: pager\n', pager),
  );
  // Apart from the first, and with no pager of its own.
  writeFileSync(join(dir, 'second.yml'), alertmanager);
  writeFileSync(
    join(dir, 'rules.yml'),
    deployed('kicker-rules.yml').replace('for: 15s', 'for: 2s'),
  );
  const targets = [places.alertmanager, places.second]
    .map((one) => `'127.0.0.1:${String(one)}'`)
    .join(', ');
  writeFileSync(
    join(dir, 'prometheus.yml'),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
alerting: { alertmanagers: [ { static_configs: [ { targets: [${targets}] } ] } ] }
rule_files: [ '${dir}/rules.yml' ]
scrape_configs:
  - job_name: web
    static_configs: [ { targets: ['127.0.0.1:${String(webPort)}'], labels: { instance: '${host}' } } ]
`,
  );
  const tell = `{ holdSeconds: ${String(holdSeconds)} }`;
  writeRules(dir, { verifySeconds, tell });
  writeFileSync(
    join(dir, 'kicker.yaml'),
    deployed('kicker.yaml')
      .replace('127.0.0.1:9093', `127.0.0.1:${String(places.alertmanager)}`)
      .replace('127.0.0.1:9090', `127.0.0.1:${String(places.prometheus)}`)
      .replace('port: 8141', `port: ${String(places.receive)}`)
      .replace('/etc/kicker/alertmanager.token', token) +
      `tls: ${JSON.stringify(client)}
certname: monitor.example.com
hosts: { ${host}: { address: 127.0.0.1, port: ${String(port)} } }
rules: ${dir}/rules.yaml
ledger: ${dir}/ledger.sqlite
spool: ${dir}/spool
`,
  );
}

export async function isReady(url: string): Promise<void> {
  await waitFor(
    url,
    async () => {
      const reply = await fetch(url).catch(() => undefined);
      return reply?.ok === true ? true : undefined;
    },
    { timeoutMs: 30_000 },
  );
}
