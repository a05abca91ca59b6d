import { resourceName, type Tally } from './tool-end.ts';

/** What kickd reads of the log of one ansible-pull. */
export interface AnsibleLog extends Tally {
  /** the recap was written: the playbook came to its end */
  completed: boolean;
  /** no play found this host in its `hosts` */
  hasNoHosts: boolean;
  firstError?: string;
}

/** `2026-11-22 08:33:32,533 p=31786 u=root n=ansible | TEXT`, in every version since 2.9. */
const record =
  /^\d{4}-\d\d-\d\d [\d:]{8},\d{3} p=(\d+) u=\S+ (?:n=\S+ )?\| (.*)$/;
const recapLine =
  /^\S+ +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)/;
const heading = /^(TASK|RUNNING HANDLER) \[(.*)\] \**$/;

/**
 * Reads the file of `ANSIBLE_LOG_PATH`. Ansible's output itself is of no use: ansible-pull relays
 * what its children write to two pipes, byte by byte, and a warning can stand in the middle of a
 * result. In the log every message is a record of its own, and what a task printed over several
 * lines has no head, so that it says nothing.
 *
 * The recap decides; the names only tell of it.
 */
export function parseAnsibleLog(text: string): AnsibleLog {
  const recap = { changed: 0, failed: 0 };
  const changes: string[] = [];
  const failures = new Set<string>();
  const told = { plays: 0, playsWithoutHost: 0 };
  let player: string | undefined;
  let task = '';
  let completed = false;
  let firstError: string | undefined;
  let configVersion: string | undefined;
  for (const line of text.split('\n')) {
    const [, pid, message = ''] = record.exec(line) ?? [];
    if (pid === undefined) {
      // of the pull: the commit that was checked out
      configVersion ??= /^ {4}"after": "([0-9a-f]{40})",$/.exec(line)?.[1];
      continue;
    }
    firstError ??= /^ERROR! (.*)/.exec(message)?.[1];
    if (/^PLAY \[.*\] \**$/.test(message)) {
      player ??= pid;
      told.plays += 1;
    }
    // the pull comes first, in a process of its own; its changes are not the policy's
    if (pid !== player) continue;
    const [, kind, name] = heading.exec(message) ?? [];
    if (kind !== undefined && name !== undefined) {
      task = resourceName(kind === 'TASK' ? 'task' : 'handler', name);
    } else if (message === 'skipping: no hosts matched') {
      told.playsWithoutHost += 1;
    } else if (/^PLAY RECAP \**$/.test(message)) {
      completed = true;
    } else if (completed) {
      const [, changed = 0, unreachable = 0, failed = 0] =
        recapLine.exec(message) ?? [];
      recap.changed += Number(changed);
      recap.failed += Number(unreachable) + Number(failed);
    } else if (message.startsWith('changed: [')) {
      changes.push(task);
    } else if (/^(?:fatal|failed): \[/.test(message)) {
      // `failed` is one item of a loop, `fatal` a whole task
      failures.add(task);
    } else if (message === '...ignoring') {
      failures.delete(task);
    }
  }
  const [first] = failures;
  return {
    ...recap,
    changes: recap.changed > 0 ? changes : [],
    // a failure that a rescue block healed is none
    failures: recap.failed > 0 ? [...failures] : [],
    completed,
    hasNoHosts: told.plays > 0 && told.plays === told.playsWithoutHost,
    ...(recap.failed > 0 &&
      first !== undefined && { reason: `${first} failed` }),
    ...(firstError !== undefined && { firstError }),
    ...(configVersion !== undefined && { configVersion }),
  };
}
