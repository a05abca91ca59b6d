import { join, dirname } from 'node:path';
import { Faults, exitCodes } from '../errors.ts';
import { faultsOf } from '../faults.ts';
import type { FaultFacts } from '@kickd/protocol';
import type { Config } from '../config/config.ts';
import type { RuleSet } from '../decide/rules.ts';
import { loadConfig } from '../io/load-config.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { loadRules } from '../io/load-rules.ts';
import { createNagiosReader } from '../io/nagios-data.ts';
import { isAlive } from '../io/process-identity.ts';
import { createServingFile } from '../io/serving-file.ts';
import { openSpool } from '../io/spool.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import { watchSpool } from '../io/watch-spool.ts';
import { refreshEvent } from '../monitors/nagios/refresh.ts';
import type { Log } from '../ports.ts';
import { createKicks } from '../kicks/kicks.ts';
import { reside, type Residence } from '../serve/serve-loop.ts';
import { stillFresh } from '../serve/still-fresh.ts';
import { endPages } from '../serve/end-pages.ts';
import { takeEvent } from '../kicks/handle-event.ts';
import { createTurns } from '../kicks/limiter.ts';
import { configOption, type Command, type Shell } from './command.ts';
import { decidingOf, identityOfShell } from './deciding.ts';
import { eventNagiosSpec } from './event-options.ts';
import { incomingOf, readIncoming } from './incoming.ts';
import { errandsOf, lookingOf } from './looking.ts';
import { toJsonLine } from './kick-result.ts';
import { parseOptions } from './options.ts';
import { learnPolicyOf } from './policy.ts';

/** What a reload replaces, all at once. */
interface InForce {
  config: Config;
  rules: RuleSet;
}

/** The resident kicker: everything live, in one process. Its log goes to standard output, one JSON object a line. */
export const command: Command = {
  spec: {
    name: 'serve',
    operands: '',
    about:
      'stay, take events out of the spool, and see each kick through to its verdict',
    takesOperands: false,
    options: configOption,
    examples: [
      [
        'systemctl start kicker',
        'as the service that deploy/systemd describes',
      ],
      ['sudo -u nagios kicker serve', 'at the terminal; Ctrl-C ends it'],
    ],
  },
  async run(given, shell) {
    const log = logOf(shell);
    let inForce = await readInForce(given.text('config'), shell);
    const ledgerFile = locateLedger(
      inForce.config.ledger,
      shell.env,
      shell.user.home,
    );
    const ledger = openLedger(ledgerFile, shell.clock);
    const end = new AbortController();
    const stop = (): void => end.abort();
    shell.signal.addEventListener('abort', stop);
    const own = identityOfShell(shell);
    try {
      const directory =
        inForce.config.spool ?? join(dirname(ledgerFile), 'spool');
      const spool = openSpool(directory, shell.user.uid);
      const inTurn = createTurns(inForce.config.serve.parallel);
      const readData = createNagiosReader(inForce.config.nagios, (file, why) =>
        log('monitor-data', { file, why }),
      );
      const errands = errandsOf({ config: inForce.config, ledger, shell, log });
      const looking = () =>
        lookingOf({
          ...inForce,
          ledger,
          shell,
          log,
          inTurn,
          readData,
          onErrands: () => void errands.run(),
        });
      const kicks = createKicks(looking, end.signal);
      const nowMs = (): number => shell.clock.now().getTime();
      const deciding = () =>
        decidingOf(inForce.config, inForce.rules, ledger, shell);
      const residence: Residence = {
        ledger,
        spool,
        own,
        isAlive,
        timing: shell,
        log,
        kicks,
        errands,
        serving: createServingFile(directory, own),
        retention: () => inForce.config.retention,
        read: ({ name, monitor, args, at }) => {
          const faults = (found: readonly FaultFacts[]) => {
            for (const { code, message, remedy } of found) {
              log('event-unusable', { name, code, message, remedy });
            }
            return { code: found[0]?.code ?? 'USAGE' };
          };
          if (monitor !== 'nagios') return { code: 'not-an-event' };
          try {
            const options = parseOptions(eventNagiosSpec, args);
            const { config } = inForce;
            const read = readIncoming(options, config, readData(), nowMs());
            if (read.kind === 'faults') return faults(read.faults);
            if (read.targetFault !== undefined) faults([read.targetFault]);
            const { status } = readData();
            const now = shell.clock.now();
            return { incoming: stillFresh(read.incoming, status, at, now) };
          } catch (error) {
            if (error instanceof Faults) return faults(error.faults);
            throw error;
          }
        },
        again: async (record) => {
          await learnPolicyOf(record, looking(), inForce, end.signal);
          const data = readData();
          const refreshed = refreshEvent(
            record.event,
            data.status,
            record.since.wallMs,
            shell.clock.now(),
          );
          const event =
            refreshed.kind === 'not-known' ? record.event : refreshed.event;
          return incomingOf(event, [], inForce.config, data, nowMs()).incoming;
        },
        take: (incoming) => takeEvent(incoming, deciding()),
        endPages: () => endPages(deciding()),
      };
      /** The old stays in force, whole, where the new cannot be read. */
      async function reload(): Promise<void> {
        try {
          inForce = await readInForce(given.text('config'), shell);
          const { config, rules } = inForce;
          log('reloaded', { config: config.file, rules: rules.source });
        } catch (error) {
          for (const { code, message, remedy } of faultsOf(error)) {
            log('reload-refused', { code, message, remedy });
          }
        }
      }
      const unhook = shell.onHangup(() => {
        void reload();
      });
      const watch = watchSpool(directory);
      try {
        log('serving', {
          ledger: ledgerFile,
          spool: directory,
          rules: inForce.rules.source,
        });
        await reside(
          residence,
          (ms) => watch.sleep(ms, end.signal),
          end.signal,
        );
        log('stopped', {});
      } finally {
        watch.close();
        unhook();
      }
      return exitCodes.ok;
    } finally {
      shell.signal.removeEventListener('abort', stop);
      ledger.close();
    }
  },
};

async function readInForce(
  named: string | undefined,
  shell: Shell,
): Promise<InForce> {
  const config = await loadConfig(named, shell.env);
  return { config, rules: await loadRules(config, shell.env) };
}

function logOf(shell: Pick<Shell, 'say' | 'clock'>): Log {
  return (event, facts) => {
    const at = shell.clock.now().toISOString();
    shell.say(toJsonLine({ at, event, ...facts }));
  };
}
