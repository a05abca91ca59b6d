import { createUuid7 } from '@kickd/protocol';
import { createCommand } from '../../src/cm/command.ts';
import { createDrill } from '../../src/cm/drill.ts';
import { noRunCounts } from '../../src/run/counts.ts';
import { LocalRunner } from '../../src/io/local-runner.ts';
import type {
  Clock,
  CmProfile,
  Journal,
  Launcher,
  Standbys,
} from '../../src/ports.ts';
import type { Told } from '../../src/told.ts';

export interface RunnerParts {
  standbys?: Standbys;
  /** where the tool's lock, the freeze file and the logs would be */
  dir: string;
  journal: Journal;
  launcher: Launcher;
  clock?: Clock;
  told?: Told[];
  timeoutMs?: number;
  /** what its one profile is called: `tool` */
  profile?: string;
  /** a second profile, `drill`, which breaks these services */
  breaks?: [string, ...string[]];
  /** in place of what a program of one's own would be */
  change?: (profile: CmProfile) => CmProfile;
}

/** A real runner with one profile, `tool`: 0 is unchanged, 2 is corrected, anything else failed. */
export function createFakeRunner(parts: RunnerParts): LocalRunner {
  const { dir, journal, launcher, told, profile = 'tool' } = parts;
  const clock = parts.clock ?? systemClock;
  let count = 0;
  return new LocalRunner(
    {
      certname: 'web1.example.com',
      profiles: profilesOf(parts),
      defaultProfile: profile,
      minIntervalMs: 0,
      keepMs: 24 * 60 * 60 * 1000,
      timeoutMs: parts.timeoutMs ?? 60_000,
      graceMs: 100,
      freezeFile: `${dir}/freeze`,
      logDir: dir,
    },
    {
      journal,
      launcher,
      standbys: parts.standbys ?? noStandbys,
      clock,
      facts: () => ({ launcher: 'process', counts: noRunCounts() }),
      narrator: { tell: (event) => void told?.push(event) },
      newId: () => {
        count += 1;
        const bytes = new Uint8Array(10);
        crypto.getRandomValues(bytes);
        // ids of one millisecond sort as they were made
        bytes[0] = count >> 8;
        bytes[1] = count & 0xff;
        return createUuid7(clock.now().getTime(), bytes);
      },
    },
  );
}

function profilesOf({
  dir,
  profile = 'tool',
  breaks,
  change = (tool) => tool,
}: RunnerParts): ReadonlyMap<string, CmProfile> {
  const tool = change(createProfile(dir));
  const heals: [string, CmProfile][] = [[profile, tool]];
  if (breaks === undefined) return new Map(heals);
  const drill = createDrill({
    name: 'drill',
    argv: ['/break'],
    env: {},
    exitCodes: { '0': 'corrected' },
    breaks,
    healer: tool,
  });
  return new Map([...heals, ['drill', drill]]);
}

/** As a real tool, it has a file that is read before the start: others may join meanwhile. */
function createProfile(dir: string): CmProfile {
  const command = createCommand({
    name: 'tool',
    services: {},
    argv: ['/tool'],
    env: {},
    exitCodes: { '0': 'unchanged', '2': 'corrected' },
  });
  const probe = { argv: [], user: 'nobody', timeoutMs: 1000 };
  return {
    ...command,
    evidenceFiles: () => ({ lock: `${dir}/lock` }),
    // the fake host answers for them
    probes: new Map([
      ['HTTP', { ...probe, file: '/probe' }],
      ['SSH', { ...probe, file: '/red' }],
    ]),
  };
}

const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};

/** Of a host on which nothing is loaded ahead. */
const noStandbys: Standbys = {
  ask: async () => ({ kind: 'none', why: 'this host has none' }),
  keep: async () => {},
  take: () => undefined,
  close: async () => {},
};
