/** The agent of the managed host as a person would run it, and the files that it leaves. */
import { readFileSync, rmSync } from 'node:fs';
import { mustRun, runCommand, type Finished } from './command.ts';
import { puppetPaths } from './places.ts';

/** One run in the foreground, as from cron; resolves at its end with the detailed exit code. */
export function runAgent(
  options: { signal?: AbortSignal; more?: readonly string[] } = {},
): Promise<Finished> {
  return runCommand(
    '/usr/bin/puppet',
    [
      'agent',
      '--onetime',
      '--no-daemonize',
      '--no-splay',
      '--detailed-exitcodes',
      '--waitforcert=0',
      '--color=false',
      '--verbose',
      ...(options.more ?? []),
    ],
    options.signal ? { signal: options.signal } : {},
  );
}

/** `puppet agent --disable WORDS`: no run starts until `enableAgent()`. */
export async function disableAgent(words: string): Promise<void> {
  await mustRun('/usr/bin/puppet', ['agent', '--disable', words]);
}

export async function enableAgent(): Promise<void> {
  await mustRun('/usr/bin/puppet', ['agent', '--enable']);
}

/** What the lab asks of last_run_report.yaml. */
export interface LastReport {
  jobId: string | undefined;
  status: string | undefined;
  cachedCatalogStatus: string | undefined;
  /** resources that this run put back, e.g. `Service[apache2]` */
  corrective: string[];
}

/**
 * Reads the report with the eyes of a test that shares no code with kickd: by line.
 * The file is YAML with Ruby tags; top-level keys begin in column 0, and each entry of
 * resource_statuses begins in column 2 with the resource's name.
 */
export function readLastReport(): LastReport | undefined {
  let text: string;
  try {
    text = readFileSync(puppetPaths.report, 'utf8');
  } catch {
    return undefined;
  }
  const valueOf = (key: string): string | undefined =>
    new RegExp(`^${key}: ?['"]?([^'"\\n]*)`, 'm').exec(text)?.[1];
  const statuses = text.slice(text.indexOf('\nresource_statuses:'));
  const corrective = statuses
    .split(/\n {2}(?=\S)/)
    .filter((entry) => /^ {4}corrective_change: true$/m.test(entry))
    .map(
      (entry) => /^['"]?([^:'"]+(?:::[^:'"]+)*\])/.exec(entry)?.[1] ?? entry,
    );
  return {
    jobId: valueOf('job_id'),
    status: valueOf('status'),
    cachedCatalogStatus: valueOf('cached_catalog_status'),
    corrective,
  };
}

/** Forgets report and summary, so that whatever is there later is of a later run. */
export function forgetReports(): void {
  rmSync(puppetPaths.report, { force: true });
  rmSync(puppetPaths.summary, { force: true });
}
