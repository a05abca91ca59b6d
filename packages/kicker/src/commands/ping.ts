import type { Status } from '@kickd/protocol';
import { timeoutsOf } from '../config/config.ts';
import { Faults, exitCodes } from '../errors.ts';
import { findTargets, type Target } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import type { AgentReply } from '../ports.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
} from './command.ts';
import { eachAtOnce } from './each-at-once.ts';
import { collectHosts } from './hosts.ts';
import { factsOf } from '../fleet/reply-facts.ts';
import { exitCodeOf, resultOfReply } from './kick-result.ts';
import { pingView, type PingRecord } from './views/ping.ts';

export const command = createCommand({
  spec: {
    name: 'ping',
    operands: 'HOST…',
    about: 'print the status of kickd on hosts; change nothing',
    takesOperands: true,
    options: {
      host: {
        type: 'string',
        many: true,
        value: 'HOST',
        about: 'one more host; may be repeated',
        group: 'Which hosts',
      },
      file: {
        type: 'string',
        value: 'FILE',
        about: 'hosts from a file, one a line; - is stdin',
        group: 'Which hosts',
      },
      parallel: {
        type: 'string',
        short: 'p',
        value: 'N',
        about: 'at most N hosts at a time; default: 10',
        group: 'How',
      },
      port: {
        type: 'string',
        value: 'PORT',
        about: 'the port of kickd; default: 8139, or as configured',
        group: 'How',
      },
      ...jsonOption,
      ...configOption,
    },
    examples: [
      ['kicker ping web1.example.com', 'does it answer, and can it run?'],
    ],
  },
  view: pingView,
  async *run(given, shell): Found<PingRecord> {
    const parallel = given.number('parallel', { least: 1, most: 1000 }) ?? 10;
    const port = given.number('port', { least: 1, most: 65535 });
    const names = await collectHosts(given, shell);
    const config = await loadConfig(given.text('config'), shell.env);
    const found = findTargets(names, config.hosts, port ?? config.port);
    if (found.kind === 'faults') throw new Faults(found.faults);
    const material = loadMaterial(config, shell.user);
    const client = createAgentClient(() => material, timeoutsOf(config));
    let exit: number = exitCodes.ok;
    const ask = async (target: Target): Promise<PingRecord> =>
      recordOf(target, await client.getStatus(target, shell.signal));
    for await (const record of eachAtOnce(found.targets, parallel, ask)) {
      exit = Math.max(exit, record.exit);
      yield record;
    }
    return exit;
  },
});

function recordOf(
  { name: host, certname, address, port }: Target,
  reply: AgentReply<Status>,
): PingRecord {
  const target = { host, certname, address, port };
  if (reply.kind === 'accepted') {
    return { ...target, result: 'ok', exit: exitCodes.ok, status: reply.body };
  }
  const result = resultOfReply(reply);
  return {
    ...target,
    result: result.kind,
    exit: exitCodeOf(result),
    error: factsOf(reply),
  };
}
