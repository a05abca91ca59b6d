import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { RuleSet } from '../decide/rules.ts';
import type { Deciding } from '../kicks/deciding.ts';
import type { EscalationWays } from '../outbox/escalation.ts';
import type { Ledger } from '../ports.ts';
import type { Shell } from './command.ts';

export function decidingOf(
  config: Config,
  rules: RuleSet,
  ledger: Ledger,
  shell: Pick<Shell, 'clock'>,
  can: EscalationWays['can'],
): Deciding {
  return {
    ledger,
    rules,
    ways: { ...config.escalate, can },
    forSeconds: config.retry.forSeconds,
    policySeconds: config.serve.policySeconds,
    now: () => shell.clock.moment(),
    random: () => randomBytes(10),
  };
}
