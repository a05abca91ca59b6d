import { backoffMs } from '../decide/backoff.ts';
import { exitCodes } from '../errors.ts';
import { forcedServiceCheck } from '../monitors/nagios-command.ts';
import type { OpenRecord, OutcomeRecord } from '../ledger/entry.ts';
import type { AgentClient, Ledger, WriteCommand } from '../ports.ts';
import { awaitOutcome } from './await-outcome.ts';
import type { Shell } from './command.ts';
import { factsOf } from './kick-result.ts';
import { recordReply, recordSettled } from './record.ts';
import { isPassing } from './take-event.ts';

type Following = {
  client: AgentClient;
  ledger: Ledger;
  shell: Pick<Shell, 'clock' | 'pause' | 'random' | 'signal' | 'warn'>;
  commandFile: string | undefined;
  writeCommand: WriteCommand;
  /** how long an accepted run is followed */
  followMs: number;
};

/**
 * Looks after one kick until it has an outcome: sends it, under its one id, until it is accepted or has
 * expired; follows the run; writes the outcome; asks the monitor to look again.
 */
export async function followKick(
  following: Following,
  open: OpenRecord,
): Promise<number> {
  const { ledger, shell } = following;
  const keys = { kick: open.kick, problem: open.problem };
  const end = await reachOutcome(following, open);
  if (end === undefined) return exitCodes.notKnown;
  recordSettled(ledger, shell, keys, end);
  // Refused or never through: the host is as it was, and the monitor looks on its own.
  if (end.kind === 'ended' || end.kind === 'not-known') {
    recheck(following, open);
  }
  return exitCodes.ok;
}

/** @returns undefined where it was told to stop: the kick stays open for the next process */
async function reachOutcome(
  { client, ledger, shell, followMs }: Following,
  open: OpenRecord,
): Promise<OutcomeRecord | undefined> {
  const { clock, signal } = shell;
  const keys = { kick: open.kick, problem: open.problem };
  let last = { code: 'EXPIRED', message: 'it expired before it was sent' };
  for (let failures = 1; ; failures += 1) {
    const reply = await client.postRun(open.target, open.request, signal);
    if (signal.aborted) return undefined;
    recordReply(ledger, shell, keys, reply);
    if (reply.kind === 'accepted') {
      const end = await awaitOutcome(
        client,
        open.target,
        reply.body,
        followMs,
        shell,
        signal,
      );
      if (signal.aborted) return undefined;
      if (end.kind === 'not-known') {
        return { kind: 'not-known', code: end.code, message: end.message };
      }
      const { run, outcome, durationMs } = end.run;
      return outcome === undefined
        ? {
            kind: 'not-known',
            code: 'OUTCOME_MISSING',
            message: 'the run has ended, and the host tells no outcome',
          }
        : {
            kind: 'ended',
            run,
            outcome,
            ...(durationMs === undefined ? {} : { durationMs }),
          };
    }
    const { code, message } = factsOf(reply);
    last = { code, message };
    const isFinal =
      reply.kind === 'refused-tls' ||
      (reply.kind === 'problem' && !isPassing(reply));
    if (isFinal) return { kind: 'refused', ...last };
    const leftMs = Date.parse(open.expires) - clock.now().getTime();
    if (leftMs <= 0) return { kind: 'gave-up', ...last };
    const wantedMs =
      reply.kind === 'problem' && reply.retryAfterSeconds !== undefined
        ? reply.retryAfterSeconds * 1000
        : backoffMs(failures, shell.random());
    await shell.pause(Math.min(wantedMs, leftMs), signal);
    if (signal.aborted) return undefined;
  }
}

function recheck(
  { ledger, shell, commandFile, writeCommand }: Following,
  { kick, problem, event }: OpenRecord,
): void {
  if (commandFile === undefined || event.service === undefined) return;
  const epochSeconds = Math.floor(shell.clock.now().getTime() / 1000);
  const command = forcedServiceCheck(event.host, event.service, epochSeconds);
  const written =
    command.kind === 'fault'
      ? command
      : writeCommand(commandFile, command.line);
  ledger.append([
    {
      keys: { kick, problem },
      entry: {
        kind: 'recheck',
        body:
          command.kind === 'line' && written.kind !== 'fault'
            ? { kind: 'asked', line: command.line.trimEnd() }
            : {
                kind: 'failed',
                ...(written.kind === 'fault'
                  ? {
                      code: written.fault.code,
                      message: written.fault.message,
                    }
                  : { code: 'RECHECK', message: '' }),
              },
      },
    },
  ]);
}
