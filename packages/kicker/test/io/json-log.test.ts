import t from 'tap';
import { createJsonLog } from '../../src/io/json-log.ts';

function write(event: string, facts: Readonly<Record<string, unknown>>) {
  const lines: string[] = [];
  const clock = { now: () => new Date('2026-03-01T12:00:00Z') };
  createJsonLog((line) => lines.push(line), clock)(event, facts);
  return lines;
}

t.test('one line an event, as kickd writes it', (t) => {
  t.strictSame(write('serving', { ledger: '/l', lease: 3 }), [
    '{"level":30,"time":"2026-03-01T12:00:00.000Z","event":"serving","ledger":"/l","lease":3}',
  ]);
  t.end();
});

t.test('what needs a look has a level of its own', (t) => {
  const levelOf = (event: string): unknown =>
    (JSON.parse(write(event, {})[0] ?? '') as { level: unknown }).level;
  t.equal(levelOf('decided'), 30);
  t.equal(levelOf('events-set-aside'), 40);
  t.equal(levelOf('trouble'), 50);
  t.end();
});

t.test('nothing of a name reaches the terminal as it is', (t) => {
  const hostile =
    'a\u001b]0;x\u0007\u009b31m\u202e\u2028\ud800"\\\n{"event":"x"}';
  const lines = write('decided', { host: hostile, [hostile]: 1 });
  t.equal(lines.length, 1);
  const [line = ''] = lines;
  t.match(line, /^[ -~]+$/, 'plain ASCII on one line');
  const read = JSON.parse(line) as Record<string, unknown>;
  t.equal(read['host'], hostile);
  t.equal(read['event'], 'decided');
  t.end();
});
