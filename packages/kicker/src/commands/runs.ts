import { timeoutsOf } from '../config/config.ts';
import { Faults, exitCodes } from '../errors.ts';
import { findTargets } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
} from './command.ts';
import { factsOf } from '../fleet/reply-facts.ts';
import { exitCodeOf, resultOfReply } from './kick-result.ts';
import { runsView, type NoRunsRecord, type RunRecord } from './views/runs.ts';

export const command = createCommand({
  spec: {
    name: 'runs',
    operands: 'HOST',
    about: 'list the recent runs of a host, newest first',
    takesOperands: true,
    options: { ...jsonOption, ...configOption },
    examples: [['kicker runs web1.example.com', 'what ran there recently?']],
  },
  view: runsView,
  async *run(given, shell): Found<RunRecord | NoRunsRecord> {
    const config = await loadConfig(given.text('config'), shell.env);
    const found = findTargets(given.operands, config.hosts, config.port);
    if (found.kind === 'faults') throw new Faults(found.faults);
    const material = loadMaterial(config, shell.user);
    const client = createAgentClient(() => material, timeoutsOf(config));
    let exit: number = exitCodes.ok;
    for (const target of found.targets) {
      const { name: host, certname, address, port } = target;
      const reply = await client.getRuns(target, shell.signal);
      if (reply.kind === 'accepted') {
        for (const run of reply.body.runs) yield { host, ...run };
        continue;
      }
      const result = resultOfReply(reply);
      const code = exitCodeOf(result);
      exit = Math.max(exit, code);
      yield {
        host,
        certname,
        address,
        port,
        result: result.kind,
        exit: code,
        error: factsOf(reply),
      };
    }
    return exit;
  },
});
