import {
  printable,
  type CorrectedResource,
  type Outcome,
  type Run,
} from '@kickd/protocol';

/** `corrected Service[apache2] (stopped -> running) in 4.2 s, run 0191…`; foreign text is made safe. */
export function describeOutcome(
  run: Pick<Run, 'run' | 'noop'> & { durationMs?: number },
  outcome: Outcome,
): string {
  const what = [
    outcome.corrected.length > 0 ? list(outcome.corrected.map(resource)) : '',
    outcome.failed.length > 0
      ? `failed: ${list(outcome.failed.map((name) => printable(name, 120)))}`
      : '',
    outcome.pending !== undefined && outcome.pending.length > 0
      ? `pending: ${list(outcome.pending.map(resource))}`
      : '',
    outcome.code === undefined ? '' : `(${printable(outcome.code, 60)})`,
    outcome.reason === undefined ? '' : printable(outcome.reason),
    outcome.verified === undefined
      ? ''
      : verifiedWords[outcome.verified ? 'yes' : 'no'],
    outcome.cachedCatalog === true ? '(from the cached catalog)' : '',
  ].filter((part) => part !== '');
  const noop = run.noop ? ' (noop)' : '';
  const took =
    run.durationMs === undefined
      ? ''
      : ` in ${(run.durationMs / 1000).toFixed(1)} s`;
  return `${[`${outcome.kind}${noop}`, ...what].join(' ')}${took}, run ${run.run}`;
}

/** What the host said of itself, not what the monitor sees. */
const verifiedWords = {
  yes: '(verified on the host)',
  no: '(not verified: the probe on the host was not green)',
} as const;

function resource({ resource, from, to }: CorrectedResource): string {
  const name = printable(resource, 120);
  return from === undefined || to === undefined
    ? name
    : `${name} (${printable(from, 60)} -> ${printable(to, 60)})`;
}

function list(names: readonly string[]): string {
  const shown = 5;
  return names.length <= shown
    ? names.join(', ')
    : `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
}
