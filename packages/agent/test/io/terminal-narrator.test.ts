import t from 'tap';
import { createTerminalNarrator } from '../../src/io/terminal-narrator.ts';
import type { Told } from '../../src/told.ts';

function said(events: Told[], hasColors = false): string {
  let text = '';
  const narrator = createTerminalNarrator({
    write: (more) => (text += more),
    hasColors,
    now: () => new Date('2026-11-22T10:11:12Z'),
  });
  for (const event of events) narrator.tell(event);
  return text;
}
const fault = {
  code: 'CODE',
  exitCode: 2,
  message: 'it happened',
  remedy: 'type this',
};
const ended = {
  kind: 'corrected' as const,
  corrected: [{ resource: 'Service[apache2]', from: 'stopped', to: 'running' }],
  failed: [],
};
const who = { ip: '192.0.2.1', certname: 'kicker.example.com' };
const request = {
  event: 'request' as const,
  ...who,
  serial: '1',
  fingerprint: 'AB',
  method: 'POST',
  path: '/run',
  durationMs: 3,
};

/** Each event, and what the person at the terminal reads of it. */
const rows: [Told, string[]][] = [
  [
    {
      event: 'listening',
      address: '0.0.0.0',
      port: 8139,
      certname: 'web1',
      cm: 'puppet-agent',
      aclFile: '/etc/kickd/auth.conf',
      rules: 3,
    },
    [
      '* kickd for web1 listens on 0.0.0.0 port 8139',
      'runs: puppet-agent',
      'rules: 3 from /etc/kickd/auth.conf',
      'stop: Ctrl-C',
    ],
  ],
  [{ event: 'warning', fault }, ['! CODE: it happened', 'remedy: type this']],
  [
    { event: 'handshake-accepted', ...who, serial: '0A' },
    ['> certificate of kicker.example.com accepted from 192.0.2.1 (serial 0A)'],
  ],
  [
    {
      event: 'handshake-refused',
      ...who,
      code: 'PEER_EXPIRED',
      message: 'it expired',
      remedy: 'renew',
      serial: '0A',
      issuer: 'CN=ca',
      notBefore: 'A',
      notAfter: 'B',
    },
    [
      'x certificate refused from 192.0.2.1: PEER_EXPIRED: it expired',
      'certname: kicker.example.com',
      'serial: 0A',
      'issuer: CN=ca',
      'valid: A to B',
      'remedy: renew',
    ],
  ],
  [
    {
      event: 'handshake-refused',
      ip: '192.0.2.1',
      code: 'PEER_NO_CERTIFICATE',
      message: 'none',
      remedy: 'show one',
    },
    [
      'x certificate refused from 192.0.2.1: PEER_NO_CERTIFICATE: none',
      'remedy: show one',
    ],
  ],
  [
    { event: 'handshake-failed', ip: '192.0.2.1', code: 'C', message: 'm' },
    ['x no TLS with 192.0.2.1: C: m'],
  ],
  [
    {
      event: 'connection-refused',
      ip: '192.0.2.1',
      code: 'C',
      message: 'm',
      remedy: 'r',
      count: 7,
    },
    ['x turned away 7 of 192.0.2.1: C: m', 'remedy: r'],
  ],
  [
    {
      ...request,
      status: 202,
      decision: 'allow',
      reason: 'let in',
      file: 'auth.conf',
      line: 4,
    },
    [
      '> kicker.example.com (192.0.2.1) POST /run: 202 allowed',
      'rule: let in [auth.conf:4]',
    ],
  ],
  [
    {
      ...request,
      status: 403,
      decision: 'deny',
      reason: 'no stanza',
      code: 'ACL_DENIED',
    },
    [
      'x kicker.example.com (192.0.2.1) POST /run: 403 refused: ACL_DENIED',
      'rule: no stanza',
    ],
  ],
  [{ event: 'record-refused', fault: 'length' }, []],
  [{ event: 'runner-ready', cm: 'tool' }, []],
  [{ event: 'runner-leaves', afterSeconds: 20 }, []],
  [
    {
      event: 'run-accepted',
      run: 'R',
      kick: 'K',
      by: 'kicker',
      how: 'started',
    },
    ['> kick K of kicker: started', 'run: R'],
  ],
  [
    {
      event: 'run-started',
      run: 'R',
      cm: 'tool',
      command: ['/usr/bin/puppet', 'agent'],
    },
    ['> run R started (tool)', 'command: /usr/bin/puppet agent'],
  ],
  [
    { event: 'run-adopted', run: 'R', pid: 7 },
    ['> run R of an earlier kickd goes on as process 7'],
  ],
  [
    { event: 'run-stopping', run: 'R', code: 'timeout', signal: 'SIGTERM' },
    ['! run R is being ended with SIGTERM: timeout'],
  ],
  [{ event: 'probe-asked', run: 'R', service: 'HTTP', when: 'before' }, []],
  [
    {
      event: 'probe-answered',
      run: 'R',
      service: 'HTTP\u001b',
      when: 'before',
      answer: 'not-green',
      exitCode: 2,
      text: 'CRITICAL: connection refused',
      durationMs: 12,
    },
    [
      '? probe of HTTP\\u{1b} before run R: not-green (exit 2): CRITICAL: connection refused',
    ],
  ],
  [
    {
      event: 'probe-answered',
      run: 'R',
      service: 'HTTP',
      when: 'after',
      answer: 'stopped',
      text: '',
      durationMs: 12,
    },
    ['? probe of HTTP after run R: stopped'],
  ],
  [
    {
      event: 'run-ended',
      run: 'R',
      outcome: { kind: 'not-needed', corrected: [], failed: [] },
    },
    ['v run R: not-needed'],
  ],
  [
    { event: 'run-ended', run: 'R', durationMs: 5234, outcome: ended },
    ['v run R: corrected Service[apache2] (stopped -> running) in 5.2 s'],
  ],
  [
    {
      event: 'run-ended',
      run: 'R',
      outcome: {
        kind: 'failed',
        code: 'catalog',
        reason: 'no server',
        corrected: [],
        failed: [],
      },
    },
    ['x run R: failed (catalog) no server'],
  ],
  [
    { event: 'reloaded', what: 'acl', detail: '3 rules' },
    ['* acl reloaded: 3 rules'],
  ],
  [
    { event: 'reload-refused', what: 'certificates', faults: [fault] },
    [
      '! new certificates refused, the old stay in force',
      '! CODE: it happened',
      'remedy: type this',
    ],
  ],
  [{ event: 'closing', signal: 'SIGINT' }, ['* SIGINT: closing']],
  [
    { event: 'closing', signal: 'SIGINT', running: 'R' },
    ['* SIGINT: closing', 'run: R goes on; the next kickd settles it'],
  ],
];

for (const [event, lines] of rows) {
  t.test(event.event, async (t) => {
    const text = said([event]);
    const plain = text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace('10:11:12 ', '').trim());
    t.strictSame(plain, lines);
  });
}

t.test('colours where there is a terminal for them', async (t) => {
  const [[event] = []] = rows;
  if (event === undefined) throw new Error('no row');
  t.match(said([event], true), /\u001b\[36m/);
  t.notMatch(said([event]), /\u001b/);
});
