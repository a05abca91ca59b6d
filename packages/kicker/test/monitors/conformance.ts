import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Kick, Run } from '@kickd/protocol';
import { endPages } from '../../src/kicks/end-pages.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import type { Deciding } from '../../src/kicks/deciding.ts';
import { handleEvent } from '../../src/kicks/handle-event.ts';
import { createKicks } from '../../src/kicks/kicks.ts';
import type { Event } from '../../src/events/event.ts';
import { openSpool } from '../../src/io/spool.ts';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { Entry, StoredEntry } from '../../src/ledger/entry.ts';
import type { Feedback, Place } from '../../src/outbox/action.ts';
import { createDispatcher } from '../../src/outbox/dispatcher.ts';
import type { AgentReply, Monitor, Transport } from '../../src/ports.ts';
import { contextOf } from '../../src/serve/event-context.ts';
import { serveLoop } from '../../src/serve/serve-loop.ts';
import { stillFresh } from '../../src/serve/still-fresh.ts';
import { quickRules } from '../serve/world.ts';

/** A real or recorded monitor behind an adapter, as the suite plays it. */
export interface MonitorStage {
  monitor: Monitor;
  /** its service HTTP of web1, broken for a minute and confirmed, in its own words */
  broken: Event;
  /** the same before it was confirmed, where it tells of that */
  checking?: Event;
  /** the next episode of the same service, where it tells one from the other */
  another?: Event;
  /** the arguments that it hands over for an event, as they lie in the spool */
  messageOf(event: Event): string[];
  /** absent: it hands over events, and can be neither asked nor told */
  door?: MonitorDoor;
  close(): void | Promise<void>;
}

/** What a monitor that is asked and told does behind its adapter. */
interface MonitorDoor {
  /** what its own data say from now on; undefined: they are gone */
  setStatus(event: Event | undefined): void | Promise<void>;
  /** whether it can be told anything now */
  setUp(isUp: boolean): void;
  /** what it was told so far */
  told(): {
    feedback: Feedback['kind'];
    place: Place;
    text?: string;
    /** of a hold: its end */
    untilMs?: number;
  }[];
  /** it has no acknowledgements of a person */
  isWithoutAcknowledgement?: boolean;
  /** a hold ends when SOFT becomes HARD */
  forgetsHold?: boolean;
  /** how often it hears of what it is told twice, where that is not twice */
  heard?: Partial<Record<Feedback['kind'], 0 | 1>>;
  /** what is done without a word about a service that it does not have */
  silentAboutUnknown?: ReadonlySet<Feedback['kind']>;
}

/** What a test of the suite has at hand. */
type Site = ReturnType<typeof createSite>;

/**
 * What every monitor's adapter has to hold, whatever the monitor: duplicate, late, reordered and lost events, feedback
 * twice, the monitor restarting, the monitor down.
 * @param createStage with the name that the instance has in kicker.yaml
 */
