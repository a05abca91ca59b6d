import { accessSync, constants } from 'node:fs';
import { inspectMaterial } from '@kickd/mtls';
import { errors, exitCodes } from '../errors.ts';
import { faultsOf } from '../faults.ts';
import { defaultConfig, type Config } from '../config/config.ts';
import { probeCommandFile } from '../io/command-file.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { loadMaterial } from '../io/load-material.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import {
  configOption,
  jsonOption,
  type Command,
  type Shell,
} from './command.ts';
import { checkHost } from './check-host.ts';
import { tick } from '../serve/tick.ts';
import { createTeller, failed, passed, type Step } from './steps.ts';

export const command: Command = {
  spec: {
    name: 'check',
    operands: '[HOST]',
    about:
      'look at configuration, rules, certificates, ledger and command file; of HOST: how its kickd is, as a monitoring plugin',
    takesOperands: true,
    options: {
      warning: {
        type: 'string',
        short: 'w',
        value: 'DAYS',
        about: 'WARNING when something expires within; default: 30',
        group: 'Of a host',
      },
      critical: {
        type: 'string',
        short: 'c',
        value: 'DAYS',
        about: 'CRITICAL when something expires within; default: 7',
        group: 'Of a host',
      },
      timeout: {
        type: 'string',
        short: 't',
        value: 'SECONDS',
        about: 'for the whole of it; default: 10',
        group: 'Of a host',
      },
      ...jsonOption,
      ...configOption,
    },
    examples: [
      ['sudo -u nagios kicker check', 'as the user that the monitor runs as'],
      ['kicker check web1.example.com', 'a check command of the monitor'],
    ],
  },
  async run(given, shell) {
    if (given.operands.length > 0) return checkHost(given, shell);
    const tell = createTeller(shell, given.flag('json') ?? false);
    let isWell = true;
    const add = (steps: readonly Step[]): void => {
      for (const step of steps) {
        tell(step);
        if (step.ok === false) isWell = false;
      }
    };
    const { config, steps } = await checkConfig(given.text('config'), shell);
    add(steps);
    add(await checkRules(config, shell));
    add(checkMaterial(config, shell));
    add([checkLedger(config, shell)]);
    add([checkCommandFile(config)]);
    return isWell ? exitCodes.ok : exitCodes.usage;
  },
};

async function checkConfig(
  named: string | undefined,
  shell: Shell,
): Promise<{ config: Config; steps: Step[] }> {
  try {
    const config = await loadConfig(named, shell.env);
    const hosts = Object.keys(config.hosts).length;
    const text =
      config.file === undefined
        ? 'no file, all is default'
        : `${config.file}, ${hosts} ${hosts === 1 ? 'host' : 'hosts'} named`;
    return { config, steps: [passed('configuration', text)] };
  } catch (error) {
    const steps = faultsOf(error).map((fault) =>
      failed('configuration', fault),
    );
    return { config: defaultConfig(), steps };
  }
}

async function checkRules(config: Config, shell: Shell): Promise<Step[]> {
  try {
    const { source, rules } = await loadRules(config, shell.env);
    const modes = new Map<string, number>();
    for (const { mode } of rules) modes.set(mode, (modes.get(mode) ?? 0) + 1);
    const counts = [...modes].map(([mode, count]) => `${count} ${mode}`);
    return [passed('rules', `${source}: ${counts.join(', ')}`)];
  } catch (error) {
    return faultsOf(error).map((fault) => failed('rules', fault));
  }
}

/** Own files: readable, belonging together, not expired, covered by CRLs. */
export function checkMaterial(
  config: Config,
  shell: Pick<Shell, 'clock' | 'user'>,
): Step[] {
  try {
    const material = loadMaterial(config, shell.user);
    const seen = inspectMaterial(material, shell.clock.now(), 'client');
    const first = seen.expiries[0];
    return [
      ...seen.faults.map((fault) => failed('certificate', fault)),
      ...seen.warnings.map(({ message, remedy }) => ({
        ...passed('warning', message),
        remedy,
      })),
      ...(seen.faults.length > 0
        ? []
        : [
            passed(
              'certificate',
              `${seen.certname} (${material.files.cert})${first === undefined ? '' : `; first to expire: ${first.what}, ${first.at}`}`,
            ),
          ]),
    ];
  } catch (error) {
    return faultsOf(error).map((fault) => failed('certificate', fault));
  }
}

function checkLedger(config: Config, shell: Shell): Step {
  const file = locateLedger(config.ledger, shell.env, shell.user.home);
  try {
    const ledger = openLedger(file, shell.clock, 1000);
    const open = ledger.listOpen(1000).length;
    // Only what is really written finds a full disk.
    tick(ledger, shell.clock);
    ledger.close();
    return passed(
      'ledger',
      `${file}, ${open} ${open === 1 ? 'kick' : 'kicks'} under way`,
    );
  } catch (error) {
    const [fault] = faultsOf(error);
    return fault === undefined
      ? passed('ledger', file)
      : failed('ledger', fault);
  }
}

function checkCommandFile(config: Config): Step {
  const step = 'command file';
  const file = config.nagios.commandFile;
  if (file === undefined) {
    const { message, remedy } = errors.commandFileUnset();
    return { step, ok: undefined, text: message, remedy };
  }
  const probed = probeCommandFile(file);
  if (probed.kind === 'written') {
    try {
      accessSync(file, constants.W_OK);
    } catch {
      return failed(step, errors.commandFileUnwritable(file, 'EACCES'));
    }
    return passed(step, file);
  }
  return failed(step, probed.fault);
}
