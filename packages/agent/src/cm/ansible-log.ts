import { failedFetch, fatalError } from './ansible-error.ts';
import { resourceName, type Tally } from './tool-end.ts';

/** What kickd reads of the log of one ansible-pull. */
export interface AnsibleLog extends Tally {
  /** the recap was written: the playbook came to its end */
  completed: boolean;
  /** no play found this host in its `hosts` */
  hasNoHosts: boolean;
  firstError?: string;
}

/**
 * `2026-11-22 08:33:32,533 p=31786 u=root n=ansible | TEXT` from 2.9 to 2.17, `n=ansible INFO| TEXT` since 2.18, with
 * the level of the message.
 */
const record =
  /^\d{4}-\d\d-\d\d [\d:]{8},\d{3} p=(\d{1,10}) u=\S+ (?:n=\S+ )?(?:[A-Z]+)?\| (.*)$/;
const recapLine =
  /^\S+ +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)/;
const heading = /^(TASK|RUNNING HANDLER) \[([^]*)\] \*+$/;
const play = /^PLAY \[[^]*\] \*+$/;
const recap = /^PLAY RECAP \*+$/;
/** Of a message: a result of a task can be as long as the output of its command. */
const messageMaxChars = 64 * 1024;

interface Message {
  pid: string;
  /** its lines, the first without the head of the record */
  text: string;
}

/**
 * Reads the file of `ANSIBLE_LOG_PATH`, for what the callback's report does not tell: which commit was checked out,
 * why nothing was played, and, where there is no such report, what was done. Ansible's output itself is of no use:
 * ansible-pull relays what its children write to two pipes, byte by byte, and a warning can stand in the middle of a
 * result. In the log every message is a record of its own; what it goes on with has no head.
 *
 * The recap decides whether something failed; the names only tell of it.
 * @param text may be cut off at its beginning
 */
export function parseAnsibleLog(text: string): AnsibleLog {
  const messages = messagesOf(text);
  const told = toldByPlayer(messages, playerOf(messages));
  const pulled = messages.find(({ text }) => commitIn(text) !== undefined);
  const configVersion = pulled && commitIn(pulled.text);
  const [first] = told.failures;
  const firstError =
    messages.map(({ text }) => failedFetch(text)).find(Boolean) ??
    fatalError(messages.map(({ text }) => text));
  return {
    ...told,
    ...(first !== undefined && { reason: `${first} failed` }),
    ...(firstError !== undefined && { firstError }),
    ...(configVersion !== undefined && { configVersion }),
  };
}

function messagesOf(text: string): Message[] {
  const messages: Message[] = [];
  let lines: string[] = [];
  let chars = 0;
  const close = (): void => {
    const last = messages.at(-1);
    if (last !== undefined) last.text = lines.join('\n');
  };
  for (const line of text.split('\n')) {
    const [, pid, first = ''] = record.exec(line) ?? [];
    if (pid !== undefined) {
      close();
      messages.push({ pid, text: '' });
      lines = [first];
      chars = first.length;
    } else if (chars < messageMaxChars) {
      lines.push(line);
      chars += line.length;
    }
  }
  close();
  return messages.map(({ pid, text }) => ({ pid, text: text.trimEnd() }));
}

/**
 * The process that plays. The pull comes first, in a process of its own, whose changes are not the policy's; a task
 * may start an Ansible of its own, which ends before this one.
 */
function playerOf(messages: readonly Message[]): string | undefined {
  const begun = messages.find(({ text }) => play.test(text));
  return (begun ?? messages.findLast(({ text }) => recap.test(text)))?.pid;
}

function toldByPlayer(
  messages: readonly Message[],
  player: string | undefined,
): Omit<AnsibleLog, 'reason' | 'firstError' | 'configVersion'> {
  const counts = { changed: 0, failed: 0, plays: 0, playsWithoutHost: 0 };
  const changes: string[] = [];
  const failures = new Set<string>();
  let task = resourceName('task', 'unnamed');
  let ignored = 0;
  let completed = false;
  for (const { pid, text } of messages) {
    if (pid !== player) continue;
    const [, kind, name] = heading.exec(text) ?? [];
    const [, changed, unreachable, failed] = recapLine.exec(text) ?? [];
    if (kind !== undefined && name !== undefined) {
      task = resourceName(kind === 'TASK' ? 'task' : 'handler', name.trim());
    } else if (play.test(text)) {
      counts.plays += 1;
    } else if (text === 'skipping: no hosts matched') {
      counts.playsWithoutHost += 1;
    } else if (recap.test(text)) {
      completed = true;
    } else if (completed && changed !== undefined) {
      counts.changed += Number(changed);
      counts.failed += Number(unreachable) + Number(failed);
    } else if (text.startsWith('changed: [')) {
      changes.push(task);
    } else if (/^(?:fatal|failed): \[/.test(text)) {
      // `failed` is one item of a loop, `fatal` a whole task
      failures.add(task);
    } else if (text === '...ignoring') {
      failures.delete(task);
      ignored += 1;
    }
  }
  return {
    // the recap counts what an ignored failure says that it changed
    changed: Math.max(counts.changed - ignored, changes.length),
    failed: counts.failed,
    changes,
    // a failure that a rescue section healed is none
    failures: counts.failed > 0 ? [...failures] : [],
    completed,
    hasNoHosts: counts.plays > 0 && counts.plays === counts.playsWithoutHost,
  };
}

/** Of the pull: the commit that was checked out. */
function commitIn(message: string): string | undefined {
  return /^ {4}"after": "([0-9a-f]{40})",?$/m.exec(message)?.[1];
}