export function conform(
  t: Test,
  kind: string,
  createStage: (t: Test, name: string) => MonitorStage | Promise<MonitorStage>,
): void {
  const name = 'dc2';
  const it = (what: string, test: (t: Test, site: Site) => unknown): void => {
    void t.test(`${kind}: ${what}`, async (t) => {
      const site = createSite(t, await createStage(t, name));
      await test(t, site);
    });
  };
  /** of a monitor that can be asked and told */
  const itWithDoor = (
    what: string,
    test: (t: Test, site: Site & { door: MonitorDoor }) => unknown,
  ): void => {
    it(what, async (t, site) => {
      const { door } = site.stage;
      if (door !== undefined) await test(t, { ...site, door });
    });
  };

  it('an event is read as what the monitor said, under its own name', (t, {
    stage,
    broken,
  }) => {
    for (const event of [broken, stage.checking, stage.another]) {
      if (event === undefined) continue;
      const read = stage.monitor.read(messageOf(stage, event));
      t.match(read, [
        {
          kind: 'event',
          seen: {
            event: {
              ...event,
              ...(event.since === undefined ? {} : { since: String }),
            },
            remarks: [],
          },
        },
      ]);
      t.equal(read.length, 1);
    }
    t.equal(stage.monitor.name, name);
  });

  it('what says nothing is a fault, never an exception', (t, { stage }) => {
    for (const args of [[], [''], ['--'], ['{'], ['\u0000'], ['--host=x']]) {
      const [read] = stage.monitor.read({
        name: 'x',
        monitor: name,
        args,
        at: new Date(),
      });
      t.equal(read?.kind, 'refused', JSON.stringify(args));
      if (read?.kind === 'refused') {
        t.ok(
          read.faults.length > 0 &&
            read.faults.every(({ code, remedy }) => code && remedy),
        );
      }
    }
  });

  it('twice, late and in the wrong order: one kick', async (t, {
    play,
    put,
    stage,
    broken,
  }) => {
    const site = await play(() => {
      put(broken);
      put(broken);
      if (stage.checking !== undefined) put(stage.checking);
      put(broken, 3);
    });
    t.equal(site.kicks.length, 1);
    t.equal(site.kicks[0]?.because?.monitor, name);
  });

  it('a recovery that it tells of ends the problem', async (t, {
    play,
    put,
    broken,
    green,
  }) => {
    const site = await play(
      () => put(broken),
      () => put(green),
      1,
    );
    t.equal(site.kicks.length, 1);
    t.strictSame(site.verdicts(), ['healed']);
  });

  itWithDoor(
    'a recovery that was lost is seen in its own data',
    async (t, { play, put, door, broken, green }) => {
      const site = await play(
        async () => {
          put(broken);
          await door.setStatus(broken);
        },
        () => door.setStatus(green),
        1,
      );
      t.equal(site.kicks.length, 1);
      t.strictSame(site.verdicts(), ['healed']);
    },
  );

  itWithDoor(
    'an event that lay there while nobody served, and whose problem lasts, is as good as new',
    async (t, { play, put, door, broken }) => {
      await door.setStatus(broken);
      const site = await play(() => put(broken, 600));
      t.equal(site.kicks.length, 1);
    },
  );

  itWithDoor(
    'an event that lay there and whose problem is over is not kicked',
    async (t, { play, put, door, broken, green }) => {
      await door.setStatus(broken);
      await door.setStatus(green);
      const site = await play(() => put(broken, 600));
      t.equal(site.kicks.length, 0);
    },
  );

  it('an event that lay there and of which nothing more is known is not kicked', async (t, {
    play,
    put,
    broken,
  }) => {
    const site = await play(() => put(broken, 600));
    t.equal(site.kicks.length, 0);
  });

  itWithDoor(
    'it restarts and its data are gone for a while: the event counts',
    async (t, { play, put, door, broken }) => {
      await door.setStatus(undefined);
      const site = await play(() => put(broken));
      t.equal(site.kicks.length, 1);
    },
  );

  it('every feedback that it can be told arrives, twice as well as once', async (t, {
    stage: { monitor, door },
    broken,
  }) => {
    const { host, service = '' } = broken;
    const place = { host, service };
    if (door === undefined) {
      t.equal(monitor.can.size, 0);
      for (const feedback of everyFeedback()) {
        t.match(await monitor.tell(feedback, place, never), {
          kind: 'failed',
          isFinal: true,
          fault: { code: String, remedy: String },
        });
      }
      return;
    }
    await door.setStatus(broken);
    const can = everyFeedback().filter(({ kind }) => monitor.can.has(kind));
    for (const feedback of can.flatMap((one) => [one, one])) {
      t.strictSame(await monitor.tell(feedback, place, never), {
        kind: 'done',
      });
    }
    const wanted = can.flatMap(({ kind }) =>
      Array.from<Feedback['kind']>({ length: door.heard?.[kind] ?? 2 }).fill(
        kind,
      ),
    );
    await seen(() => door.told().length >= wanted.length);
    t.strictSame(
      door.told().map(({ feedback }) => feedback),
      wanted,
    );
    t.ok(door.told().every((told) => told.place.host === host));
    const hold = can.find(({ kind }) => kind === 'hold');
    if (hold?.kind !== 'hold') return;
    for (const { feedback, untilMs } of door.told()) {
      if (feedback !== 'hold') continue;
      const later = Number(untilMs) - Date.parse(hold.until);
      t.ok(later >= 0 && later < 1000, `no page before its end: ${later} ms`);
    }
  });

  itWithDoor(
    'a hold is told again when the problem was confirmed',
    async (t, { door, stage: { monitor }, broken }) => {
      if (!monitor.can.has('hold')) return;
      await door.setStatus(broken);
      const { host, service = '' } = broken;
      const hold = everyFeedback().find(({ kind }) => kind === 'hold');
      if (hold?.kind !== 'hold') throw new Error('no hold');
      const told = await monitor.tell(
        { ...hold, isAgain: true },
        { host, service },
        never,
      );
      t.strictSame(told, { kind: 'done' });
      await seen(() => door.forgetsHold !== true || door.told().length === 1);
      t.strictSame(
        door.told().map(({ feedback }) => feedback),
        door.forgetsHold === true ? ['hold'] : [],
        'where it has kept the hold there is nothing to tell',
      );
    },
  );

  itWithDoor(
    'it is down: a fault that passes, and what it is to be told waits',
    async (t, { play, put, door, stage, broken }) => {
      const { monitor } = stage;
      const heard = everyFeedback().find(
        ({ kind }) => monitor.can.has(kind) && door.heard?.[kind] !== 0,
      );
      if (heard === undefined) throw new Error('it hears nothing');
      await door.setStatus(broken);
      monitor.read(messageOf(stage, broken));
      door.setUp(false);
      const { host, service = '', problem } = broken;
      const place = { host, service, ...(problem && { problem }) };
      t.match(await monitor.tell(heard, place, never), {
        kind: 'failed',
        isFinal: false,
        fault: { code: String, remedy: String },
      });
      const site = await play(
        () => put(broken),
        () => door.setUp(true),
      );
      t.equal(site.kicks.length, 1);
      await seen(() =>
        door.told().some(({ feedback }) => feedback === heard.kind),
      );
    },
  );

  itWithDoor(
    'a name that it cannot be told is a fault for good, and breaks nothing out',
    async (t, { door, stage: { monitor } }) => {
      for (const feedback of everyFeedback()) {
        const { kind } = feedback;
        if (!monitor.can.has(kind)) continue;
        for (const service of ['a\nb', '']) {
          const told = await monitor.tell(
            feedback,
            { host: 'web1', service },
            never,
          );
          if (door.silentAboutUnknown?.has(kind) === true) {
            t.strictSame(told, { kind: 'done' }, kind);
          } else t.match(told, { kind: 'failed', isFinal: true }, kind);
        }
      }
      t.strictSame(door.told(), []);
    },
  );

  it('its data and its own end are asked without waiting', async (t, {
    stage: { monitor, door, another },
    broken,
    green,
  }) => {
    const { problem } = broken;
    const facts = monitor.facts({
      event: broken,
      groups: ['web'],
      remarks: [],
    });
    t.ok(Array.isArray(facts.groups));
    t.strictSame(monitor.refresh(broken, 0), { kind: 'not-known' });
    t.strictSame(monitor.see(broken), { kind: 'not-known' });
    if (door === undefined) return;
    const hasAcknowledgement = door.isWithoutAcknowledgement !== true;
    await door.setStatus({
      ...broken,
      ...(hasAcknowledgement ? { acknowledgedBy: 'ada' } : {}),
      inDowntime: true,
    });
    t.match(monitor.refresh(broken, 0), {
      kind: 'lasts',
      event: {
        inDowntime: true,
        problem,
        ...(hasAcknowledgement ? { acknowledgedBy: 'ada' } : {}),
      },
    });
    t.match(monitor.see(broken), { kind: 'seen', isGreen: false });
    if (hasAcknowledgement) {
      await door.setStatus({ ...broken, acknowledgedBy: 'kicker' });
      const own = monitor.refresh(broken, 0);
      t.equal(
        own.kind === 'lasts' ? own.event.acknowledgedBy : 'none',
        undefined,
        'its own acknowledgement is nobody’s',
      );
    }
    if (another !== undefined) {
      await door.setStatus(another);
      t.strictSame(
        monitor.refresh(broken, 0),
        { kind: 'not-known' },
        'another episode',
      );
      t.match(monitor.see(broken), { kind: 'seen', isGreen: false });
      await door.setStatus(broken);
    }
    await door.setStatus(green);
    t.match(monitor.refresh(broken, 0), {
      kind: 'over',
      event: { state: 'OK' },
    });
    t.match(monitor.see(broken), { kind: 'seen', isGreen: true });
    await door.setStatus(undefined);
    t.strictSame(monitor.refresh(broken, 0), { kind: 'not-known' });
    t.strictSame(monitor.see(broken), { kind: 'not-known' });
  });

  it('it runs until it is told to stop, and looks at itself', async (t, {
    stage,
  }) => {
    const end = new AbortController();
    const running = stage.monitor.run({ put: () => {} }, end.signal);
    end.abort();
    await running;
    await stage.monitor.run({ put: () => {} }, AbortSignal.abort());
    const steps = [];
    for await (const step of stage.monitor.check(never)) steps.push(step);
    t.ok(steps.length > 0);
    t.ok(steps.every(({ step, text }) => step && text));
  });
}

