/**
 * Debian's nagios4 in a folder of its own, with the object definitions of deploy/nagios as an
 * operator installs them: commands and templates as they are, the example service with this
 * lab's address and intervals. Debian's own objects (check_http, generic-service, linux-server)
 * come from /etc/nagios4 and /etc/nagios-plugins.
 *
 * interval_length is 1, so that an interval of 5 is five seconds. The process starts as root and
 * becomes nagios itself; handlers inherit its environment, which is how they find the checkout's
 * kicker and its configuration.
 */
import {
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
  closeSync,
  constants,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { mustRun, plainEnvironment } from './command.ts';
import { checkout, stateFolder, webHost } from './places.ts';
import { startProcess } from './processes.ts';
import { waitFor } from './wait.ts';

export type ServiceState = 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';
const states = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;

/** One line of nagios.log about our service. */
export interface ServiceLine {
  /** seconds since the epoch */
  at: number;
  state: ServiceState;
  stateType: 'SOFT' | 'HARD';
  attempt: number;
}

export interface Nagios {
  /** state, state type and attempt in status.dat, written every second */
  current(): ServiceLine;
  waitState(
    state: ServiceState,
    options: {
      timeoutMs: number;
      stateType?: 'SOFT' | 'HARD';
      signal?: AbortSignal;
    },
  ): Promise<ServiceLine>;
  /** calls of the event handler so far, oldest first */
  handlerCalls(): ServiceLine[];
  /** state changes and retries so far, oldest first */
  alerts(): ServiceLine[];
  /** the whole log: failures of handlers stand there with what they printed */
  log(): string;
  /** an external command without its time, e.g. `SCHEDULE_FORCED_SVC_CHECK;HOST;SERVICE;0` */
  command(text: string): void;
  readonly commandFile: string;
  close(): Promise<void>;
}

export interface NagiosOptions {
  /** the program called in the place of deploy/nagios/handle_puppetrun */
  handler?: string;
  /** environment of handlers beside PATH and LANG, e.g. KICKER and KICKER_CONFIG */
  env?: Record<string, string>;
  /** seconds between checks in an OK or HARD state; 5 */
  checkSeconds?: number;
  /** seconds between checks in a SOFT state; 2 */
  retrySeconds?: number;
  /** attempts until HARD; 4 */
  maxAttempts?: number;
}

/** The service of deploy/nagios/kickd-services.cfg. */
export const serviceName = 'HTTP';

const home = join(stateFolder, 'nagios');
const logFile = join(home, 'var/nagios.log');
const statusFile = join(home, 'var/status.dat');
/** Named here, not by status.dat: an operator's kicker.yaml needs it before Nagios runs. */
export const nagiosCommandFile = join(home, 'var/rw/nagios.cmd');
const installedHandler =
  '/usr/share/nagios4/plugins/eventhandlers/handle_puppetrun';

/** A running Nagios that has seen the service at least once. */
export async function startNagios(
  options: NagiosOptions = {},
): Promise<Nagios> {
  await writeConfiguration(options);
  await mustRun('nagios4', ['-v', join(home, 'nagios.cfg')]);
  const nagios = startProcess('nagios', ['nagios4', join(home, 'nagios.cfg')], {
    env: { ...plainEnvironment, ...options.env },
  });
  const explain = (): string => readOr(logFile, readOr(nagios.log, ''));
  const waitState: Nagios['waitState'] = (state, { stateType, ...limits }) =>
    waitFor(
      `nagios to show ${state}${stateType ? ` ${stateType}` : ''}`,
      () => {
        const line = currentLine();
        const fits =
          line?.state === state &&
          (stateType === undefined || line.stateType === stateType);
        return fits ? line : undefined;
      },
      { ...limits, watch: [statusFile], explain },
    );
  try {
    await waitFor(
      'nagios to open its command file and check the service',
      () =>
        (currentLine() !== undefined && isPipe(nagiosCommandFile)) || undefined,
      { timeoutMs: 30_000, watch: [statusFile], explain },
    );
  } catch (error) {
    await nagios.stop();
    throw error;
  }
  return {
    current: () => {
      const line = currentLine();
      if (line === undefined) throw new Error(`no service in ${statusFile}`);
      return line;
    },
    waitState,
    handlerCalls: () => linesOf('SERVICE EVENT HANDLER'),
    alerts: () => linesOf('SERVICE ALERT'),
    log: () => readOr(logFile, ''),
    command: (text) => writeCommand(text),
    commandFile: nagiosCommandFile,
    close: () => nagios.stop({ graceMs: 15_000 }),
  };
}

async function writeConfiguration(options: NagiosOptions): Promise<void> {
  rmSync(home, { recursive: true, force: true });
  for (const folder of [
    'objects',
    'libexec',
    'tmp',
    'var/rw',
    'var/spool',
    'var/archives',
  ])
    mkdirSync(join(home, folder), { recursive: true });
  const deployed = join(checkout, 'deploy/nagios');
  const handler = join(home, 'libexec/handle_puppetrun');
  copyFileSync(options.handler ?? join(deployed, 'handle_puppetrun'), handler);
  writeFileSync(
    join(home, 'objects/kickd-commands.cfg'),
    readFileSync(join(deployed, 'kickd-commands.cfg'), 'utf8').replace(
      installedHandler,
      handler,
    ),
  );
  writeFileSync(
    join(home, 'objects/kickd-templates.cfg'),
    withDirectives(
      readFileSync(join(deployed, 'kickd-templates.cfg'), 'utf8'),
      {
        check_interval: options.checkSeconds ?? 5,
        retry_interval: options.retrySeconds ?? 2,
        max_check_attempts: options.maxAttempts ?? 4,
      },
    ),
  );
  writeFileSync(
    join(home, 'objects/kickd-services.cfg'),
    withDirectives(readFileSync(join(deployed, 'kickd-services.cfg'), 'utf8'), {
      host_name: webHost.name,
      address: webHost.address,
      // linux-server pings, which a container may not be allowed to.
    }).replace(/^(\s*address\s.*)$/m, '$1\n    check_command           lab-up'),
  );
  writeFileSync(join(home, 'objects/lab.cfg'), labObjects);
  writeFileSync(join(home, 'nagios.cfg'), mainConfiguration);
  await mustRun('chmod', ['755', handler]);
  await mustRun('chown', ['-R', 'nagios:nagios', home]);
}

/** Sets directives of object definitions, each of which must be there already. */
function withDirectives(
  text: string,
  directives: Record<string, string | number>,
): string {
  return Object.entries(directives).reduce((changed, [name, value]) => {
    const line = new RegExp(`^(\\s*${name}\\s+).*$`, 'gm');
    if (!line.test(changed))
      throw new Error(`no directive ${name} in\n${text}`);
    return changed.replace(line, `$1${value}`);
  }, text);
}

const labObjects = `define command {
    command_name    lab-up
    command_line    /usr/lib/nagios/plugins/check_dummy 0 up
}
`;

const mainConfiguration = `log_file=${logFile}
cfg_file=/etc/nagios4/objects/commands.cfg
cfg_file=/etc/nagios4/objects/contacts.cfg
cfg_file=/etc/nagios4/objects/timeperiods.cfg
cfg_file=/etc/nagios4/objects/templates.cfg
cfg_dir=/etc/nagios-plugins/config
cfg_dir=${home}/objects
resource_file=/etc/nagios4/resource.cfg
object_cache_file=${home}/var/objects.cache
precached_object_file=${home}/var/objects.precache
status_file=${statusFile}
status_update_interval=1
nagios_user=nagios
nagios_group=nagios
check_external_commands=1
command_file=${nagiosCommandFile}
lock_file=${home}/var/nagios.pid
query_socket=${home}/var/rw/nagios.qh
temp_file=${home}/var/nagios.tmp
temp_path=${home}/tmp
check_result_path=${home}/var/spool
retain_state_information=0
log_archive_path=${home}/var/archives
use_syslog=0
log_event_handlers=1
log_service_retries=1
log_external_commands=1
interval_length=1
service_inter_check_delay_method=n
max_service_check_spread=1
max_host_check_spread=1
cached_service_check_horizon=0
check_for_updates=0
enable_notifications=0
enable_event_handlers=1
enable_flap_detection=0
service_check_timeout=10
event_handler_timeout=30
illegal_object_name_chars=\`~!$%^&*|'"<>?,()=
illegal_macro_output_chars=\`~$&|'"<>
`;

/** `[1700000000] SERVICE ALERT: HOST;SERVICE;CRITICAL;SOFT;1;text` @see nagios log.c */
function linesOf(kind: string): ServiceLine[] {
  const pattern = new RegExp(
    `^\\[(\\d+)\\] ${kind}: ${webHost.name};${serviceName};(\\w+);(SOFT|HARD);(\\d+);`,
    'gm',
  );
  return [...readOr(logFile, '').matchAll(pattern)].map((match) => ({
    at: Number(match[1]),
    state: match[2] as ServiceState,
    stateType: match[3] as 'SOFT' | 'HARD',
    attempt: Number(match[4]),
  }));
}

/** The service's block in status.dat; undefined until Nagios has checked it once. */
function currentLine(): ServiceLine | undefined {
  const block = readOr(statusFile, '')
    .split(/^servicestatus \{$/m)
    .slice(1)
    .find((text) => text.includes(`service_description=${serviceName}\n`));
  if (block === undefined) return undefined;
  const valueOf = (key: string): number =>
    Number(new RegExp(`^\\t${key}=(\\d+)$`, 'm').exec(block)?.[1]);
  if (valueOf('has_been_checked') !== 1) return undefined;
  const state = states[valueOf('current_state')];
  if (state === undefined) return undefined;
  return {
    at: valueOf('last_check'),
    state,
    stateType: valueOf('state_type') === 1 ? 'HARD' : 'SOFT',
    attempt: valueOf('current_attempt'),
  };
}

/** O_NONBLOCK: without a reader the pipe refuses at once; otherwise it would wait for ever. */
function writeCommand(text: string): void {
  const pipe = openSync(
    nagiosCommandFile,
    constants.O_WRONLY | constants.O_NONBLOCK,
  );
  try {
    writeSync(pipe, `[${Math.floor(Date.now() / 1000)}] ${text}\n`);
  } finally {
    closeSync(pipe);
  }
}

function isPipe(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
