import { Fault, printable } from '@kickd/protocol';
import type { Config } from '../config/config.ts';
import { judge } from '../decide/judge.ts';
import { Faults, errors, exitCodes } from '../errors.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { openLedgerMemory } from '../io/ledger-memory.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { readTextFile } from '../io/text-file.ts';
import { parseEventText } from '../events/event-text.ts';
import { findIn } from '../fleet/target.ts';
import { readMacros } from '../monitors/nagios/handler-arguments.ts';
import { parseNagios } from '../monitors/nagios/macros.ts';
import { createMonitor } from '../monitors/registry.ts';
import type { SeenEvent } from '../ports.ts';
import { contextOf } from '../serve/event-context.ts';
import type { EventContext } from '../kicks/handle-event.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
  type Shell,
} from './command.ts';
import { explainPayload, type PayloadRecord } from './explain-payload.ts';
import { eventOperands, eventOptions } from './event-options.ts';
import { monitorWorldOf } from './monitor-world.ts';
import type { Given } from './options.ts';
import { rulesOption } from './rules-option.ts';
import { explainView, type ExplainRecord } from './views/explain.ts';

/** What would become of an event now, and why, by the code that decides. Nothing is sent or written. */
export const command = createCommand<ExplainRecord | PayloadRecord>({
  spec: {
    name: 'explain',
    operands: eventOperands,
    about: 'print the decision for an event, and why; send and write nothing',
    takesOperands: true,
    options: {
      ...eventOptions,
      monitor: {
        type: 'string',
        value: 'NAME',
        about:
          'which monitor of kicker.yaml, or with --payload a kind of monitor; default: nagios',
        group: 'Where from',
      },
      event: {
        type: 'string',
        value: 'FILE',
        about:
          'the event as one JSON object, as `kicker history` has it; - is stdin',
        group: 'Where from',
      },
      payload: {
        type: 'string',
        value: 'FILE',
        about:
          'what a monitor hands over: a JSON body, a JSON array of arguments, or NAME=VALUE lines; - is stdin',
        group: 'Where from',
      },
      ...rulesOption,
      'without-memory': {
        type: 'boolean',
        about: 'as if kicker remembered nothing',
        group: 'Where from',
      },
      ...jsonOption,
      ...configOption,
    },
    examples: [
      [
        'kicker explain CRITICAL HARD 4 192.0.2.11 web1.example.com HTTP',
        'by the order of the old handler scripts',
      ],
      [
        'kicker explain --rules new.yaml --event event.json --json',
        'by rules that are not in force yet',
      ],
      [
        'kicker explain --monitor alertmanager --payload body.json',
        'what events a webhook comes to',
      ],
    ],
  },
  view: explainView,
  async *run(given, shell): Found<ExplainRecord | PayloadRecord> {
    const config = await loadConfig(given.text('config'), shell.env);
    const payload = given.text('payload');
    if (payload !== undefined) {
      const monitor = given.text('monitor') ?? 'nagios';
      yield await explainPayload(monitor, payload, config, shell);
      return exitCodes.ok;
    }
    const rules = await loadRules({ ...config, ...rulesOf(given) }, shell.env);
    const { event, facts } = await readEvent(given, config, shell);
    const memory =
      given.flag('without-memory') === true
        ? undefined
        : openLedgerMemory(locateLedger(config.ledger));
    try {
      const { decision } = judge(
        event,
        {
          rules,
          facts,
          memory: memory ?? { read: () => undefined },
          now: shell.clock.moment(),
        },
        () => 'none',
      );
      const remembers = memory !== undefined;
      yield { event, facts, rules: rules.source, remembers, decision };
      return exitCodes.ok;
    } finally {
      memory?.close();
    }
  },
});

function rulesOf(given: Given): { rules?: string } {
  const rules = given.text('rules');
  return rules === undefined ? {} : { rules };
}

async function readEvent(
  given: Given,
  config: Config,
  shell: Shell,
): Promise<Pick<EventContext, 'event' | 'facts'>> {
  const seen = await readSeen(given, shell);
  const { monitor: name } = seen.event;
  const settings = config.monitors[name] ?? config.nagios;
  const world = monitorWorldOf(config, shell, (file, why) =>
    shell.warn(`kicker: ${printable(`${file}: ${why}`)}`),
  );
  const monitor = await createMonitor(name, settings, world);
  return contextOf(seen, monitor, findIn(config)).context;
}

/** The event as it was given: by the options of the event handler, or as the ledger writes it. */
async function readSeen(given: Given, shell: Shell): Promise<SeenEvent> {
  const monitor = given.text('monitor') ?? 'nagios';
  const file = given.text('event');
  const named = given.text('host-groups') ?? '';
  const groups = named.split(',').filter((name) => name !== '');
  if (file === undefined) {
    const options = Object.fromEntries(
      Object.keys(eventOptions).map((name) => [name, given.text(name)]),
    );
    const macros = readMacros({ options, words: given.operands });
    const read =
      macros.kind === 'faults' ? macros : parseNagios(macros.macros, monitor);
    if (read.kind === 'faults') throw new Faults(read.faults);
    if (macros.kind === 'faults') throw new Faults(macros.faults);
    const remarks = [...macros.remarks, ...read.remarks];
    return { event: read.event, groups: read.groups, remarks };
  }
  if (given.operands.length > 0) {
    throw new Faults([
      errors.usage('explain', 'an event comes from --event or from arguments'),
    ]);
  }
  const text =
    file === '-' ? await shell.readStdin() : readTextFile(file, 64 * 1024);
  const parsed = parseEventText(text, file === '-' ? 'stdin' : file);
  if (parsed.kind === 'fault') throw new Fault(parsed.fault);
  return { event: parsed.event, groups, remarks: [] };
}
