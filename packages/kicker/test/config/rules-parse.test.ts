import t from 'tap';
import { parseRules } from '../../src/config/rules-parse.ts';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';

const file = '/etc/kicker/rules.yaml';
const parse = (text: string) => parseRules(text, file);
const one = (part: string) => `rules: [{name: a, match: {host: "*"}, ${part}}]`;

void t.test('what is given goes over the defaults', async (t) => {
  const parsed = parse(
    [
      'guards:',
      '  share: {percent: 20}',
      '  storm: {backlog: replay}',
      '  canaries: [{host: gw.example.com, service: PING}]',
      'rules:',
      '  - name: web',
      '    match: {hostGroup: web, service: [HTTP, "HTTPS*"], labels: {team: ops}}',
      '    mode: noop',
      '    when: {states: [WARNING, CRITICAL]}',
      '    what: {tags: [apache]}',
      '    attempts: {perProblem: 2}',
      '  - name: rest',
      '    match: {host: "*"}',
    ].join('\n'),
  );
  t.strictSame(parsed, {
    kind: 'rules',
    rules: {
      source: file,
      guards: {
        ...defaultRuleSet.guards,
        share: { ...defaultRuleSet.guards.share, percent: 20 },
        storm: { ...defaultRuleSet.guards.storm, backlog: 'replay' },
        canaries: [{ host: 'gw.example.com', service: 'PING' }],
      },
      rules: [
        {
          ...defaultRule,
          name: 'web',
          place: `${file}:6`,
          match: {
            hostGroup: ['web'],
            service: ['HTTP', 'HTTPS*'],
            labels: { team: ['ops'] },
          },
          mode: 'noop',
          when: { ...defaultRule.when, states: ['WARNING', 'CRITICAL'] },
          what: { tags: ['apache'] },
          attempts: { ...defaultRule.attempts, perProblem: 2 },
        },
        {
          ...defaultRule,
          name: 'rest',
          place: `${file}:12`,
          match: { host: ['*'] },
        },
      ],
    },
  });
});

// Each row: the text, then code, place and a part of each message.
const bad: [string, [string, string, RegExp][]][] = [
  ['', [['CONFIG_INVALID', '1:1', /rules is nothing; expected: a list/]]],
  ['# nothing', [['CONFIG_INVALID', '1:1', /rules is nothing/]]],
  ['guards: {}', [['CONFIG_INVALID', '1:1', /rules is nothing/]]],
  ['rules: []', [['CONFIG_INVALID', '1:8', /at least one rule/]]],
  [
    'rules: [{name: a}]',
    [['CONFIG_INVALID', '1:9', /match is nothing; expected: a mapping/]],
  ],
  [
    'rules: [{name: a, match: {}}]',
    [['CONFIG_INVALID', '1:26', /for every service: \{host: "\*"\}/]],
  ],
  [
    'rules: [{name: a, match: {host: ""}}]',
    [['CONFIG_INVALID', '1:33', /match\.host is ""; expected: a name/]],
  ],
  [
    'rules: [{name: a, match: {host: []}}]',
    [['CONFIG_INVALID', '1:33', /match\.host is \[\]/]],
  ],
  [
    'rules: [{name: a, match: {host: "^web.*$"}}]',
    [['CONFIG_INVALID', '1:33', /no regular expression/]],
  ],
  [
    'rules: [{name: a, match: {host: "web1|web2"}}]',
    [['CONFIG_INVALID', '1:33', /no regular expression/]],
  ],
  [
    'rules: [{name: a, match: {host: " web1"}}]',
    [['CONFIG_INVALID', '1:33', /is " web1"/]],
  ],
  [
    'rules: [{name: a, match: {host: [web1, "web2 "]}}]',
    [['CONFIG_INVALID', '1:33', /match\.host is \["web1","web2 "\]/]],
  ],
  [
    'rules: [{name: a, match: {hostt: web1}}]',
    [['CONFIG_UNKNOWN_KEY', '1:27', /did you mean host\?/]],
  ],
  [
    one('mode: auto'),
    [['CONFIG_INVALID', '1:45', /observe, noop or automatic/]],
  ],
  [
    one('when: {states: [DOWN]}'),
    [['CONFIG_INVALID', '1:55', /when\.states\.0 is "DOWN"/]],
  ],
  [one('when: {states: []}'), [['CONFIG_INVALID', '1:54', /each once/]]],
  [
    one('attempts: {perProblem: 0}'),
    [['CONFIG_INVALID', '1:62', /perProblem is 0; expected: kicks of one/]],
  ],
  [
    one('what: {tags: [Bad Tag]}'),
    [['CONFIG_INVALID', '1:53', /a Puppet tag/]],
  ],
  [
    'guards: {share: {percent: 100}}\n' + one('mode: noop'),
    [['CONFIG_INVALID', '1:27', /over 0, at most 99/]],
  ],
  [
    'guards: {flapping: {low: 20, high: 20}}\n' + one('mode: noop'),
    [['RULES_CONTRADICT', '1:20', /low must be below high/]],
  ],
  [
    'guards: {canaries: [{host: "*"}]}\n' + one('mode: noop'),
    [['CONFIG_INVALID', '1:28', /the certname of one host/]],
  ],
  [
    'rules:\n  - {name: a, match: {host: web1}}\n  - {name: a, match: {host: web2}}',
    [['RULE_NAME_TWICE', '3:5', /a stands at \S+:2 already/]],
  ],
  [
    'rules:\n  - {name: all, match: {host: "*"}}\n  - {name: b, match: {host: web1, service: HTTP}}',
    [['RULE_NEVER_REACHED', '3:5', /b is never reached: all/]],
  ],
  [
    'rules:\n  - {name: webs, match: {host: ["web?", db1]}}\n  - {name: b, match: {host: [web1, db1]}}',
    [['RULE_NEVER_REACHED', '3:5', /b is never reached: webs/]],
  ],
  [
    'guards: {concurency: 3}\nrules: [{name: a, match: {host: x}, mode: 1}]',
    [
      ['CONFIG_UNKNOWN_KEY', '1:10', /did you mean concurrency\?/],
      ['CONFIG_INVALID', '2:43', /mode is 1/],
    ],
  ],
];
for (const [text, wanted] of bad) {
  void t.test(JSON.stringify(text), async (t) => {
    const parsed = parse(text);
    t.equal(parsed.kind, 'faults');
    if (parsed.kind !== 'faults') return;
    const { faults } = parsed;
    t.equal(faults.length, wanted.length, JSON.stringify(faults));
    for (const [index, [code, place, pattern]] of wanted.entries()) {
      const fault = faults[index];
      t.equal(fault?.code, code);
      t.ok(
        fault?.message.startsWith(`${file}:${place}: `),
        `${fault?.message} stands at ${place}`,
      );
      t.match(fault?.message, pattern);
      t.ok((fault?.remedy.length ?? 0) > 0);
    }
  });
}

