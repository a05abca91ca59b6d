import { backoffMs } from '../../decide/backoff.ts';
import type {
  ApiReply,
  ApiRequest,
  Monitor,
  MonitorApi,
  Timing,
} from '../../ports.ts';
import { isObject } from '../payload.ts';
import type { Change, Changes } from './changes.ts';
import { messageOf } from './message.ts';
import { parseNews, type News } from './news.ts';
import {
  isServiceKey,
  keyOf,
  numberOf,
  parseResults,
  seenHostOf,
  seenStateOf,
  type FoundObject,
  type SeenHost,
  type SeenState,
} from './objects.ts';
import {
  askAcknowledgements,
  askApplication,
  askHosts,
  askNamed,
  askProblems,
  askThose,
  followEvents,
  type Checked,
} from './requests.ts';
import type { Snapshot } from './snapshot.ts';

type Sink = Parameters<Monitor['run']>[0];

export interface FollowWorld extends Pick<Timing, 'pause' | 'random'> {
  api: Pick<MonitorApi, 'ask' | 'stream'>;
  nowMs: () => number;
  snapshot: Snapshot;
  changes: Changes;
  /** something fails, in words; undefined: it works again */
  onTrouble(what: 'stream' | 'data' | 'spool', why: string | undefined): void;
  /** now and then, while the API answers */
  onTick(signal: AbortSignal): Promise<void>;
}

/** How often all is asked for: a downtime can end, and an event be lost, without a word. */
const syncMs = 30 * 1000;
/** A stream that is so much later than it was is read too slowly, and Icinga keeps all that was not read. */
const behindMostMs = 60 * 1000;
/** The stream is some seconds late; a change that it has not told of after so long it never tells. */
const lateMostMs = 30 * 1000;
/** So many objects in one question. */
const atOnce = 100;
/** So many messages are put, each of them on disk, before others have their turn. */
const putsAtOnce = 20;

/**
 * Follows an Icinga until `signal` aborts. The stream says that something changed, the API what it is now, and one
 * question about all, now and then, what nobody told. Each change that was not put before goes into the spool.
 */
export async function followIcinga(
  sink: Sink,
  world: FollowWorld,
  signal: AbortSignal,
): Promise<void> {
  const { snapshot, changes, nowMs } = world;
  snapshot.begin(nowMs());
  // Also where the stream never opens.
  changes.addAll();
  const link = createLink();
  await Promise.all([
    followStream(world, link, signal),
    workOff(sink, world, link, signal),
    tick(world, link, signal),
  ]);
}

/** What the three that follow say to one another. */
interface Link {
  /** resolves when the stream is open, or will not open at once */
  started: Promise<void>;
  start(): void;
  /** Ends the stream: another one is opened. */
  cut(): void;
  onCut(cut: () => void): void;
  /** how often all was asked for since the stream is open */
  syncs: number;
  ticks: number;
  /** when Icinga started, as it said last */
  programStart: number | undefined;
  /** what the stream told while all was asked for: the answer may be from before */
  meanwhile: News[] | undefined;
}

function createLink(): Link {
  let cut = (): void => {};
  let start = (): void => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  return {
    started,
    start,
    cut: () => cut(),
    onCut: (to) => {
      cut = to;
    },
    syncs: 0,
    ticks: 0,
    programStart: undefined,
    meanwhile: undefined,
  };
}

async function tick(
  { pause, changes }: FollowWorld,
  link: Link,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(syncMs, signal);
    link.ticks += 1;
    changes.addAll();
  }
}

async function followStream(
  world: FollowWorld,
  link: Link,
  signal: AbortSignal,
): Promise<void> {
  const { snapshot, changes, nowMs } = world;
  let failures = 0;
  while (!signal.aborted) {
    const end = new AbortController();
    link.onCut(() => end.abort());
    const before = link.ticks;
    let isOpen = false;
    let hasTold = false;
    let leastLateMs = Number.POSITIVE_INFINITY;
    const fault = await world.api.stream(
      followEvents,
      () => {
        isOpen = true;
        link.syncs = 0;
        snapshot.streamIs(true, nowMs());
        world.onTrouble('stream', undefined);
        // What happened before it was open nobody tells.
        changes.addAll();
        link.start();
      },
      (line) => {
        const found = parseNews(line);
        if (found === undefined) return;
        hasTold = true;
        take(found.news, found.atMs, world);
        link.meanwhile?.push(found.news);
        const lateMs = nowMs() - found.atMs;
        leastLateMs = Math.min(leastLateMs, lateMs);
        if (lateMs > leastLateMs + behindMostMs) end.abort();
      },
      AbortSignal.any([signal, end.signal]),
    );
    if (signal.aborted) break;
    snapshot.streamIs(false, nowMs());
    if (fault !== undefined) world.onTrouble('stream', fault.message);
    const hasLasted = isOpen && (hasTold || link.ticks > before);
    failures = hasLasted ? 1 : failures + 1;
    link.start();
    await world.pause(backoffMs(failures, world.random()), signal);
  }
  link.start();
}

