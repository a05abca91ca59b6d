import t from 'tap';
import { defaultConfig } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/parse.ts';

const file = '/etc/kicker/kicker.yaml';
const parse = (text: string) => parseConfig(text, file);

t.strictSame(parse(''), {
  kind: 'config',
  config: { ...defaultConfig(), file },
});
t.strictSame(parse('# nothing\n'), parse(''));

void t.test('what is given goes over the defaults', async (t) => {
  const parsed = parse(
    [
      'port: 9139',
      'hosts:',
      '  Web1: {certname: web1.example.com, address: 192.0.2.1}',
      'nagios: {commandFile: /run/nagios.cmd}',
      'rules: /etc/kicker/rules.yaml',
      'retry: {forSeconds: 60}',
      'timeouts: {connectSeconds: 0.5}',
      'tls: {cert: /a, key: /b, ca: /c, crl: /d}',
      'ledger: /var/lib/kicker/l.sqlite',
    ].join('\n'),
  );
  const base = defaultConfig();
  t.strictSame(parsed, {
    kind: 'config',
    config: {
      ...base,
      file,
      port: 9139,
      hosts: { Web1: { certname: 'web1.example.com', address: '192.0.2.1' } },
      monitors: {
        nagios: {
          kind: 'nagios',
          commandFile: '/run/nagios.cmd',
          author: 'kicker',
        },
      },
      nagios: {
        kind: 'nagios',
        commandFile: '/run/nagios.cmd',
        author: 'kicker',
      },
      rules: '/etc/kicker/rules.yaml',
      retry: { forSeconds: 60 },
      timeouts: { connectSeconds: 0.5, requestSeconds: 10 },
      tls: { cert: '/a', key: '/b', ca: '/c', crl: '/d' },
      ledger: '/var/lib/kicker/l.sqlite',
    },
  });
});

void t.test('two monitors of one kind are two monitors', async (t) => {
  t.match(
    parse(
      'nagios: {author: a}\nmonitors: {dc2: {kind: nagios, commandFile: /b}}',
    ),
    {
      config: {
        monitors: {
          nagios: { author: 'a' },
          dc2: { commandFile: '/b', author: 'kicker' },
        },
        nagios: { author: 'a' },
      },
    },
  );
  const only = parse('monitors: {dc2: {kind: nagios, statusFile: /s}}');
  t.strictSame(only.kind === 'config' && Object.keys(only.config.monitors), [
    'dc2',
  ]);
  t.match(only, { config: { nagios: { statusFile: '/s' } } });
  t.match(parse('monitors: {dc2: {kind: zabix}}'), {
    faults: [{ message: /monitors\.dc2\.kind/ }],
  });
});

// Each row: the text, then code, place and a part of each message.
const bad: [string, [string, string, RegExp][]][] = [
  ['prt: 1', [['CONFIG_UNKNOWN_KEY', '1:1', /prt; did you mean port\?/]]],
  ['zzzzzz: 1', [['CONFIG_UNKNOWN_KEY', '1:1', /no key zzzzzz$/]]],
  [
    'retry:\n  forSecond: 3',
    [
      [
        'CONFIG_UNKNOWN_KEY',
        '2:3',
        /retry\.forSecond; did you mean forSeconds\?/,
      ],
    ],
  ],
  [
    'port: 0',
    [['CONFIG_INVALID', '1:7', /port is 0; expected: a port, 1 to 65535/]],
  ],
  ['port: "8139"', [['CONFIG_INVALID', '1:7', /port is "8139"/]]],
  [
    'retry: {forSeconds: 2147484}',
    [['CONFIG_INVALID', '1:21', /2147484; expected: seconds, 1 to 2147483/]],
  ],
  [
    'hosts:\n  web1:\n    certname: Web1',
    [['CONFIG_INVALID', '3:15', /hosts\.web1\.certname is "Web1"/]],
  ],
  [
    'hosts: {web1: {adress: 192.0.2.1}}',
    [['CONFIG_UNKNOWN_KEY', '1:16', /did you mean address\?/]],
  ],
  [
    'rule: {states: [CRITICAL]}',
    [['CONFIG_RULE_MOVED', '1:1', /a file of their own/]],
  ],
  [
    'tls: {cert: /a, key: b}',
    [
      [
        'CONFIG_INVALID',
        '1:6',
        /tls\.ca is nothing; expected: an absolute path/,
      ],
      ['CONFIG_INVALID', '1:6', /tls\.crl is nothing/],
      ['CONFIG_INVALID', '1:22', /tls\.key is "b"; expected: an absolute path/],
    ],
  ],
  [
    'receive:\n  senders:\n    - {monitor: a}\n    - {monitor: b, certname: b.example.com, tokenFile: /b}\n    - {monitor: c, tokenFile: /c}',
    [
      [
        'CONFIG_INVALID',
        '3:7',
        /receive\.senders\.0 is neither of both; expected: certname or tokenFile/,
      ],
      ['CONFIG_INVALID', '4:7', /receive\.senders\.1 is both/],
    ],
  ],
  ['- a\n- b', [['CONFIG_INVALID', '1:1', /the file is \["a","b"\]/]]],
  ['port: 1\nport: 2', [['CONFIG_YAML', '2:1', /unique/]]],
  ['hosts: {', [['CONFIG_YAML', '1:9', /./]]],
  [
    'port: 99999\nledger: here\nwait: 1',
    [
      ['CONFIG_INVALID', '1:7', /port is 99999/],
      ['CONFIG_INVALID', '2:9', /ledger is "here"/],
      ['CONFIG_UNKNOWN_KEY', '3:1', /no key wait/],
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
