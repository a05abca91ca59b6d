import { accessSync, constants, readFileSync } from 'node:fs';
import { printable } from '@kickd/protocol';
import { errors } from '../../errors.ts';
import type { Event } from '../../events/event.ts';
import { shownName } from '../../events/name-bytes.ts';
import { probeCommandFile, writeCommand } from '../../io/command-file.ts';
import { codeOf } from '../../io/error-code.ts';
import { createParsedFile } from '../../io/parsed-file.ts';
import type { Feedback, Place } from '../../outbox/action.ts';
import type {
  CheckStep,
  MessagePart,
  Monitor,
  Performed,
  SeenEvent,
} from '../../ports.ts';
import { failed, passed } from '../../steps.ts';
import { untilAborted } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { externalCommand } from './external-command.ts';
import { asideOf, nagiosFacts } from './facts.ts';
import { readHandlerArguments, type ReadMacros } from './handler-arguments.ts';
import { parseNagios } from './macros.ts';
import { findQuotedNames, parseHostGroups } from './objects.ts';
import { refreshEvent, withAcknowledgement } from './refresh.ts';
import type { NagiosSettings } from './schema.ts';
import { parseNagiosStatus, type NagiosStatus } from './status.ts';

const allFeedback: readonly Feedback['kind'][] = [
  'recheck',
  'comment',
  'acknowledge',
  'unacknowledge',
  'hold',
  'release',
  'result',
];

/** The one door to a Nagios: its command file, its status data, its object cache. */
export function createNagios(
  name: string,
  settings: NagiosSettings,
  { now, onTrouble }: MonitorWorld,
): Monitor {
  const { commandFile, statusFile, objectsFile, author } = settings;
  const readStatus = createParsedFile(statusFile, parseNagiosStatus, onTrouble);
  const readGroups = createParsedFile(objectsFile, parseHostGroups, onTrouble);
  return {
    name,
    can: new Set(commandFile === undefined ? [] : allFeedback),
    read: ({ args }) => [
      readMacrosOf(name, readHandlerArguments(args), {
        author,
        status: readStatus(),
      }),
    ],
    facts: ({ event, groups: named }) => {
      const data = { status: readStatus(), groups: readGroups() };
      return nagiosFacts(event, named, data, now().getTime());
    },
    refresh: (event, sinceMs) => {
      const refreshed = refreshEvent(event, readStatus(), sinceMs, now());
      return refreshed.kind === 'not-known'
        ? refreshed
        : {
            ...refreshed,
            event: withoutOwnAcknowledgement(refreshed.event, author),
          };
    },
    see: ({ host, service }) => {
      const status = readStatus();
      const seen = status?.services.get(host)?.get(service ?? '');
      return status === undefined || seen === undefined
        ? { kind: 'not-known' }
        : {
            kind: 'seen',
            isGreen: seen.state === 'OK',
            checkedMs: seen.lastCheckMs,
            aside: asideOf(status, host, service ?? ''),
          };
    },
    tell: (feedback, place) =>
      Promise.resolve(
        perform(feedback, place, { commandFile, author, now: now() }),
      ),
    // It calls its handler by itself, and its files are read when they are asked for.
    run: (_sink, signal) => untilAborted(signal),
    async *check() {
      yield checkCommandFile(commandFile);
      if (objectsFile !== undefined) yield* checkNames(objectsFile);
    },
  };
}

/**
 * The event of one call, with what the status data say of it.
 * @param macros read from the spool, or from the arguments of `kicker explain`
 */
function readMacrosOf(
  monitor: string,
  macros: ReadMacros,
  { author, status }: { author: string; status: NagiosStatus | undefined },
): MessagePart {
  if (macros.kind === 'faults') {
    return { kind: 'refused', faults: macros.faults };
  }
  const parsed = parseNagios(macros.macros, monitor);
  if (parsed.kind === 'faults') {
    return { kind: 'refused', faults: parsed.faults };
  }
  const seen: SeenEvent = {
    event: withoutOwnAcknowledgement(
      withAcknowledgement(parsed.event, status),
      author,
    ),
    groups: parsed.groups,
    remarks: [...macros.remarks, ...parsed.remarks],
  };
  return { kind: 'event', seen };
}

/** kicker acknowledges while it heals; that nobody else knows of the problem must not be forgotten for it. */
function withoutOwnAcknowledgement(event: Event, author: string): Event {
  if (event.acknowledgedBy !== author) return event;
  const { acknowledgedBy: _own, ...rest } = event;
  return rest;
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
  return fault === undefined ? passed(step, file) : failed(step, fault);
}

function unwritable(file: string) {
  try {
    accessSync(file, constants.W_OK);
    return undefined;
  } catch {
    return errors.commandFileUnwritable(file, 'EACCES');
  }
}

/** What Nagios cannot hand to a handler; it tells of that in its own log alone, as an error of the shell. */
function checkNames(objectsFile: string): CheckStep[] {
  try {
    const names = findQuotedNames(readFileSync(objectsFile, 'latin1'));
    const [first] = names;
    if (first === undefined) return [];
    const more = names.length === 1 ? '' : ` and ${names.length - 1} more`;
    return [
      {
        step: 'warning',
        ok: true,
        text: `no event of ${printable(shownName(first))}${more} ever comes: the apostrophe ends the quotes in the command line of the handler`,
        remedy:
          "rename it in Nagios; with illegal_object_name_chars=' in nagios.cfg Nagios refuses the next one itself",
      },
    ];
  } catch (error) {
    const fault = errors.fileUnreadable(objectsFile, codeOf(error));
    return [failed('objects', fault)];
  }
}
