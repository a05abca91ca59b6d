import { errors } from '../errors.ts';
import type { Performed } from '../ports.ts';
import { runCommand } from './run-command.ts';

/** Well under any time after which a person would wonder. */
const commandTimeoutMs = 30 * 1000;

/** Runs the operator's own command, which calls a person. */
export async function callPerson(
  argv: readonly string[],
  input: string,
): Promise<Performed> {
  const end = await runCommand(argv, input, commandTimeoutMs);
  if (end.kind === 'ended' && end.exitCode === 0) return { kind: 'done' };
  const why =
    end.kind === 'ended' ? `exit code ${String(end.exitCode)}` : end.why;
  return {
    kind: 'failed',
    fault: errors.escalationFailed(argv[0] ?? '', why),
    isFinal: false,
  };
}
