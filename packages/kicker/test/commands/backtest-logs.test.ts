import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa, execaSync } from 'execa';
import t, { type Test } from 'tap';
import {
  inTime,
  logLine,
  logStart,
  problemLines,
  rotatedWeekLines,
  textOf,
  weekLines,
} from '../nagios-log.ts';
import { runBacktest, type Backtested } from '../run-backtest.ts';

const day = 24 * 60 * 60;

/** Another one at each call, with an empty configuration. */
function createDir(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'backtest-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'kicker.yaml'), '');
  return dir;
}

/** `kicker backtest` of logs with these lines, in the order of their names. */
async function backtest(
  t: Test,
  logs: Readonly<Record<string, readonly string[]>>,
  ...more: string[]
): Promise<{ json: Backtested; text: Backtested }> {
  const dir = createDir(t);
  const files = Object.entries(logs).map(([name, lines]) => {
    const file = join(dir, name);
    const text = Buffer.from(textOf(lines), 'latin1');
    writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
    return file;
  });
  const config = join(dir, 'kicker.yaml');
  return {
    json: await runBacktest(['--json', ...files, ...more], { config }),
    text: await runBacktest([...files, ...more], { config }),
  };
}

async function totalOf(
  t: Test,
  logs: Readonly<Record<string, readonly string[]>>,
  ...more: string[]
): Promise<Record<string, unknown>> {
  const { json } = await backtest(t, logs, ...more);
  t.strictSame(json.faults, []);
  return json.of('total')[0] ?? {};
}

void t.test('a word between the time and the kind of the line', async (t) => {
  for (const before of ['', '[22903] ', 'INFO: ']) {
    const total = await totalOf(t, { log: weekLines({ before }) });
    t.match(total, { lines: 35, broken: 0, items: { alert: 35 }, kicks: 7 });
  }
  const plain = weekLines();
  const mixed = [
    ...plain.slice(0, 17),
    ...weekLines({ before: '[22903] ' }).slice(17),
  ];
  t.match(await totalOf(t, { log: mixed }), {
    broken: 0,
    items: { alert: 35 },
    kicks: 7,
  });
});

void t.test('half of a log in another form is not passed over', async (t) => {
  const other = weekLines().map((line) =>
    line.replace(/^\[\d+\]/, '[2023-11-14T22:13:20.698+01:00] [events] [info]'),
  );
  const { json, text } = await backtest(t, {
    'mixed.log': [...weekLines().slice(0, 20), ...other.slice(20)],
  });
  t.match(json.of('total'), [
    {
      lines: 35,
      broken: 15,
      items: { alert: 20, broken: 15 },
      firstBroken: {
        log: /mixed\.log$/,
        line: '[2023-11-14T22:13:20.698+01:00] [events] [info] SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;1;CHECK refused',
      },
      kicks: 4,
    },
  ]);
  t.match(text.stdout, /20 alerts, 15 lines not understood/);
  t.match(
    text.stdout,
    /not understood: the first such line, of .*mixed\.log: \[2023-11-14T22:13:20\.698\+01:00\] \[events\]/,
  );
  t.match(
    text.stdout,
    /its time is an ISO date.*; run: perl .*mixed\.log \| kicker backtest -/,
  );
});

