import type { Config } from '../config/config.ts';
import { learn } from '../decide/learn.ts';
import { isStopped } from '../decide/look-again.ts';
import type { RuleSet } from '../decide/rules.ts';
import { findTarget } from '../fleet/target.ts';
import type { Limiter } from '../kicks/limiter.ts';
import type { WaitingRecord } from '../ledger/entry.ts';
import type { AgentClient, Clock, Ledger } from '../ports.ts';

/**
 * Where kicker has stopped for a service, asks the host which policy its last run applied, whoever started
 * that run. Another one than before is a reason to try once more. A host that does not answer tells nothing.
 */
export async function learnPolicyOf(
  { code, event }: WaitingRecord,
  {
    client,
    ledger,
    clock,
    limiter,
  }: {
    client: Pick<AgentClient, 'getStatus'>;
    ledger: Ledger;
    clock: Clock;
    limiter: Limiter;
  },
  { config, rules }: { config: Config; rules: RuleSet },
  signal: AbortSignal,
): Promise<void> {
  if (!isStopped(code)) return;
  const found = findTarget(
    event.host,
    config.hosts,
    config.port,
    event.address,
  );
  if (found.kind === 'fault') return;
  const { target } = found;
  const { certname } = target;
  // As what has failed before: it must not hold up the kicks.
  const reply = await limiter(() => client.getStatus(target, signal), 1);
  const policy = reply.kind === 'accepted' ? reply.body.cm.policy : undefined;
  if (policy === undefined) return;
  const { configVersion, endedAt } = policy;
  ledger.transact((transaction) => {
    const before = transaction.read('host', certname)?.policy;
    transaction.remember(
      learn(
        {
          kind: 'policy',
          certname,
          configVersion,
          runEndedMs: Date.parse(endedAt),
        },
        { rules, memory: transaction, now: clock.moment() },
      ),
    );
    const after = transaction.read('host', certname)?.policy;
    if (after === before || after === undefined) return;
    const body = { certname, configVersion: after };
    transaction.add([{ entry: { kind: 'policy', body }, keys: {} }]);
  });
}
