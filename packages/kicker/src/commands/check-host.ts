import { printable } from '@kickd/protocol';
import { Faults } from '../errors.ts';
import { faultsOf } from '../faults.ts';
import { judgeHealth, pluginStates } from '../fleet/judge-health.ts';
import { findTargets } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import type { Shell } from './command.ts';
import { resultOfReply } from './kick-result.ts';
import type { Given } from './options.ts';
import type { HealthRecord } from './views/health.ts';
import { linesOfKick } from './views/kick.ts';
import { describeStatus } from './views/ping.ts';

const unknown = 3;

/**
 * `kicker check HOST`: a monitoring plugin that watches the healer itself. What cannot be asked is UNKNOWN, a kickd that
 * does not answer CRITICAL.
 */
export async function checkHost(
  given: Given,
  shell: Shell,
): Promise<HealthRecord> {
  try {
    const warning = given.number('warning', { least: 0, most: 3650 }) ?? 30;
    const critical = given.number('critical', { least: 0, most: 3650 }) ?? 7;
    const seconds = given.number('timeout', { least: 1, most: 600 }) ?? 10;
    const config = await loadConfig(given.text('config'), shell.env);
    const found = findTargets(given.operands, config.hosts, config.port);
    if (found.kind === 'faults') throw new Faults(found.faults);
    const [target, ...others] = found.targets;
    if (target === undefined || others.length > 0)
      return healthOf(unknown, 'a check is of one host: kicker check HOST');
    const material = loadMaterial(config, shell.user);
    const client = createAgentClient(() => material, {
      connectMs: Math.min(config.timeouts.connectSeconds, seconds) * 1000,
      requestMs: Math.min(config.timeouts.requestSeconds, seconds) * 1000,
    });
    const reply = await client.getStatus(target, shell.signal);
    if (reply.kind !== 'accepted') {
      const { kind: result, ...error } = resultOfReply(reply);
      const [line = 'no answer', ...more] = linesOfKick({
        host: target.name,
        result,
        error,
      });
      return healthOf(result === 'refused' ? unknown : 2, line, { more });
    }
    const status = reply.body;
    const days = { warning, critical };
    const health = judgeHealth(status, shell.clock.now(), days);
    const text = `${printable(target.name)}: ${health.found.join('; ') || 'can heal'}`;
    return healthOf(health.state, text, {
      perfdata: health.perfdata,
      more: [
        describeStatus(status),
        ...(status.audit === undefined
          ? []
          : [`audit head: ${printable(status.audit.head, 100)}`]),
      ],
    });
  } catch (error) {
    const [fault] = faultsOf(error);
    if (fault === undefined) throw error;
    const { code, message, remedy } = fault;
    const more = [`remedy: ${remedy}`];
    return healthOf(unknown, `${code}: ${message}`, { more });
  }
}

function healthOf(
  state: number,
  text: string,
  rest: Partial<Pick<HealthRecord, 'perfdata' | 'more'>> = {},
): HealthRecord {
  const word = pluginStates[state] ?? 'UNKNOWN';
  return { state, word, text, perfdata: [], more: [], ...rest };
}
