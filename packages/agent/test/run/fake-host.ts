import { writeFileSync } from 'node:fs';
import type {
  Child,
  ChildEnd,
  ChildIdentity,
  Launcher,
  ReadyStandby,
  StandbyPlan,
  Standbys,
} from '../../src/ports.ts';

/** What the tool itself would tell, in the order in which it happened. */
interface ToolLine {
  what: 'start' | 'end' | 'killed';
  run: string;
  exitCode?: number;
}

/** A host whose processes outlive every runner, and end when a test says so. */
export interface FakeHost {
  readonly lines: readonly ToolLine[];
  /** what a probe finds; `/red` never does */
  isGreen: boolean;
  /** the run whose tool is alive; the oldest, should there ever be two */
  alive(): string | undefined;
  /** Ends the tool of this run by itself; with `noop` it has changed nothing, whatever was wanted. */
  end(run: string, exitCode: number): void;
  /** Another boot: everything that was alive is gone. */
  reboot(): void;
  /** The launcher of one runner: it is told of the ends of its own children alone. */
  launcher(): Launcher;
  /** One waits whenever it is asked for; it takes its run by a file in `logDir`, as a real one does. */
  standbys(logDir: string): Standbys;
}

/** For a profile whose runs are handed over. */
export const fakeStandbyPlan: StandbyPlan = {
  command: () => ({ file: '/standby', argv: [], env: {} }),
  healReport: (run) => ({
    file: `/nonexistent/${run}.heal.yaml`,
    take: () => {},
    healed: () => undefined,
  }),
};

interface Tool {
  /** undefined: a standby that waits */
  run: string | undefined;
  mark: string;
  isNoop: boolean;
  identity: ChildIdentity;
  gone: PromiseWithResolvers<ChildEnd>;
}

export function createFakeHost(): FakeHost {
  const lines: ToolLine[] = [];
  const tools = new Map<number, Tool>();
  let boots = 1;
  let pids = 1000;
  const bootId = (): string => `boot-${String(boots)}`;
  const bury = (tool: Tool, end: ChildEnd): void => {
    if (!tools.delete(tool.identity.pid)) return;
    const { exitCode } = end;
    if (tool.run === undefined) {
      tool.gone.resolve(end);
      return;
    }
    lines.push(
      exitCode === undefined
        ? { what: 'killed', run: tool.run }
        : { what: 'end', run: tool.run, exitCode },
    );
    tool.gone.resolve(end);
  };
  const toChild = (tool: Tool, isParent: boolean): Child => ({
    identity: tool.identity,
    mark: tool.mark,
    ended: tool.gone.promise.then((end) => (isParent ? end : {})),
    signalGroup: (signal) => bury(tool, { signal }),
  });
  const ofRun = (run: string): Tool[] =>
    [...tools.values()].filter((tool) => tool.run === run || tool.mark === run);
  const host: FakeHost = {
    lines,
    isGreen: true,
    alive: () =>
      [...tools.values()].find((tool) => tool.run !== undefined)?.run,
    end: (run, exitCode) => {
      for (const tool of ofRun(run)) {
        bury(tool, { exitCode: tool.isNoop ? 0 : exitCode });
      }
    },
    reboot: () => {
      for (const tool of tools.values()) bury(tool, { signal: 'SIGKILL' });
      boots += 1;
    },
    launcher: () => ({
      bootId,
      launch: async (command, run) => {
        pids += 1;
        const identity = { pid: pids, startTicks: '1', bootId: bootId() };
        if (command.confined !== undefined) {
          const isGreen = host.isGreen && command.file !== '/red';
          return { kind: 'started', child: toProbe(identity, isGreen) };
        }
        const gone = Promise.withResolvers<ChildEnd>();
        const isNoop = command.env['KICKD_NOOP'] === '1';
        const tool = { run, mark: run, isNoop, identity, gone };
        tools.set(pids, tool);
        lines.push({ what: 'start', run });
        return { kind: 'started', child: toChild(tool, true) };
      },
      adopt: ({ pid, bootId: ofBoot }) => {
        const tool = tools.get(pid);
        return tool !== undefined && ofBoot === bootId()
          ? toChild(tool, false)
          : undefined;
      },
      find: (run) => ofRun(run)[0]?.identity,
      killSurvivors: async (run) => {
        for (const tool of ofRun(run)) bury(tool, { signal: 'SIGKILL' });
      },
    }),
    standbys: (logDir) => {
      const waiting = (): Tool => {
        const found = [...tools.values()].find(
          (tool) => tool.run === undefined,
        );
        if (found !== undefined) return found;
        pids += 1;
        const identity = { pid: pids, startTicks: '1', bootId: bootId() };
        const gone = Promise.withResolvers<ChildEnd>();
        const mark = `standby-${String(pids)}`;
        // a noop run is not handed over
        const isNoop = false;
        const tool: Tool = { run: undefined, mark, isNoop, identity, gone };
        tools.set(pids, tool);
        return tool;
      };
      const readyOf = (tool: Tool): ReadyStandby => ({
        mark: tool.mark,
        identity: tool.identity,
        resources: new Set(),
        unfit: {},
        start: async (run) => {
          if (!tools.has(tool.identity.pid)) return false;
          writeFileSync(`${logDir}/${run}.log.taken`, '');
          tool.run = run;
          lines.push({ what: 'start', run });
          return true;
        },
        release: () => {},
      });
      return {
        ask: async () => ({ kind: 'ready', standby: readyOf(waiting()) }),
        keep: async () => {},
        take: (_mark, { pid }) => {
          const tool = tools.get(pid);
          return tool && toChild(tool, true);
        },
        close: async () => {},
      };
    },
  };
  return host;
}

/** A probe is over before anybody looks. */
function toProbe(identity: ChildIdentity, isGreen: boolean): Child {
  return {
    identity,
    mark: 'probe',
    ended: Promise.resolve({ exitCode: isGreen ? 0 : 2 }),
    signalGroup: () => {},
  };
}
