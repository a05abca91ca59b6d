import type { Config } from '../config/config.ts';
import type { RuleSet } from '../decide/rules.ts';
import { createAgentClient } from '../io/agent-client.ts';
import { loadMaterial } from '../io/load-material.ts';
import { createNagiosReader } from '../io/nagios-data.ts';
import { createPerformer } from '../io/perform-errand.ts';
import { isAlive } from '../io/process-identity.ts';
import type { Ledger, Log } from '../ports.ts';
import type { Watch } from '../kicks/await-verdict.ts';
import { createErrands, type Errands } from '../outbox/dispatcher.ts';
import type { Looking } from '../kicks/follow.ts';
import { troubleOf } from '../faults.ts';
import { createTurns } from '../kicks/limiter.ts';
import type { NagiosData } from '../monitors/nagios/facts.ts';
import type { Shell } from './command.ts';
import { identityOfShell } from './deciding.ts';

interface Parts {
  config: Config;
  ledger: Ledger;
  shell: Shell;
  log: Log;
}

/** What looking after kicks needs, made of the configuration and the world. */
export function lookingOf({
  config,
  rules,
  ledger,
  shell,
  log,
  onErrands,
  inTurn = createTurns(config.serve.parallel),
  readData = createNagiosReader(config.nagios, (file, why) =>
    log('monitor-data', { file, why }),
  ),
}: Parts & {
  rules: RuleSet;
  onErrands: () => void;
  inTurn?: Looking['inTurn'];
  readData?: () => NagiosData;
}): Looking {
  return {
    client: createAgentClient(() => loadMaterial(config, shell.user), {
      connectMs: config.timeouts.connectSeconds * 1000,
      requestMs: config.timeouts.requestSeconds * 1000,
    }),
    ledger,
    rules,
    timing: shell,
    own: identityOfShell(shell),
    followMs: config.follow.forSeconds * 1000,
    hasMonitor: config.nagios.commandFile !== undefined,
    watch: watchOf(readData),
    inTurn,
    onErrands,
    log,
  };
}

/** How Nagios's own data say that a service is. */
function watchOf(readData: () => NagiosData): Watch {
  return ({ host, service }) => {
    const status = readData().status;
    const seen = status?.services.get(host)?.get(service ?? '');
    return seen === undefined
      ? { kind: 'not-known' }
      : {
          kind: 'seen',
          isGreen: seen.state === 'OK',
          checkedMs: seen.lastCheckMs,
        };
  };
}

export function errandsOf({ config, ledger, shell, log }: Parts): Errands {
  const { nagios } = config;
  return createErrands({
    ledger,
    own: identityOfShell(shell),
    isAlive,
    perform: createPerformer(nagios, () => shell.clock.now()),
    timing: shell,
    onTrouble: (error) => log('errand-trouble', troubleOf(error)),
    onFailed: ({ errand, tries }, { fault }) => {
      const { code, message, remedy } = fault;
      log('errand-failed', {
        errand: errand.kind,
        tries,
        code,
        message,
        remedy,
      });
    },
  });
}
