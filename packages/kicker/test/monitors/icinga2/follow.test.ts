import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import { Fault } from '@kickd/protocol';
import { errors } from '../../../src/errors.ts';
import type { Event } from '../../../src/events/event.ts';
import { createIcinga2 } from '../../../src/monitors/icinga2/adapter.ts';
import type { Monitor } from '../../../src/ports.ts';
import { broken, startFakeIcinga, type FakeIcinga } from './fake-icinga.ts';

const name = 'icinga';
const http = 'web1.example.com!http';
const problemOf: Event = {
  monitor: name,
  host: 'web1.example.com',
  service: 'http',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 1,
  problem: '700',
  inDowntime: false,
};

interface Site {
  fake: FakeIcinga;
  monitor: Monitor;
  puts: string[][];
  troubles: string[];
  /** the events of all messages so far */
  events(): Event[];
  /** resolves when it is so; looked at whenever something was put or answered */
  until(isSo: () => boolean): Promise<void>;
  /** half a minute is over, and all was asked for once more */
  sync(): Promise<void>;
  passMs(ms: number): void;
  /** the next messages cannot be put */
  failPuts(isFailing: boolean): void;
  end(): Promise<void>;
}

/** Follows a fake Icinga; what it has at the start is already put. */
async function follow(
  t: Test,
  prepare: (fake: FakeIcinga) => void = () => {},
): Promise<Site> {
  const fake = await startFakeIcinga();
  prepare(fake);
  const puts: string[][] = [];
  const troubles: string[] = [];
  let offsetMs = 0;
  let tick = (): void => {};
  let isFailing = false;
  const monitor = createIcinga2(
    name,
    { kind: 'icinga2', author: 'kicker', api: { url: fake.url } },
    {
      now: () => new Date(Date.now() + offsetMs),
      knowsHost: () => false,
      onTrouble: (what, why) => troubles.push(`${what}: ${why}`),
      pause: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve());
          if (ms === 30_000) tick = resolve;
          else setImmediate(resolve);
        }),
    },
  );
  const end = new AbortController();
  const running = monitor.run(
    {
      put: (args) => {
        if (isFailing)
          throw new Fault(errors.spoolUnusable('/spool', 'ENOSPC'));
        puts.push([...args]);
      },
    },
    end.signal,
  );
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };
  const asked = (path: string): number =>
    fake.asked.filter((one) => one.path === path).length;
  const site: Site = {
    fake,
    monitor,
    puts,
    troubles,
    events: () =>
      puts.flatMap((args) =>
        monitor
          .read({ name: 'x', monitor: name, args, at: new Date() })
          .flatMap((part) => (part.kind === 'event' ? [part.seen.event] : [])),
      ),
    until,
    sync: async () => {
      const before = asked('/v1/objects/comments');
      tick();
      await until(() => asked('/v1/objects/comments') > before);
      // What follows from it comes with the next questions and their answers.
      const quiet = fake.asked.length;
      await until(() => fake.isIdle());
      if (fake.asked.length > quiet) await until(() => fake.isIdle());
    },
    passMs: (ms) => (offsetMs += ms),
    failPuts: (is) => (isFailing = is),
    end: async () => {
      end.abort();
      await running;
    },
  };
  t.teardown(async () => {
    await site.end();
    await fake.close();
  });
  await fake.waitFollowers(1);
  await until(() => asked('/v1/objects/comments') > 0 && fake.isIdle());
  return site;
}

const change = (key: string, more: Record<string, unknown> = {}) => {
  const [host = '', service] = key.split('!');
  return {
    type: 'StateChange',
    host,
    ...(service === undefined ? {} : { service }),
    state: 2,
    state_type: 1,
    acknowledgement: false,
    downtime_depth: 0,
    check_result: {
      output: 'x'.repeat(2000),
      vars_before: { state: 0, attempt: 1, reachable: true },
      vars_after: { state: 2, attempt: 1, reachable: true },
    },
    ...more,
  };
};
/** What was wrong before it, as a recovery has it. */
const afterProblem = { check_result: { vars_before: { state: 2 } } };

