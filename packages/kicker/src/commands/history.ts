import { printable } from '@kickd/protocol';
import { Faults, errors, exitCodes } from '../errors.ts';
import {
  foldByService,
  quantileOf,
  type ServiceRecord,
} from '../ledger/by-service.ts';
import type { Entry, EntryKind, StoredEntry } from '../ledger/entry.ts';
import { wordsOf } from './views/entry-text.ts';
import { placeOfProblem, subjectOf } from '../events/event.ts';
import { shownName } from '../events/name-bytes.ts';
import type { Ledger } from '../ports.ts';
import {
  configOption,
  jsonOption,
  type Command,
  type Shell,
} from './command.ts';
import { openForCommand } from './judgement.ts';
import { toJsonLine } from './kick-result.ts';
import type { Given } from './options.ts';
import { readInstant } from './when.ts';

/** What is told unless something else is asked for: what was decided and what came of it. */
const usualKinds: readonly EntryKind[] = [
  'decision',
  'outcome',
  'verdict',
  'escalation',
  'stop',
  'resume',
  'policy',
];
const allKinds: readonly EntryKind[] = [
  ...usualKinds,
  'event',
  'kick',
  'reply',
  'action',
  'errand',
  'recheck',
];
/** How many entries are read at once: a ledger of years is never whole in memory. */
const pageSize = 1000;
/** Healed more often than this within a week, a service is not healthy. */
const usualOften = 3;

export const command: Command = {
  spec: {
    name: 'history',
    operands: '',
    about: 'what was decided, done and healed, newest first',
    takesOperands: false,
    options: {
      host: {
        type: 'string',
        value: 'HOST',
        about: 'only of this host',
        group: 'Which',
      },
      service: {
        type: 'string',
        value: 'NAME',
        about: 'only of this service',
        group: 'Which',
      },
      since: {
        type: 'string',
        value: 'WHEN',
        about:
          'from then on: 2026-03-01, 2026-03-01T12:00Z, or 30m, 12h, 7d ago',
        group: 'Which',
      },
      until: {
        type: 'string',
        value: 'WHEN',
        about: 'before then',
        group: 'Which',
      },
      kind: {
        type: 'string',
        value: 'KIND',
        many: true,
        choices: [...allKinds, 'all'],
        about: `one of ${allKinds.join(', ')}, or all; may be repeated`,
        group: 'Which',
      },
      limit: {
        type: 'string',
        value: 'N',
        about: 'so many lines; default 50',
        group: 'Which',
      },
      'by-service': {
        type: 'boolean',
        about: 'one line a service: kicks, healed, futile, alert to green',
        group: 'Output',
      },
      often: {
        type: 'string',
        value: 'N',
        about: `with --by-service: healed more than N times in a week is not healthy; default ${usualOften}`,
        group: 'Output',
      },
      ...jsonOption,
      ...configOption,
    },
    examples: [
      [
        'kicker history --host web1.example.com --since 7d',
        'a week of one host',
      ],
      ['kicker history --by-service --since 30d', 'what is healed too often'],
    ],
  },
  async run(given, shell) {
    const filter = readFilter(given, shell);
    const limit = given.number('limit', { least: 1, most: 1_000_000 }) ?? 50;
    const often = given.number('often', { least: 0, most: 1000 }) ?? usualOften;
    const isJson = given.flag('json') ?? false;
    const isByService = given.flag('by-service') ?? false;
    const { ledger } = await openForCommand(given, shell);
    try {
      if (isByService) {
        const kinds: EntryKind[] = ['kick', 'outcome', 'verdict'];
        const records = foldByService(
          pages(ledger, { ...filter, kinds }),
          often,
        );
        for (const line of isJson
          ? records.map(jsonOfService)
          : tableOf(records)) {
          shell.say(line);
        }
        return exitCodes.ok;
      }
      let count = 0;
      for (const stored of pages(ledger, filter)) {
        shell.say(isJson ? jsonOfEntry(stored) : lineOf(stored));
        count += 1;
        if (count === limit) break;
      }
      return exitCodes.ok;
    } finally {
      ledger.close();
    }
  },
};

type Filter = Parameters<Ledger['history']>[0];

function readFilter(given: Given, { clock }: Pick<Shell, 'clock'>): Filter {
  const now = clock.now();
  const kinds = given.texts('kind');
  for (const kind of kinds) {
    if (kind !== 'all' && !allKinds.some((known) => known === kind)) {
      throw new Faults([
        errors.optionValue(
          'history',
          '--kind',
          kind,
          `one of ${allKinds.join(', ')}, all`,
        ),
      ]);
    }
  }
  const host = given.text('host');
  const service = given.text('service');
  const since = readInstant('history', '--since', given.text('since'), now);
  const until = readInstant('history', '--until', given.text('until'), now);
  return {
    ...(kinds.includes('all')
      ? {}
      : { kinds: kinds.length === 0 ? usualKinds : (kinds as EntryKind[]) }),
    ...(host === undefined ? {} : { host }),
    ...(service === undefined ? {} : { service }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

function* pages(ledger: Ledger, filter: Filter): Generator<StoredEntry> {
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const page = ledger.history(filter, before, pageSize);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    before = last.seq;
  }
}

function lineOf({ at, problem, entry }: StoredEntry): string {
  const place = problem === undefined ? undefined : placeOfProblem(problem);
  const subject = place === undefined ? nameOf(entry) : subjectOf(place);
  return `${at}  ${printable(subject, 60).padEnd(30)}  ${wordsOf(entry)}`;
}

/** A kick by hand has no problem. */
function nameOf(entry: Entry): string {
  return entry.kind === 'kick' ? shownName(entry.body.target.name) : '-';
}

function jsonOfEntry({ seq, at, kick, problem, entry }: StoredEntry): string {
  const place = problem === undefined ? undefined : placeOfProblem(problem);
  return toJsonLine({
    version: 1,
    seq,
    at,
    ...place,
    kick,
    problem,
    kind: entry.kind,
    body: entry.body,
  });
}

function tableOf(records: readonly ServiceRecord[]): string[] {
  const head = [
    'HOST / SERVICE',
    'KICKS',
    'HEALED',
    'FUTILE',
    'NOT RUN',
    'GREEN AFTER (MEDIAN, 90 %, MOST)',
    '',
  ];
  const rows = records.map((record) => {
    const { kicks, healed, futile, notRun, secondsToGreen, isHealedTooOften } =
      record;
    const seconds = [
      quantileOf(secondsToGreen, 0.5),
      quantileOf(secondsToGreen, 0.9),
      secondsToGreen.at(-1),
    ];
    return [
      printable(subjectOf(record), 60),
      String(kicks),
      `${healed} (${share(healed, kicks)})`,
      `${futile} (${share(futile, kicks)})`,
      String(notRun),
      secondsToGreen.length === 0
        ? '-'
        : seconds.map((value) => `${value} s`).join(', '),
      isHealedTooOften ? 'healed too often to be healthy' : '',
    ];
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${Math.round((part / whole) * 100)} %`;
}

function jsonOfService(record: ServiceRecord): string {
  const { secondsToGreen, kicks, healed, futile, ...rest } = record;
  return toJsonLine({
    version: 1,
    ...rest,
    kicks,
    healed,
    futile,
    healedRatio: kicks === 0 ? null : healed / kicks,
    futileRatio: kicks === 0 ? null : futile / kicks,
    secondsToGreen: {
      median: quantileOf(secondsToGreen, 0.5),
      p90: quantileOf(secondsToGreen, 0.9),
      most: secondsToGreen.at(-1),
    },
  });
}