// A narrower rule first, or another part, is no mistake.
for (const text of [
  'rules:\n  - {name: a, match: {host: web1}}\n  - {name: b, match: {host: "*"}}',
  'rules:\n  - {name: a, match: {service: HTTP}}\n  - {name: b, match: {host: web1}}',
  'rules:\n  - {name: a, match: {labels: {team: "*"}}}\n  - {name: b, match: {host: web1}}',
  'rules:\n  - {name: a, match: {hostGroup: "*"}}\n  - {name: b, match: {host: web1}}',
  'rules:\n  - {name: a, match: {host: "web?"}}\n  - {name: b, match: {host: web10}}',
]) {
  t.equal(parse(text).kind, 'rules', text);
}

void t.test('what may be broken on purpose', async (t) => {
  const drills = (text: string) =>
    parse(`rules: [{name: a, match: {host: "*"}}]\ndrill:\n${text}`);
  const window = '{days: [tue, thu], from: "10:00", to: "24:00"}';
  t.match(
    drills(
      `  - match: {host: web1, service: [HTTP, SSH]}\n    window: ${window}\n  - match: {host: "*", hostGroup: lab, service: "*"}\n    window: ${window}\n    intervalSeconds: 0\n`,
    ),
    {
      kind: 'rules',
      rules: {
        drills: [
          {
            place: `${file}:3`,
            match: { host: ['web1'], service: ['HTTP', 'SSH'] },
            window: { days: ['tue', 'thu'], from: '10:00', to: '24:00' },
            intervalSeconds: 86400,
          },
          { place: `${file}:5`, intervalSeconds: 0 },
        ],
      },
    },
  );
  const match = 'match: {host: web1, service: HTTP}';
  const rows: [string, string, RegExp][] = [
    ['  []', 'CONFIG_INVALID', /:3:3: drill is \[\]; expected: a list of what/],
    [`  - ${match}`, 'CONFIG_INVALID', /drill\.0\.window is nothing/],
    [`  - window: ${window}`, 'CONFIG_INVALID', /drill\.0\.match is nothing/],
    [
      `  - match: {host: web1}\n    window: ${window}`,
      'CONFIG_INVALID',
      /match\.service is nothing/,
    ],
    [
      `  - match: {service: HTTP}\n    window: ${window}`,
      'CONFIG_INVALID',
      /match\.host is nothing/,
    ],
    [
      `  - ${match}\n    window: {days: [Tue], from: "10:00", to: "11:00"}`,
      'CONFIG_INVALID',
      /days\.0 is "Tue"; expected: mon, tue,/,
    ],
    [
      `  - ${match}\n    window: {days: [tue], from: "9:00", to: "11:00"}`,
      'CONFIG_INVALID',
      /from is "9:00"; expected: a time of day in quotes, "00:00" to "23:59"/,
    ],
    [
      `  - ${match}\n    window: {days: [tue], from: "24:00", to: "11:00"}`,
      'CONFIG_INVALID',
      /from is "24:00"/,
    ],
    [
      `  - ${match}\n    window: {days: [tue], from: "10:00", to: "24:01"}`,
      'CONFIG_INVALID',
      /to is "24:01"/,
    ],
    [
      `  - ${match}\n    window: {days: [tue], from: "10:00", to: "10:00"}`,
      'RULES_CONTRADICT',
      /:4:13: window\.from and window\.to are both 10:00; for the whole day/,
    ],
    [
      `  - ${match}\n    windows: ${window}`,
      'CONFIG_UNKNOWN_KEY',
      /windows; did you mean window\?/,
    ],
  ];
  for (const [text, code, message] of rows) {
    const parsed = drills(text);
    const faults = parsed.kind === 'faults' ? parsed.faults : [];
    t.ok(
      faults.some((one) => one.code === code && message.test(one.message)),
      `${text}: ${JSON.stringify(faults)}`,
    );
  }
  const none = parse('rules: [{name: a, match: {host: "*"}}]');
  t.notOk(none.kind === 'rules' && 'drills' in none.rules);
});