const never = new AbortController().signal;

/** One of each kind. */
function everyFeedback(): Feedback[] {
  return [
    { kind: 'recheck' },
    { kind: 'comment', text: 'healed; run 1' },
    { kind: 'acknowledge', text: 'healing' },
    { kind: 'unacknowledge' },
    {
      kind: 'hold',
      until: new Date(wholeSecond() + 60_700).toISOString(),
      text: 'healing',
    },
    { kind: 'release' },
    { kind: 'result', state: 'CRITICAL', text: 'a person is needed' },
  ];
}

/** The second that has begun, milliseconds. */
function wholeSecond(): number {
  return Math.floor(Date.now() / 1000) * 1000;
}

/** What the event handlers of Nagios and Icinga 2 say alike of an event. */
export function handlerArguments(event: Event): string[] {
  return [
    `--host=${event.host}`,
    `--service=${event.service ?? ''}`,
    `--state=${event.state}`,
    `--state-type=${event.stateType}`,
    `--attempt=${String(event.attempt)}`,
    `--max-attempts=${String(event.maxAttempts ?? 4)}`,
    `--host-state=${event.hostState ?? 'UP'}`,
  ];
}

/** A service that is broken, for monitors that tell of attempts. @param monitor its name */
export function brokenService(monitor: string): Event {
  const minuteAgo = wholeSecond() - 60_000;
  return {
    monitor,
    host: 'web1',
    service: 'HTTP',
    state: 'CRITICAL',
    stateType: 'HARD',
    attempt: 4,
    maxAttempts: 4,
    problem: '7',
    since: new Date(minuteAgo).toISOString(),
    inDowntime: false,
    hostState: 'UP',
  };
}