void t.test(
  'it subscribes, without a filter, and only then asks',
  async (t) => {
    const { fake } = await follow(t);
    const [first, ...others] = fake.asked;
    t.equal(first?.path, '/v1/events');
    t.strictSame(first?.body, {
      queue: 'kicker',
      types: [
        'StateChange',
        'AcknowledgementSet',
        'AcknowledgementCleared',
        'DowntimeStarted',
        'DowntimeTriggered',
        'DowntimeRemoved',
        'Flapping',
      ],
    });
    t.strictSame(
      others.map(({ path }) => path),
      [
        '/v1/status/IcingaApplication',
        '/v1/objects/services',
        '/v1/objects/hosts',
        '/v1/objects/comments',
      ],
    );
  },
);

void t.test('a problem that was there before is put, once', async (t) => {
  const site = await follow(t, (fake) => fake.setService(http, broken(700)));
  await site.until(() => site.puts.length === 1);
  await site.sync();
  t.match(site.events(), [
    {
      ...problemOf,
      address: '192.0.2.11',
      maxAttempts: 4,
      hostState: 'UP',
      since: '1970-01-01T00:11:40Z',
      labels: { certname: 'web1.example.com', os: 'Linux', kickd: 'yes' },
      isFlapping: false,
    },
  ]);
  t.equal(site.puts.length, 1);
  t.equal(site.puts[0]?.[0], '--payload-json');
});

void t.test('by the stream and by the EventCommand: one problem', async (t) => {
  const site = await follow(t);
  site.fake.setService(http, broken(700));
  site.fake.send(change(http));
  await site.until(() => site.puts.length === 1);
  const [streamed] = site.events();
  const [part] = site.monitor.read({
    name: 'y',
    monitor: name,
    at: new Date(),
    args: [
      '--host=web1.example.com',
      '--service=http',
      '--state=CRITICAL',
      '--state-type=HARD',
      '--attempt=1',
      '--last-ok=700',
    ],
  });
  t.equal(part?.kind, 'event');
  if (part?.kind !== 'event') return;
  t.equal(streamed?.problem, part.seen.event.problem);
  t.equal(streamed?.since, part.seen.event.since);
  t.strictSame(
    site.fake.asked.at(-1)?.body['services'],
    [http],
    'one object, by its name',
  );
  // The same once more, from the other node for instance.
  site.fake.send(change(http));
  site.fake.send(change('web2.example.com!x'));
  site.fake.setService('web2.example.com!x', broken(800));
  await site.until(() => site.puts.length === 2);
  t.strictSame(
    site.events().map(({ host }) => host),
    ['web1.example.com', 'web2.example.com'],
  );
});

void t.test('late: what is over by now is told as over', async (t) => {
  const site = await follow(t);
  site.fake.setService(http, { problem: false });
  site.fake.send(change(http));
  site.fake.send(change(http, { state: 0, ...afterProblem }));
  await site.until(() => site.puts.length === 1);
  t.match(site.events(), [{ service: 'http', state: 'OK' }]);
});

void t.test(
  'a first check, or a further one, of what is well is no news',
  async (t) => {
    const site = await follow(t);
    site.fake.setService(http);
    site.fake.send(
      change(http, { state: 0, check_result: { vars_before: null } }),
    );
    site.fake.send(change(http, { state: 0 }));
    const count = site.fake.asked.length;
    await site.sync();
    t.notOk(
      site.fake.asked
        .slice(count)
        .some(({ body }) => body['services'] !== undefined),
      'it is not even asked for',
    );
    t.strictSame(site.puts, []);
  },
);

