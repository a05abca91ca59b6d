import {
  appendFileSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startedStatus } from '@kickd/testkit';

/** One line of the tool's own file: what really happened, in the order in which it did. */
export interface ToolLine {
  what: 'start' | 'end' | 'killed';
  run: string;
  /** of a start: the leader of the tool's process group */
  pid?: number;
  /** of an end */
  exitCode?: number;
}

/** A CM tool that tells of itself in a file that kickd knows nothing of. */
export interface Tool {
  file: string;
  /** what the runs that start from now on do: wait, write what `output` writes (shell), and exit */
  plan(seconds: number, exitCode: number, output?: string): void;
  lines(): ToolLine[];
  /** the runs that have a start and no end */
  alive(): ToolLine[];
  /** Ends with KILL the groups of all that is alive; resolves when they are gone. */
  killAll(): Promise<void>;
}

/**
 * Writes the tool into a directory. Each line is one `write` in append mode, so that the order of
 * the lines is the order of what happened, and no clock is asked.
 * @param reportDir where it leaves a report of each run, as Puppet does; a run that fails leaves none
 */
export function createTool(dir: string, reportDir?: string): Tool {
  const file = join(dir, 'tool');
  const log = join(dir, 'tool.log');
  const planned = join(dir, 'tool.plan');
  const speech = join(dir, 'tool.output');
  writeFileSync(log, '');
  writeFileSync(
    file,
    `#!/bin/sh
read -r seconds code <'${planned}'
[ "$KICKD_NOOP" = 1 ] && code=0
trap 'echo "killed $KICKD_RUN" >>"${log}"; trap - TERM; kill -TERM $$' TERM
echo "start $KICKD_RUN $$" >>'${log}'
[ "$seconds" = 0 ] || sleep "$seconds"
[ ! -s '${speech}' ] || . '${speech}'
echo "end $KICKD_RUN $code" >>'${log}'
${reportDir === undefined ? '' : reporting(reportDir)}
exit "$code"
`,
    { mode: 0o755 },
  );
  const plan = (seconds: number, exitCode: number, output = ''): void => {
    writeFileSync(speech, output);
    // by a rename: a tool that starts now reads the old plan or the new one
    writeFileSync(`${planned}.new`, `${String(seconds)} ${String(exitCode)}\n`);
    renameSync(`${planned}.new`, planned);
  };
  const lines = (): ToolLine[] =>
    readFileSync(log, 'utf8').split('\n').filter(Boolean).map(parseLine);
  const alive = (): ToolLine[] => {
    const open = new Map<string, ToolLine>();
    for (const line of lines()) {
      if (line.what === 'start') open.set(line.run, line);
      else open.delete(line.run);
    }
    return [...open.values()];
  };
  plan(0, 0);
  return {
    file,
    plan,
    lines,
    alive,
    killAll: async () => {
      for (const { run, pid = 0 } of alive()) {
        if (!carries(pid, run)) continue;
        // written first: as soon as it is gone kickd may start the next one
        appendFileSync(log, `killed ${run}\n`);
        try {
          process.kill(-pid, 'SIGKILL');
        } catch {
          // ESRCH: it has just ended by itself
        }
        while (carries(pid, run)) await sleep(1);
      }
    },
  };
}

/** The report is there as a whole, or not at all. */
function reporting(dir: string): string {
  const report = (status: string, statuses: string): string =>
    `cat >"$report.new" <<E
--- !ruby/object:Puppet::Transaction::Report
status: ${status}
transaction_completed: true
noop: $noop
noop_pending: false
resource_statuses:${statuses}E
mv "$report.new" "$report"`;
  return `report='${dir}'/$KICKD_RUN.report.yaml
noop=false; [ "$KICKD_NOOP" != 1 ] || noop=true
case $code in
0) ${report('unchanged', ' {}\n')} ;;
2) ${report('changed', `\n${startedStatus('Service[web]')}`)} ;;
esac`;
}

function parseLine(text: string): ToolLine {
  const [what, run = '', number] = text.split(' ');
  if (what === 'start') return { what, run, pid: Number(number) };
  if (what === 'end') return { what, run, exitCode: Number(number) };
  if (what === 'killed') return { what, run };
  throw new Error(`the tool wrote ${JSON.stringify(text)}`);
}

/** Whether the process is there and still that run's: a number may be another's by now. */
function carries(pid: number, run: string): boolean {
  try {
    const environment = readFileSync(`/proc/${String(pid)}/environ`, 'utf8');
    return environment.split('\0').includes(`KICKD_RUN=${run}`);
  } catch {
    return false;
  }
}
