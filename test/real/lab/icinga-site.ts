/** A real Icinga 2 with deploy/icinga2 in it, a web service that it watches, kickd, and `kicker serve` as user nagios. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCmHost, webPort, type CmHost } from './cm-host.ts';
import { mustRun, plainEnvironment, runCommand } from './command.ts';
import { startIcinga, type Icinga } from './icinga.ts';
import { writeRules } from './kicker-files.ts';
import { kickerCommand } from './kicker.ts';
import { checkout } from './places.ts';
import { startProcess, type LabProcess } from './processes.ts';
import type { Stopped } from './stopped.ts';
import { waitFor } from './wait.ts';

export const host = 'web1.example.com';
export const http = `${host}!http`;
export const odd = { host: `Büro ✓ 1`, service: `a;b "q" $x$ 'p' \\ %41` };

export interface Entry {
  seq: number;
  at: string;
  kind: string;
  kick?: string;
  body: Record<string, unknown>;
}

export interface Site {
  icinga: Icinga;
  web: CmHost;
  kicker: { kill(): Promise<void>; start(): Promise<void>; log(): string };
  /** what the ledger has of a service after `since`, oldest first */
  history(since?: number, place?: typeof odd): Promise<Entry[]>;
  waitEntry(
    what: string,
    fits: (entry: Entry) => boolean,
    options?: { since?: number; place?: typeof odd; timeoutMs?: number },
  ): Promise<Entry>;
  last(): Promise<number>;
  /** runs that kickd has begun so far */
  runs(): number;
  /** when a person was called by Icinga about the service, epoch milliseconds */
  pages(): number[];
  /** what is told of a kick, from the next start of kicker on */
  setTell(tell: string): void;
  /** the objects of `kicker backtest --json` of one kind */
  backtest(file: string, kind: string): Promise<Record<string, unknown>[]>;
  check(): Promise<
    { step: string; ok?: boolean; code?: string; text: string }[]
  >;
}
/** @param t at whose end all of it is stopped */
export async function startSite(t: Stopped): Promise<Site> {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-icinga-'));
  chmodSync(dir, 0o755);
  for (const name of ['web', 'icinga', 'kicker']) mkdirSync(join(dir, name));
  const home = join(dir, 'kicker');
  const config = join(home, 'kicker.yaml');
  const closers: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    for (const close of closers.toReversed()) await close();
    rmSync(dir, { recursive: true, force: true });
  });
  const web = await startCmHost(
    join(dir, 'web'),
    `{type: command, argv: [${dir}/web/webctl, start, ${dir}/web], exitCodes: {'0': unchanged, '2': corrected}}`,
  );
  closers.push(() => web.close());
  const icinga = await startIcinga(join(dir, 'icinga'), {
    objects: icingaObjects(join(dir, 'icinga/pages')),
    env: {
      KICKER: join(checkout, 'packages/kicker/bin/kicker'),
      KICKER_CONFIG: config,
      KICKER_SPOOL: join(home, 'spool'),
    },
  });
  closers.push(() => icinga.close());
  await writeIcingaKicker(home, web, icinga);

  const kicker = (...args: string[]): [string, ...string[]] =>
    kickerCommand([...args, `--config=${config}`]);
  const say = async (...args: string[]): Promise<string> => {
    const [program, ...rest] = kicker(...args);
    const { output } = await runCommand(program, rest, {
      env: plainEnvironment,
    });
    return output;
  };
  const startServe = async (): Promise<LabProcess> => {
    const process = startProcess('kicker-icinga', kicker('serve'), {
      env: plainEnvironment,
    });
    const text = (): string => readFileSync(process.log, 'utf8');
    await waitFor(
      'kicker to serve',
      () => {
        if (!process.isRunning()) throw new Error(`kicker ended:\n${text()}`);
        return text().includes('"event":"serving"') || undefined;
      },
      { timeoutMs: 30_000, watch: [process.log], explain: text },
    );
    return process;
  };
  let serve = await startServe();
  closers.push(() => serve.stop({ graceMs: 25_000 }));
  const log = (): string => readFileSync(serve.log, 'utf8');

  const history: Site['history'] = async (
    since = 0,
    place = { host, service: 'http' },
  ) =>
    (
      await say(
        'history',
        `--host=${place.host}`,
        `--service=${place.service}`,
        '--kind=all',
        '--limit=10000',
        '--json',
      )
    )
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Entry)
      .filter(({ seq }) => seq > since)
      .toReversed();
  await icinga.waitService(http, 'OK', ({ state }) => state === 0);
  return {
    icinga,
    web,
    kicker: {
      kill: () => serve.stop({ signal: 'SIGKILL' }),
      start: async () => {
        serve = await startServe();
      },
      log,
    },
    history,
    waitEntry: (what, fits, { since = 0, place, timeoutMs = 90_000 } = {}) => {
      let askedMs = 0;
      return waitFor(
        `kicker to write ${what}`,
        async () => {
          // Each look is a process.
          if (performance.now() - askedMs < 300) return undefined;
          const found = (await history(since, place)).find(fits);
          askedMs = performance.now();
          return found;
        },
        { timeoutMs, explain: () => log().slice(-6000) },
      );
    },
    last: async () => (await history()).at(-1)?.seq ?? 0,
    runs: () =>
      readFileSync(join(dir, 'web/kickd.log'), 'utf8').split(
        '"event":"run-started"',
      ).length - 1,
    pages: () =>
      existsSync(join(dir, 'icinga/pages'))
        ? readFileSync(join(dir, 'icinga/pages'), 'utf8')
            .trim()
            .split('\n')
            .map(Number)
        : [],
    setTell: (tell) => writeIcingaRules(home, tell),
    backtest: async (file, kind) =>
      (await say('backtest', '--json', '--monitor=icinga', file))
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((record) => record['kind'] === kind),
    check: async () =>
      (await say('check', '--json'))
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map(
          (line) => JSON.parse(line) as Awaited<ReturnType<Site['check']>>[0],
        )
        .filter(({ step }) => step.startsWith('icinga')),
  };
}

