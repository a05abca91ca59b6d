import t from 'tap';
import {
  PuppetReportReader,
  type PuppetReport,
  type ReadReport,
} from '../../src/cm/puppet-report.ts';

/** Reports that Puppet itself or a damaged disk leaves, each with what is to be read from it. */
function read(report: string | Buffer, pieceBytes = 7): ReadReport {
  const reader = new PuppetReportReader();
  const bytes = Buffer.from(report);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.take(bytes.subarray(at, at + pieceBytes));
  }
  return reader.end();
}
const head = 'host: web1\nstatus: changed\ntransaction_completed: true\n';
const event = 'events:\n    - property: ensure\n      status: success\n';
const service = `  Service[a]:\n    resource: Service[a]\n    failed: false\n    ${event}`;
const corrected = [
  { resource: 'Service[a]', property: 'ensure', corrective: false },
];

const whole: [what: string, text: string, report: Partial<PuppetReport>][] = [
  ['plain', `---\n${head}resource_statuses:\n${service}`, { corrected }],
  [
    'without a document marker, behind a byte order mark',
    `\ufeff${head}resource_statuses:\n${service}`,
    { corrected },
  ],
  [
    'its tag on a line of its own',
    `---\n!ruby/object:Puppet::Transaction::Report\n${head}resource_statuses:\n${service}`,
    { corrected },
  ],
  [
    'lines that end with CR and LF',
    `---\n${head}resource_statuses:\n${service}`.replaceAll('\n', '\r\n'),
    { corrected },
  ],
  [
    'format 4, as Puppet 3 indents it and Ruby tags it',
    `--- !ruby/object:Puppet::Transaction::Report
  metrics:
    time: !ruby/object:Puppet::Util::Metric
      name: time
  logs:
    - !ruby/object:Puppet::Util::Log
      level: !ruby/sym err
      message: "no"
      source: //web1/Puppet
  resource_statuses:
    Service[a]: !ruby/object:Puppet::Resource::Status
      resource: Service[a]
      failed: false
      events:
        - !ruby/object:Puppet::Transaction::Event
          property: ensure
          previous_value: :stopped
          desired_value: :running
          status: success
  host: web1
  report_format: 4
  configuration_version: 1795333081
  status: changed
`,
    {
      corrected: [
        {
          resource: 'Service[a]',
          property: 'ensure',
          from: 'stopped',
          to: 'running',
          corrective: false,
        },
      ],
      firstError: 'no',
      configVersion: '1795333081',
      completed: true,
    },
  ],
  [
    'logs behind the resources, and what Facter says',
    `---\n${head}resource_statuses: {}\nlogs:\n- level: err\n  message: x\n  source: Facter\n- level: err\n  message: 'Facter: y'\n  source: Puppet\n- level: alert\n  message: "z \\e[31mred\\e[0m\n    on"\n  source: Puppet\n`,
    { firstError: 'z red on', corrected: [] },
  ],
  [
    'texts that look like the report',
    `---\n${head}logs:\n- level: notice\n  message: |-\n    status: failed\n    resource_statuses:\n      X[y]:\n        failed: true\n    - level: err\n  source: "Puppet\n    status: failed"\nresource_statuses:\n  Notify[x]:\n    resource: Notify[x]\n    title: |-\n      failed: true\n      changed: true\n      events:\n      - status: success\n    failed: false\n    events: []\n`,
    { status: 'changed', corrected: [], failed: [] },
  ],
  [
    'a service that could not be restarted',
    `---\n${head}resource_statuses:\n  Service[a]:\n    resource: Service[a]\n    failed: false\n    failed_to_restart: true\n    events: []\n`,
    { failed: ['Service[a]'] },
  ],
  [
    'a key of its own in front of a long title',
    `---\n${head}resource_statuses:\n  ? "${'k'.repeat(140)}\n    ${'k'.repeat(140)}"\n  : failed: true\n    events: []\n`,
    { failed: [`${'k'.repeat(140)} ${'k'.repeat(56)}...`] },
  ],
  [
    'names with colons, quotes, line breaks',
    `---\n${head}resource_statuses:\n  'Exec[a: ''b'' "c"]':\n    resource: 'Exec[a: ''b'' "c"]'\n    failed: true\n  "Exec[a\\n: b]":\n    resource: "Exec[a\\n: b]"\n    failed: true\n  "Exec[日本]":\n    resource: Exec[日本]\n    failed: true\n`,
    { failed: [`Exec[a: 'b' "c"]`, 'Exec[a\\u{a}: b]', 'Exec[日本]'] },
  ],
  [
    'the status of an event is an alias, as is a list of events',
    `---\n${head}resource_statuses:\n  Service[a]:\n    resource: &1 Service[a]\n    events: &2\n    - property: ensure\n      status: &3 success\n  Service[b]:\n    resource: Service[b]\n    events: *2\n  Service[c]:\n    resource: *1\n    events:\n    - property: ensure\n      status: *3\n`,
    {
      corrected: [
        ...corrected,
        { ...corrected[0]!, resource: 'Service[b]' },
        ...corrected,
      ],
    },
  ],
  [
    'what looks like an anchor in a text is none',
    `---\n${head}logs:\n- level: &1 err\n  message: &2 true reason\n- level: notice\n  message: |-\n    a: &2 false reason\n  source: 'b: &2 false reason'\nresource_statuses:\n  Service[a]:\n    resource: *2\n    failed: true\n`,
    { failed: ['true reason'], firstError: 'true reason' },
  ],
  [
    'aliases of what is not there, and of themselves',
    `---\n${head}resource_statuses:\n  Service[a]: &1\n    resource: *9\n    failed: true\n    events: *1\n`,
    { failed: ['Service[a]'], corrected: [] },
  ],
  [
    'a person has written it in brackets',
    `---\n${head}resource_statuses:\n  Service[a]: {resource: 'Service[a]', events: [{property: ensure, status: success}]}\n`,
    { corrected },
  ],
  [
    'unchanged resources left out',
    `---\n${head}resource_statuses: {}\ncorrective_change: false\njob_id: x\n`,
    { corrected: [], jobId: 'x' },
  ],
  [
    'no line break behind the last key',
    `---\n${head}resource_statuses:\n${service}corrective_change: false\njob_id: x`,
    { corrected, jobId: 'x' },
  ],
  [
    'more than one document',
    `---\n${head}resource_statuses:\n${service}---\nstatus: failed\n`,
    { status: 'changed', corrected },
  ],
];
for (const [what, text, report] of whole) {
  t.test(what, (t) => {
    t.match(read(text), { kind: 'report', report });
    t.end();
  });
}

