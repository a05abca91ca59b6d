import { resourceName } from './tool-end.ts';

/** What kickd's own callback (packages/agent/ansible/kickd_report.py) tells of one play of a policy. */
export interface AnsibleReport {
  /** results, not names: a task on two hosts counts twice */
  changed: number;
  failed: number;
  changes: readonly string[];
  /** what a task in check mode would have changed */
  pending: readonly string[];
  failures: readonly string[];
  /** no play found this host in its `hosts` */
  hasNoHosts: boolean;
}

/**
 * Reads the lines of JSON that the callback writes. Linear in the text.
 * @returns undefined unless the text has the first line and the last: a play that broke off has told nothing
 */
export function parseAnsibleReport(text: string): AnsibleReport | undefined {
  const lines = text.split('\n').flatMap(readLine);
  const begin = lines[0];
  const end = lines.findLast((line) => line['is'] === 'end');
  if (begin?.['is'] !== 'begin' || begin['format'] !== 1) return undefined;
  if (end === undefined) return undefined;
  const namesOf = (what: string, isRescued = false): string[] =>
    lines
      .filter((line) => line['is'] === what)
      .filter((line) => (line['rescued'] === true) === isRescued)
      .map(nameIn);
  const changes = namesOf('changed');
  const failed = countIn(end, 'failed');
  const unrescued = namesOf('failed');
  const failures = unrescued.length > 0 ? unrescued : namesOf('failed', true);
  return {
    // one item of a loop changed something and another failed: no result of a whole task tells it
    changed: Math.max(countIn(end, 'changed'), changes.length),
    failed,
    changes,
    pending: namesOf('pending'),
    // a failure that a rescue section healed is none
    failures: failed > 0 ? failures : [],
    hasNoHosts:
      countIn(end, 'plays') > 0 &&
      countIn(end, 'plays') === countIn(end, 'empty'),
  };
}

type Line = Record<string, unknown>;

function readLine(text: string): Line[] {
  try {
    const value: unknown = JSON.parse(text);
    return isLine(value) ? [value] : [];
  } catch {
    // torn: the disk was full
    return [];
  }
}

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameIn(line: Line): string {
  const { kind, name } = line;
  return resourceName(
    kind === 'handler' ? 'handler' : 'task',
    typeof name === 'string' ? name : 'unnamed',
  );
}

function countIn(line: Line, key: string): number {
  const count = line[key];
  return typeof count === 'number' && count > 0 ? Math.floor(count) : 0;
}
