import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Kick, Run } from '@kickd/protocol';
import { endPages } from '../../src/kicks/end-pages.ts';
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
  /** the arguments that it hands over for an event, as they lie in the spool */
  messageOf(event: Event): string[];
  /** what its own data say from now on; undefined: they are gone */
  setStatus(event: Event | undefined): void | Promise<void>;
  /** whether it can be told anything now */
  setUp(isUp: boolean): void;
  /** what it was told so far */
  told(): { feedback: Feedback['kind']; place: Place; text?: string }[];
  close(): void | Promise<void>;
}

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
  const now = Date.now();
  const broken: Event = {
    monitor: name,
    host: 'web1',
    service: 'HTTP',
    state: 'CRITICAL',
    stateType: 'HARD',
    attempt: 4,
    maxAttempts: 4,
    problem: '7',
    since: new Date(Math.floor(now / 1000) * 1000 - 60_000).toISOString(),
    inDowntime: false,
    hostState: 'UP',
  };
  const green: Event = { ...broken, state: 'OK' };
  const it = (
    what: string,
    test: (t: Test, site: Awaited<ReturnType<typeof createSite>>) => unknown,
  ): void => {
    void t.test(`${kind}: ${what}`, async (t) => {
      const site = await createSite(t, await createStage(t, name));
      await test(t, site);
    });
  };

  it('an event is read as what the monitor said, under its own name', (t, {
    stage,
  }) => {
    const read = stage.monitor.read(messageOf(stage, broken));
    t.match(read, [
      {
        kind: 'event',
        seen: { event: { ...broken, since: String }, remarks: [] },
      },
    ]);
    t.equal(read.length, 1);
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
  }) => {
    const site = await play(() => {
      put(broken);
      put(broken);
      put({ ...broken, stateType: 'SOFT', attempt: 3 });
      put(broken, 3);
    });
    t.equal(site.kicks.length, 1);
    t.equal(site.kicks[0]?.because?.monitor, name);
  });

  it('a recovery that was lost is seen in its own data', async (t, {
    play,
    put,
    stage,
  }) => {
    const site = await play(
      async () => {
        put(broken);
        await stage.setStatus(broken);
      },
      () => stage.setStatus(green),
      1,
    );
    t.equal(site.kicks.length, 1);
    t.strictSame(site.verdicts(), ['healed']);
  });

  it('an event that lay there while nobody served, and whose problem lasts, is as good as new', async (t, {
    play,
    put,
    stage,
  }) => {
    await stage.setStatus(broken);
    const site = await play(() => put(broken, 600));
    t.equal(site.kicks.length, 1);
  });

  it('an event that lay there and whose problem is over is not kicked', async (t, {
    play,
    put,
    stage,
  }) => {
    await stage.setStatus(green);
    const site = await play(() => put(broken, 600));
    t.equal(site.kicks.length, 0);
  });

  it('it restarts and its data are gone for a while: the event counts', async (t, {
    play,
    put,
    stage,
  }) => {
    await stage.setStatus(undefined);
    const site = await play(() => put(broken));
    t.equal(site.kicks.length, 1);
  });

  it('every feedback that it can be told arrives, twice as well as once', async (t, {
    stage,
  }) => {
    const { monitor } = stage;
    const place = { host: 'web1', service: 'HTTP' };
    const all: Feedback[] = [
      { kind: 'recheck' },
      { kind: 'comment', text: 'healed; run 1' },
      { kind: 'acknowledge', text: 'healing' },
      { kind: 'unacknowledge' },
      {
        kind: 'hold',
        until: new Date(Date.now() + 60_000).toISOString(),
        text: 'healing',
      },
      { kind: 'release' },
      { kind: 'result', state: 'CRITICAL', text: 'a person is needed' },
    ];
    const { signal } = new AbortController();
    for (const feedback of all) {
      if (!monitor.can.has(feedback.kind)) continue;
      for (let count = 0; count < 2; count += 1) {
        t.strictSame(await monitor.tell(feedback, place, signal), {
          kind: 'done',
        });
      }
    }
    const wanted = all
      .filter(({ kind }) => monitor.can.has(kind))
      .flatMap(({ kind }) => [kind, kind]);
    await seen(() => stage.told().length >= wanted.length);
    t.strictSame(
      stage.told().map(({ feedback }) => feedback),
      wanted,
    );
    t.ok(stage.told().every((told) => told.place.host === 'web1'));
  });

  it('it is down: a fault that passes, and what it is to be told waits', async (t, {
    play,
    put,
    stage,
  }) => {
    stage.setUp(false);
    const down = await stage.monitor.tell(
      { kind: 'recheck' },
      { host: 'web1', service: 'HTTP' },
      new AbortController().signal,
    );
    t.match(down, {
      kind: 'failed',
      isFinal: false,
      fault: { code: String, remedy: String },
    });
    const site = await play(
      () => put(broken),
      () => stage.setUp(true),
    );
    t.equal(site.kicks.length, 1);
    await seen(() =>
      stage.told().some(({ feedback }) => feedback === 'recheck'),
    );
  });

  it('a name that it cannot be told is a fault for good, and breaks nothing out', async (t, {
    stage,
  }) => {
    const { signal } = new AbortController();
    for (const service of ['a\nb', '']) {
      t.match(
        await stage.monitor.tell(
          { kind: 'recheck' },
          { host: 'web1', service },
          signal,
        ),
        { kind: 'failed', isFinal: true },
      );
    }
    t.strictSame(stage.told(), []);
  });

  it('its data and its own end are asked without waiting', async (t, {
    stage,
  }) => {
    const { monitor } = stage;
    await stage.setStatus({
      ...broken,
      acknowledgedBy: 'ada',
      inDowntime: true,
    });
    t.match(monitor.refresh(broken, 0), {
      kind: 'lasts',
      event: { acknowledgedBy: 'ada', inDowntime: true, problem: '7' },
    });
    t.match(monitor.see(broken), { kind: 'seen', isGreen: false });
    await stage.setStatus({ ...broken, acknowledgedBy: 'kicker' });
    const own = monitor.refresh(broken, 0);
    t.equal(
      own.kind === 'lasts' ? own.event.acknowledgedBy : 'none',
      undefined,
      'its own acknowledgement is nobody’s',
    );
    await stage.setStatus({ ...broken, problem: '8' });
    t.strictSame(
      monitor.refresh(broken, 0),
      { kind: 'not-known' },
      'another episode',
    );
    await stage.setStatus(green);
    t.match(monitor.refresh(broken, 0), {
      kind: 'over',
      event: { state: 'OK' },
    });
    t.match(monitor.see(broken), { kind: 'seen', isGreen: true });
    await stage.setStatus(undefined);
    t.strictSame(monitor.refresh(broken, 0), { kind: 'not-known' });
    t.strictSame(monitor.see(broken), { kind: 'not-known' });
    t.ok(
      Array.isArray(
        monitor.facts({ event: broken, groups: ['web'], remarks: [] }).groups,
      ),
    );
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
    for await (const step of stage.monitor.check(new AbortController().signal))
      steps.push(step);
    t.ok(steps.length > 0);
    t.ok(steps.every(({ step, text }) => step && text));
  });
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
async function createSite(t: Test, stage: MonitorStage) {
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
  const { monitor } = stage;

  return {
    stage,
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
        rules: quickRules,
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
          telling: () => ({ rules: quickRules, now: clock.moment(), can }),
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
      await seen(
        () => !stage.monitor.can.has('recheck') || ledger.countActions() === 0,
      );
      end.abort();
      await loop;
      return { kicks, verdicts };
    },
  };
}
