import {
  closeSync,
  constants,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import type { Test } from 'tap';
import type { Event } from '../../../src/events/event.ts';
import { createNagios } from '../../../src/monitors/nagios/adapter.ts';
import type { Feedback } from '../../../src/outbox/action.ts';
import {
  brokenService,
  handlerArguments,
  type MonitorStage,
} from '../conformance.ts';

const kindOfCommand: Record<string, Feedback['kind']> = {
  SCHEDULE_FORCED_SVC_CHECK: 'recheck',
  ADD_SVC_COMMENT: 'comment',
  ACKNOWLEDGE_SVC_PROBLEM: 'acknowledge',
  REMOVE_SVC_ACKNOWLEDGEMENT: 'unacknowledge',
  PROCESS_SERVICE_CHECK_RESULT: 'result',
};
const states = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];

/** Nagios's files: a command pipe that is read or not, and status data as Nagios writes them. */
export function createNagiosStage(t: Test, name: string): MonitorStage {
  const dir = t.testdir();
  const commandFile = join(dir, 'nagios.cmd');
  const statusFile = join(dir, 'status.dat');
  execaSync('mkfifo', [commandFile]);
  let reader: number | undefined;
  const setUp = (isUp: boolean): void => {
    if (!isUp && reader !== undefined) closeSync(reader);
    reader = isUp
      ? openSync(commandFile, constants.O_RDONLY | constants.O_NONBLOCK)
      : undefined;
  };
  setUp(true);
  let read = '';
  const lines = (): string[] => {
    if (reader === undefined) return [];
    const bytes = Buffer.alloc(65_536);
    for (;;) {
      let length: number;
      try {
        length = readSync(reader, bytes);
      } catch {
        break;
      }
      if (length === 0) break;
      read += bytes.subarray(0, length).toString();
    }
    return read.split('\n').slice(0, -1);
  };
  const broken = brokenService(name);
  return {
    broken,
    checking: { ...broken, stateType: 'SOFT', attempt: 3 },
    another: { ...broken, problem: '8' },
    monitor: createNagios(
      name,
      { kind: 'nagios', commandFile, statusFile, author: 'kicker' },
      {
        now: () => new Date(),
        knowsHost: () => false,
        pause: () => Promise.resolve(),
        onTrouble: () => {},
      },
    ),
    messageOf: (event) => [
      ...handlerArguments(event),
      `--problem-id=${event.problem ?? '0'}`,
      `--last-ok=${String(Date.parse(event.since ?? '') / 1000)}`,
    ],
    door: {
      forgetsHold: true,
      setStatus: (event) => {
        if (event === undefined) rmSync(statusFile, { force: true });
        else writeFileSync(statusFile, statusText(event));
      },
      setUp,
      told: () =>
        lines().map((line) => {
          const [, command = '', fields = ''] =
            /^\[\d+\] ([A-Z_]+);(.*)$/.exec(line) ?? [];
          const [host = '', service = ''] = fields.split(';');
          const [, , until = '0'] = fields.split(';');
          const feedback =
            command === 'DELAY_SVC_NOTIFICATION'
              ? Number(until) > Date.now() / 1000 + 5
                ? 'hold'
                : 'release'
              : kindOfCommand[command];
          if (feedback === undefined) throw new Error(`unknown: ${line}`);
          const place = { host, service };
          return feedback === 'hold'
            ? { feedback, place, untilMs: Number(until) * 1000 }
            : { feedback, place };
        }),
    },
    close: () => {
      if (reader !== undefined) closeSync(reader);
    },
  };
}

function statusText(event: Event): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const block = (kind: string, fields: Record<string, string | number>) =>
    `${kind} {\n${Object.entries(fields)
      .map(([key, value]) => `\t${key}=${String(value)}\n`)
      .join('')}\t}\n\n`;
  return [
    block('info', { created: nowSeconds }),
    block('hoststatus', { host_name: event.host, current_state: 0 }),
    block('servicestatus', {
      host_name: event.host,
      service_description: event.service ?? '',
      current_state: states.indexOf(event.state),
      state_type: event.stateType === 'HARD' ? 1 : 0,
      current_attempt: event.attempt,
      max_attempts: event.maxAttempts ?? 4,
      last_check: nowSeconds,
      current_problem_id: event.problem ?? 0,
      problem_has_been_acknowledged: event.acknowledgedBy === undefined ? 0 : 1,
      scheduled_downtime_depth: event.inDowntime ? 1 : 0,
    }),
    ...(event.acknowledgedBy === undefined
      ? []
      : [
          block('servicecomment', {
            host_name: event.host,
            service_description: event.service ?? '',
            entry_type: 4,
            author: event.acknowledgedBy,
          }),
        ]),
  ].join('');
}
