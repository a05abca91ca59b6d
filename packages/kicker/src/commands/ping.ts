import { printable, type Status } from '@kickd/protocol';
import { Faults, exitCodes } from '../errors.ts';
import { findTargets, type Target } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadMaterial } from '../io/load-material.ts';
import type { AgentReply } from '../ports.ts';
import { configOption, jsonOption, type Command } from './command.ts';
import { collectHosts } from './hosts.ts';
import { describeOutcome } from '../events/describe-outcome.ts';
import { factsOf } from '../fleet/reply-facts.ts';
import {
  exitCodeOf,
  linesOf,
  resultOfReply,
  toJsonLine,
} from './kick-result.ts';

export const command: Command = {
  spec: {
    name: 'ping',
    operands: 'HOST…',
    about: 'ask kickd on hosts how it is, and change nothing',
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
        about: 'so many hosts at a time; default: 10',
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
    examples: [['kicker ping web1.example.com', 'is it there, is it well?']],
  },
  async run(given, shell) {
    const parallel = given.number('parallel', { least: 1, most: 1000 }) ?? 10;
    const port = given.number('port', { least: 1, most: 65535 });
    const names = await collectHosts(given, shell);
    const config = await loadConfig(given.text('config'), shell.env);
    const found = findTargets(names, config.hosts, port ?? config.port);
    if (found.kind === 'faults') throw new Faults(found.faults);
    const material = loadMaterial(config, shell.user);
    const client = createAgentClient(() => material, {
      connectMs: config.timeouts.connectSeconds * 1000,
      requestMs: config.timeouts.requestSeconds * 1000,
    });
    let exit: number = exitCodes.ok;
    const queue = found.targets.values();
    const work = async (): Promise<void> => {
      for (const target of queue) {
        const reply = await client.getStatus(target, shell.signal);
        exit = Math.max(exit, exitCodeOfStatus(reply));
        const lines = given.flag('json')
          ? [json(target, reply)]
          : words(target, reply);
        for (const line of lines) shell.say(line);
      }
    };
    await Promise.all(
      Array.from({ length: Math.min(parallel, found.targets.length) }, work),
    );
    return exit;
  },
};

function exitCodeOfStatus(reply: AgentReply<Status>): number {
  return reply.kind === 'accepted'
    ? exitCodes.ok
    : exitCodeOf(resultOfReply(reply));
}

function words(target: Target, reply: AgentReply<Status>): string[] {
  if (reply.kind !== 'accepted') return linesOf(target, resultOfReply(reply));
  return [`${printable(target.name)}: ${describeStatus(reply.body)}`];
}

/** One line: version, CM and whether it may run, what runs and ran, what expires first. */
export function describeStatus(status: Status): string {
  const { version, cm, current, last, expiries, acl, frozen, journal } = status;
  const first = expiries.toSorted((a, b) => a.at.localeCompare(b.at))[0];
  return [
    `kickd ${printable(version, 40)}`,
    cm.disabled === undefined
      ? cm.locked
        ? `${cm.profile} is running`
        : `${cm.profile} ready`
      : `${cm.profile} DISABLED: ${printable(cm.disabled)}`,
    ...(frozen === undefined ? [] : [`FROZEN: ${printable(frozen)}`]),
    ...(journal === undefined || journal.ok
      ? []
      : [`its journal is broken: ${printable(journal.reason ?? '?')}`]),
    ...(current === undefined
      ? []
      : [`run ${current.run} is ${current.state}`]),
    last?.outcome === undefined
      ? 'no run yet'
      : `last: ${describeOutcome(last, last.outcome)}${last.endedAt === undefined ? '' : ` at ${last.endedAt}`}`,
    ...(first === undefined
      ? []
      : [`${printable(first.what, 80)} expires ${first.at.slice(0, 10)}`]),
    ...(acl.current ? [] : ['its ACL file has a mistake, old rules in force']),
  ].join('; ');
}

function json(target: Target, reply: AgentReply<Status>): string {
  const { name: host, certname, address, port } = target;
  return toJsonLine({
    version: 1,
    host,
    certname,
    address,
    port,
    result: reply.kind === 'accepted' ? 'ok' : resultOfReply(reply).kind,
    exit: exitCodeOfStatus(reply),
    status: reply.kind === 'accepted' ? reply.body : undefined,
    error: reply.kind === 'accepted' ? undefined : factsOf(reply),
  });
}
