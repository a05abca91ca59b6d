/**
 * A page that is held back goes out, whatever becomes of kicker: a real Nagios, whose next notification kicker delays, and
 * a kicker that is killed before it can take that back.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { CertFiles } from './lab/certs.ts';
import { startCmHost } from './lab/cm-host.ts';
import { mustRun } from './lab/command.ts';
import { flagObjects, setFlag, writeFlags } from './lab/flags.ts';
import { writeKickerConfig } from './lab/kicker.ts';
import { startNagios } from './lab/nagios.ts';
import { waitService } from './lab/nagios-data.ts';
import { stateFolder, webHost } from './lab/places.ts';
import { startResident } from './lab/resident.ts';
import { waitFor } from './lab/wait.ts';

const host = webHost.name;
const service = 'HELD';
const holdSeconds = 20;
/** As the guide has it: so long after the last OK that HARD is over by then. */
const firstPageSeconds = 12;
const pageLog = join(stateFolder, 'held-pages');

const rules = `rules:
  - name: lab
    match: { host: '*' }
    tell: { comment: true, holdSeconds: ${String(holdSeconds)} }
guards: { hostIntervalSeconds: 0, share: { hosts: 4 } }
`;

/** A person who is called about the service, and about nothing else. */
const pagerObjects = `define command {
    command_name    lab-page
    command_line    /bin/sh -c 'echo "\`date +%s%3N\` $SERVICESTATE$" >> ${pageLog}'
}
define contact {
    use                             generic-contact
    contact_name                    ada
    service_notification_commands   lab-page
    host_notifications_enabled      0
}
define service {
    use                         kickd-healed-service
    host_name                   ${host}
    service_description         ${service}
    check_command               lab-flag
    first_notification_delay    ${String(firstPageSeconds)}
    notification_interval       1
    contact_groups              null
    contacts                    ada
}
`;

await t.test('Nagios pages when kicker dies in mid-hold', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'kickd-hold-'));
  const closers = [
    async () => rmSync(dir, { recursive: true, force: true }),
  ] as (() => Promise<void>)[];
  t.teardown(async () => {
    for (const close of closers.toReversed()) await close();
  });
  // A run that changes nothing: the problem stays, and so does what is told of it.
  const web = await startCmHost(
    dir,
    `{type: command, argv: [/bin/true], exitCodes: {'0': unchanged}}`,
  );
  closers.push(() => web.close());
  const held = { name: host, address: webHost.address, services: [service] };
  writeFlags([held]);
  const env = await writeKickerConfig(await copyForNagios(web.client), {
    rules,
    more: `hosts: { ${host}: { certname: ${host}, address: 127.0.0.1, port: ${String(web.port)} } }\n`,
  });
  const kicker = await startResident(env.KICKER_CONFIG);
  closers.push(() => kicker.close());
  writeFileSync(pageLog, '');
  await mustRun('chown', ['nagios:nagios', pageLog]);
  const nagios = await startNagios({
    env,
    checkSeconds: 2,
    retrySeconds: 1,
    objects:
      flagObjects([{ ...held, services: [], isNew: false }]) + pagerObjects,
  });
  closers.push(() => nagios.close());
  // The one service of deploy/ has no server here, and is not what this is about.
  nagios.command(`DISABLE_SVC_CHECK;${host};HTTP`);
  nagios.command('ENABLE_NOTIFICATIONS');
  await waitService(
    host,
    service,
    'green',
    (block) =>
      block['has_been_checked'] === '1' && block['current_state'] === '0',
  );

  setFlag(host, service, 'down');
  const entry = await kicker.waitEntry(
    host,
    service,
    'that it holds the page after HARD',
    ({ kind, body }) =>
      kind === 'action' &&
      body['result'] === 'done' &&
      JSON.stringify(body).includes('"isAgain":true'),
  );
  await kicker.kill();
  // It would start kicker again.
  await nagios.setHandlers(false);
  const page = await waitFor('Nagios to call a person', () => pages()[0], {
    timeoutMs: 120_000,
    watch: [pageLog],
    explain: () => nagios.log(),
  });
  const { action } = entry.body as {
    action: { feedback: { until: string } };
  };
  const untilMs = Date.parse(action.feedback.until);
  t.equal(page.state, 'CRITICAL');
  t.ok(
    page.atMs >= Math.floor(untilMs / 1000) * 1000,
    `not while it was held: ${String(page.atMs)}, ${String(untilMs)}`,
  );
  t.comment(
    `held for ${String(holdSeconds)} s; the page went out ${String(page.atMs - untilMs)} ms after its end`,
  );
});

/** What the pager was given, oldest first. */
function pages(): { atMs: number; state: string }[] {
  return readFileSync(pageLog, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [atMs = '', state = ''] = line.split(' ');
      return { atMs: Number(atMs), state };
    });
}

/** kicker's own pair, where user nagios can read it. */
async function copyForNagios(files: CertFiles): Promise<CertFiles> {
  const folder = join(stateFolder, 'hold-ssl');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const copies = Object.fromEntries(
    (['cert', 'key', 'ca', 'crl'] as const).map((name) => {
      const copy = join(folder, `${name}.pem`);
      copyFileSync(files[name], copy);
      return [name, copy];
    }),
  ) as Record<keyof CertFiles, string>;
  await mustRun('chown', ['-R', 'nagios:nagios', folder]);
  return copies;
}
