import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { putSpooled } from '../../src/io/put-spooled.ts';
import { openSpool } from '../../src/io/spool.ts';

const uid = process.getuid?.() ?? 0;

void t.test('what is put there is read as it was given', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  const args = ['--payload-json', '{"a":"ü\u2028"}', '', 'x: y'];
  putSpooled(directory, 'am', args);
  t.match(spool.scan(Date.now()), {
    events: [{ monitor: 'am', args }],
    rejected: [],
  });
  t.end();
});

void t.test('a megabyte is a message, and more is none', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  putSpooled(directory, 'am', ['x'.repeat(1_048_000)]);
  t.equal(spool.scan(Date.now()).events.length, 1);
  putSpooled(directory, 'am', ['x'.repeat(1_049_000)]);
  t.match(spool.scan(Date.now()).rejected, [{ flaw: 'too-large' }]);
  t.end();
});

void t.test('one scan holds some megabytes, and the rest waits', (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, uid);
  for (let count = 0; count < 30; count += 1) {
    putSpooled(directory, 'am', [`${String(count)} ${'x'.repeat(1_000_000)}`]);
  }
  const { events } = spool.scan(Date.now());
  t.ok(events.length > 10 && events.length < 20, `${events.length} of 30`);
  t.match(events[0]?.args[0], /^0 /, 'the oldest first');
  for (const { name } of events) spool.remove(name);
  t.equal(spool.scan(Date.now()).events.length, 30 - events.length);
  t.end();
});

void t.test(
  'a spool that cannot be written: a fault, and nothing is left',
  (t) => {
    const directory = join(t.testdir(), 'spool');
    openSpool(directory, uid);
    rmSync(join(directory, 'new'), { recursive: true });
    try {
      putSpooled(directory, 'am', []);
      t.fail('it was taken');
    } catch (error) {
      t.match(error, { code: 'SPOOL_UNUSABLE' });
    }
    mkdirSync(join(directory, 'new'));
    t.strictSame(readdirSync(join(directory, 'new')), []);
    t.end();
  },
);
