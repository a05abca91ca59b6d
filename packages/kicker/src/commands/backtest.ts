import { printable } from '@kickd/protocol';
import type { Decision } from '../decide/decision.ts';
import { createReplay, type Replay } from '../rehearse/replay.ts';
import type { RuleSet } from '../decide/rules.ts';
import { Faults, errors, exitCodes } from '../errors.ts';
import { loadConfig } from '../io/load-config.ts';
import { loadRules } from '../io/load-rules.ts';
import { readLogLines, sizeOfFile } from '../io/log-lines.ts';
import { readTextFile } from '../io/text-file.ts';
import { parseHostGroups } from '../monitors/nagios/objects.ts';
import { parseLogLine } from '../monitors/nagios/log-line.ts';
import {
  configOption,
  createCommand,
  jsonOption,
  type Found,
  type Shell,
} from './command.ts';
import { rulesOption } from './rules-option.ts';
import {
  backtestView,
  recordsOf,
  type BacktestRecord,
  type BacktestReport,
  type Difference,
} from './views/backtest.ts';

/** How many decisions that differ are shown one by one. */
const differencesMost = 20;

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
          'nagios.log, plain or gzip; may be repeated, further files may follow',
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
          'objects.cache, for the host groups; default: the one that kicker.yaml names',
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
    ],
  },
  view: backtestView,
  async *run(given, shell): Found<BacktestRecord> {
    const files = [...given.texts('nagios-log'), ...given.operands];
    if (files.length === 0) {
      throw new Faults([
        errors.usage('backtest', 'a file is wanted: --nagios-log FILE'),
      ]);
    }
    const seconds =
      given.number('run-seconds', { least: 1, most: 86_400 }) ?? 60;
    const config = await loadConfig(given.text('config'), shell.env);
    const rules = await rulesNamed(given.text('rules'), config, shell);
    const against = given.text('against');
    const objects = given.text('objects') ?? config.nagios.objectsFile;
    const groups =
      objects === undefined
        ? new Map<string, string[]>()
        : parseHostGroups(readTextFile(objects, 256 * 1024 * 1024, 'latin1'));
    const replayBy = (by: RuleSet): Replay =>
      createReplay({ rules: by, groups, runMs: seconds * 1000 });
    const read = await replayFiles(
      await inOrder(files, shell.signal),
      replayBy(rules),
      against === undefined
        ? undefined
        : replayBy(await rulesNamed(against, config, shell)),
      shell,
    );
    if (shell.signal.aborted) return exitCodes.notKnown;
    if (read.lines === read.broken) {
      throw new Faults([errors.logEmpty(files.join(', '))]);
    }
    const report: BacktestReport = {
      ...read,
      rules: rules.source,
      ...(against === undefined ? {} : { against }),
      runSeconds: seconds,
      hasGroups: groups.size > 0,
      files: files.length,
    };
    yield* recordsOf(report);
    return exitCodes.ok;
  },
});

function rulesNamed(
  file: string | undefined,
  config: { rules?: string },
  { env }: Pick<Shell, 'env'>,
): Promise<RuleSet> {
  return loadRules(file === undefined ? config : { rules: file }, env);
}

type ReadLog = Pick<
  BacktestReport,
  | 'lines'
  | 'broken'
  | 'items'
  | 'fromMs'
  | 'toMs'
  | 'tally'
  | 'other'
  | 'differences'
  | 'differing'
>;

async function replayFiles(
  files: readonly string[],
  replay: Replay,
  other: Replay | undefined,
  { progress, signal }: Pick<Shell, 'progress' | 'signal'>,
): Promise<ReadLog> {
  const total = files.reduce((sum, file) => sum + sizeOfFile(file), 0);
  const items = new Map<string, number>();
  const differences: Difference[] = [];
  let [lines, broken, differing, doneBytes] = [0, 0, 0, 0];
  let fromMs: number | undefined;
  let toMs = 0;
  for (const file of files) {
    for await (const chunk of readLogLines(file, signal)) {
      for (const line of chunk.lines) {
        if (line === '') continue;
        lines += 1;
        const item = parseLogLine(line);
        items.set(item.kind, (items.get(item.kind) ?? 0) + 1);
        if (item.kind === 'broken') {
          broken += 1;
          continue;
        }
        fromMs ??= item.atMs;
        toMs = Math.max(toMs, item.atMs);
        const decision = replay.take(item);
        const otherwise = other?.take(item);
        if (
          item.kind !== 'alert' ||
          other === undefined ||
          wordOf(decision) === wordOf(otherwise)
        ) {
          continue;
        }
        differing += 1;
        if (differences.length < differencesMost) {
          const { event, atMs } = item;
          differences.push({
            atMs,
            event,
            ours: wordOf(decision),
            theirs: wordOf(otherwise),
          });
        }
      }
      progress?.(barOf((doneBytes + chunk.bytes) / total, lines));
    }
    doneBytes += sizeOfFile(file);
  }
  progress?.('');
  return {
    lines,
    broken,
    items,
    fromMs: fromMs ?? 0,
    toMs,
    tally: replay.finish(),
    other: other?.finish(),
    differences,
    differing,
  };
}

function wordOf(decision: Decision | undefined): string {
  if (decision === undefined) return 'none';
  return decision.kind === 'kick'
    ? decision.mode === 'noop'
      ? 'kick with noop'
      : 'kick'
    : `${decision.kind} ${decision.code}`;
}

/** Archives are named by their day, not so that their names sort: by their first line that has a time. */
async function inOrder(
  files: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const begun: { file: string; atMs: number }[] = [];
  for (const file of files) {
    sizeOfFile(file);
    let atMs = Infinity;
    for await (const { lines } of readLogLines(file, signal)) {
      const first = lines
        .map(parseLogLine)
        .find((item) => item.kind !== 'broken');
      if (first !== undefined) atMs = first.atMs;
      break;
    }
    begun.push({ file, atMs });
  }
  return begun.toSorted((a, b) => a.atMs - b.atMs).map(({ file }) => file);
}

function barOf(share: number, lines: number): string {
  const width = 30;
  const full = Math.round(Math.min(1, share) * width);
  const bar = '#'.repeat(full) + '.'.repeat(width - full);
  const percent = String(Math.floor(Math.min(1, share) * 100)).padStart(3);
  return printable(`[${bar}] ${percent} % ${lines.toLocaleString('en')} lines`);
}
