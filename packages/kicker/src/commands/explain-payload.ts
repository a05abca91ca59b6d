import type { Config } from '../config/config.ts';
import type { Event } from '../events/event.ts';
import { readTextFile } from '../io/text-file.ts';
import { messageOfPayload, parsePayloadText } from '../monitors/payload.ts';
import { createMonitor } from '../monitors/registry.ts';
import type { MonitorSettings } from '../monitors/schemas.ts';
import type { MessagePart } from '../ports.ts';
import type { Shell } from './command.ts';
import { monitorNamed } from './monitor-named.ts';
import { monitorWorldOf } from './monitor-world.ts';

type Want = 'event' | 'refusal' | 'ignored';

/** What one part of a payload would come to. */
export interface PartRecord {
  /** where in the payload; absent: it is the whole */
  at?: string;
  want: Want;
  event?: Event;
  why?: string;
  remarks?: readonly string[];
}

/** What a payload would come to. */
export interface PayloadRecord {
  monitor: string;
  /** event: one part of it at least is one */
  want: Want;
  events: readonly Event[];
  why: string;
  parts: readonly PartRecord[];
}

/** A body may be this long; the receiver takes no longer one either. */
const payloadMaxBytes = 1024 * 1024;

/**
 * Reads a payload as the monitor of that name would hand it over, by the code that reads it in service.
 * @param name a monitor of kicker.yaml, else a kind of monitor or a mapping that kicker brings along, with its defaults
 */
export async function explainPayload(
  name: string,
  file: string,
  config: Pick<Config, 'hosts' | 'monitors'>,
  shell: Pick<Shell, 'clock' | 'pause' | 'readStdin'>,
): Promise<PayloadRecord> {
  const settings = monitorNamed(name, config);
  const text =
    file === '-'
      ? await shell.readStdin()
      : readTextFile(file, payloadMaxBytes);
  const found = parsePayloadText(text, file === '-' ? 'stdin' : file);
  const parts =
    found.kind === 'fault'
      ? [{ kind: 'refused', faults: [found.fault] } as const]
      : await readParts(name, settings, messageOfPayload(found.payload), {
          config,
          shell,
        });
  const records = parts.map(recordOf);
  const events = records.flatMap(({ event }) => event ?? []);
  const want: Want =
    events.length > 0
      ? 'event'
      : records.some((record) => record.want === 'refusal')
        ? 'refusal'
        : 'ignored';
  const why = records.flatMap(({ at, why: one, remarks = [] }) =>
    [...(one === undefined ? [] : [one]), ...remarks].map((text) =>
      at === undefined ? text : `${at}: ${text}`,
    ),
  );
  return { monitor: name, want, events, why: why.join('; '), parts: records };
}

async function readParts(
  name: string,
  settings: MonitorSettings,
  args: string[],
  {
    config,
    shell,
  }: { config: Pick<Config, 'hosts'>; shell: Pick<Shell, 'clock' | 'pause'> },
): Promise<readonly MessagePart[]> {
  const monitor = await createMonitor(
    name,
    settings,
    monitorWorldOf(config, shell),
  );
  const at = shell.clock.now();
  return monitor.read({ name: 'payload', monitor: name, args, at });
}

function recordOf(part: MessagePart): PartRecord {
  const at = part.at === undefined ? {} : { at: part.at };
  switch (part.kind) {
    case 'event': {
      const { event, remarks } = part.seen;
      return {
        ...at,
        want: 'event',
        event,
        ...(remarks.length === 0 ? {} : { remarks }),
      };
    }
    case 'ignored':
      return { ...at, want: 'ignored', why: part.why };
    case 'refused': {
      const why = part.faults.map(
        ({ code, message, remedy }) => `${code}: ${message} (fix: ${remedy})`,
      );
      return { ...at, want: 'refusal', why: why.join('; ') };
    }
  }
}
