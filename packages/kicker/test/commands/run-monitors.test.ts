import { join } from 'node:path';
import t from 'tap';
import { runMonitors } from '../../src/commands/run-monitors.ts';
import { openSpool } from '../../src/io/spool.ts';
import { createReceived } from '../../src/monitors/received.ts';
import type { Monitor } from '../../src/ports.ts';

const plain = createReceived(
  'm',
  'sensu',
  () => [],
  {},
  {
    monitor: 'm',
    knowsHost: () => false,
  },
);

void t.test('one that fails is run again, and the others go on', async (t) => {
  const directory = join(t.testdir(), 'spool');
  const spool = openSpool(directory, process.getuid?.() ?? 0);
  const log: unknown[] = [];
  let runs = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const failing: Monitor = {
    ...plain,
    run: (sink) => {
      runs += 1;
      if (runs === 1) throw new TypeError('x');
      sink.put(['seen']);
      resolve();
      return Promise.resolve();
    },
  };
  const end = runMonitors(
    new Map([
      ['failing', failing],
      ['plain', plain],
    ]),
    directory,
    {
      log: (event, facts) => void log.push([event, facts['monitor']]),
      timing: {
        pause: (_ms, signal) =>
          new Promise((done) => {
            if (runs < 2 || signal.aborted) done();
            else signal.addEventListener('abort', () => done());
          }),
      },
    },
  );
  await promise;
  await end();
  t.strictSame(log, [['monitor-failed', 'failing']]);
  t.match(spool.scan(Date.now()).events, [
    { monitor: 'failing', args: ['seen'] },
  ]);
});
