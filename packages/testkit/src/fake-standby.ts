import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process that speaks as the standby of packages/agent/puppet does, and does what a real one will not do on demand. */
export interface FakeStandby {
  /** absolute path: takes the standby's own command line */
  file: string;
  /** What it does from its next question on; without one it is ready, and heals. */
  behave(how: FakeStandbyPlan): void;
  /** the runs that were taken, with what was to be healed */
  taken(): { run: string; resources: string[] }[];
}

export interface FakeStandbyPlan {
  /** asked whether it is ready */
  ready?: 'ready' | 'stale' | 'silent' | 'looks-on' | 'garbage' | 'hang-up';
  /** resources that it says it cannot heal ahead, and why not */
  unfit?: Record<string, string>;
  /** handed a run; `die`: killed before it has taken it, `die-after`: right after */
  order?: 'take' | 'hang-up' | 'die' | 'die-after' | 'silent';
  /** what the first step writes; empty: nothing */
  heal?: string;
  /** what the ordinary run behind it is */
  run?: string[];
}

/** Writes the executable into a directory. */
export function createFakeStandby(dir: string): FakeStandby {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'fake-standby');
  const plan = join(dir, 'standby-plan.json');
  const taken = join(dir, 'standby-taken.jsonl');
  const behave = (how: FakeStandbyPlan): void =>
    writeFileSync(plan, JSON.stringify(how));
  behave({});
  writeFileSync(
    file,
    `#!${process.execPath}
const { createServer } = require('node:net');
const { createInterface } = require('node:readline');
const fs = require('node:fs');
const option = (name) => process.argv.find((word) => word.startsWith(name)).slice(name.length);
const [socket, logs] = [option('--socket='), option('--logs=')];
const resources = process.argv.filter((word) => word.startsWith('--resource=')).map((word) => word.slice(11));
const plan = () => JSON.parse(fs.readFileSync(${JSON.stringify(plan)}, 'utf8'));
fs.rmSync(socket, { force: true });
const server = createServer((peer) => {
  peer.on('error', () => {});
  createInterface({ input: peer }).on('line', (line) => {
    const asked = JSON.parse(line);
    const { ready = 'ready', order = 'take', unfit = {} } = plan();
    if (asked.ask === 'leave') process.exit(0);
    if (asked.ask === 'ready') {
      if (ready === 'silent') return;
      if (ready === 'hang-up') return peer.destroy();
      if (ready === 'garbage') return peer.write('yes\\n');
      peer.write('{"standby":"looking"}\\n');
      if (ready === 'looks-on') return;
      if (ready === 'stale') {
        peer.end('{"standby":"stale","because":"/etc/puppet/puppet.conf"}\\n');
        return;
      }
      return peer.write(JSON.stringify({ standby: 'ready', pid: process.pid, mark: process.env.KICKD_RUN, resources: resources.filter((name) => !(name in unfit)), unfit }) + '\\n');
    }
    if (order === 'silent') return;
    if (order === 'hang-up') return peer.destroy();
    if (order === 'die') return process.kill(process.pid, 'SIGKILL');
    fs.closeSync(fs.openSync(logs + '/' + asked.run + '.log.taken', 'wx'));
    if (order === 'die-after') return process.kill(process.pid, 'SIGKILL');
    fs.appendFileSync(${JSON.stringify(taken)}, line + '\\n');
    fs.rmSync(socket, { force: true });
    peer.end('{"standby":"started"}\\n', () => run(asked.run));
  });
});
function run(id) {
  const { heal = '', run: [program, ...words] = ['/bin/true'] } = plan();
  if (heal !== '') {
    const file = logs + '/' + id + '.heal.yaml';
    fs.writeFileSync(file + '.new', heal.replaceAll('RUN', id));
    fs.renameSync(file + '.new', file);
  }
  // the same process, as the real one
  process.execve(program, [program, ...words], { ...process.env, KICKD_RUN: id });
}
server.listen(socket);
`,
    { mode: 0o755 },
  );
  return {
    file,
    behave,
    taken: () =>
      existsSync(taken)
        ? readFileSync(taken, 'utf8')
            .trim()
            .split('\n')
            .map(
              (line) =>
                JSON.parse(line) as { run: string; resources: string[] },
            )
        : [],
  };
}

/** Of a service that a run has started, as Puppet writes it below `resource_statuses`. */
export function startedStatus(resource: string): string {
  return `  ${resource}:
    resource: ${resource}
    failed: false
    failed_to_restart: false
    changed: true
    events:
    - property: ensure
      previous_value: stopped
      desired_value: running
      status: success
      corrective_change: true
    corrective_change: true
`;
}

/** The report of a first step that has started one service; `RUN` stands for the run's id. */
export function healReportOf(resource: string): string {
  return `--- !ruby/object:Puppet::Transaction::Report
status: changed
job_id: RUN
transaction_completed: true
noop: false
noop_pending: false
configuration_version: 7
cached_catalog_status: explicitly_requested
logs: []
resource_statuses:
${startedStatus(resource)}`;
}
