import { accessSync, constants } from 'node:fs';
import type { MonitorSettings } from '../../config/config.ts';
import { errors } from '../../errors.ts';
import type { Event } from '../../events/event.ts';
import { probeCommandFile, writeCommand } from '../../io/command-file.ts';
import { createParsedFile } from '../../io/parsed-file.ts';
import type { Feedback, Place } from '../../outbox/action.ts';
import type { CheckStep, Performed, SeenService } from '../../ports.ts';
import { externalCommand } from './external-command.ts';
import type { NagiosData } from './facts.ts';
import { parseHostGroups } from './objects.ts';
import { parseNagiosStatus } from './status.ts';

export interface Nagios {
  readonly name: string;
  readonly can: ReadonlySet<Feedback['kind']>;
  data(): NagiosData;
  /** how a service is by its status data */
  see(event: Event): SeenService;
  tell(feedback: Feedback, place: Place, now: Date): Promise<Performed>;
  check(): Iterable<CheckStep>;
}

const allFeedback: readonly Feedback['kind'][] = [
  'recheck',
  'comment',
  'acknowledge',
  'unacknowledge',
  'result',
];

/** The one door to a Nagios: its command file, its status data, its object cache. */
export function createNagios(
  name: string,
  settings: MonitorSettings,
  onTrouble: (file: string, why: string) => void,
): Nagios {
  const { commandFile, statusFile, objectsFile, author } = settings;
  const readStatus = createParsedFile(statusFile, parseNagiosStatus, onTrouble);
  const readGroups = createParsedFile(objectsFile, parseHostGroups, onTrouble);
  return {
    name,
    can: new Set(commandFile === undefined ? [] : allFeedback),
    data: () => ({ status: readStatus(), groups: readGroups() }),
    see: ({ host, service }) => {
      const seen = readStatus()
        ?.services.get(host)
        ?.get(service ?? '');
      return seen === undefined
        ? { kind: 'not-known' }
        : {
            kind: 'seen',
            isGreen: seen.state === 'OK',
            checkedMs: seen.lastCheckMs,
          };
    },
    tell: (feedback, place, now) =>
      Promise.resolve(perform(feedback, place, { commandFile, author, now })),
    *check() {
      yield checkCommandFile(commandFile);
    },
  };
}

function perform(
  feedback: Feedback,
  place: Place,
  {
    commandFile,
    author,
    now,
  }: { commandFile: string | undefined; author: string; now: Date },
): Performed {
  if (commandFile === undefined) {
    const fault = errors.commandFileUnset();
    return { kind: 'failed', fault, isFinal: true };
  }
  const epochSeconds = Math.floor(now.getTime() / 1000);
  const command = externalCommand(feedback, place, author, epochSeconds);
  if (command.kind === 'fault') {
    return { kind: 'failed', fault: command.fault, isFinal: true };
  }
  const written = writeCommand(commandFile, command.line);
  return written.kind === 'written'
    ? { kind: 'done' }
    : { kind: 'failed', fault: written.fault, isFinal: false };
}

function checkCommandFile(file: string | undefined): CheckStep {
  const step = 'command file';
  if (file === undefined) {
    const { message, remedy } = errors.commandFileUnset();
    return { step, ok: undefined, text: message, remedy };
  }
  const probed = probeCommandFile(file);
  const fault = probed.kind === 'fault' ? probed.fault : unwritable(file);
  if (fault === undefined) return { step, ok: true, text: file };
  const { code, message, remedy } = fault;
  return { step, ok: false, text: message, remedy, code };
}

function unwritable(file: string) {
  try {
    accessSync(file, constants.W_OK);
    return undefined;
  } catch {
    return errors.commandFileUnwritable(file, 'EACCES');
  }
}
