import { printable } from '@kickd/protocol';
import { Faults, exitCodes } from '../errors.ts';
import { findTargets } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import { configOption, jsonOption, type Command } from './command.ts';
import { describeOutcome } from '../events/describe-outcome.ts';
import {
  exitCodeOf,
  linesOf,
  resultOfReply,
  toJsonLine,
} from './kick-result.ts';

export const command: Command = {
  spec: {
    name: 'runs',
    operands: 'HOST',
    about: 'list the recent runs of a host, newest first',
    takesOperands: true,
    options: { ...jsonOption, ...configOption },
    examples: [['kicker runs web1.example.com', 'what ran there lately?']],
  },
  async run(given, shell) {
    const config = await loadConfig(given.text('config'), shell.env);
    const found = findTargets(given.operands, config.hosts, config.port);
    if (found.kind === 'faults') throw new Faults(found.faults);
    const material = loadMaterial(config, shell.user);
    const client = createAgentClient(() => material, {
      connectMs: config.timeouts.connectSeconds * 1000,
      requestMs: config.timeouts.requestSeconds * 1000,
    });
    let exit: number = exitCodes.ok;
    for (const target of found.targets) {
      const reply = await client.getRuns(target, shell.signal);
      if (reply.kind !== 'accepted') {
        const result = resultOfReply(reply);
        exit = Math.max(exit, exitCodeOf(result));
        for (const line of linesOf(target, result)) shell.warn(line);
        continue;
      }
      for (const run of reply.body.runs) {
        const said =
          run.outcome === undefined
            ? `${run.state}, run ${run.run}`
            : describeOutcome(run, run.outcome);
        shell.say(
          given.flag('json')
            ? toJsonLine({ version: 1, host: target.name, ...run })
            : `${printable(target.name)}: ${run.startedAt ?? run.queuedAt}: ${said}`,
        );
      }
    }
    return exit;
  },
};