/** What the stream says of itself is kept at once; what it lacks is asked for. */
function take(
  news: News,
  atMs: number,
  { snapshot, changes }: Pick<FollowWorld, 'snapshot' | 'changes'>,
): void {
  const { key } = news;
  switch (news.kind) {
    case 'changed': {
      const known = snapshot.state(key);
      // The first check of what is well, and each further one, calls for nothing.
      if (news.isWell && news.wasWell && known?.isProblem !== true) return;
      changes.add(key, { atMs, wasWell: news.wasWell });
      return;
    }
    case 'acknowledged':
      snapshot.setAuthor(key, news.author);
      return;
    case 'unacknowledged':
      snapshot.endAcknowledgement(key);
      return;
    case 'look':
      changes.add(key, { atMs: undefined, wasWell: true });
      return;
  }
}

async function workOff(
  sink: Sink,
  world: FollowWorld,
  link: Link,
  signal: AbortSignal,
): Promise<void> {
  const { changes } = world;
  /** object → what was put last of it */
  const said = new Map<string, string>();
  const site = { sink, world, said, signal };
  let failures = 0;
  // Subscribed first: what changes while it is asked for is told.
  await link.started;
  while (!signal.aborted) {
    await changes.wait(signal);
    if (signal.aborted) return;
    const taken = changes.take(atOnce);
    const isDone =
      taken.kind === 'all'
        ? await syncAll(site, link)
        : await lookAt(taken.keys, site);
    if (signal.aborted) return;
    if (isDone) {
      failures = 0;
      if (taken.kind === 'all') await world.onTick(signal);
      continue;
    }
    failures += 1;
    // A question about all finds whatever this one would have.
    await world.pause(backoffMs(failures, world.random()), signal);
    changes.addAll();
  }
}

interface Site {
  sink: Sink;
  world: FollowWorld;
  said: Map<string, string>;
  signal: AbortSignal;
}

/** Some objects, by their names. @returns whether all of it is done */
async function lookAt(
  keys: ReadonlyMap<string, Change>,
  site: Site,
): Promise<boolean> {
  const { world, said } = site;
  const { snapshot, nowMs } = world;
  for (const kind of ['services', 'hosts'] as const) {
    const names = [...keys.keys()].filter(
      (key) => isServiceKey(key) === (kind === 'services'),
    );
    if (names.length === 0) continue;
    const askedMs = nowMs();
    const found = await findNamed(kind, names, site);
    if (found === undefined) return false;
    const gone = new Set(names);
    const news: Put[] = [];
    for (const one of found) {
      const state = keep(one, askedMs, snapshot, kind);
      if (state === undefined) continue;
      const key = keyOf(state.host, state.service);
      gone.delete(key);
      const change = keys.get(key);
      const wasSaid = said.has(key);
      const isNews = state.isProblem || change?.wasWell === false || wasSaid;
      if (isNews && (change?.atMs !== undefined || wasSaid)) {
        news.push({ key, one, state, atMs: change?.atMs ?? askedMs });
      }
    }
    for (const key of gone) {
      snapshot.forget(key);
      said.delete(key);
    }
    if (!(await putAll(news, site))) return false;
  }
  return true;
}

/** All problems and all hosts. @returns whether all of it is done */
async function syncAll(site: Site, link: Link): Promise<boolean> {
  const { world, signal, said } = site;
  const { snapshot, nowMs } = world;
  const askedMs = nowMs();
  if (!(await isStarted(site, link))) return false;
  const meanwhile: News[] = [];
  link.meanwhile = meanwhile;
  const problems = await objectsOf(askProblems(), site);
  if (problems === undefined) return false;
  const hosts = await objectsOf(askHosts(), site);
  if (hosts === undefined) return false;
  const authors = await objectsOf(askAcknowledgements(), site);
  if (authors === undefined) return false;
  world.onTrouble('data', undefined);

  snapshot.setAuthors(
    new Map(
      authors.map(({ attrs }) => [
        keyOf(textOf(attrs['host_name']), textOf(attrs['service_name'])),
        textOf(attrs['author']),
      ]),
    ),
  );
  const seenHosts = new Map<string, SeenHost>();
  const sick = new Set<string>();
  const changed = new Map<string, Change>();
  for (const { attrs } of hosts) {
    const found = seenHostOf(attrs);
    if (found === undefined) continue;
    seenHosts.set(found.name, found.host);
    const state = seenStateOf({ attrs }, askedMs);
    if (state?.isProblem !== true) continue;
    sick.add(found.name);
    snapshot.setState(state);
    if (said.get(found.name) !== wordsOf(state)) {
      changed.set(found.name, { atMs: askedMs, wasWell: false });
    }
  }
  snapshot.setHosts(seenHosts);

  const news: Put[] = [];
  for (const one of problems) {
    const state = seenStateOf(one, askedMs);
    if (state === undefined) continue;
    const key = keyOf(state.host, state.service);
    sick.add(key);
    snapshot.setState(state);
    if (said.get(key) !== wordsOf(state)) {
      news.push({ key, one, state, atMs: askedMs });
    }
  }
  // What was a problem and is none any more: over, or gone.
  for (const [key, state] of snapshot.states()) {
    if (state.isProblem && !sick.has(key)) {
      changed.set(key, { atMs: askedMs, wasWell: false });
    }
  }
  snapshot.synced(askedMs);
  link.meanwhile = undefined;
  for (const one of meanwhile) {
    // Changes of state are to be asked for already.
    if (one.kind !== 'changed') take(one, askedMs, world);
  }
  for (const key of said.keys()) {
    if (snapshot.state(key) === undefined) said.delete(key);
  }
  const isOld = ({ state }: Put): boolean =>
    state.changedMs < askedMs - lateMostMs;
  const isSilent = link.syncs > 0 && news.some(isOld);
  link.syncs += 1;
  if (!(await putAll(news, site))) return false;
  const keys = [...changed];
  for (let at = 0; at < keys.length && !signal.aborted; at += atOnce) {
    if (!(await lookAt(new Map(keys.slice(at, at + atOnce)), site)))
      return false;
  }
  // Open, and yet it told nothing of it.
  if (isSilent) link.cut();
  return true;
}

