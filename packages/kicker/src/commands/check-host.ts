import { Fault, printable } from '@kickd/protocol';
import { Faults } from '../errors.ts';
import { judgeHealth, pluginStates } from '../fleet/judge-health.ts';
import { findTargets } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import type { Shell } from './command.ts';
import { linesOf, resultOfReply } from './kick-result.ts';
import type { Given } from './options.ts';
import { describeStatus } from './ping.ts';

const unknown = 3;

/**
 * `kicker check HOST`: a monitoring plugin that watches the healer itself. One line, a bar, perfdata; more
 * lines behind; exit 0 to 3. What cannot be asked is UNKNOWN, a kickd that does not answer CRITICAL.
 * @see https://nagios-plugins.org/doc/guidelines.html
 */
export async function checkHost(given: Given, shell: Shell): Promise<number> {
  const tell = (state: number, text: string, perfdata = ''): number => {
    const word = pluginStates[state] ?? 'UNKNOWN';
    // a bar would begin the perfdata
    const line = text.replaceAll('|', '/');
    shell.say(
      `KICKD ${word} - ${line}${perfdata === '' ? '' : ` | ${perfdata}`}`,
    );
    return state;
  };
  try {
    const warning = given.number('warning', { least: 0, most: 3650 }) ?? 30;
    const critical = given.number('critical', { least: 0, most: 3650 }) ?? 7;
    const seconds = given.number('timeout', { least: 1, most: 600 }) ?? 10;
    const config = await loadConfig(given.text('config'), shell.env);
    const found = findTargets(given.operands, config.hosts, config.port);
    if (found.kind === 'faults') throw new Faults(found.faults);
    const [target, ...more] = found.targets;
    if (target === undefined || more.length > 0)
      return tell(unknown, 'a check is of one host: kicker check HOST');
    const material = loadMaterial(config, shell.user);
    const client = createAgentClient(() => material, {
      connectMs: Math.min(config.timeouts.connectSeconds, seconds) * 1000,
      requestMs: Math.min(config.timeouts.requestSeconds, seconds) * 1000,
    });
    const reply = await client.getStatus(target, shell.signal);
    if (reply.kind !== 'accepted') {
      const result = resultOfReply(reply);
      const [line = 'no answer', ...rest] = linesOf(target, result);
      const exit = tell(result.kind === 'refused' ? unknown : 2, line);
      for (const text of rest) shell.say(text.replaceAll('|', '/'));
      return exit;
    }
    const status = reply.body;
    const days = { warning, critical };
    const health = judgeHealth(status, shell.clock.now(), days);
    const text = [
      `${printable(target.name)}: ${health.found.join('; ') || 'can heal'}`,
    ];
    const exit = tell(health.state, text.join(''), health.perfdata.join(' '));
    shell.say(describeStatus(status).replaceAll('|', '/'));
    if (status.audit !== undefined)
      shell.say(`audit head: ${printable(status.audit.head, 100)}`);
    return exit;
  } catch (error) {
    const faults = error instanceof Faults ? error.faults : [error];
    const [fault] = faults;
    if (!(error instanceof Fault || error instanceof Faults)) throw error;
    const { code, message, remedy } = fault as Fault;
    const exit = tell(unknown, `${code}: ${message}`);
    shell.say(`remedy: ${remedy.replaceAll('|', '/')}`);
    return exit;
  }
}