/** Two hosts of one machine: the one that is healed, and one whose names hold everything that a name may. */
export function icingaObjects(pages: string): string {
  return `
object User "ada" {}
object NotificationCommand "page" { command = [ "/bin/sh", "-c", "date +%s%3N >> ${pages}" ] }
apply Notification "page" to Service {
  command = "page", users = [ "ada" ], types = [ Problem ], interval = 0
  assign where service.name == "http"
}

object CheckCommand "up" { command = [ "/bin/true" ] }
object HostGroup "web" {}
template Host "lab" { check_command = "up", check_interval = 30s, max_check_attempts = 2, address = "127.0.0.1", groups = [ "web" ] }
object Host "${host}" { import "lab", vars.kickd = true, vars.role = "web", vars.http_port = ${String(webPort)} }
object Host "web2.example.com" { import "lab" }
object Host "web3.example.com" { import "lab" }
object Host "${odd.host}" { import "lab" }
object Service ${JSON.stringify(odd.service)} {
  import "kicker-healed"
  host_name = "${odd.host}", check_command = "dummy", vars.dummy_state = 0
}
`;
}

/** What deploy/icinga2 has, with the places of the lab, readable for nagios. */
export async function writeIcingaKicker(
  home: string,
  { port, client }: CmHost,
  icinga: Icinga,
): Promise<void> {
  const own = Object.fromEntries(
    Object.entries(client).map(([name, file]) => {
      const copy = join(home, `${name}.pem`);
      writeFileSync(copy, readFileSync(file), { mode: 0o600 });
      return [name, copy];
    }),
  );
  const monitors = readFileSync(
    join(checkout, 'deploy/icinga2/kicker.yaml'),
    'utf8',
  )
    .replace('https://127.0.0.1:5665', icinga.url)
    .replace('/etc/kicker/icinga/ca.crt', icinga.files.ca)
    .replace('/etc/kicker/icinga/kicker.crt', icinga.files.cert)
    .replace('/etc/kicker/icinga/kicker.key', icinga.files.key);
  const target = `{certname: ${host}, address: 127.0.0.1, port: ${String(port)}}`;
  writeFileSync(
    join(home, 'kicker.yaml'),
    `${monitors}
tls: ${JSON.stringify(own)}
hosts:
  ${host}: ${target}
  ${JSON.stringify(odd.host)}: ${target}
ledger: ${home}/ledger.sqlite
rules: ${home}/rules.yaml
`,
  );
  writeIcingaRules(home, '{ comment: true, acknowledge: true }');
  await mustRun('chown', ['-R', 'nagios:nagios', home]);
}

function writeIcingaRules(home: string, tell: string): void {
  writeRules(home, { verifySeconds: 30, tell, guards: 'share: { hosts: 4 }' });
}