void t.test(
  'a line that was not understood is printable and short',
  async (t) => {
    const { json, text } = await backtest(t, {
      log: [...problemLines(), `SERVICE ALERT: \u001b[31m${'x'.repeat(500)}`],
    });
    const [total] = json.of('total');
    const line = String(
      (total?.['firstBroken'] as { line: string } | undefined)?.line,
    );
    t.ok(line.length <= 256);
    t.match(line, /^SERVICE ALERT: \\u\{1b\}\[31mxxx/);
    t.notOk(text.stdout.includes('\u001b'));
  },
);

void t.test(
  'other forms of time: the command that converts it, as it stands',
  async (t) => {
    const lines = weekLines();
    const forms: Record<string, (line: string) => string> = {
      "it's human.log": (line) => {
        const date = new Date(Number(line.slice(1, 11)) * 1000).toUTCString();
        const [, week, dayOf, month, year, time] =
          /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(date) ?? [];
        return `[${week} ${month} ${dayOf} ${time} ${year}]${line.slice(12)}`;
      },
      'centreon-v2.log': (line) =>
        `[${new Date(Number(line.slice(1, 11)) * 1000).toISOString()}] [events] [info] [9]${line.slice(12)}`,
      'syslog.log': (line) => {
        const date = new Date(Number(line.slice(1, 11)) * 1000).toUTCString();
        const [, dayOf, month, time] =
          /, (\d+) (\w+) \d+ ([\d:]+)/.exec(date) ?? [];
        return `${month} ${Number(dayOf)} ${time} mon1 nagios:${line.slice(12)}`;
      },
    };
    for (const [name, form] of Object.entries(forms)) {
      const { text } = await backtest(t, { [name]: lines.map(form) });
      t.equal(text.code, 2);
      const [fault] = text.faults;
      t.equal(fault?.code, 'LOG_FORM', name);
      t.match(
        fault?.message,
        / has an? .*; expected \[1700000000\]; the first line is /,
      );
      t.ok(fault?.message.includes(form(lines[0] ?? '')), 'its first line');
      const command = /^run: (.*) \| kicker backtest -$/.exec(
        fault?.remedy ?? '',
      )?.[1];
      const { stdout: converted } = execaSync(
        'sh',
        ['-c', command ?? 'false'],
        {
          env: { TZ: 'UTC' },
          encoding: 'buffer',
          stripFinalNewline: false,
        },
      );
      const dir = createDir(t);
      const again = await runBacktest(['-', '--json'], {
        config: join(dir, 'kicker.yaml'),
        stdin: [converted.subarray(0, 100), converted.subarray(100)],
      });
      t.match(again.of('total'), [{ kicks: 7, broken: 0 }], name);
    }
  },
);

void t.test('nothing of a log at all', async (t) => {
  const empty = await backtest(t, { 'empty.log': [] });
  t.match(empty.text.faults, [
    {
      code: 'LOG_EMPTY',
      message:
        /empty\.log begins as in nagios.log, \[1700000000\]; there is no line at all$/,
    },
  ]);
  const other = await backtest(t, { 'other.log': ['first \u0007', 'second'] });
  t.match(other.text.faults, [
    {
      code: 'LOG_EMPTY',
      message:
        /other\.log begins as in nagios.log, \[1700000000\]; the first is first \\u\{7\}$/,
    },
  ]);
});

void t.test('packed by another program: which one unpacks it', async (t) => {
  const dir = createDir(t);
  const config = join(dir, 'kicker.yaml');
  const rows: [name: string, begin: number[], remedy: string][] = [
    ['a.bz2', [0x42, 0x5a, 0x68, 0x39], 'bzcat DIR/a.bz2'],
    ['a.xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'xzcat DIR/a.xz'],
    ['a b.zip', [0x50, 0x4b, 3, 4], "unzip -p 'DIR/a b.zip'"],
    ['a.zst', [0x28, 0xb5, 0x2f, 0xfd], 'zstdcat DIR/a.zst'],
    ['a.lz4', [0x04, 0x22, 0x4d, 0x18], 'lz4cat DIR/a.lz4'],
    ['a.Z', [0x1f, 0x9d, 0x90], 'zcat DIR/a.Z'],
  ];
  for (const [name, begin, remedy] of rows) {
    const bytes = Buffer.concat([Buffer.from(begin), Buffer.from('rest')]);
    writeFileSync(join(dir, name), bytes);
    const file = await runBacktest([join(dir, name)], { config });
    t.match(
      file.faults,
      [
        {
          code: 'LOG_PACKED',
          remedy: `run: ${remedy.replace('DIR', dir)} | kicker backtest -`,
        },
      ],
      name,
    );
    const piped = await runBacktest(['-'], { config, stdin: [bytes] });
    t.match(piped.faults, [
      {
        code: 'LOG_PACKED',
        message: /^standard input is packed by/,
        remedy: /^run: … \| \S+ \| kicker backtest -$/,
      },
    ]);
  }
});

void t.test(
  'standard input, by each of its names, plain or gzip; a pipe',
  async (t) => {
    const dir = createDir(t);
    const config = join(dir, 'kicker.yaml');
    const bytes = Buffer.from(textOf(weekLines()));
    for (const name of ['-', '/dev/stdin', '/dev/fd/0']) {
      for (const stdin of [[bytes], [gzipSync(bytes)]]) {
        const json = await runBacktest(['--json', name], { config, stdin });
        t.match(json.of('total'), [{ files: 1, lines: 35, kicks: 7 }], name);
      }
    }
    const twice = await runBacktest(['-', '/dev/stdin'], { config });
    t.match(twice.faults, [
      { code: 'USAGE', message: 'standard input is named twice' },
    ]);
    const fifo = join(dir, 'fifo');
    execaSync('mkfifo', [fifo]);
    const plain = join(dir, 'plain.log');
    writeFileSync(plain, bytes);
    const child = execa('sh', ['-c', 'cat "$1" >"$2"', 'sh', plain, fifo], {
      stdio: 'ignore',
      reject: false,
    });
    t.teardown(() => child.kill());
    const read = await runBacktest(['--json', fifo], { config });
    t.match(read.of('total'), [{ lines: 35, kicks: 7 }], 'a pipe with a name');
  },
);

void t.test('several logs are merged by time', async (t) => {
  const a = weekLines();
  const b = weekLines({ host: 'db1', service: 'MySQL', at: 7200 });
  const { json } = await backtest(t, { 'a.log': a, 'b.log': b });
  t.match(json.of('total'), [
    { files: 2, lines: 70, repeated: 0, kicks: 14, healed: 0, joined: 0 },
  ]);
  t.match(
    json.of('service').map(({ host, kicks, healed }) => [host, kicks, healed]),
    [
      ['web1', 7, 0],
      ['db1', 7, 0],
    ],
  );
  const merged = await totalOf(t, { 'merged.log': inTime([...a, ...b]) });
  t.strictSame({ ...merged, files: 2 }, json.of('total')[0]);
});

void t.test('a log a poller and day, named in any order', async (t) => {
  const logs: Record<string, string[]> = {};
  for (let index = 6; index >= 0; index -= 1) {
    for (const [poller, host] of [
      ['a', 'web1'],
      ['b', 'db1'],
    ] as const) {
      logs[`${poller}-${index}.log`] = [0, 8, 16].flatMap((hour) =>
        problemLines({
          host,
          at: index * day + hour * 3600 + (poller === 'a' ? 0 : 1800),
        }),
      );
    }
  }
  t.match(await totalOf(t, logs), {
    files: 14,
    lines: 210,
    kicks: 42,
    healed: 0,
    codes: { 'attempt-not-reached': 84 },
  });
});

void t.test(
  'the same archive twice counts once, and the report says so',
  async (t) => {
    const lines = weekLines();
    const { json, text } = await backtest(t, {
      'plain.log': lines,
      'plain.log.gz': lines,
    });
    t.match(json.of('total'), [
      { lines: 70, repeated: 35, items: { alert: 35 }, kicks: 7 },
    ]);
    t.match(
      text.stdout,
      /\n35 lines were there already, in the same second: each counts once\n/,
    );
    // Peers that each write what all of them saw, besides what is their own.
    const own = problemLines({ host: 'db1', at: 3600 });
    t.match(
      await totalOf(t, {
        'peer-a.log': lines,
        'peer-b.log': inTime([...lines, ...own]),
      }),
      { repeated: 35, kicks: 8 },
    );
  },
);

void t.test('one line with a time far away moves nobody', async (t) => {
  const lines = weekLines();
  for (const at of [4000 * day, -400 * day]) {
    const odd = logLine(at, 'SERVICE ALERT: web9;SSH;WARNING;SOFT;1;odd clock');
    const { json, text } = await backtest(t, {
      log: [...lines.slice(0, 12), odd, ...lines.slice(12)],
    });
    t.match(json.of('total'), [
      {
        from: '2023-11-14T22:13:20.000Z',
        to: '2023-11-20T22:23:20.000Z',
        kicks: 7,
        strayTimes: 1,
        firstStrayTime: odd,
      },
    ]);
    t.match(
      text.stdout,
      /\n1 lines have a time far from that of the lines around them.*odd clock\n/,
    );
  }
});

void t.test('logs put together in another order', async (t) => {
  const lines = weekLines();
  const { json, text } = await backtest(t, {
    log: [...lines.slice(20), ...lines.slice(0, 20)],
  });
  t.match(json.of('total'), [{ kicks: 7, setBack: 1, strayTimes: 0 }]);
  t.match(
    text.stdout,
    /the time in the logs went back 1 times, by 6 d at most; name each log by itself/,
  );
});

void t.test(
  'HARD before the last attempt, since the host is down',
  async (t) => {
    const host = (state: string): string =>
      `HOST ALERT: web1;${state};HARD;3;x`;
    const http = (rest: string): string => `SERVICE ALERT: web1;HTTP;${rest};x`;
    const blips = Array.from({ length: 10 }, (_, index) => [
      logLine((index + 1) * day, http('CRITICAL;SOFT;1')),
      logLine((index + 1) * day + 60, http('OK;SOFT;2')),
    ]).flat();
    const story = [
      logLine(0, http('CRITICAL;SOFT;1')),
      logLine(60, http('CRITICAL;SOFT;2')),
      logLine(90, host('DOWN')),
      logLine(120, http('CRITICAL;HARD;2')),
      logLine(300, host('UP')),
      logLine(360, http('OK;SOFT;2')),
    ];
    t.match(await totalOf(t, { log: blips }), { kicks: 0 });
    t.match(await totalOf(t, { log: [...story, ...blips] }), { kicks: 1 });
  },
);

void t.test(
  'max_check_attempts of the object, where it is given',
  async (t) => {
    const blips = Array.from({ length: 5 }, (_, index) => [
      logLine(index * day, 'SERVICE ALERT: web1;HTTP;CRITICAL;SOFT;1;x'),
      logLine(index * day + 60, 'SERVICE ALERT: web1;HTTP;OK;SOFT;2;x'),
    ]).flat();
    const dir = t.testdir({
      'objects.cache':
        'define service {\n\thost_name\tweb1\n\tservice_description\tHTTP\n\tmax_check_attempts\t2\n\t}\n',
    });
    const objects = `--objects=${join(dir, 'objects.cache')}`;
    const given = await runBacktestOf(t, blips, objects);
    t.match(
      given.of('total'),
      [{ kicks: 5 }],
      'the first of two is the last SOFT',
    );
    t.match(given.of('total')[0]?.['assumed'], [
      /every kick/,
      /a run helped/,
      /max_check_attempts and is_volatile of each service were always as they are now/,
      /host groups are not known/,
    ]);
    t.match(await totalOf(t, { log: blips }), {
      kicks: 0,
      assumed: [
        /every kick/,
        /a run helped/,
        /became HARD while its host was up \(--objects FILE tells them\)/,
        /host groups/,
      ],
    });
  },
);

void t.test('the third SOFT attempt was WARNING', async (t) => {
  const lines = Array.from({ length: 5 }, (_, index) =>
    [
      'WARNING;SOFT;1',
      'WARNING;SOFT;2',
      'WARNING;SOFT;3',
      'CRITICAL;SOFT;4',
      'CRITICAL;SOFT;5',
      'OK;SOFT;6',
    ].map((rest, step) =>
      logLine(index * day + step * 60, `SERVICE ALERT: web1;HTTP;${rest};x`),
    ),
  ).flat();
  t.match(await totalOf(t, { log: lines }), {
    kicks: 5,
    waited: 5,
    codes: { 'state-not-configured': 15, verifying: 5 },
  });
});

void t.test('a flag that the log begins and never ends', async (t) => {
  const stopped = [
    logLine(4000, 'Caught SIGTERM, shutting down...'),
    logLine(20_000, 'Nagios 4.4.6 starting... (PID=9)'),
  ];
  const downtime = logLine(3600, 'HOST DOWNTIME ALERT: web1;STARTED; x');
  const flapping = logLine(
    3600,
    'SERVICE FLAPPING ALERT: web1;HTTP;STARTED; x',
  );
  t.match(await totalOf(t, { log: rotatedWeekLines() }), { kicks: 7 });
  for (const flag of [downtime, flapping]) {
    const log = rotatedWeekLines([flag, ...stopped]);
    t.match(await totalOf(t, { log }), { kicks: 7 }, flag);
  }
  const { json, text } = await backtest(t, {
    log: rotatedWeekLines([downtime]),
  });
  t.match(json.of('total'), [{ kicks: 1, codes: { 'in-downtime': 24 } }]);
  t.match(json.of('old-flag'), [
    {
      host: 'web1',
      flag: 'downtime',
      since: '2023-11-14T23:13:20.000Z',
      alerts: 12,
    },
  ]);
  t.match(
    text.stdout,
    /\nweb1 is in downtime since 2023-11-14, and the log tells no end of it: 12 alerts met it after more than 3 days\n/,
  );
  const planned = logLine(
    3000,
    `EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;web1;${logStart + 3600};${logStart + 2 * day - 3600};1;0;0;ada;x`,
  );
  t.match(
    await totalOf(t, { log: rotatedWeekLines([downtime, planned]) }),
    { kicks: 6, codes: { 'in-downtime': 4 } },
    'its own end',
  );
});

void t.test('a name with a `;`', async (t) => {
  const { json } = await backtest(t, {
    log: problemLines({ service: 'Disk; root' }),
  });
  t.match(json.of('total'), [{ broken: 0, kicks: 1 }]);
  t.match(json.of('service'), [{ host: 'web1', service: 'Disk; root' }]);
});

void t.test('the valid rest of a torn line', async (t) => {
  const [first = '', ...rest] = weekLines();
  const torn = [first.slice(0, 40) + (rest[0] ?? ''), ...rest.slice(1)];
  const { json } = await backtest(t, { log: torn });
  t.match(json.of('total'), [
    {
      lines: 35,
      broken: 1,
      firstBroken: { line: first.slice(0, 40) },
      items: { alert: 34 },
      kicks: 7,
    },
  ]);
});

void t.test('alerts that called no handler are counted apart', async (t) => {
  const stalked = [200, 260, 320].map((at) =>
    logLine(at, `SERVICE ALERT: web1;HTTP;CRITICAL;HARD;4;${at} ms`),
  );
  const { json, text } = await backtest(t, {
    log: inTime([...problemLines(), ...stalked]),
  });
  t.match(json.of('total'), [
    { items: { alert: 8 }, uncalled: 3, kicks: 1, codes: { verifying: 1 } },
  ]);
  t.match(json.of('service'), [{ alerts: 5 }]);
  t.match(text.stdout, /8 lines, 5 alerts, 0 lines not understood/);
  t.match(text.stdout, /\n3 alerts more called no event handler/);
});

void t.test(
  'an acknowledged problem is not kicked, however it was told',
  async (t) => {
    for (const text of [
      'EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;web1;HTTP;2;1;0;ada;on it',
      'EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web1;HTTP;2;1;0;1700009999;ada;x',
      'SERVICE NOTIFICATION: ops;web1;HTTP;ACKNOWLEDGEMENT (CRITICAL);mail;x;ada;y',
    ]) {
      const log = inTime([...problemLines(), logLine(61, text)]);
      t.match(
        await totalOf(t, { log }),
        { kicks: 0, codes: { acknowledged: 2 } },
        text,
      );
    }
    const others = [
      'EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;web1;HTTP;2;1;0;1700000100;ada;x',
      'EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;web1;SSH;2;1;0;ada;x',
    ];
    for (const text of others) {
      const log = inTime([...problemLines(), logLine(61, text)]);
      t.match(await totalOf(t, { log }), { kicks: 1 }, text);
    }
  },
);

async function runBacktestOf(
  t: Test,
  lines: readonly string[],
  ...more: string[]
): Promise<Backtested> {
  return (await backtest(t, { log: lines }, ...more)).json;
}