t.test('a version is text', (t) => {
  for (const version of [
    '1e5',
    '0123',
    '12345678',
    '12345678901234567890',
    '2026-11-26',
    '0x1f',
    '~',
    'yes',
    'null',
    '1_000',
    '.5',
    '12:30:45',
  ]) {
    const text = `---\n${head}configuration_version: ${version}\nresource_statuses: {}\n`;
    t.match(read(text), { report: { configVersion: version } });
    t.match(read(text.replace(version, `'${version}'`)), {
      report: { configVersion: version },
    });
  }
  const empty = `---\n${head}configuration_version:\nresource_statuses: {}\n`;
  t.notMatch(read(empty), { report: { configVersion: String } });
  t.end();
});

const damaged: [what: string, text: string | Buffer, reason: RegExp][] = [
  ['empty', '', /^it is empty$/],
  ['blank', '\n\n', /no report of Puppet/],
  ['NULs alone', Buffer.alloc(100), /^NUL bytes at byte 0$/],
  ['a list', '- 1\n', /^no YAML as Puppet writes it at byte 0$/],
  ['JSON', '{"status": "changed"}\n', /no YAML/],
  ['HTML', '<html>\n<body>\n', /no YAML/],
  ['something else', 'a: 1\n', /no report of Puppet/],
  [
    'NULs at the end, as a file system leaves them',
    `---\n${head}\0\0\0\0`,
    /^NUL bytes at byte 59$/,
  ],
  [
    'broken off in a line',
    `---\n${head}resource_statuses:\n${service.slice(0, -9)}`,
    /^it breaks off at byte \d+$/,
  ],
  ['broken off in the head', `---\n${head}noop: fal`, /breaks off/],
  [
    'broken off between two lines of a resource',
    `---\n${head}resource_statuses:\n${`${service}    corrective_change: false\n`.repeat(2)}  Service[b]:\n    resource: Service[b]\n    failed: true\n`,
    /^it breaks off$/,
  ],
  [
    'garbage in the middle',
    `---\n${head}resource_statuses:\n${service}\u0001\u0002 garbage\n${service}`,
    /^no YAML as Puppet writes it at byte \d+$/,
  ],
];
for (const [what, text, reason] of damaged) {
  t.test(`damaged: ${what}`, (t) => {
    t.match(read(text), { kind: 'damaged', reason });
    t.end();
  });
}

