import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { RuleSet } from '../decide/rules.ts';
import { identityOf, isAlive } from '../io/process-identity.ts';
import type { Ledger } from '../ports.ts';
import type { EscalationWays } from '../outbox/escalation.ts';
import type { Deciding } from '../kicks/handle-event.ts';
import type { Shell } from './command.ts';

/** What names this process in the ledger. */
export function identityOfShell({ pid }: Pick<Shell, 'pid'>): string {
  return identityOf(pid) ?? `?/${pid}/?`;
}

export function decidingOf(
  config: Config,
  rules: RuleSet,
  ledger: Ledger,
  shell: Pick<Shell, 'clock' | 'pid'>,
): Deciding {
  return {
    ledger,
    rules,
    ways: waysOf(config),
    forSeconds: config.retry.forSeconds,
    policySeconds: config.serve.policySeconds,
    own: identityOfShell(shell),
    isAlive,
    now: () => shell.clock.moment(),
    random: () => randomBytes(10),
  };
}

function waysOf({ escalate, nagios }: Config): EscalationWays {
  return { ...escalate, hasMonitor: nagios.commandFile !== undefined };
}
