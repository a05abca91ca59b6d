import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '@kickd/testkit';
import { judgeKicker, type KickerBreach } from './kicker-judge.ts';
import { isAtRest, readLedger } from './kicker-ledger.ts';
import {
  createKickerSite,
  type KickerSite,
  type MonitorEvent,
} from './kicker-site.ts';

export interface KickerPointsOptions {
  /** an empty directory */
  dir: string;
  /** what starts kicker, and what kickd */
  kicker: readonly string[];
  kickd: readonly string[];
  seed: number;
  points: number;
  onPoint(): void;
}

export interface KickerPointsResult {
  points: number;
  /** events that handlers said they have */
  events: number;
  kicks: number;
  /** external commands that Nagios was given */
  commands: number;
  /** how often two kickers wanted one ledger, from two PID namespaces */
  pairs: number;
  /** why the two were in one namespace; undefined: they were not */
  whyNotApart?: string;
  breaches: KickerBreach[];
}

/** So many points are judged at once: a kick may take several lives. */
const batch = 15;
/** How long a life lasts at most: through start, spool, ledger, request, run, verdict. */
const lifeMs = 900;
const restMs = 60_000;
const services = ['HTTP', 'SMTP', 'DNS', 'SSH'] as const;

/** Kills `kicker serve` at random instants under a load of events, and judges what ledger and hosts then know. */
export async function runKickerPoints(
  options: KickerPointsOptions,
): Promise<KickerPointsResult> {
  const { dir, kicker, kickd, seed, points, onPoint } = options;
  const site = await createKickerSite(dir, kicker, kickd);
  const monitor = createMonitor(site, createRandom(seed));
  const result: KickerPointsResult = {
    points: 0,
    events: 0,
    kicks: 0,
    commands: 0,
    pairs: 0,
    ...(site.whyNotApart === undefined
      ? {}
      : { whyNotApart: site.whyNotApart }),
    breaches: [],
  };
  try {
    while (result.points < points && result.breaches.length === 0) {
      const end = Math.min(points, result.points + batch);
      for (; result.points < end; result.points += 1) {
        const random = createRandom(seed * 1009 + result.points);
        const isPair = result.points % 3 === 2;
        await (isPair ? livePair : livePoint)(site, monitor, random);
        if (isPair) result.pairs += 1;
        onPoint();
      }
      await rest(site, monitor);
      const ledger = readLedger(site.ledgerFile);
      result.events = monitor.put.length;
      result.commands = site.commands().length;
      result.kicks = ledger.rows.filter(({ kind }) => kind === 'kick').length;
      result.breaches = judgeKicker(monitor.put, ledger, site);
    }
    return result;
  } finally {
    await site.close();
  }
}

interface Monitor {
  /** every event that a handler said it has */
  put: MonitorEvent[];
  /** the next change of some service: it breaks, becomes HARD, or is green again */
  next(): void;
  /** every service turns green */
  allGreen(): void;
}

function createMonitor(site: KickerSite, random: Random): Monitor {
  const put: MonitorEvent[] = [];
  const broken = new Map<string, MonitorEvent>();
  let problems = 0;
  const tell = (event: MonitorEvent): void => {
    if (!site.put(event)) throw new Error(`not put: ${JSON.stringify(event)}`);
    put.push(event);
  };
  const change = (host: string, service: string, mayBreak: boolean): void => {
    const key = `${host} ${service}`;
    const before = broken.get(key);
    if (before === undefined) {
      if (!mayBreak) return;
      problems += 1;
      const event: MonitorEvent = {
        host,
        service,
        problem: problems,
        state: 'CRITICAL',
        stateType: 'SOFT',
        attempt: 3,
      };
      broken.set(key, event);
      tell(event);
    } else if (mayBreak && before.stateType === 'SOFT') {
      const event: MonitorEvent = { ...before, stateType: 'HARD', attempt: 4 };
      broken.set(key, event);
      tell(event);
    } else {
      broken.delete(key);
      tell({ ...before, state: 'OK', stateType: 'HARD', attempt: 4 });
    }
  };
  return {
    put,
    next: () => change(random.pick(site.hosts), random.pick(services), true),
    allGreen: () => {
      for (const host of site.hosts) {
        for (const service of services) change(host, service, false);
      }
    },
  };
}

/** One life of kicker under load, and its death. */
async function livePoint(
  site: KickerSite,
  monitor: Monitor,
  random: Random,
): Promise<void> {
  const isEarly = random.chance(0.15);
  const killAfterMs = random.below(lifeMs);
  const serving = site.serve();
  const killed = (isEarly ? Promise.resolve(true) : serving.served)
    .then(() => sleep(killAfterMs))
    .then(() => serving.kill('SIGKILL'));
  // The first may come while nobody serves.
  for (let event = 2 + random.below(4); event > 0; event -= 1) {
    monitor.next();
    await sleep(random.below(lifeMs / 4));
  }
  await killed;
  const end = await serving.ended;
  if (end !== 'SIGKILL') {
    throw new Error(
      `kicker ended by itself (${String(end)}):\n${serving.said()}`,
    );
  }
}

/**
 * Two kickers that want one ledger, from two containers: each is killed at an instant of its own, so that now the one
 * and now the other is taken over.
 */
async function livePair(
  site: KickerSite,
  monitor: Monitor,
  random: Random,
): Promise<void> {
  const pair = random.chance(0.5)
    ? [site.serve(), site.serveApart()]
    : [site.serveApart(), site.serve()];
  const deaths = pair.map(async (serving) => {
    await sleep(random.below(2 * lifeMs));
    serving.kill('SIGKILL');
    const end = await serving.ended;
    if (end !== 'SIGKILL') {
      throw new Error(
        `kicker ended by itself (${String(end)}):\n${serving.said()}`,
      );
    }
  });
  for (let event = 2 + random.below(4); event > 0; event -= 1) {
    monitor.next();
    await sleep(random.below(lifeMs / 4));
  }
  await Promise.all(deaths);
}

/** A life without a death in its midst, with everything green: all comes to its end. */
async function rest(site: KickerSite, monitor: Monitor): Promise<void> {
  const serving = site.serve();
  if (!(await serving.served)) throw new Error(`no start:\n${serving.said()}`);
  monitor.allGreen();
  const untilMs = performance.now() + restMs;
  while (site.spooled() > 0 || !isAtRest(site.ledgerFile)) {
    if (performance.now() > untilMs) {
      throw new Error(`no rest:\n${serving.said().slice(-5000)}`);
    }
    await sleep(100);
  }
  serving.kill('SIGTERM');
  const end = await serving.ended;
  if (end !== 0)
    throw new Error(`ended with ${String(end)}:\n${serving.said()}`);
}
