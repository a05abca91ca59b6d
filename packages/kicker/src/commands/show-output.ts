import { printable } from '@kickd/protocol';
import type { Target } from '../fleet/target.ts';
import type { AgentClient } from '../ports.ts';
import type { Shell } from './command.ts';

/** A longer line is cut: whoever wants it whole reads it on the host. */
const lineMaxChars = 2000;

/**
 * Shows a run's output line by line as it comes; why it cannot be had is one line as well.
 * @param signal nobody waits for more of it; that itself is not shown
 */
export async function showOutput(
  client: Pick<AgentClient, 'followLog'>,
  target: Target,
  run: string,
  shell: Pick<Shell, 'say' | 'drained'>,
  signal: AbortSignal,
): Promise<void> {
  const say = (line: string): void =>
    shell.say(`${target.name} | ${printable(line, lineMaxChars)}`);
  // a character may be cut in two between chunks
  const decoder = new TextDecoder();
  let rest = '';
  const fault = await client.followLog(
    target,
    run,
    (chunk) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(
        '\n',
      );
      rest = (lines.pop() ?? '').slice(0, lineMaxChars);
      lines.forEach(say);
      // The host is read no faster than this is.
      return shell.drained();
    },
    signal,
  );
  if (rest !== '') say(rest);
  if (fault !== undefined && !signal.aborted) {
    shell.say(`${target.name} | ${fault.code}: ${fault.message}`);
    shell.say(`  remedy: ${fault.remedy}`);
  }
}