/** Whether Icinga has begun: until then it knows only some of its objects. A new beginning needs a new stream. */
async function isStarted(site: Site, link: Link): Promise<boolean> {
  const { world, signal } = site;
  const reply = await world.api.ask(askApplication, signal);
  // Without the right to ask so, the questions themselves say whether it lives.
  const why =
    reply.kind === 'failed'
      ? reply.fault.message
      : reply.status >= 500
        ? `${askApplication.path} is answered with ${String(reply.status)}`
        : undefined;
  if (reply.kind === 'failed' || why !== undefined) {
    world.onTrouble('data', why);
    link.cut();
    return false;
  }
  const startedAt = programStart(reply.value);
  if (startedAt === undefined) return true;
  if (startedAt === 0) return false;
  const isAnother =
    link.programStart !== undefined && link.programStart !== startedAt;
  link.programStart = startedAt;
  if (isAnother && link.syncs > 0) link.cut();
  return true;
}

/** When Icinga started, epoch seconds; 0: it is about to; undefined: it does not say. */
export function programStart(value: unknown): number | undefined {
  const results = isObject(value) ? value['results'] : undefined;
  if (!Array.isArray(results)) return undefined;
  for (const one of results as unknown[]) {
    const status = isObject(one) ? one['status'] : undefined;
    const part = isObject(status) ? status['icingaapplication'] : undefined;
    const app = isObject(part) ? part['app'] : undefined;
    if (isObject(app)) return numberOf(app['program_start']);
  }
  return undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The objects of these names that are there; undefined: it could not be asked. */
async function findNamed(
  kind: Checked,
  names: readonly string[],
  site: Site,
): Promise<FoundObject[] | undefined> {
  const reply = await site.world.api.ask(askNamed(kind, names), site.signal);
  if (reply.kind === 'reply' && reply.status === 404) {
    return objectsOf(askThose(kind, names), site);
  }
  return readObjects(reply, askNamed(kind, names), site);
}

async function objectsOf(
  request: ApiRequest,
  site: Site,
): Promise<FoundObject[] | undefined> {
  return readObjects(
    await site.world.api.ask(request, site.signal),
    request,
    site,
  );
}

function readObjects(
  reply: ApiReply,
  { path }: ApiRequest,
  { world }: Site,
): FoundObject[] | undefined {
  if (reply.kind === 'failed') {
    world.onTrouble('data', reply.fault.message);
    return undefined;
  }
  const found = parseResults(reply.value);
  if (reply.status !== 200 || found === undefined) {
    world.onTrouble('data', `${path} is answered with ${String(reply.status)}`);
    return undefined;
  }
  return found;
}

/** Into the snapshot, with its host. */
function keep(
  one: FoundObject,
  askedMs: number,
  snapshot: Snapshot,
  kind: Checked,
): SeenState | undefined {
  const host = seenHostOf(kind === 'services' ? one.joins['host'] : one.attrs);
  if (host !== undefined) snapshot.setHost(host.name, host.host);
  const state = seenStateOf(one, askedMs);
  if (state !== undefined) snapshot.setState(state);
  return state;
}

interface Put {
  key: string;
  one: FoundObject;
  state: SeenState;
  atMs: number;
}

/** @returns whether all of it is on disk; what is not is put again */
async function putAll(
  news: readonly Put[],
  { sink, world, said, signal }: Site,
): Promise<boolean> {
  let count = 0;
  for (const { key, one, state, atMs } of news) {
    const words = wordsOf(state);
    if (said.get(key) === words) continue;
    try {
      sink.put(messageOf(one, atMs));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      world.onTrouble('spool', why);
      return false;
    }
    said.set(key, words);
    count += 1;
    if (count % putsAtOnce === 0) await world.pause(0, signal);
    if (signal.aborted) return false;
  }
  if (news.length > 0) world.onTrouble('spool', undefined);
  return true;
}

/** What makes two states the same news. */
function wordsOf(state: SeenState): string {
  const { state: value, isHard, attempt, lastWellSeconds, isProblem } = state;
  if (!isProblem) return 'well';
  return [value, isHard, attempt, lastWellSeconds].join(' ');
}
