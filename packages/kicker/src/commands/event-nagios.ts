import { randomBytes } from 'node:crypto';
import { Fault, printable } from '@kickd/protocol';
import { Faults, exitCodes } from '../errors.ts';
import type { Config } from '../config/config.ts';
import { findTarget } from '../fleet/target.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { loadMaterial } from '../io/load-material.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { identityOf, isAlive } from '../io/process-identity.ts';
import { spawnFollower } from '../io/spawn-follower.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import { subjectOf } from '../monitors/event.ts';
import { parseNagios } from '../monitors/nagios.ts';
import type { Ledger } from '../ports.ts';
import type { Command, Shell } from './command.ts';
import { eventNagiosSpec, readMacros } from './event-options.ts';
import { factsOf } from './kick-result.ts';
import { recordReply, recordSettled } from './record.ts';
import { sendKick } from './send-kick.ts';
import { abandoned, isPassing, takeEvent } from './take-event.ts';

/** All that the handler does before it returns, well under Nagios's event_handler_timeout of 30 s. */
const foregroundMs = 8 * 1000;
/** Of which for starting the follower and writing the ledger. */
const reserveMs = 1500;
/** How many kicks that lost their process one event gives a new one. */
const adoptMost = 10;

/**
 * The event handler: decide, write it down, send once, leave the rest to a follower of its own session.
 * One line and exit 0: skipped or accepted. One line and not 0: Nagios keeps that line in its log.
 */
export const command: Command = {
  spec: eventNagiosSpec,
  async run(given, shell) {
    const endMs = shell.clock.monotonicMs() + foregroundMs - reserveMs;
    const parsed = parseNagios(readMacros(given));
    if (parsed.kind === 'faults') throw new Faults(parsed.faults);
    const { event } = parsed;
    const subject = printable(subjectOf(event));
    const config = await loadConfig(given.text('config'), shell.env);
    const rules = await loadRules(config, shell.env);
    const found = findTarget(
      event.host,
      config.hosts,
      config.port,
      event.address,
    );
    if (found.kind === 'fault') throw new Fault(found.fault);
    const own = identityOf(shell.pid) ?? `?/${shell.pid}/?`;
    const ledger = openLedger(
      locateLedger(config.ledger, shell.env, shell.user.home),
      shell.clock,
      reserveMs,
    );
    const rest = { ledger, config, own, shell };
    try {
      const taken = takeEvent(event, {
        rules,
        target: found.target,
        forSeconds: config.retry.forSeconds,
        now: shell.clock.now(),
        own,
        random: randomBytes(10),
        ledger,
        isAlive,
      });
      const why = printable(taken.decision.reasons.join('; '), 1000);
      if (taken.kind === 'skip') {
        shell.say(`kicker: ${subject}: skip, ${taken.decision.code}: ${why}`);
        await adoptLeftKicks(rest);
        return exitCodes.ok;
      }
      const { open } = taken;
      const keys = { kick: open.kick, problem: open.problem };
      const leftMs = Math.max(1, Math.round(endMs - shell.clock.monotonicMs()));
      const client = createAgentClient(() => loadMaterial(config, shell.user), {
        connectMs: Math.min(config.timeouts.connectSeconds * 1000, leftMs),
        requestMs: Math.min(config.timeouts.requestSeconds * 1000, leftMs),
      });
      const reply = await sendKick(
        client,
        open.target,
        open.request,
        shell,
        AbortSignal.any([shell.signal, AbortSignal.timeout(leftMs)]),
      );
      recordReply(ledger, shell, keys, reply);
      if (reply.kind === 'accepted') {
        shell.say(
          `kicker: ${subject}: kick accepted, run ${reply.body.run} (${why})`,
        );
        await handOver(rest, open.kick, own);
        await adoptLeftKicks(rest);
        return exitCodes.ok;
      }
      const { code, message, remedy } = factsOf(reply);
      const isFinal =
        reply.kind === 'refused-tls' ||
        (reply.kind === 'problem' && !isPassing(reply));
      if (isFinal) {
        recordSettled(ledger, shell, keys, { kind: 'refused', code, message });
        shell.warn(
          `kicker: ${subject}: refused: ${code}: ${message}; remedy: ${remedy}`,
        );
        await adoptLeftKicks(rest);
        return exitCodes.refused;
      }
      const until = open.expires;
      shell.warn(
        `kicker: ${subject}: ${code}: ${message}; kick ${open.kick} is sent again until ${until}; remedy: ${remedy}`,
      );
      await handOver(rest, open.kick, own);
      await adoptLeftKicks(rest);
      return reply.kind === 'unknown'
        ? exitCodes.notKnown
        : exitCodes.notThrough;
    } finally {
      ledger.close();
    }
  },
};

interface Rest {
  ledger: Ledger;
  config: Config;
  own: string;
  shell: Shell;
}

/** Gives the kick a process that outlives this one. */
async function handOver(
  { ledger, config, shell }: Rest,
  kick: string,
  from: string,
): Promise<void> {
  const pid = await spawnFollower(
    shell.self,
    [
      kick,
      `--from=${from}`,
      `--ledger=${ledger.file}`,
      ...(config.file === undefined ? [] : [`--config=${config.file}`]),
    ],
    shell.env,
  );
  const follower = pid === undefined ? undefined : identityOf(pid);
  // Where it is gone already or none was started, the next event finds the kick without a process.
  if (follower !== undefined) ledger.claim(kick, from, follower);
}

/** Kicks whose process was killed (a reboot, a restart of Nagios) get a new one with the next event. */
async function adoptLeftKicks(rest: Rest): Promise<void> {
  const { ledger, own, config, shell } = rest;
  const longAgoMs =
    shell.clock.now().getTime() - config.follow.forSeconds * 1000;
  const left = ledger
    .listOpen(1000)
    .filter(({ owner }) => owner !== own && !isAlive(owner))
    .slice(0, adoptMost);
  for (const { kick, problem, owner, expires } of left) {
    if (Date.parse(expires) < longAgoMs) {
      ledger.settle(kick, problem, abandoned);
    } else if (ledger.claim(kick, owner, own)) {
      await handOver(rest, kick, own);
    }
  }
}