function messageOf(stage: MonitorStage, event: Event) {
  return {
    name: randomUUID(),
    monitor: event.monitor,
    args: stage.messageOf(event),
    at: new Date(),
  };
}

/** Looks until it is so; a monitor tells no event for it. */
async function seen(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** A kicker around one monitor: a real ledger and spool, hosts that accept and end each kick at once. */
function createSite(t: Test, stage: MonitorStage) {
  const dir = mkdtempSync(join(tmpdir(), 'kicker-'));
  const clock = {
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    moment: () => ({
      boot: 'b',
      monotonicMs: performance.now(),
      wallMs: Date.now(),
    }),
  };
  const ledger = openLedger(join(dir, 'ledger.sqlite'), clock);
  const spool = openSpool(join(dir, 'spool'), process.getuid?.() ?? 0);
  t.teardown(async () => {
    ledger.close();
    await stage.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const kicks: Kick[] = [];
  const { monitor, broken, door } = stage;
  // One that cannot be told in words is told by a hold.
  const rules: RuleSet = {
    ...quickRules,
    rules: quickRules.rules.map((rule) => ({
      ...rule,
      tell: {
        ...rule.tell,
        holdSeconds: monitor.can.has('comment') ? 0 : 60,
      },
    })),
  };

  return {
    stage,
    broken,
    green: { ...broken, state: 'OK' } satisfies Event,
    /** @param ageSeconds how long it lies there already */
    put: (event: Event, ageSeconds = 0): void => {
      const path = join(spool.directory, 'new', randomUUID());
      const fields = [
        'kicker-event-1',
        event.monitor,
        ...stage.messageOf(event),
        '.',
      ];
      writeFileSync(path, fields.map((field) => `${field}\0`).join(''));
      const at = Date.now() / 1000 - ageSeconds;
      utimesSync(path, at, at);
    },
    /**
     * Serves until each event is decided, each kick has its outcome, and everything told.
     * @param change what happens when everything is decided and each kick has its outcome
     * @param awaitedVerdicts how many verdicts to wait for after the change
     */
    play: async (
      before: () => void | Promise<void>,
      change: () => void | Promise<void> = () => {},
      awaitedVerdicts = 0,
    ) => {
      await before();
      const end = new AbortController();
      const timing = {
        clock,
        random: () => 0,
        pause: (_ms: number, signal: AbortSignal): Promise<void> =>
          new Promise((resolve) => {
            if (signal.aborted) resolve();
            else setTimeout(resolve, 5);
          }),
      };
      const runOf = (kick: string, state: Run['state']): AgentReply<Run> => ({
        kind: 'accepted',
        status: 200,
        body: {
          run: kick,
          certname: 'web1',
          cm: 'puppet-agent',
          state,
          noop: false,
          kicks: [],
          queuedAt: '2026-03-01T00:00:00Z',
          ...(state === 'ended'
            ? { outcome: { kind: 'corrected', corrected: [], failed: [] } }
            : {}),
        },
      });
      const transport: Transport = {
        submit: async (_target, kick) => {
          kicks.push(kick);
          return runOf(kick.kick, 'running');
        },
        follow: async (_target, run) => runOf(run, 'ended'),
      };
      const can = (name: string, kind: Feedback['kind']): boolean =>
        name === monitor.name && monitor.can.has(kind);
      const deciding: Deciding = {
        ledger,
        rules,
        ways: { can },
        forSeconds: 600,
        policySeconds: 300,
        now: clock.moment,
        random: () => new Uint8Array(10),
      };
      const dispatcher = createDispatcher({
        outbox: ledger,
        perform: (action, signal) =>
          action.to === 'monitor'
            ? monitor.tell(action.feedback, action.place, signal)
            : Promise.resolve({ kind: 'done' }),
        timing,
        onFailed: () => {},
        onTrouble: (error) => {
          throw error;
        },
      });
      const find = (host: string) =>
        ({
          kind: 'target',
          target: { name: host, certname: host, address: host, port: 1 },
        }) as const;
      const driven = createKicks(
        ledger,
        () => ({
          transport,
          timing,
          limiter: (work) => work(),
          followMs: 60_000,
          telling: () => ({ rules, now: clock.moment(), can }),
          watch: (event) => monitor.see(event),
          canRecheck: () => monitor.can.has('recheck'),
        }),
        { log: () => {}, onChange: () => {} },
        end.signal,
      );
      let isDecided = false;
      const loop = serveLoop(
        {
          ledger,
          lease: {
            holder: 'x',
            epoch: 1,
            isHeld: () => true,
            release: () => {},
          },
          spool,
          timing,
          log: (event) => {
            if (event === 'decided') isDecided = true;
          },
          kicks: driven,
          dispatcher,
          heartbeat: { beat: () => {}, withdraw: () => {} },
          callForSetAside: () => false,
          writeMetrics: () => Promise.resolve(),
          read: (message) => {
            const seen = monitor
              .read(message)
              .flatMap((part) => (part.kind === 'event' ? [part.seen] : []));
            return {
              contexts: seen.map((one) => {
                const event = stillFresh(
                  one.event,
                  monitor,
                  message.at,
                  clock.now(),
                );
                return contextOf({ ...one, event }, monitor, find).context;
              }),
            };
          },
          refresh: async (record) => {
            const refreshed = monitor.refresh(
              record.event,
              record.since.wallMs,
            );
            const event =
              refreshed.kind === 'not-known' ? record.event : refreshed.event;
            return contextOf({ event, groups: [], remarks: [] }, monitor, find)
              .context;
          },
          handle: (context) => handleEvent(context, deciding),
          endPages: () => endPages(deciding),
          retention: () => ({ days: 400, entries: 1_000_000 }),
          concurrency: () => 100,
        },
        (ms) => timing.pause(ms, end.signal),
        end.signal,
      );
      const entriesOf = (kind: Entry['kind']): StoredEntry[] =>
        ledger.history({ kinds: [kind] }, Number.MAX_SAFE_INTEGER, 10);
      const verdicts = (): string[] =>
        entriesOf('verdict').flatMap(({ entry }) =>
          entry.kind === 'verdict' ? [entry.body.verdict] : [],
        );
      await seen(() => isDecided && spool.isEmpty());
      await seen(
        () => entriesOf('outcome').length === entriesOf('kick').length,
      );
      await change();
      await seen(() => verdicts().length >= awaitedVerdicts);
      await seen(() => door === undefined || ledger.countActions() === 0);
      end.abort();
      await loop;
      return { kicks, verdicts };
    },
  };
}
