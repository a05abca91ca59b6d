import { timeoutsOf, type Config } from '../config/config.ts';
import type { RuleSet } from '../decide/rules.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { callPerson } from '../io/call-person.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import { loadRules } from '../io/load-rules.ts';
import { createLimiter, type Limiter } from '../kicks/limiter.ts';
import type { EscalationWays } from '../outbox/escalation.ts';
import type { AgentClient, Log, Monitor, PerformAction } from '../ports.ts';
import { errors } from '../errors.ts';
import type { Shell } from './command.ts';
import { createMonitors } from './monitor-world.ts';

/** All that is made of the configuration. A reload makes all of it anew, and then puts it in force at once. */
export interface InForce {
  config: Config;
  rules: RuleSet;
  monitors: ReadonlyMap<string, Monitor>;
  client: AgentClient;
  limiter: Limiter;
  can: EscalationWays['can'];
  perform: PerformAction;
}

/** @throws {Fault | Faults} every mistake in kicker.yaml and in the rules */
export async function readInForce(
  named: string | undefined,
  shell: Pick<Shell, 'env' | 'user' | 'clock' | 'pause'>,
  log: Log,
): Promise<InForce> {
  const config = await loadConfig(named, shell.env);
  const rules = await loadRules(config, shell.env);
  const monitors = await createMonitors(config, shell, log);
  return {
    config,
    rules,
    monitors,
    client: createAgentClient(
      () => loadMaterial(config, shell.user),
      timeoutsOf(config),
    ),
    limiter: createLimiter(config.serve.parallel),
    can: (monitor, kind) => monitors.get(monitor)?.can.has(kind) === true,
    perform: (action, signal) => {
      if (action.to === 'person') return callPerson(action.argv, action.input);
      const { monitor, feedback, place } = action;
      const found = monitors.get(monitor);
      return found === undefined
        ? Promise.resolve({
            kind: 'failed',
            fault: errors.monitorUnknown(monitor, [...monitors.keys()]),
            isFinal: true,
          })
        : found.tell(feedback, place, signal);
    },
  };
}
