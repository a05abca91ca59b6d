import { Faults, errors, exitCodes } from '../errors.ts';
import type { StoredEntry } from '../ledger/entry.ts';
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
    const problem = own.find((entry) => entry.problem !== undefined)?.problem;
    return problem === undefined ? own : ledger.entriesOf({ problem });
  }
  // A host and a service, or the key of a problem as `kicker history --json` tells it.
  const last = ledger.history(
    { host: first, ...(second === undefined ? {} : { service: second }) },
    Number.MAX_SAFE_INTEGER,
    1,
  );
  const problem = last[0]?.problem ?? first;
  return ledger.entriesOf({ problem });
}