void t.test(
  'missed in a reload: a problem, a recovery, and one that is gone',
  async (t) => {
    const site = await follow(t, (fake) => {
      fake.setService(http, broken(700));
      fake.setService('web2.example.com!gone', broken(701));
    });
    await site.until(() => site.puts.length === 2);
    site.fake.setService(http, { problem: false });
    site.fake.services.delete('web2.example.com!gone');
    site.fake.setService('web3.example.com!new', broken(702));
    const count = site.fake.asked.length;
    site.fake.programStart += 100;
    site.fake.reload();
    await site.until(() => site.puts.length === 4);
    t.match(site.events().slice(2), [
      { host: 'web3.example.com', state: 'CRITICAL', problem: '702' },
      { host: 'web1.example.com', state: 'OK' },
    ]);
    t.equal(site.fake.asked[count]?.path, '/v1/events', 'it subscribed first');
    t.equal(
      site.fake.asked.filter(({ path }) => path === '/v1/events').length,
      2,
      'once',
    );
    t.match(
      site.monitor.refresh(
        { ...problemOf, host: 'web2.example.com', service: 'gone' },
        0,
      ),
      {
        kind: 'over',
      },
    );
  },
);

void t.test('acknowledged, and whose it is', async (t) => {
  const site = await follow(t, (fake) => fake.setService(http, broken(700)));
  const by = () => {
    const seen = site.monitor.refresh(problemOf, 0);
    return seen.kind === 'lasts'
      ? (seen.event.acknowledgedBy ?? 'nobody')
      : seen.kind;
  };
  const read = () => {
    const [part] = site.monitor.read({
      name: 'y',
      monitor: name,
      at: new Date(),
      args: [
        '--host=web1.example.com',
        '--service=http',
        '--state=CRITICAL',
        '--state-type=HARD',
        '--attempt=1',
        '--acknowledgement=2',
      ],
    });
    return part?.kind === 'event'
      ? (part.seen.event.acknowledgedBy ?? 'nobody')
      : '';
  };
  t.equal(read(), 'somebody');
  const place = { host: 'web1.example.com', service: 'http' };
  for (const author of ['ada', 'kicker']) {
    site.fake.send({ type: 'AcknowledgementSet', ...place, author });
    await site.until(
      () => read() === (author === 'kicker' ? 'nobody' : author),
    );
    t.equal(by(), author === 'kicker' ? 'nobody' : author);
  }
  site.fake.send({ type: 'AcknowledgementSet', ...place, author: 'ada' });
  await site.until(() => by() === 'ada');
  site.fake.send({ type: 'AcknowledgementCleared', ...place });
  await site.until(() => by() === 'nobody');
  // By its comment, where the stream was not open.
  site.fake.setService(http, broken(700, { acknowledgement: 1 }));
  site.fake.authors.set(http, 'bob');
  await site.sync();
  t.equal(by(), 'bob');
  t.equal(read(), 'bob');
  site.fake.authors.clear();
  await site.sync();
  t.equal(by(), 'somebody', 'its comment may be removed alone');
});

void t.test(
  'acknowledged while all is asked for: it is not forgotten',
  async (t) => {
    const site = await follow(t, (fake) => fake.setService(http, broken(700)));
    let isSent = false;
    site.fake.override.push((path) => {
      if (path === '/v1/objects/services' && !isSent) {
        isSent = true;
        site.fake.send({
          type: 'AcknowledgementSet',
          host: 'web1.example.com',
          service: 'http',
          author: 'ada',
        });
      }
      return undefined;
    });
    await site.sync();
    await site.until(() => {
      const seen = site.monitor.refresh(problemOf, 0);
      return seen.kind === 'lasts' && seen.event.acknowledgedBy === 'ada';
    });
    t.ok(isSent);
  },
);

