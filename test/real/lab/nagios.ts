/**
 * Debian's nagios4 in a folder of its own (its configuration: nagios-config.ts), watched through
 * its own status.dat and nagios.log.
 *
 * interval_length is 1, so that an interval of 5 is five seconds. The process starts as root and
 * becomes nagios itself; handlers inherit its environment, which is how they find the checkout's
 * kicker and its configuration.
 */
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { mustRun, plainEnvironment } from './command.ts';
import {
  logFile,
  nagiosCommandFile,
  statusFile,
  writeNagiosConfig,
  type NagiosOptions,
} from './nagios-config.ts';
import { webHost } from './places.ts';
import { startProcess } from './processes.ts';
import { waitFor } from './wait.ts';

type ServiceState = 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';
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
  /** while false, state changes call no handler; resolves when Nagios says so itself */
  setHandlers(areEnabled: boolean): Promise<void>;
  close(): Promise<void>;
}

/** The service of deploy/nagios/kickd-services.cfg. */
const serviceName = 'HTTP';

/** A running Nagios that has seen the service at least once. */
export async function startNagios(
  options: NagiosOptions = {},
): Promise<Nagios> {
  const config = await writeNagiosConfig(options);
  await mustRun('nagios4', ['-v', config]);
  const nagios = startProcess('nagios', ['nagios4', config], {
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
    setHandlers: async (areEnabled) => {
      writeCommand(`${areEnabled ? 'ENABLE' : 'DISABLE'}_EVENT_HANDLERS`);
      const wanted = `enable_event_handlers=${areEnabled ? 1 : 0}`;
      await waitFor(
        wanted,
        () => readOr(statusFile, '').includes(wanted) || undefined,
        { timeoutMs: 10_000, watch: [statusFile], explain },
      );
    },
    close: () => nagios.stop({ graceMs: 15_000 }),
  };
}

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