t.test('whose report it is can be told of a damaged one too', (t) => {
  t.match(read(`---\njob_id: x\n${head}\0`), { kind: 'damaged', jobId: 'x' });
  t.end();
});

t.test('wherever it breaks off, it is damaged or tells nothing false', (t) => {
  const text = `---\n${head}logs: []\nresource_statuses:\n${service}  Service[b]:\n    resource: Service[b]\n    failed: true\n    events: []\ncorrective_change: false\njob_id: x\n`;
  for (let end = 0; end < text.length; end++) {
    const found = read(text.slice(0, end));
    if (found.kind === 'damaged') continue;
    const names = found.report.corrected.map(({ resource }) => resource);
    t.ok(names.every((name) => name === 'Service[a]'));
    t.ok(found.report.failed.every((name) => name === 'Service[b]'));
    t.not(found.report.status, 'unchanged');
  }
  t.end();
});

t.test('one long entry keeps its words', (t) => {
  const line = `      ${'failed: true '.repeat(20)}\n`;
  const long = line.repeat(4000);
  const entry = `  Exec[a]:\n    resource: Exec[a]\n    title: |-\n${long}    failed: true\n    ${event}`;
  const text = `---\n${head}logs:\n- level: err\n  message: "${'x '.repeat(1_000_000)}"\n  source: Puppet\nresource_statuses:\n${entry}${service}`;
  const reader = new PuppetReportReader();
  reader.take(Buffer.from(text));
  t.match(reader.end(), {
    report: {
      failed: ['Exec[a]'],
      corrected: [{ resource: 'Exec[a]' }, { resource: 'Service[a]' }],
      firstError: /^x x x .*\.\.\.$/,
    },
  });
  t.end();
});

t.test('at most 50 of each are named', (t) => {
  const text = Array.from(
    { length: 80 },
    (_, n) =>
      `  File[${String(n)}]:\n    resource: File[${String(n)}]\n    failed: true\n    events:\n    - status: success\n    - status: noop\n`,
  ).join('');
  const found = read(`---\n${head}resource_statuses:\n${text}`);
  if (found.kind !== 'report') throw new Error(found.reason);
  t.equal(found.report.corrected.length, 50);
  t.equal(found.report.pending.length, 50);
  t.equal(found.report.failed.at(-1), 'File[49]');
  t.end();
});

t.test(
  'no text makes the reader slow: many times as long, not many times as slow',
  (t) => {
    // each took minutes, or for ever, of a reader that looks at all ways to read it
    const evil = [
      `logs:\n- level: notice\n  message: "status: !${':'.repeat(200_000)}"\n`,
      `resource_statuses:\n  a:\n    status: !${':'.repeat(200_000)}success\n    x: noop\n`,
      `x: ${'&!'.repeat(400)} x\n`,
      `${'&!'.repeat(400)} x\n`,
      `x${' '.repeat(100_000)}x\n`,
      `a${' '.repeat(1000)}b\n`.repeat(2000),
      `"${'a'.repeat(1000)}\n`.repeat(2000),
      `resource_statuses:\n  a:\n    failed: true\n    x: "${'\\'.repeat(200_001)}\n`,
      `resource_statuses:\n  a:\n    failed: true\n    events:\n    ${'- '.repeat(100_000)}\n`,
      `resource_statuses:\n  a:\n    failed: true\n    ${'? '.repeat(100_000)}\n`,
      `resource_statuses:\n  a:\n    failed: true\n    title: ${'{'.repeat(100_000)}\n`,
      `resource_statuses:\n  a: ${'['.repeat(2000)}\n    failed: true\n`,
      `resource_statuses:\n${Array.from({ length: 2000 }, (_, n) => `${' '.repeat(n)}? failed: true\n`).join('')}`,
      `resource_statuses:\n  a:\n    failed: true\n${Array.from({ length: 500 }, (_, n) => `${' '.repeat(n + 4)}a:\n`).join('')}`,
    ];
    for (const text of evil) {
      t.doesNotThrow(
        () => read(`---\n${head}${text}`, 65_536),
        text.slice(0, 40),
      );
    }
    t.end();
  },
);
