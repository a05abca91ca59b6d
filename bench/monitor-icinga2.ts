import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCmHost } from '../test/real/lab/cm-host.ts';
import { plainEnvironment, runCommand } from '../test/real/lab/command.ts';
import {
  http,
  icingaObjects,
  writeIcingaKicker,
} from '../test/real/lab/icinga-site.ts';
import {
  missingIcinga,
  startIcinga,
  type Icinga,
} from '../test/real/lab/icinga.ts';
import { kickerCommand } from '../test/real/lab/kicker.ts';
import { checkout } from '../test/real/lab/places.ts';
import { startProcess, type LabProcess } from '../test/real/lab/processes.ts';
import {
  healByTurns,
  isHere,
  rowsOf,
  until,
  type Healer,
} from './monitor-rows.ts';
import type { Row } from './row.ts';

/** Seconds between two checks of Icinga's own accord, also of what is SOFT: as installed it is a minute. */
const intervalSeconds = 20;

/**
 * A web service is killed, Icinga calls its EventCommand at the third SOFT attempt, and shows OK: by kicker, and by a
 * script in its place. The time of the call is noted by a wrapper around either; that of OK is Icinga's own.
 */
export async function benchIcinga2(rounds: number): Promise<Row[]> {
  if (!isHere('icinga2', missingIcinga())) return [];
  const dir = mkdtempSync(join(tmpdir(), 'kickd-bench-icinga-'));
  chmodSync(dir, 0o755);
  for (const name of ['web', 'icinga', 'kicker']) mkdirSync(join(dir, name));
  const closers: (() => Promise<void>)[] = [];
  try {
    const start = `${dir}/web/webctl, start, ${dir}/web`;
    const web = await startCmHost(
      join(dir, 'web'),
      `{type: command, argv: [${start}], exitCodes: {'0': unchanged, '2': corrected}}`,
    );
    closers.push(() => web.close());
    // The script works as nagios, and starts the service by the same command.
    chmodSync(join(dir, 'web'), 0o777);
    chmodSync(join(dir, 'web/web.log'), 0o666);
    const config = join(dir, 'kicker/kicker.yaml');
    const icinga = await startIcinga(join(dir, 'icinga'), {
      objects: icingaObjects(join(dir, 'icinga/pages')),
      env: {
        KICKER: join(checkout, 'packages/kicker/bin/kicker'),
        KICKER_CONFIG: config,
        KICKER_SPOOL: join(dir, 'kicker/spool'),
      },
    });
    closers.push(() => icinga.close());
    await writeIcingaKicker(join(dir, 'kicker'), web, icinga);
    // As it is without a word in the rules.
    const rules = join(dir, 'kicker/rules.yaml');
    const text = readFileSync(rules, 'utf8');
    writeFileSync(
      rules,
      text.replace('acknowledge: true', 'acknowledge: false'),
    );
    writeHealers(dir, icinga);
    await icinga.waitService(http, 'OK', ({ state }) => state === 0);
    await icinga.modify(http, {
      check_interval: intervalSeconds,
      retry_interval: intervalSeconds,
    });
    const loop = async (healer: Healer): Promise<number> => {
      const serve = healer === 'kicker' ? await startServe(config) : undefined;
      try {
        writeFileSync(join(dir, 'icinga/healer'), healer);
        return await crashOnce(dir, icinga, () => web.crash());
      } finally {
        // It tells what there is to tell.
        if (serve !== undefined) await sleep(2500);
        await serve?.stop({ graceMs: 25_000 });
      }
    };
    const healed = await healByTurns(
      loop,
      () => runCommand(join(dir, 'web/webctl'), ['start', join(dir, 'web')]),
      { rounds, warmUps: 1 },
    );
    return rowsOf(
      'icinga2',
      healed,
      `script alone, check in ${String(intervalSeconds)} s`,
    );
  } finally {
    for (const close of closers.toReversed()) await close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function startServe(config: string): Promise<LabProcess> {
  const serve = startProcess(
    'bench-icinga-serve',
    kickerCommand(['serve', `--config=${config}`]),
    { env: plainEnvironment },
  );
  await until('kicker that serves', () => {
    const text = readFileSync(serve.log, 'utf8');
    if (!serve.isRunning()) throw new Error(text);
    return text.includes('"event":"serving"') || undefined;
  });
  // Its first questions to Icinga are no part of a loop.
  await sleep(1000);
  return serve;
}

/** A wrapper in the place of the handler: it notes the call, and hands over to whoever heals. */
function writeHealers(dir: string, { url, files }: Icinga): void {
  const folder = join(dir, 'icinga');
  chmodSync(folder, 0o777);
  const handler = join(folder, 'handle_puppetrun');
  renameSync(handler, join(folder, 'handler'));
  const { port } = new URL(url);
  const shell = (file: string, text: string): void =>
    writeFileSync(file, `#!/bin/sh\n${text}`, { mode: 0o755 });
  shell(
    handler,
    `echo "$(date +%s.%N) $*" >>${folder}/calls
case $(cat ${folder}/healer) in
kicker) exec ${folder}/handler "$@" ;;
*) exec ${folder}/script "$@" ;;
esac
`,
  );
  shell(
    join(folder, 'script'),
    `while [ $# -gt 1 ]; do
  case $1 in --state) state=$2 ;; --state-type) type=$2 ;; --attempt) attempt=$2 ;; esac
  shift 2
done
case "$state $type $attempt" in
"CRITICAL SOFT 3" | "CRITICAL HARD "*) ;;
*) exit 0 ;;
esac
${dir}/web/webctl start ${dir}/web
[ "$(cat ${folder}/healer)" = script ] || exit 0
exec curl -sS -o /dev/null --cacert ${files.ca} --cert ${files.cert} --key ${files.key} \\
  --resolve monitor.example.com:${port}:127.0.0.1 -H 'Accept: application/json' -X POST \\
  -d '{"type":"Service","service":"${http}","force":true}' \\
  https://monitor.example.com:${port}/v1/actions/reschedule-check
`,
  );
}

/** @returns milliseconds from the call at the third attempt to OK */
async function crashOnce(
  dir: string,
  icinga: Icinga,
  crash: () => Promise<void>,
): Promise<number> {
  await icinga.waitService(
    http,
    'green',
    ({ state, acknowledgement }) => state === 0 && acknowledgement === 0,
  );
  const crashed = Date.now() / 1000;
  await crash();
  // Its own checks are seconds apart; what comes before the call is no part of this. A check that is asked for while
  // another one is about to begin may not take place.
  let askedMs = Number.NEGATIVE_INFINITY;
  const called = await until(
    'call',
    async () => {
      const found = callSince(dir, crashed);
      if (found !== undefined) return found;
      const attempt = Number((await icinga.service(http))['check_attempt']);
      if (attempt > 2 || performance.now() - askedMs < 300) return undefined;
      await icinga.act('reschedule-check', {
        type: 'Service',
        service: http,
        force: true,
      });
      askedMs = performance.now();
      return undefined;
    },
    { everyMs: 100, timeoutMs: 20_000 },
  );
  const green = await until(
    'OK of Icinga',
    async () => {
      const attrs = await icinga.service(http);
      const since = Number(attrs['last_state_change']);
      return attrs['state'] === 0 && since > called ? since : undefined;
    },
    { everyMs: 400 },
  );
  return (green - called) * 1000;
}

function callSince(dir: string, since: number): number | undefined {
  const file = join(dir, 'icinga/calls');
  if (!existsSync(file)) return undefined;
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /--attempt 3\b/.test(line) && /SOFT/.test(line))
    .map((line) => Number(line.split(' ')[0]))
    .find((seconds) => seconds > since);
}
