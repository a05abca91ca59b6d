import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type {
  AskedStandby,
  Child,
  ChildIdentity,
  Command,
  Launcher,
  StandbyPlan,
  Standbys,
} from '../ports.ts';
import { makeFolder } from './make-folder.ts';
import { isThere, isWorking } from './proc.ts';
import { askStandby, dismissStandby } from './standby-link.ts';

export interface StandbyKeeperSettings {
  /** of root's alone: sockets, and who listens there */
  dir: string;
  logDir: string;
  /** they wait on for the next kickd: units of systemd */
  outlive: boolean;
}

/** What is known of a standby that was started, whether it has loaded yet or not. */
interface Started {
  mark: string;
  identity: ChildIdentity;
}

export function createStandbyKeeper(
  { dir, logDir, outlive }: StandbyKeeperSettings,
  launcher: Launcher,
): Standbys {
  /** started by this process: it alone is told of their exit codes */
  const children = new Map<string, Child>();
  const pathsOf = (plan: StandbyPlan): Paths => pathsIn(dir, plan);
  const start = async (plan: StandbyPlan): Promise<void> => {
    const { socket, note } = pathsOf(plan);
    if (isTooLong(socket)) return;
    const mark = `standby-${randomUUID()}`;
    const output = join(logDir, `${mark}.log`);
    const launch = await launcher.launch(plan.command(socket), mark, output);
    if (launch.kind === 'not-started') return;
    const { child } = launch;
    children.set(mark, child);
    void child.ended.then(() => children.delete(mark));
    writeNote(note, { mark, identity: child.identity });
  };
  const keep = async (plans: readonly StandbyPlan[]): Promise<void> => {
    if (plans.length === 0 && !existsSync(dir)) return;
    makeFolder(dir, 0o700);
    const wanted = new Set(plans.map((plan) => pathsOf(plan).note));
    for (const name of readdirSync(dir)) {
      const note = join(dir, name);
      if (!name.endsWith('.json') || wanted.has(note)) continue;
      await dismissStandby(note.replace(/json$/, 'sock'));
      const started = readNote(note);
      if (started !== undefined && isThere(started.identity)) {
        launcher.adopt(started.identity, started.mark)?.signalGroup('SIGTERM');
      }
      rmSync(note, { force: true });
    }
    for (const plan of plans) {
      const started = readNote(pathsOf(plan).note);
      if (started === undefined || !isThere(started.identity))
        await start(plan);
    }
  };
  // one after the other: what is started is what the next one finds
  let keeping: Promise<void> = Promise.resolve();
  let isClosed = false;
  return {
    ask: (plan) => askStandbyIn(dir, plan),
    keep: (plans) => {
      if (isClosed) return keeping;
      keeping = keeping.then(() => keep(plans)).catch(() => {});
      return keeping;
    },
    take: (mark, identity) => {
      for (const name of readdirSync(dir)) {
        const note = join(dir, name);
        if (name.endsWith('.json') && readNote(note)?.mark === mark) {
          rmSync(note, { force: true });
        }
      }
      return children.get(mark) ?? launcher.adopt(identity, mark);
    },
    close: async () => {
      isClosed = true;
      if (outlive) return;
      keeping = keeping.then(() => keep([])).catch(() => {});
      await keeping;
    },
  };
}

interface Paths {
  socket: string;
  /** who listens there */
  note: string;
}

function pathsIn(dir: string, plan: StandbyPlan): Paths {
  const key = keyOf(plan.command('/'));
  return { socket: join(dir, `${key}.sock`), note: join(dir, `${key}.json`) };
}

/** Whether the standby of this plan is ready, asked by whoever keeps none. */
export function askStandbyIn(
  dir: string,
  plan: StandbyPlan,
): Promise<AskedStandby> {
  const { socket, note } = pathsIn(dir, plan);
  if (isTooLong(socket)) {
    const why = `its socket ${socket} would have a path of more than ${String(socketMaxBytes)} bytes: set a shorter state`;
    return Promise.resolve({ kind: 'none', why });
  }
  const pid = readNote(note)?.identity.pid;
  return askStandby(socket, () => pid !== undefined && isWorking(pid));
}

/** @see unix(7), sun_path, with the zero at its end */
const socketMaxBytes = 107;

function isTooLong(socket: string): boolean {
  return Buffer.byteLength(socket) > socketMaxBytes;
}

/** Another command, another standby. */
function keyOf({ file, argv, env }: Command): string {
  return createHash('sha256')
    .update(JSON.stringify([file, argv, env]))
    .digest('hex')
    .slice(0, 16);
}

function writeNote(note: string, started: Started): void {
  writeFileSync(`${note}.new`, JSON.stringify(started), { mode: 0o600 });
  renameSync(`${note}.new`, note);
}

function readNote(note: string): Started | undefined {
  try {
    return JSON.parse(readFileSync(note, 'utf8')) as Started;
  } catch {
    // ENOENT: none was started
    return undefined;
  }
}
