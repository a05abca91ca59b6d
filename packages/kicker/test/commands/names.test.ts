import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import { runKicker } from '../run-kicker.ts';

/** Two services of one host whose names differ in one byte of Latin-1. */
const door = 'T\xfcr';
const gate = 'T\xf6r';

function createSite(t: Test) {
  const dir = t.testdir({
    'door.yaml': 'rules: [{name: door, match: {service: Tür}}]',
    'kicker.yaml': '',
  });
  const config = join(dir, 'kicker.yaml');
  writeFileSync(config, `ledger: ${join(dir, 'ledger.sqlite')}`);
  return { dir, config: `--config=${config}` };
}

/** Node gives a child UTF-8 alone: the shell makes the bytes. */
async function runInLatin1(args: readonly string[]): Promise<string> {
  const bin = fileURLToPath(new URL('../../bin/kicker', import.meta.url));
  const words = args.map((arg) => {
    const octets = [...Buffer.from(arg, 'latin1')]
      .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
      .join('');
    return `"$(printf '${octets}')"`;
  });
  const { stdout } = await execa('/bin/sh', [
    '-c',
    `exec '${bin}' ${words.join(' ')}`,
  ]);
  return stdout;
}

/** What the event handler writes; one character a byte. */
function spool(dir: string, args: readonly string[]): void {
  const fresh = join(dir, 'spool', 'new');
  mkdirSync(fresh, { recursive: true, mode: 0o750 });
  const fields = ['kicker-event-1', 'nagios', ...args, '.'];
  const text = fields.map((field) => `${field}\0`).join('');
  writeFileSync(join(fresh, randomUUID()), text, 'latin1');
}

function eventOf(service: string, state: string): string[] {
  return [
    '--host=web1',
    `--service=${service}`,
    `--state=${state}`,
    '--state-type=HARD',
    '--attempt=4',
  ];
}

void t.test('backtest: two services in Latin-1 stay two', async (t) => {
  const { dir, config } = createSite(t);
  const lines = [1, 2, 3, 4].flatMap((attempt) =>
    [door, gate].map(
      (service, index) =>
        `[${1_767_225_600 + attempt * 60 + index * 20}] SERVICE ALERT: web1;${service};CRITICAL;${attempt === 4 ? 'HARD' : 'SOFT'};${attempt};refused\n`,
    ),
  );
  const over = [door, gate].map(
    (service, index) =>
      `[${1_767_226_200 + index * 20}] SERVICE ALERT: web1;${service};OK;HARD;4;fine\n`,
  );
  const log = join(dir, 'nagios.log');
  const utf8 = join(dir, 'utf8.log');
  const text = [...lines, ...over].join('');
  writeFileSync(log, text, 'latin1');
  writeFileSync(utf8, text);
  const backtest = async (...args: string[]) => {
    const { stdout } = await runKicker(['backtest', config, ...args]);
    return stdout;
  };
  t.equal(await backtest(log), await backtest(utf8), 'as in UTF-8');
  const told = await backtest(
    '--json',
    `--rules=${join(dir, 'door.yaml')}`,
    log,
  );
  const [total, ...services] = told
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  t.match(total, { kicks: 1, codes: { 'no-rule': 4 } });
  t.match(services, [
    { service: 'T\ueffcr', alerts: 5, kicks: 1 },
    { service: 'T\ueff6r', alerts: 5, kicks: 0 },
  ]);
});

void t.test('an event’s names keep their bytes in the ledger', async (t) => {
  const { dir, config } = createSite(t);
  for (const service of [door, gate]) {
    const args = ['explain', config, ...eventOf(service, 'WARNING')];
    t.match(await runInLatin1(args), `web1 / ${service}: skip`);
    spool(dir, eventOf(service, 'WARNING'));
  }
  await runKicker(['serve', '--until-idle', config]);
  const history = async (run: typeof runInLatin1, service: string) =>
    run(['history', config, '--kind=event', '--json', `--service=${service}`]);
  const inUtf8 = async (args: readonly string[]) =>
    (await runKicker(args)).stdout;
  for (const [service, kept] of [
    [door, 'T\ueffcr'],
    [gate, 'T\ueff6r'],
  ] as const) {
    t.match(JSON.parse(await history(inUtf8, service)), {
      host: 'web1',
      service: kept,
      body: { service: kept },
    });
    t.match(JSON.parse(await history(runInLatin1, service)), { service: kept });
    t.match(JSON.parse(await history(inUtf8, kept)), { service: kept });
    t.match(
      await inUtf8(['why', config, 'web1', service]),
      `web1 / ${service}\n`,
    );
  }
});

void t.test('a monitor’s UTF-8 is never taken for a byte', async (t) => {
  const { dir, config } = createSite(t);
  // U+EFFC itself, as the monitor might write it: not the byte FC.
  spool(dir, eventOf(Buffer.from('\ueffc').toString('latin1'), 'WARNING'));
  await runKicker(['serve', '--until-idle', config]);
  const { stdout } = await runKicker([
    'history',
    config,
    '--kind=event',
    '--json',
  ]);
  t.match(JSON.parse(stdout), { service: '\uefee\uefbf\uefbc' });
});

void t.test(
  'the storm of a group in Latin-1 is ended by its name',
  async (t) => {
    const { dir, config } = createSite(t);
    const ledger = openLedger(join(dir, 'ledger.sqlite'), {
      now: () => new Date(),
    });
    const key = 'T\ueffcren';
    ledger.transact((transaction) =>
      transaction.remember([
        {
          kind: 'group',
          key,
          value: { counts: {}, storm: { sinceMs: 0, isTold: true } },
        },
      ]),
    );
    const { stdout } = await runKicker([
      'resume',
      config,
      '--storm=Türen',
      'over',
    ]);
    t.equal(stdout, 'the storm of Türen is over\n');
    t.strictSame(ledger.read('group', key), { counts: {} });
    ledger.close();
  },
);

void t.test('a rule by name, as a person types it', async (t) => {
  const { dir, config } = createSite(t);
  const explain = (service: string) =>
    runInLatin1([
      'explain',
      config,
      '--without-memory',
      `--rules=${join(dir, 'door.yaml')}`,
      ...eventOf(service, 'CRITICAL'),
    ]);
  t.match(await explain(door), /^web1 \/ Tür: kick, by the rule door/);
  t.match(await explain(gate), /^web1 \/ Tör: skip, no-rule/);
});