void t.test('downtime, of the service and of its host alone', async (t) => {
  const site = await follow(t, (fake) => fake.setService(http, broken(700)));
  const isIn = () => {
    const seen = site.monitor.refresh(problemOf, 0);
    return seen.kind === 'lasts' && seen.event.inDowntime;
  };
  t.equal(isIn(), false);
  site.fake.setHost('web1.example.com', { downtime_depth: 1 });
  site.fake.send({
    type: 'DowntimeTriggered',
    downtime: { host_name: 'web1.example.com', service_name: '' },
  });
  await site.until(isIn);
  site.fake.setHost('web1.example.com', { downtime_depth: 0 });
  site.fake.send({
    type: 'DowntimeRemoved',
    downtime: { host_name: 'web1.example.com', service_name: '' },
  });
  await site.until(() => !isIn());
  site.fake.setService(http, broken(700, { downtime_depth: 2 }));
  site.fake.send({
    type: 'DowntimeStarted',
    downtime: { host_name: 'web1.example.com', service_name: 'http' },
  });
  await site.until(isIn);
  // A flexible one ends without a word.
  site.fake.setService(http, broken(700));
  await site.sync();
  t.equal(isIn(), false);
  t.equal(site.puts.length, 1, 'a downtime is no change of state');
});

void t.test('flapping, where Icinga looks for it', async (t) => {
  const site = await follow(t, (fake) => fake.setService(http, broken(700)));
  const seen = () => {
    const found = site.monitor.refresh(problemOf, 0);
    return found.kind === 'lasts' ? found.event : undefined;
  };
  t.equal(seen()?.isFlapping, false);
  // It counts all the same where nobody wants it to, and says so in this attribute.
  const flapping = { flapping: true, flapping_current: 33.9 };
  site.fake.setService(http, broken(700, { ...flapping, check_attempt: 2 }));
  site.fake.send(change(http));
  await site.until(() => seen()?.attempt === 2);
  t.equal(seen()?.isFlapping, false);
  t.equal(site.events().at(-1)?.isFlapping, false);
  site.fake.setService(
    http,
    broken(700, { ...flapping, enable_flapping: true }),
  );
  site.fake.send({
    type: 'Flapping',
    host: 'web1.example.com',
    service: 'http',
    is_flapping: true,
    flapping_current: 33.9,
  });
  await site.until(() => seen()?.isFlapping === true);
  t.notOk(seen()?.percentChange);
});

void t.test(
  'a host that is down, and one that was never checked',
  async (t) => {
    const site = await follow(t, (fake) => {
      fake.setService(http, broken(700));
      fake.setHost('pending.example.com', { state: 1, last_check: -1 });
      fake.setHost('web2.example.com', {
        state: 1,
        problem: true,
        last_state_up: 650.5,
      });
    });
    await site.until(() => site.puts.length === 2);
    t.match(
      site.events().find(({ service }) => service === undefined),
      {
        host: 'web2.example.com',
        state: 'DOWN',
        problem: '650',
        labels: { os: 'Linux' },
      },
    );
    const hostState = () => {
      const found = site.monitor.refresh(problemOf, 0);
      return found.kind === 'lasts' ? found.event.hostState : found.kind;
    };
    t.equal(hostState(), 'UP');
    t.strictSame(
      site.monitor.facts({ event: problemOf, groups: [], remarks: [] }),
      {
        groups: [
          { name: 'web', members: 3, unhealthy: 2 },
          { name: 'all-linux', members: 3, unhealthy: 2 },
        ],
      },
      'the CRITICAL one and the one that is down; not the one that was never checked',
    );
    site.fake.setHost('web1.example.com', {
      state: 1,
      problem: true,
      last_state_up: 651,
    });
    site.fake.send(change('web1.example.com', { state: 1 }));
    await site.until(() => hostState() === 'DOWN');
  },
);

