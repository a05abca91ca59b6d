import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { inspectMaterial } from '@kickd/mtls';
import { errors, exitCodes } from '../errors.ts';
import { faultsOf } from '../faults.ts';
import { defaultConfig, type Config } from '../config/config.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { loadMaterial } from '../io/load-material.ts';
import { locateLedger, locateSpool } from '../io/ledger-file.ts';
import { openLedger } from '../io/sqlite-ledger.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
  type Shell,
} from './command.ts';
import { checkSpool } from './check-events.ts';
import { checkHost } from './check-host.ts';
import { checkMonitor } from './check-monitor.ts';
import { codeOf } from '../io/error-code.ts';
import { readHeartbeat } from '../io/heartbeat-file.ts';
import { oldestSpooledMs } from '../io/spool.ts';
import type { CheckStep } from '../ports.ts';
import { tick } from '../serve/tick.ts';
import { failed, passed } from '../steps.ts';
import { healthView, type HealthRecord } from './views/health.ts';
import { stepsView } from './views/steps.ts';

/** An event that lies in the spool for longer is handled by nobody. */
const spooledMostSeconds = 60;

export const command = createCommand<CheckStep | HealthRecord>({
  spec: {
    name: 'check',
    operands: '[HOST]',
    about:
      'check configuration, rules, certificates, ledger, spool and command file; with HOST: check its kickd, as a monitoring plugin',
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
        about: 'at most SECONDS for the whole check; default: 10',
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
  view: (out, given) => {
    const printers = {
      step: stepsView(out, given),
      health: healthView(out, given),
    };
    return {
      print: (record) =>
        'step' in record
          ? printers.step.print(record)
          : printers.health.print(record),
    };
  },
  async *run(given, shell): Found<CheckStep | HealthRecord> {
    if (given.operands.length > 0) {
      const health = await checkHost(given, shell);
      yield health;
      return health.state;
    }
    let isWell = true;
    for await (const step of checkOwn(given.text('config'), shell)) {
      yield step;
      if (step.ok === false) isWell = false;
    }
    return isWell ? exitCodes.ok : exitCodes.usage;
  },
});

async function* checkOwn(
  named: string | undefined,
  shell: Shell,
): AsyncGenerator<CheckStep> {
  const { config, steps } = await checkConfig(named, shell);
  yield* steps;
  yield* await checkRules(config, shell);
  yield* checkMaterial(config, shell);
  yield checkLedger(config, shell);
  yield checkServe(config, shell);
  yield* checkSpool(config);
  for (const [name, settings] of Object.entries(config.monitors)) {
    yield* checkMonitor(name, settings, config, shell);
  }
}

async function checkConfig(
  named: string | undefined,
  shell: Shell,
): Promise<{ config: Config; steps: CheckStep[] }> {
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

async function checkRules(config: Config, shell: Shell): Promise<CheckStep[]> {
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
): CheckStep[] {
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

function checkLedger(config: Config, shell: Shell): CheckStep {
  const file = locateLedger(config.ledger);
  try {
    const ledger = openLedger(file, shell.clock, {
      busyMs: 1000,
      isMade: false,
    });
    try {
      const open = ledger.listOpen(1000).length;
      // Only what is really written finds a full disk.
      tick(ledger, shell.clock);
      return passed(
        'ledger',
        `${file}, ${open} ${open === 1 ? 'kick' : 'kicks'} under way`,
      );
    } finally {
      ledger.close();
    }
  } catch (error) {
    const [fault] = faultsOf(error);
    if (fault === undefined) return passed('ledger', file);
    // Before the first start there is none, and that is nothing to be fixed where one can be made.
    const whyNot = fault.code === 'LEDGER_MISSING' && whyNotMade(file);
    if (whyNot) return failed('ledger', errors.ledgerUnwritable(file, whyNot));
    return fault.code === 'LEDGER_MISSING'
      ? {
          step: 'ledger',
          ok: undefined,
          text: fault.message,
          remedy: fault.remedy,
        }
      : failed('ledger', fault);
  }
}

/** Why this user could not make a ledger there; undefined: it could. */
function whyNotMade(file: string): string | undefined {
  try {
    accessSync(dirname(file), constants.W_OK);
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

/** Whether somebody serves the spool, and handles what comes into it. */
function checkServe(config: Config, { clock }: Shell): CheckStep {
  const directory = locateSpool(config);
  const nowMs = clock.now().getTime();
  const oldestMs = oldestSpooledMs(directory);
  const age =
    oldestMs === undefined
      ? 0
      : Math.max(0, Math.round((nowMs - oldestMs) / 1000));
  const found = readHeartbeat(directory, nowMs);
  if (found?.isHanging === true) {
    return failed(
      'serve',
      errors.serveHangs(found.pid, Math.round(found.agoMs / 1000)),
    );
  }
  if (age > spooledMostSeconds) {
    return failed('serve', errors.spoolOld(directory, age));
  }
  return found === undefined
    ? {
        step: 'serve',
        ok: undefined,
        text: 'nobody serves: the event handler starts kicker for each problem',
        remedy: 'systemctl enable --now kicker',
      }
    : passed(
        'serve',
        `process ${found.pid} handles the events of ${directory}`,
      );
}
