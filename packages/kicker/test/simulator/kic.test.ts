import t from 'tap';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { Guards, Rule, RuleSet } from '../../src/decide/rules.ts';
import { createStage, type HostPlan, type StageOptions } from './stage.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

function rulesOf(
  rule: Partial<Rule> = {},
  guards: Partial<Guards> = {},
): RuleSet {
  return {
    source: 'test',
    rules: [{ ...defaultRule, ...rule }],
    guards: { ...defaultRuleSet.guards, ...guards },
  };
}
function fleet(
  count: number,
  services = ['HTTP'],
  groups = ['web'],
): HostPlan[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `web${index}`,
    groups,
    services,
  }));
}
/** Different for each call, the same in each run. */
function spread(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
const stageOf = (options: Partial<StageOptions> & { hosts: HostPlan[] }) =>
  createStage({ random: spread(), ...options });

for (const percent of [40, 60, 100]) {
  void t.test(
    `KIC-01 ${percent} % of the hosts break at once: no kick, one page`,
    async (t) => {
      const stage = stageOf({ hosts: fleet(50), checkMs: 10 * second });
      for (let host = 0; host < percent / 2; host += 1) {
        stage.breakService(`web${host}`, 'HTTP', 'run');
      }
      stage.run(hour);
      t.equal(stage.kicks.length, 0);
      t.strictSame(
        stage.pages.map(({ about }) => about),
        ['storm of web'],
      );
    },
  );
}

void t.test('KIC-01 up to the limit each is kicked', async (t) => {
  const stage = stageOf({ hosts: fleet(50), checkMs: 10 * second });
  for (let host = 0; host < 15; host += 1) {
    stage.breakService(`web${host}`, 'HTTP', 'run');
  }
  stage.run(hour);
  t.equal(stage.kicks.length, 15);
  t.equal(stage.pages.length, 0);
});

void t.test(
  'KIC-01 a downtime ends, and what broke in it counts from there on',
  async (t) => {
    const stage = stageOf({ hosts: fleet(50), checkMs: 10 * second });
    const broken = Array.from({ length: 25 }, (_, host) => `web${host}`);
    for (const host of broken) {
      stage.setDowntime(host, 'HTTP', true);
      stage.breakService(host, 'HTTP', 'none');
    }
    stage.run(10 * minute);
    t.equal(stage.kicks.length, 0);
    for (const host of broken) stage.setDowntime(host, 'HTTP', false);
    stage.run(hour);
    t.ok(stage.kicks.length <= 15, 'none beyond the limit of the group');
    t.strictSame(
      stage.pages
        .map(({ about }) => about)
        .filter((about) => about.startsWith('storm')),
      ['storm of web'],
    );
  },
);

void t.test(
  'KIC-02 the monitor is blind, and its canary says so',
  async (t) => {
    const hosts = [
      ...fleet(3, ['HTTP'], []),
      { name: 'gw', groups: [], services: ['PING'] },
    ];
    const canary = { canaries: [{ host: 'gw', service: 'PING' }] };
    const rules = rulesOf({ match: { service: ['HTTP'] } }, canary);
    const stage = stageOf({ hosts, rules, checkMs: 10 * second });
    stage.setBlind(true);
    stage.run(30 * minute);
    t.equal(stage.kicks.length, 0);
    t.strictSame(
      stage.pages.map(({ about }) => about),
      ['monitor'],
    );
    stage.setBlind(false);
    stage.run(hour);
    t.equal(stage.kicks.length, 0);
    const without = stageOf({
      hosts,
      rules: rulesOf({ match: { service: ['HTTP'] } }),
    });
    without.setBlind(true);
    without.run(30 * minute);
    t.ok(without.kicks.length > 0, 'without a canary three hosts are no storm');
  },
);

void t.test(
  'KIC-03 a storm that ends is a storm for the exit delay',
  async (t) => {
    const run = (waitMs: number): number => {
      const stage = stageOf({
        hosts: fleet(10),
        checkMs: second,
        retryMs: second,
      });
      for (let host = 0; host < 5; host += 1)
        stage.breakService(`web${host}`, 'HTTP', 'none');
      stage.run(5 * minute);
      for (let host = 0; host < 5; host += 1) stage.mend(`web${host}`, 'HTTP');
      stage.run(waitMs);
      stage.breakService('web9', 'HTTP', 'run');
      stage.run(minute);
      t.equal(
        stage.pages.filter(({ about }) => about === 'storm of web').length,
        1,
      );
      return stage.kicks.length;
    };
    t.equal(run(9 * minute), 0);
    t.equal(run(11 * minute), 1);
  },
);

void t.test(
  'KIC-04 the Puppet server is down: few kicks, one page, one host tries',
  async (t) => {
    const stage = stageOf({
      hosts: fleet(30, ['HTTP'], []),
      rules: rulesOf(
        {},
        { share: { percent: 99, hosts: 2, hostsOfUnknown: 100 } },
      ),
    });
    stage.setServer(false);
    for (let host = 0; host < 20; host += 1) {
      stage.queue.after(host * minute, () =>
        stage.breakService(`web${host}`, 'HTTP', 'run', 3 * hour),
      );
    }
    stage.run(45 * minute);
    const before = stage.kicks.length;
    t.ok(before < 15, `${before} kicks while it was down`);
    t.equal(stage.pages.filter(({ about }) => about === 'server').length, 1);
    stage.setServer(true);
    stage.run(15 * minute);
    t.ok(stage.kicks.length > before, 'it is found to be back');
  },
);

void t.test('KIC-05 2,000 hosts at once: concurrency and rate', async (t) => {
  const stage = stageOf({
    hosts: fleet(2000),
    rules: rulesOf(
      {},
      { share: { percent: 99, hosts: 5000, hostsOfUnknown: 5000 } },
    ),
    checkMs: 10 * second,
  });
  for (let host = 0; host < 2000; host += 1)
    stage.breakService(`web${host}`, 'HTTP', 'run');
  stage.run(30 * minute);
  const times = stage.kicks.map(({ atMs }) => atMs);
  t.ok(times.length > 300);
  for (const [index, atMs] of times.entries()) {
    const last = times[index - 20];
    if (last !== undefined && atMs - last < minute) t.fail(`rate at ${atMs}`);
  }
});

void t.test(
  'KIC-06 a service that flips: kicks stop, and go on when it holds still',
  async (t) => {
    const stage = stageOf({
      hosts: fleet(1),
      maxAttempts: 1,
      checkMs: second,
      rules: rulesOf(
        { attempts: { perProblem: 9, perPeriod: 99, periodSeconds: 3600 } },
        {
          hostIntervalSeconds: 0,
          flapping: { low: 5, high: 20, checkSeconds: 30 },
        },
      ),
    });
    for (let flip = 0; flip < 60; flip += 1) {
      stage.breakService('web0', 'HTTP', 'none');
      stage.run(30 * second);
      stage.mend('web0', 'HTTP');
      stage.run(30 * second);
    }
    const { length } = stage.kicks;
    t.ok(length <= 2, `${length} kicks in an hour of flips`);
  },
);

void t.test(
  'KIC-08 each repair holds for 90 s: at most 3 kicks, then a person',
  async (t) => {
    const stage = stageOf({ hosts: fleet(1), checkMs: minute });
    stage.breakService('web0', 'HTTP', 'relapse');
    stage.run(6 * hour);
    t.ok(
      stage.kicks.length >= 1 && stage.kicks.length <= 3,
      `${stage.kicks.length} kicks`,
    );
    t.ok(stage.pages.length >= 1);
    t.match(stage.pages.at(-1)?.reason, /did not help/);
  },
);

void t.test(
  'KIC-09 A’s repair breaks B, and B’s breaks A: both come to an end',
  async (t) => {
    const stage = stageOf({ hosts: fleet(2, ['HTTP'], []), checkMs: minute });
    stage.breakService('web0', 'HTTP', 'run');
    let seen = 0;
    for (let step = 0; step < 24 * 60; step += 1) {
      stage.run(minute);
      for (const { kick } of stage.kicks.slice(seen)) {
        const other = kick.host === 'web0' ? 'web1' : 'web0';
        stage.queue.after(minute, () =>
          stage.breakService(other, 'HTTP', 'run'),
        );
      }
      seen = stage.kicks.length;
    }
    t.ok(stage.kicks.length <= 12, `${stage.kicks.length} kicks in a day`);
    t.ok(stage.pages.length >= 1);
  },
);

void t.test('KIC-10 which transition kicks', async (t) => {
  for (const maxAttempts of [1, 2, 3, 4, 5]) {
    const stage = stageOf({ hosts: fleet(1), maxAttempts, checkMs: second });
    stage.breakService('web0', 'HTTP', 'run');
    stage.run(20 * minute);
    t.equal(stage.kicks.length, 1, `${maxAttempts} attempts`);
    const [first] = stage.kicks;
    const attempt = maxAttempts === 1 ? 1 : Math.min(3, maxAttempts - 1);
    const atMost = (attempt - 1) * minute + 2 * second;
    t.ok((first?.atMs ?? Infinity) <= atMost, `at attempt ${attempt}`);
  }
});

void t.test(
  'KIC-11 a run that does not help: twice, then a person',
  async (t) => {
    const stage = stageOf({ hosts: fleet(1) });
    stage.breakService('web0', 'HTTP', 'none');
    stage.run(12 * hour);
    t.equal(stage.kicks.length, 2);
    t.equal(stage.pages.length, 1);
    t.match(stage.pages[0]?.reason, /2 runs in a row did not help/);
  },
);

void t.test(
  'KIC-11 another policy: one more kick; Puppet’s own version: none',
  async (t) => {
    const stage = stageOf({
      hosts: fleet(1, ['HTTP', 'SMTP']),
      rules: rulesOf({ patienceSeconds: 99 * 3600 }),
    });
    stage.breakService('web0', 'HTTP', 'none');
    stage.run(2 * hour);
    stage.setPolicy('web0', 'v2');
    stage.mend('web0', 'HTTP');
    stage.run(hour);
    stage.breakService('web0', 'HTTP', 'none');
    stage.run(3 * hour);
    t.equal(stage.kicks.length, 3, 'half-open: one, not two');

    const epoch = stageOf({ hosts: fleet(1, ['HTTP', 'SMTP']) });
    epoch.setPolicy('web0', 'epoch');
    epoch.breakService('web0', 'HTTP', 'none');
    for (let round = 0; round < 8; round += 1) {
      epoch.breakService('web0', 'SMTP', 'run');
      epoch.run(2 * hour);
    }
    t.equal(
      epoch.kicks.filter(({ kick }) => kick.service === 'HTTP').length,
      2,
    );
  },
);

type Change = (stage: ReturnType<typeof stageOf>) => void;
const quiet: [string, Change][] = [
  ['in downtime', (stage) => stage.setDowntime('web0', 'HTTP', true)],
  ['stopped', (stage) => stage.stop()],
  ['its host down', (stage) => stage.setHost('web0', 'DOWN')],
  [
    'behind a dead switch (KIC-16)',
    (stage) => stage.setHost('web0', 'UNREACHABLE'),
  ],
];
for (const [name, prepare] of quiet) {
  void t.test(`KIC-12 ${name}: no kick`, async (t) => {
    const stage = stageOf({ hosts: fleet(1) });
    prepare(stage);
    stage.breakService('web0', 'HTTP', 'run');
    stage.run(hour);
    t.equal(stage.kicks.length, 0);
  });
}

void t.test('KIC-12 acknowledged: no kick', async (t) => {
  const stage = stageOf({ hosts: fleet(1), checkMs: second });
  stage.breakService('web0', 'HTTP', 'run');
  stage.run(5 * second);
  stage.acknowledge('web0', 'HTTP', 'ada');
  stage.run(hour);
  t.equal(stage.kicks.length, 0);
});

for (const [name, take, handBack] of [
  [
    'a downtime',
    (stage) => stage.setDowntime('web0', 'HTTP', true),
    (stage) => stage.setDowntime('web0', 'HTTP', false),
  ],
  [
    'an acknowledgement',
    (stage) => stage.acknowledge('web0', 'HTTP', 'ada'),
    (stage) => stage.acknowledge('web0', 'HTTP', undefined),
  ],
  [
    'an outage of its host',
    (stage) => stage.setHost('web0', 'DOWN'),
    (stage) => stage.setHost('web0', 'UP'),
  ],
] satisfies [string, Change, Change][]) {
  void t.test(
    `KIC-12 ${name} ends and the problem lasts: kicked`,
    async (t) => {
      const stage = stageOf({ hosts: fleet(1), checkMs: second });
      stage.breakService('web0', 'HTTP', 'run');
      stage.run(2 * second);
      take(stage);
      // longer than patienceSeconds: a person had it meanwhile
      stage.run(5 * hour);
      t.equal(stage.kicks.length, 0);
      handBack(stage);
      stage.run(2 * minute);
      t.equal(stage.kicks.length, 1);
      t.strictSame(stage.pages, []);
    },
  );
}

void t.test(
  'KIC-13 a noop run that would change too much stops, and asks',
  async (t) => {
    for (const [changes, pages] of [
      [20, 0],
      [21, 1],
    ] as const) {
      const stage = stageOf({
        hosts: fleet(1),
        rules: rulesOf({
          mode: 'noop',
          attempts: { perProblem: 9, perPeriod: 9, periodSeconds: 3600 },
        }),
      });
      stage.setPending('web0', changes);
      stage.breakService('web0', 'HTTP', 'none');
      stage.run(45 * minute);
      t.ok(
        stage.kicks.every(({ kick }) => kick.decision.request.noop === true),
      );
      t.equal(stage.pages.length, pages, `${changes} changes`);
      if (pages === 1) t.equal(stage.kicks.length, 1);
    }
  },
);

void t.test(
  'KIC-15 a list of members that shrinks or doubles widens nothing',
  async (t) => {
    for (const factor of [0, 0.1, 2, 100]) {
      const stage = stageOf({ hosts: fleet(10), checkMs: second });
      stage.breakService('web9', 'HTTP', 'run');
      stage.run(15 * minute);
      stage.setInventory(factor);
      const { length } = stage.kicks;
      for (let host = 0; host < 5; host += 1)
        stage.breakService(`web${host}`, 'HTTP', 'run');
      stage.run(30 * minute);
      t.equal(stage.kicks.length, length, `times ${factor}`);
    }
  },
);

void t.test('KIC-17 two monitors see one problem: one kick', async (t) => {
  const stage = stageOf({ hosts: fleet(1), monitors: ['nagios', 'nagios2'] });
  stage.breakService('web0', 'HTTP', 'run');
  stage.run(hour);
  t.equal(stage.kicks.length, 1);
});

void t.test(
  'KIC-18 counters and cool-downs survive a restart and a boot',
  async (t) => {
    const stage = stageOf({ hosts: fleet(1) });
    stage.breakService('web0', 'HTTP', 'none');
    for (let step = 0; step < 12 * 60; step += 1) {
      stage.run(minute);
      if (step % 7 === 0) stage.clocks.reboot();
      stage.restart();
    }
    t.equal(stage.kicks.length, 2);
    t.equal(stage.pages.length, 1);
  },
);

void t.test('KIC-19 a thousand calls for one problem: one kick', async (t) => {
  const stage = stageOf({ hosts: fleet(1), lossShare: 0 });
  for (let call = 0; call < 1000; call += 1) {
    stage.resident.take(
      {
        monitor: 'nagios',
        host: 'web0',
        service: 'HTTP',
        state: 'CRITICAL',
        stateType: 'HARD',
        attempt: 4,
        inDowntime: false,
      },
      { certname: 'web0', groups: [] },
    );
  }
  t.equal(stage.kicks.length, 1);
});

void t.test(
  'KIC-20 nobody knows how it ended: no second kick at once, and it counts',
  async (t) => {
    const stage = stageOf({
      hosts: fleet(1),
      rules: rulesOf({ patienceSeconds: 99 * 3600 }),
    });
    stage.setMood('web0', 'vanished');
    stage.breakService('web0', 'HTTP', 'none');
    stage.run(24 * hour);
    t.equal(stage.kicks.length, 2);
    t.match(stage.pages[0]?.reason, /2 runs in a row did not help/);
  },
);

for (const [name, jumpMs] of [
  ['an hour ahead', hour],
  ['an hour back', -hour],
  ['ten years ahead', 87_600 * hour],
  ['ten years back', -87_600 * hour],
] as const) {
  void t.test(
    `KIC-21 the clock is set ${name}: no interval moves`,
    async (t) => {
      const run = (byMs: number): number[] => {
        const stage = stageOf({ hosts: fleet(1) });
        stage.breakService('web0', 'HTTP', 'none');
        stage.run(6 * minute);
        stage.clocks.jump(byMs);
        stage.run(6 * hour);
        return stage.kicks.map(({ atMs }) => atMs);
      };
      const times = run(jumpMs);
      t.equal(times.length, 2);
      t.strictSame(times, run(0));
    },
  );
}

void t.test(
  'KIC-22 a kicker that was away kicks once, and not for what has ended',
  async (t) => {
    const stage = stageOf({
      hosts: fleet(2, ['HTTP'], []),
      rules: rulesOf({ patienceSeconds: 99 * 3600 }),
    });
    stage.setMood('web0', 'unreachable');
    stage.setMood('web1', 'unreachable');
    stage.breakService('web0', 'HTTP', 'run');
    stage.breakService('web1', 'HTTP', 'run', 12 * minute);
    stage.run(15 * minute);
    stage.setMood('web0', 'well');
    stage.setMood('web1', 'well');
    stage.run(2 * hour);
    t.equal(stage.kicks.filter(({ kick }) => kick.host === 'web1').length, 1);
    t.equal(stage.kicks.filter(({ kick }) => kick.host === 'web0').length, 2);
  },
);

void t.test(
  'KIC-23 stop: no kick at all, through a restart; resume: what still lasts',
  async (t) => {
    const stage = stageOf({
      hosts: fleet(3, ['HTTP'], []),
      rules: rulesOf({ patienceSeconds: 99 * 3600 }),
    });
    stage.breakService('web0', 'HTTP', 'run');
    stage.breakService('web1', 'HTTP', 'run', 30 * minute);
    stage.stop();
    stage.run(20 * minute);
    stage.restart();
    stage.run(hour);
    t.equal(stage.kicks.length, 0);
    stage.resume();
    stage.run(5 * minute);
    t.strictSame(
      stage.kicks.map(({ kick }) => kick.host),
      ['web0'],
    );
  },
);
