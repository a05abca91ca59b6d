import { Fault, printable } from '@kickd/protocol';
import { Faults, exitCodes } from '../errors.ts';
import type { Config } from '../config/config.ts';
import { factsOf, isPassing } from '../fleet/reply-facts.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { loadMaterial } from '../io/load-material.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { identityOf, isAlive } from '../io/process-identity.ts';
import { spawnFollower } from '../io/spawn-follower.ts';
import { removeSpooled } from '../io/spooled-file.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import { subjectOf } from '../events/event.ts';
import type { NagiosData } from '../monitors/nagios/facts.ts';
import type { Ledger } from '../ports.ts';
import { recordReplyOf } from '../kicks/record-reply.ts';
import { sendKick } from '../kicks/send-kick.ts';
import { settleOpen } from '../kicks/finish.ts';
import { takeEvent } from '../kicks/handle-event.ts';
import type { Command, Shell } from './command.ts';
import { decidingOf } from './deciding.ts';
import { eventNagiosSpec } from './event-options.ts';
import { readIncoming } from './incoming.ts';
import { keep } from './record.ts';

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
    const config = await loadConfig(given.text('config'), shell.env);
    const rules = await loadRules(config, shell.env);
    const data = await readNagiosData(config);
    const nowMs = shell.clock.now().getTime();
    const read = readIncoming(given, config, data, nowMs);
    if (read.kind === 'faults') throw new Faults(read.faults);
    if (read.targetFault !== undefined) throw new Fault(read.targetFault);
    const spooled = given.text('spooled');
    const source = spooled === undefined ? {} : { source: nameOf(spooled) };
    const incoming = { ...read.incoming, ...source };
    const subject = printable(subjectOf(incoming.event));
    const ledger = openLedger(
      locateLedger(config.ledger, shell.env, shell.user.home),
      shell.clock,
      reserveMs,
    );
    const deciding = decidingOf(config, rules, ledger, shell);
    const { own, ways } = deciding;
    const rest = { ledger, config, own, shell };
    try {
      const taken = takeEvent(incoming, deciding);
      // It is in the ledger; until then its file stood for it.
      if (spooled !== undefined) removeSpooled(spooled);
      if (taken.kind === 'known' || taken.kind === 'gone') {
        shell.say(`kicker: ${subject}: taken already`);
        return exitCodes.ok;
      }
      const why = printable(taken.decision.reasons.join('; '), 1000);
      if (taken.kind === 'told') {
        const { kind, code } = taken.decision;
        shell.say(`kicker: ${subject}: ${kind}, ${code}: ${why}`);
        await leaveErrands(rest);
        await adoptLeftKicks(rest);
        return exitCodes.ok;
      }
      const { open } = taken;
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
      const { hasMonitor } = ways;
      keep(shell, () => recordReplyOf(ledger, open, reply, hasMonitor));
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
        keep(shell, () => {
          ledger.transact((transaction) =>
            settleOpen(
              transaction,
              open,
              { kind: 'refused', code, message },
              { rules, now: shell.clock.moment(), hasMonitor },
            ),
          );
        });
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

/** Who acknowledged a problem, and how a host group is, only these files say; where none is named, nothing is loaded. */
async function readNagiosData({ nagios }: Config): Promise<NagiosData> {
  const { statusFile, objectsFile } = nagios;
  if (statusFile === undefined && objectsFile === undefined) return {};
  const { createNagiosReader } = await import('../io/nagios-data.ts');
  return createNagiosReader(nagios, () => {})();
}

interface Rest {
  ledger: Ledger;
  config: Config;
  own: string;
  shell: Shell;
}

/** Gives the kick a process that outlives this one. */
async function handOver(rest: Rest, kick: string, from: string): Promise<void> {
  const pid = await spawn(rest, [kick, `--from=${from}`]);
  const follower = pid === undefined ? undefined : identityOf(pid);
  // Where it is gone already or none was started, the next event finds the kick without a process.
  if (follower !== undefined) rest.ledger.claim(kick, from, follower);
}

function spawn(
  { ledger, config, shell }: Rest,
  args: readonly string[],
): Promise<number | undefined> {
  return spawnFollower(
    shell.self,
    [
      ...args,
      `--ledger=${ledger.file}`,
      ...(config.file === undefined ? [] : [`--config=${config.file}`]),
    ],
    shell.env,
  );
}

/** A person is to be called: that may take longer than a handler may. Whoever serves was faster, then. */
async function leaveErrands(rest: Rest): Promise<void> {
  if (rest.ledger.countErrands() > 0) await spawn(rest, []);
}

/** Kicks whose process was killed (a reboot, a restart of Nagios) get a new one with the next event. */
async function adoptLeftKicks(rest: Rest): Promise<void> {
  const { ledger, own } = rest;
  const left = ledger
    .listOpen(1000)
    .filter(({ owner }) => owner !== own && !isAlive(owner))
    .slice(0, adoptMost);
  for (const { kick, owner } of left) {
    if (ledger.claim(kick, owner, own)) await handOver(rest, kick, own);
  }
}

/** The last part of a path; node:path takes time to load. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
