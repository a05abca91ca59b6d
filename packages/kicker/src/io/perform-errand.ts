import { errors } from '../errors.ts';
import type { Errand } from '../outbox/action.ts';
import { externalCommand } from '../monitors/nagios/external-command.ts';
import type { Performed, PerformErrand } from '../ports.ts';
import { writeCommand } from './command-file.ts';
import { runCommand } from './run-command.ts';

/** Well under any time after which a person would wonder. */
const commandTimeoutMs = 30 * 1000;

/**
 * Does errands in the world: a line into Nagios's command file, or the operator's command.
 * @param author who comments and acknowledges
 */
export function createPerformer(
  nagios: { commandFile?: string; author: string },
  now: () => Date,
): PerformErrand {
  return async (errand: Errand): Promise<Performed> => {
    if (errand.kind === 'command') {
      const end = await runCommand(errand.argv, errand.input, commandTimeoutMs);
      if (end.kind === 'ended' && end.exitCode === 0) return { kind: 'done' };
      const why =
        end.kind === 'ended' ? `exit code ${String(end.exitCode)}` : end.why;
      return {
        kind: 'failed',
        fault: errors.escalationFailed(errand.argv[0] ?? '', why),
        isFinal: false,
      };
    }
    if (nagios.commandFile === undefined) {
      return {
        kind: 'failed',
        fault: errors.commandFileUnset(),
        isFinal: true,
      };
    }
    const epochSeconds = Math.floor(now().getTime() / 1000);
    const command = externalCommand(errand, nagios.author, epochSeconds);
    if (command.kind === 'fault') {
      return { kind: 'failed', fault: command.fault, isFinal: true };
    }
    const written = writeCommand(nagios.commandFile, command.line);
    return written.kind === 'written'
      ? { kind: 'done' }
      : { kind: 'failed', fault: written.fault, isFinal: false };
  };
}
