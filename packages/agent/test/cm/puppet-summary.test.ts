import t from 'tap';
import { readPolicy } from '../../src/cm/puppet-summary.ts';

const summary = (
  config: string,
  time = 'total: 3.25\n  last_run: 1772323200',
) => `---
version:
  config: ${config}
  puppet: 7.23.0
application:
  run_mode: agent
resources:
  changed: 1
time:
  notify: 0.1
  ${time}
`;

t.test('the version of the last run', (t) => {
  t.strictSame(readPolicy(summary('9f2c1ab')), {
    configVersion: '9f2c1ab',
    endedAt: '2026-03-01T00:00:00.000Z',
    durationMs: 3250,
  });
  t.match(readPolicy(summary('1772323190')), { configVersion: '1772323190' });
  t.match(readPolicy(summary('"a\\tb"')), { configVersion: 'a\\u{9}b' });
  t.strictSame(readPolicy(summary('x', 'last_run: 1')), {
    configVersion: 'x',
    endedAt: '1970-01-01T00:00:01.000Z',
  });
  t.end();
});

t.test('nothing that could be used', (t) => {
  for (const text of [
    undefined,
    '',
    '--- []',
    'x: [',
    summary('{a: 1}'),
    summary('x', 'total: 1'),
    summary('x', 'last_run: .inf'),
    summary('x', 'last_run: -.inf'),
    summary('x', 'last_run: .nan'),
    summary('x', 'last_run: "1772323200"'),
  ]) {
    t.equal(readPolicy(text), undefined, String(text).slice(-40));
  }
  t.end();
});
