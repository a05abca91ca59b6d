import type { Run } from '@kickd/protocol';

/** What the callers and the killer know, in the order in which they learned it. */
export type Entry = { point: number } & (
  | { kind: 'killed'; what: string; atMs: number }
  | { kind: 'started'; afterMs: number }
  | { kind: 'sent'; kick: string }
  | { kind: 'accepted'; kick: string; run: Run }
  | { kind: 'refused'; kick: string; status: number; code: string }
  | { kind: 'unknown'; kick: string; why: string }
  | { kind: 'seen'; run: Run }
);

/** One line for a person. */
export function entryInWords(entry: Entry): string {
  const head = `${String(entry.point).padStart(5)}  ${entry.kind.padEnd(8)}`;
  switch (entry.kind) {
    case 'killed':
      return `${head}  ${entry.what}, ${String(entry.atMs)} ms after it was started`;
    case 'started':
      return `${head}  listens after ${String(entry.afterMs)} ms`;
    case 'sent':
      return `${head}  kick ${entry.kick}`;
    case 'accepted':
      return `${head}  kick ${entry.kick}  ${runInWords(entry.run)}`;
    case 'refused':
      return `${head}  kick ${entry.kick}  ${String(entry.status)} ${entry.code}`;
    case 'unknown':
      return `${head}  kick ${entry.kick}  ${entry.why}`;
    case 'seen':
      return `${head}  ${runInWords(entry.run)}`;
  }
}

function runInWords({ run, state, kicks, outcome }: Run): string {
  const told = outcome === undefined ? '' : ` ${JSON.stringify(outcome)}`;
  return `run ${run} ${state} with ${String(kicks.length)} kicks${told}`;
}

/** The entries that tell of one of these ids, and every start and death between them. */
export function entriesAbout(
  history: readonly Entry[],
  ids: readonly string[],
): Entry[] {
  const isAbout = (entry: Entry): boolean =>
    ids.some((id) => JSON.stringify(entry).includes(id));
  const first = history.findIndex(isAbout);
  const last = history.findLastIndex(isAbout);
  return history
    .slice(Math.max(0, first - 1), last + 2)
    .filter(
      (entry) =>
        entry.kind === 'killed' || entry.kind === 'started' || isAbout(entry),
    );
}
