import { Faults, errors, exitCodes } from '../errors.ts';
import { foldByService } from '../ledger/by-service.ts';
import type { EntryKind, StoredEntry } from '../ledger/entry.ts';
import type { Ledger } from '../ports.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
  type Shell,
} from './command.ts';
import { openForCommand } from './judgement.ts';
import type { Given } from './options.ts';
import {
  lineOfEntry,
  recordOfEntry,
  type EntryRecord,
} from './views/entries.ts';
import {
  sumOfService,
  tableOfServices,
  type ServiceSum,
} from './views/services.ts';
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
  'drill',
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

export const command = createCommand<EntryRecord | ServiceSum>({
  spec: {
    name: 'history',
    operands: '',
    about: 'print what was decided, done and healed, newest first',
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
        about: 'at most N lines; default 50',
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
  // A table wants all its rows first; the lines of a long history come as they are read.
  view: (out, given) => {
    const sums: ServiceSum[] = [];
    return {
      print: (record) => {
        if ('seq' in record) out.say(lineOfEntry(record));
        else sums.push(record);
      },
      end: () => {
        if (given.flag('by-service') !== true) return;
        for (const line of tableOfServices(sums)) out.say(line);
      },
    };
  },
  async *run(given, shell): Found<EntryRecord | ServiceSum> {
    const filter = readFilter(given, shell);
    const limit = given.number('limit', { least: 1, most: 1_000_000 }) ?? 50;
    const often = given.number('often', { least: 0, most: 1000 }) ?? usualOften;
    const { ledger } = await openForCommand(given, shell);
    try {
      if (given.flag('by-service') === true) {
        const kinds: EntryKind[] = ['kick', 'outcome', 'verdict', 'drill'];
        const entries = pages(ledger, { ...filter, kinds });
        yield* foldByService(entries, often).map(sumOfService);
        return exitCodes.ok;
      }
      let count = 0;
      for (const stored of pages(ledger, filter)) {
        yield recordOfEntry(stored);
        count += 1;
        if (count === limit) break;
      }
      return exitCodes.ok;
    } finally {
      ledger.close();
    }
  },
});

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
