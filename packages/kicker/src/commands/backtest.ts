import { backtestThrough } from '../backtest-through.ts';
import type { RuleSet } from '../decide/rules.ts';
import { Faults, errors, exitCodes } from '../errors.ts';
import { nameOfBinary } from '../events/name-bytes.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { readTextFile } from '../io/text-file.ts';
import type { HistoryForm } from '../monitors/history-form.ts';
import { formOfLine } from '../monitors/nagios/log-form.ts';
import type { LogItem } from '../monitors/nagios/log-item.ts';
import { parseLogLine, secondsOfLine } from '../monitors/nagios/log-line.ts';
import { parseHostGroups } from '../monitors/nagios/objects.ts';
import {
  parseServiceObjects,
  type ServiceObject,
} from '../monitors/nagios/service-objects.ts';
import { tornAt } from '../monitors/nagios/torn-line.ts';
import {
  createReplay,
  createReplayOf,
  type Replay,
} from '../rehearse/replay.ts';
import { createToldState } from '../rehearse/told-state.ts';
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
import { openLogs, openSources } from './read-logs.ts';
import { formNames, parseForm, recogniseHistory } from './recognise-history.ts';
import {
  replayLogs,
  replayPieces,
  type LineParser,
  type ReplayedLogs,
} from './replay-logs.ts';
import { rulesOption } from './rules-option.ts';
import { alertPieces, icingaParser } from './told-history.ts';
import { backtestView } from './views/backtest.ts';

export const command = createCommand({
  spec: {
    name: 'backtest',
    operands: '[FILE…]',
    about:
      'run a saved history of a monitor through the rules, and report the kicks, joins, refusals and storms that there would have been',
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
      format: {
        type: 'string',
        value: 'FORM',
        about: 'what the files are; default: by what is in them',
        choices: formNames,
        group: 'Where from',
      },
      monitor: {
        type: 'string',
        value: 'NAME',
        about:
          'read by the settings of this monitor of kicker.yaml; default: by the defaults of its kind',
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
          'of Nagios: objects.cache, for host groups and max_check_attempts; default: the one that kicker.yaml names',
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
        'kicker backtest --monitor icinga events.jsonl',
        'the saved event stream of Icinga 2',
      ],
      [
        'kicker backtest --monitor alertmanager alerts.json',
        'query_range of ALERTS, as Prometheus answered',
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
    const name = given.text('monitor');
    const sources = openSources(files, shell);
    const past = await recogniseHistory(
      sources,
      parseForm(given.text('format')),
      shell.signal,
    );
    const objectsFile = given.text('objects');
    if (objectsFile !== undefined && past.form !== 'nagios') {
      throw new Faults([
        errors.usage(
          'backtest',
          `--objects is of Nagios; this is ${past.form}`,
        ),
      ]);
    }
    const { groups, objects } = readObjects(
      past.form === 'nagios'
        ? (objectsFile ?? config.nagios.objectsFile)
        : undefined,
    );
    const others =
      against === undefined
        ? undefined
        : await rulesNamed(against, config, shell);
    const runMs = seconds * 1000;
    const both = <Item>(
      create: (by: RuleSet) => Replay<Item>,
    ): [Replay<Item>, Replay<Item> | undefined] => [
      create(rules),
      others === undefined ? undefined : create(others),
    ];
    const told = () =>
      both((by) => createReplayOf(createToldState(), { rules: by, runMs }));
    const read = await readPast();
    if (shell.signal.aborted) return exitCodes.notKnown;
    refuseOther(past.form, read, files);
    const report: BacktestReport = {
      ...read,
      form: past.form,
      rules: rules.source,
      ...(against === undefined ? {} : { against }),
      runSeconds: seconds,
      hasGroups: groups.size > 0,
      hasObjects: objects.size > 0,
      files: files.length,
    };
    yield* recordsOf(report);
    return exitCodes.ok;

    async function readPast(): Promise<ReplayedLogs> {
      switch (past.form) {
        case 'nagios':
          return replayLogs(
            await openLogs(sources, nagiosParser, shell),
            nagiosParser,
            ...both((by) =>
              createReplay({
                rules: by,
                groups,
                objects,
                runMs,
                nameOf: nameOfBinary,
              }),
            ),
            shell,
          );
        case 'icinga2-events':
        case 'icinga2-log': {
          const parser = icingaParser(past.form, name, config);
          const logs = await openLogs(sources, parser, shell);
          return replayLogs(logs, parser, ...told(), shell);
        }
        case 'prometheus':
        case 'alertmanager': {
          const { form, values } = past;
          const pieces = alertPieces(form, values, files, { name, config });
          return replayPieces(pieces, sources, ...told());
        }
      }
    }
  },
});

const nagiosParser: LineParser<LogItem> = {
  secondsOf: secondsOfLine,
  tornAt,
  parse: parseLogLine,
};

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
  history: HistoryForm,
  { items, lines, broken, repeated, firstBroken }: ReplayedLogs,
  files: readonly string[],
): void {
  // Its other lines are there whatever its severity.
  if (history === 'icinga2-log' && (items.get('alert') ?? 0) === 0) {
    throw new Faults([errors.historySilent(files.join(', '))]);
  }
  if (history !== 'nagios' || lines > broken + repeated) return;
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
