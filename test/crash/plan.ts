import { createUuid7, type Kick } from '@kickd/protocol';
import { createRandom, type Random } from '@kickd/testkit';
import type { Half } from './life.ts';
import { host } from './site.ts';

/** What is done at one point; the same seed plans the same, only the machine's own time differs. */
export interface PointPlan {
  point: number;
  /** in which order what is killed */
  target: 'kickd' | 'kickd, then the tool' | 'the tool, then kickd';
  /** counted from the start of the process, or from when it listens */
  since: 'start' | 'listening';
  killAfterMs: number;
  tool: { seconds: number; exitCode: number };
  kicks: { afterMs: number; kick: Kick }[];
  /** where kickd is two processes: which of them dies alone first, and when, counted from when it listens */
  stumble?: { half: Half; afterMs: number };
  /** one of the runs that are known by then is cancelled */
  cancelAfterMs?: number;
}

/** How long kickd takes to listen, about: a kill before that hits its recovery. */
const startMs = 250;
const loadMs = 120;

export function planPoint(seed: number, point: number): PointPlan {
  const random = createRandom(seed * 100_003 + point);
  const isEarly = random.chance(0.15);
  return {
    point,
    target: random.pick([
      'kickd',
      'kickd',
      'kickd, then the tool',
      'the tool, then kickd',
    ]),
    since: isEarly ? 'start' : 'listening',
    killAfterMs: random.below(isEarly ? startMs : loadMs),
    tool: {
      seconds: random.pick([0, 0, 0.005, 0.02, 0.05, 0.15]),
      exitCode: random.pick([0, 2, 2, 1]),
    },
    kicks: Array.from({ length: 2 + random.below(5) }, (_, n) => ({
      afterMs: random.below(loadMs),
      kick: planKick(random, point * 100 + n),
    })),
    ...(random.chance(0.1) && { cancelAfterMs: random.below(loadMs) }),
    ...(random.chance(0.8) && {
      stumble: {
        half: random.pick(['listen', 'runner'] as const),
        afterMs: random.below(loadMs),
      },
    }),
  };
}

function planKick(random: Random, number: number): Kick {
  const bytes = Uint8Array.from({ length: 10 }, () => random.below(256));
  return {
    kick: createUuid7(Date.parse('2026-01-01T00:00:00Z') + number, bytes),
    certname: host,
    // a problem that began long ago: a run in progress has seen it
    ...(random.chance(0.5) && {
      because: {
        since: '2026-01-01T00:00:00Z',
        // one whose probe is green, one whose probe is not
        ...(random.chance(0.5) && { service: random.pick(['HTTP', 'SSH']) }),
      },
    }),
    ...(random.chance(0.3) && {
      tags: [random.pick(['apache', 'ntp', 'ssh'])],
    }),
    ...(random.chance(0.2) && { noop: true }),
    ...(random.chance(0.03) && { expires: '2026-01-01T00:00:00Z' }),
  };
}
