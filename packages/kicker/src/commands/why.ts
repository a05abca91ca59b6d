import { Faults, errors, exitCodes } from '../errors.ts';
import { placeOfProblem } from '../events/event.ts';
import type { EntryKind, StoredEntry } from '../ledger/entry.ts';
import type { Ledger } from '../ports.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
} from './command.ts';
import { openForCommand } from './judgement.ts';
import { recordOfEntry, storyView, type EntryRecord } from './views/entries.ts';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The whole story of one problem, in the order in which it happened. */
export const command = createCommand({
  spec: {
    name: 'why',
    operands: 'KICK|RUN|HOST SERVICE',
    about:
      'print the whole story of a kick, a run, or the last problem of a service',
    takesOperands: true,
    options: { ...jsonOption, ...configOption },
    examples: [
      ['kicker why web1.example.com HTTP', 'the last problem of that service'],
      ['kicker why 01990000-0000-7000-8000-000000000001', 'a kick, or a run'],
    ],
  },
  view: storyView,
  async *run(given, shell): Found<EntryRecord> {
    const [first, second] = given.operands;
    if (first === undefined || given.operands.length > 2) {
      throw new Faults([
        errors.usage('why', 'give a kick, a run, or a host and a service'),
      ]);
    }
    const { ledger } = await openForCommand(given, shell);
    try {
      const story = findStory(ledger, first, second);
      if (story.length === 0) {
        throw new Faults([errors.storyUnknown(given.operands.join(' '))]);
      }
      yield* story.map(recordOfEntry);
      return exitCodes.ok;
    } finally {
      ledger.close();
    }
  },
});

function findStory(
  ledger: Ledger,
  first: string,
  second: string | undefined,
): StoredEntry[] {
  if (second === undefined && uuidPattern.test(first)) {
    const id = first.toLowerCase();
    const kick =
      ledger.entriesOf({ kick: id }).length > 0 ? id : ledger.kickOfRun(id);
    if (kick === undefined) return [];
    const own = ledger.entriesOf({ kick });
    // what a drill breaks is told by its own kick
    if (own.some(({ entry }) => entry.kind === 'drill')) return own;
    const problem = own.find((entry) => entry.problem !== undefined)?.problem;
    return problem === undefined ? own : storyOf(ledger, problem);
  }
  // A host and a service, or the key of a problem as `kicker history --json` tells it.
  const place = {
    host: first,
    ...(second === undefined ? {} : { service: second }),
  };
  const newest = (kinds: readonly EntryKind[]): StoredEntry | undefined =>
    ledger.history({ ...place, kinds }, Number.MAX_SAFE_INTEGER, 1)[0];
  const last = newest(storyKinds);
  const drill = newest(['drill']);
  const began = drill?.kick === undefined ? undefined : beganAt(drill.kick);
  // a drill that made no problem is a story of its own
  if (drill?.kick !== undefined && (last?.seq ?? 0) < (began ?? 0)) {
    return ledger.entriesOf({ kick: drill.kick });
  }
  return storyOf(ledger, last?.problem ?? first);

  function beganAt(kick: string): number | undefined {
    return ledger.entriesOf({ kick })[0]?.seq;
  }
}

/** What a problem is told by. */
const storyKinds: readonly EntryKind[] = [
  'event',
  'decision',
  'kick',
  'reply',
  'outcome',
  'verdict',
  'escalation',
  'recheck',
  'errand',
  'action',
];

/** All entries of a problem, and the drill that made it. */
function storyOf(ledger: Ledger, problem: string): StoredEntry[] {
  const own = ledger.entriesOf({ problem });
  const begin = own.find((entry) => !isDrill(entry));
  const place = placeOfProblem(problem);
  if (begin === undefined || place === undefined) return own;
  const drills = ledger.history(
    { ...place, kinds: ['drill'] },
    Number.MAX_SAFE_INTEGER,
    drillsMost,
  );
  const made = drills.find(
    ({ entry, seq }) =>
      entry.kind === 'drill' &&
      entry.body.phase === 'began' &&
      seq < begin.seq &&
      begin.at <= entry.body.until,
  );
  const ofDrill =
    made?.kick === undefined
      ? []
      : ledger.entriesOf({ kick: made.kick }).filter(isDrill);
  const known = new Set(own.map(({ seq }) => seq));
  // its end comes before the problem where nothing was broken: then it made none
  const isVain = ofDrill.some(
    ({ entry }) =>
      entry.kind === 'drill' &&
      entry.body.phase === 'ended' &&
      entry.body.result === 'not-begun',
  );
  return [
    ...own,
    ...(isVain ? [] : ofDrill.filter(({ seq }) => !known.has(seq))),
  ].toSorted((a, b) => a.seq - b.seq);
}

/** Of one service, the newest. */
const drillsMost = 20;

function isDrill({ entry }: StoredEntry): boolean {
  return entry.kind === 'drill';
}