void t.test(
  'what nobody took on is counted in a group, and no more',
  async (t) => {
    const site = await follow(t, (fake) => {
      fake.setService('a!x', broken(1));
      fake.setService('b!x', broken(2, { acknowledgement: 1 }));
      fake.setService('c!x', broken(3, { downtime_depth: 1 }));
      fake.setService('d!x', broken(4));
      fake.setHost('d', { downtime_depth: 1 });
      fake.setService('e!x', broken(5, { state: 1 }));
    });
    const facts = site.monitor.facts({
      event: { ...problemOf, host: 'a', service: 'x' },
      groups: ['web', 'nope'],
      remarks: [],
    });
    t.strictSame(facts.groups, [
      { name: 'web', members: 5, unhealthy: 1 },
      { name: 'nope' },
    ]);
  },
);

void t.test('junk in the stream costs nothing', async (t) => {
  const site = await follow(t);
  for (const line of [
    '',
    'no json',
    '[]',
    'null',
    '{"type":"StateChange"}',
    '{"type":"StateChange","host":7}',
    '{"type":"StateChange","host":"x","service":[]}',
    '{"type":"DowntimeStarted","downtime":null}',
    `{"type":"X","a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    '{"type":"CheckResult","host":"web1.example.com","service":"http"}',
  ]) {
    site.fake.sendRaw(`${line}\n`);
  }
  site.fake.setService(http, broken(700));
  site.fake.send(change(http));
  await site.until(() => site.puts.length === 1);
  t.equal(site.fake.followers(), 1);
  t.strictSame(site.troubles, []);
});

void t.test('names of any characters', async (t) => {
  const names = ['Büro ✓ 1!disk /', `web2!a;b "q" $x$ 'p' \\ %41`];
  const site = await follow(t);
  for (const key of names) {
    site.fake.setService(key, broken(700));
    site.fake.send(change(key));
  }
  await site.until(() => site.puts.length === 2);
  t.strictSame(
    site.events().map(({ host, service }) => `${host}!${service ?? ''}`),
    names,
  );
  t.notOk(
    site.fake.asked.some(
      ({ path, body }) =>
        /Büro|web2/.test(decodeURIComponent(path)) ||
        /Büro|web2/.test(String(body['filter'])),
    ),
    'no name in a path or in a filter',
  );
});

void t.test('one that is gone does not hide the others', async (t) => {
  const site = await follow(t);
  site.fake.setService(http, broken(700));
  site.fake.send(change('web9.example.com!gone'));
  site.fake.send(change(http));
  await site.until(() => site.puts.length === 1);
  t.match(site.events(), [{ host: 'web1.example.com' }]);
  t.strictSame(site.troubles, []);
});

void t.test(
  'a storm: one question about all in place of thousands',
  async (t) => {
    const site = await follow(t);
    const count = 3000;
    for (let at = 0; at < count; at += 1) {
      site.fake.setService(`web${String(at)}!x`, broken(700));
      site.fake.send(change(`web${String(at)}!x`));
    }
    const before = site.fake.asked.length;
    await site.until(() => site.puts.length === count);
    const questions = site.fake.asked.length - before;
    t.ok(questions < 15, `${String(questions)} questions`);
    t.equal(new Set(site.events().map(({ host }) => host)).size, count);
  },
);

void t.test('behind: the stream is closed, and opened anew', async (t) => {
  const site = await follow(t);
  site.fake.send(change('x!y', { state: 0 }));
  site.fake.send({
    ...change('x!y', { state: 0 }),
    timestamp: Date.now() / 1000 - 90,
  });
  await site.until(
    () =>
      site.fake.asked.filter(({ path }) => path === '/v1/events').length === 2,
  );
  await site.fake.waitFollowers(1);
  t.equal(site.fake.followers(), 1);
});

void t.test('another clock is no lateness', async (t) => {
  const site = await follow(t);
  for (let count = 0; count < 3; count += 1) {
    site.fake.send({
      ...change('x!y', { state: 0 }),
      timestamp: Date.now() / 1000 - 3600,
    });
  }
  site.fake.setService(http, broken(700));
  site.fake.send({ ...change(http), timestamp: Date.now() / 1000 - 3600 });
  await site.until(() => site.puts.length === 1);
  t.equal(
    site.fake.asked.filter(({ path }) => path === '/v1/events').length,
    1,
  );
});

void t.test('an open stream that tells nothing is opened anew', async (t) => {
  const site = await follow(t);
  await site.sync();
  const longAgo = Date.now() / 1000 - 100;
  site.fake.setService(
    http,
    broken(700, {
      last_state_change: longAgo,
      last_hard_state_change: longAgo,
    }),
  );
  await site.sync();
  await site.until(
    () =>
      site.fake.asked.filter(({ path }) => path === '/v1/events').length === 2,
  );
  t.equal(site.puts.length, 1);
});

void t.test(
  'Icinga starts: it is not believed before it has begun',
  async (t) => {
    const site = await follow(t, (fake) => {
      fake.setService(http, broken(700));
    });
    await site.until(() => site.puts.length === 1);
    const start = site.fake.programStart;
    site.fake.programStart = 0;
    const kept = site.fake.services.get(http) ?? {};
    site.fake.services.clear();
    const asked = () =>
      site.fake.asked.filter(
        ({ path }) => path === '/v1/status/IcingaApplication',
      ).length;
    const before = asked();
    site.fake.reload();
    await site.until(() => asked() > before + 2);
    t.equal(site.puts.length, 1, 'nothing is over');
    site.fake.services.set(http, kept);
    site.fake.programStart = start + 50;
    await site.until(() => site.fake.isIdle());
    await site.sync();
    t.equal(site.puts.length, 1);
    t.match(site.monitor.refresh(problemOf, 0), { kind: 'lasts' });
    // A new beginning behind a connection that stays open, a proxy's for instance.
    const streams = () =>
      site.fake.asked.filter(({ path }) => path === '/v1/events').length;
    const open = streams();
    site.fake.programStart += 50;
    await site.sync();
    await site.until(() => streams() === open + 1);
  },
);

void t.test('the spool is full: it is put as soon as it can be', async (t) => {
  const site = await follow(t);
  site.failPuts(true);
  site.fake.setService(http, broken(700));
  site.fake.send(change(http));
  await site.until(() => site.troubles.some((one) => one.includes('spool')));
  site.failPuts(false);
  await site.until(() => site.puts.length === 1);
  t.equal(site.troubles.length, 1, 'told once');
});

void t.test('it is down for a while, and for long', async (t) => {
  const site = await follow(t, (fake) => fake.setService(http, broken(700)));
  await site.until(() => site.puts.length === 1);
  const trouble = () =>
    site.monitor.facts({ event: problemOf, groups: ['web'], remarks: [] });
  site.fake.setUp(false);
  await site.until(() => site.troubles.length > 0);
  t.notOk(trouble().monitorTrouble);
  t.match(site.monitor.refresh(problemOf, 0), { kind: 'lasts' });
  site.passMs(4 * 60 * 1000);
  t.match(site.monitor.refresh(problemOf, 0), { kind: 'lasts' });
  site.passMs(70 * 1000);
  t.match(trouble().monitorTrouble, /^its API has not answered for 3\d\d s$/);
  t.strictSame(trouble().groups, [{ name: 'web' }], 'old counts are none');
  t.strictSame(site.monitor.refresh(problemOf, 0), { kind: 'not-known' });
  t.strictSame(site.monitor.see(problemOf), { kind: 'not-known' });
  site.fake.setUp(true);
  await site.until(() => trouble().monitorTrouble === undefined);
  t.match(site.monitor.refresh(problemOf, 0), { kind: 'lasts' });
});

void t.test(
  'no right to follow: it is asked all the same, and not believed for long',
  async (t) => {
    const fake = await startFakeIcinga();
    fake.override.push((path) =>
      path === '/v1/events'
        ? [404, { error: 404, status: 'no path' }]
        : undefined,
    );
    fake.setService(http, broken(700));
    let offsetMs = 0;
    const troubles: string[] = [];
    let syncs = (): void => {};
    const monitor = createIcinga2(
      name,
      { kind: 'icinga2', author: 'kicker', api: { url: fake.url } },
      {
        now: () => new Date(Date.now() + offsetMs),
        knowsHost: () => false,
        onTrouble: (what, why) => troubles.push(`${what}: ${why}`),
        pause: (ms, signal) =>
          new Promise((resolve) => {
            if (signal.aborted) resolve();
            signal.addEventListener('abort', () => resolve());
            if (ms === 30_000) syncs = resolve;
          }),
      },
    );
    const end = new AbortController();
    const puts: unknown[] = [];
    const running = monitor.run({ put: (args) => puts.push(args) }, end.signal);
    while (puts.length === 0)
      await new Promise((resolve) => setImmediate(resolve));
    t.match(troubles, [/stream of .*404/]);
    offsetMs = 6 * 60 * 1000;
    syncs();
    await fake.waitAsked('/v1/objects/comments', 2);
    const facts = () =>
      monitor.facts({ event: problemOf, groups: [], remarks: [] });
    while (
      !/stream has been closed for 36\d s/.test(facts().monitorTrouble ?? '')
    ) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    end.abort();
    await running;
    await fake.close();
    t.pass();
  },
);

void t.test('asked about what it does not know, it looks', async (t) => {
  const site = await follow(t, (fake) => fake.setService(http));
  t.strictSame(site.monitor.see(problemOf), { kind: 'not-known' });
  await site.until(() => site.monitor.see(problemOf).kind === 'seen');
  t.match(site.monitor.see(problemOf), { isGreen: true, checkedMs: Number });
  t.strictSame(site.puts, [], 'it is no news');
  const gone = { ...problemOf, service: 'gone' };
  const count = () =>
    site.fake.asked.filter(({ path }) => path === '/v1/objects/services')
      .length;
  await site.until(() => site.fake.isIdle());
  const before = count();
  site.monitor.see(gone);
  await site.until(() => count() === before + 2);
  await site.until(() => site.fake.isIdle());
  for (let times = 0; times < 3; times += 1) site.monitor.see(gone);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(
    count(),
    before + 2,
    'what is not there is not asked for again and again',
  );
});

void t.test('data from before say nothing', async (t) => {
  const site = await follow(t, (fake) => fake.setService(http, broken(700)));
  t.match(site.monitor.refresh(problemOf, Date.now() - 5000), {
    kind: 'lasts',
  });
  t.strictSame(site.monitor.refresh(problemOf, Date.now() + 60_000), {
    kind: 'not-known',
  });
});

void t.test('10,000 services and 2,000 hosts: memory stays flat', async (t) => {
  const site = await follow(t, (fake) => {
    for (let host = 0; host < 2000; host += 1) {
      for (let service = 0; service < 5; service += 1) {
        fake.setService(
          `web${String(host)}.example.com!service ${String(service)}`,
          service === 0
            ? broken(700, {
                vars: { text: 'x'.repeat(500), deep: { a: [1, 2, 3] } },
              })
            : {},
        );
      }
    }
  });
  await site.until(() => site.puts.length === 2000);
  site.puts.length = 0;
  await site.sync();
  const keptAfter = async (times: number): Promise<number> => {
    for (let time = 0; time < times; time += 1) await site.sync();
    // Without a collection it is chance what of the last question is still there.
    collectGarbage();
    return process.memoryUsage().heapUsed / 1024 / 1024;
  };
  const before = await keptAfter(15);
  const after = await keptAfter(15);
  t.ok(after - before < 5, `${String(before)} MiB, then ${String(after)} MiB`);
  t.equal(site.puts.length, 0);
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
