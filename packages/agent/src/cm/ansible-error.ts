import { oneLine } from '@kickd/protocol';

/** How many lines of a message are looked at: what comes behind shows a part of the playbook. */
const linesMax = 8;

/**
 * The one error that ended an Ansible, of its log's messages in order; each may have several lines.
 * `ERROR! TEXT` until ansible-core 2.18, `[ERROR]: TEXT` since. From 2.19 on a failed task is told in the same way
 * although the play goes on, so that anything else is preferred to it.
 */
export function fatalError(messages: readonly string[]): string | undefined {
  const errors = messages.flatMap((message) => {
    const text = /^(?:ERROR! |\[ERROR\]: |ERROR: )([^]*)/.exec(message)?.[1];
    return text === undefined ? [] : [summaryOf(text)];
  });
  const fatal = errors.filter((text) => !text.startsWith('Task failed: '));
  return (fatal.at(-1) ?? errors.at(-1)) || undefined;
}

/**
 * Where the module itself failed that was to fetch the repository:
 * `localhost | FAILED! => {`, then JSON with its `msg`.
 */
export function failedFetch(message: string): string | undefined {
  const text = /^\S+ \| (?:FAILED|UNREACHABLE)! => (\{[^]*)/.exec(message)?.[1];
  if (text === undefined) return undefined;
  try {
    const result: unknown = JSON.parse(text);
    return typeof result === 'object' &&
      result !== null &&
      'msg' in result &&
      typeof result.msg === 'string'
      ? summaryOf(result.msg)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whatever stands in front of the part of the playbook that Ansible shows; a password of a URL is left out. */
function summaryOf(text: string): string {
  const lines = text.split('\n').slice(0, linesMax);
  const end = lines.findIndex((line) =>
    /^(?:Origin: |The error appears to |The offending line |<<< caused by >>>)/.test(
      line,
    ),
  );
  const told = end === -1 ? lines : lines.slice(0, end);
  return oneLine(told.join('\n').replaceAll(/(\w:\/\/)[^\s/@]*@/g, '$1'));
}
