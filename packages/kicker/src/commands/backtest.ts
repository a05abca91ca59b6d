import { backtestThrough } from '../backtest-through.ts';
import type { RuleSet } from '../decide/rules.ts';
import { Faults, errors, exitCodes } from '../errors.ts';
import { nameOfBinary } from '../events/name-bytes.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { readTextFile } from '../io/text-file.ts';
import { formOfLine } from '../monitors/nagios/log-form.ts';
import { parseHostGroups } from '../monitors/nagios/objects.ts';
import {
  parseServiceObjects,
  type ServiceObject,
} from '../monitors/nagios/service-objects.ts';
import { createReplay, type Replay } from '../rehearse/replay.ts';
import {
  recordsOf,
  type BacktestRecord,
  type BacktestReport,
} from './backtest-report.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
  type Shell,
} from './command.ts';
import { openLogs } from './read-logs.ts';
import { replayLogs, type ReplayedLogs } from './replay-logs.ts';
import { rulesOption } from './rules-option.ts';
import { backtestView } from './views/backtest.ts';

export const command = createCommand({
  spec: {
    name: 'backtest',
    operands: '[FILE…]',
    about:
      'run archived nagios.log through the rules, and report the kicks, joins, refusals and storms that there would have been',
    takesOperands: true,
    options: {
      'nagios-log': {
        type: 'string',
        value: 'FILE',
        many: true,
        about:
          'nagios.log, plain or gzip; - is standard input; may be repeated, further files may follow',
        group: 'Where from',
      },
      ...rulesOption,
      against: {
        type: 'string',
        value: 'FILE',
        about: 'other rules, to report what differs',
        group: 'Where from',
      },
      objects: {
        type: 'string',
        value: 'FILE',
        about:
          'objects.cache, for host groups and max_check_attempts; default: the one that kicker.yaml names',
        group: 'Where from',
      },
      'run-seconds': {
        type: 'string',
        value: 'N',
        about: 'assume that a run takes N seconds; default 60',
        group: 'What is assumed',
      },
      all: {
        type: 'boolean',
        about: 'every service, not only those with the most kicks',
        group: 'Output',
      },
      ...jsonOption,
      ...configOption,
    },
    examples: [
      [
        'kicker backtest --nagios-log /var/log/nagios4/archives/*.log',
        'by the rules in force',
      ],
      [
        'kicker backtest --rules new.yaml --against /etc/kicker/rules.yaml --nagios-log nagios-*.log.gz',
        'what new rules would change',
      ],
      [
        'bzcat nagios-*.log.bz2 | kicker backtest -',
        'what another program unpacks or converts',
      ],
    ],
  },
  view: backtestView,
  async *run(given, shell): Found<BacktestRecord> {
    const files = [...given.texts('nagios-log'), ...given.operands];
    if (files.length === 0) {
      throw new Faults([
        errors.usage('backtest', 'no file is named: --nagios-log FILE'),
      ]);
    }
    const seconds =
      given.number('run-seconds', { least: 1, most: 86_400 }) ?? 60;
    const config = await loadConfig(given.text('config'), shell.env);
    const rules = await rulesNamed(given.text('rules'), config, shell);
    const against = given.text('against');
    const { groups, objects } = readObjects(
      given.text('objects') ?? config.nagios.objectsFile,
    );
    const replayBy = (by: RuleSet): Replay =>
      createReplay({
        rules: by,
        groups,
        objects,
        runMs: seconds * 1000,
        nameOf: nameOfBinary,
      });
    const read = await replayLogs(
      await openLogs(files, shell),
      replayBy(rules),
      against === undefined
        ? undefined
        : replayBy(await rulesNamed(against, config, shell)),
      shell,
    );
    if (shell.signal.aborted) return exitCodes.notKnown;
    refuseOther(read, files);
    const report: BacktestReport = {
      ...read,
      rules: rules.source,
      ...(against === undefined ? {} : { against }),
      runSeconds: seconds,
      hasGroups: groups.size > 0,
      hasObjects: objects.size > 0,
      files: files.length,
    };
    yield* recordsOf(report);
    return exitCodes.ok;
  },
});

interface Objects {
  groups: ReadonlyMap<string, readonly string[]>;
  objects: ReadonlyMap<string, ServiceObject>;
}

function readObjects(file: string | undefined): Objects {
  if (file === undefined) return { groups: new Map(), objects: new Map() };
  const text = readTextFile(file, 256 * 1024 * 1024, 'latin1');
  return {
    groups: parseHostGroups(text),
    objects: parseServiceObjects(text),
  };
}

/** @throws {Faults} LOG_EMPTY, LOG_FORM where nothing of the logs was understood */
function refuseOther(
  { lines, broken, repeated, firstBroken }: ReplayedLogs,
  files: readonly string[],
): void {
  if (lines > broken + repeated) return;
  if (firstBroken === undefined) {
    throw new Faults([errors.logEmpty(files.join(', '), '')]);
  }
  const { log, path, line } = firstBroken;
  const form = formOfLine(line);
  throw new Faults([
    form === undefined
      ? errors.logEmpty(files.join(', '), line)
      : errors.logForm(
          log,
          form.what,
          line,
          backtestThrough(form.converter, path),
        ),
  ]);
}

function rulesNamed(
  file: string | undefined,
  config: { rules?: string },
  { env }: Pick<Shell, 'env'>,
): Promise<RuleSet> {
  return loadRules(file === undefined ? config : { rules: file }, env);
}
