import { mock } from 'node:test';
import t from 'tap';
import { startDeadline } from '../../src/io/deadline.ts';

const never = new AbortController().signal;

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
t.afterEach(() => mock.timers.reset());

void t.test('it ends when its time is over', async (t) => {
  const deadline = startDeadline(never, 100);
  mock.timers.tick(99);
  t.equal(deadline.signal.aborted, false);
  mock.timers.tick(1);
  t.equal(deadline.signal.aborted, true);
});

void t.test('begun anew, only the new time counts', async (t) => {
  const deadline = startDeadline(never, 100);
  mock.timers.tick(99);
  deadline.restart(200);
  mock.timers.tick(199);
  t.equal(deadline.signal.aborted, false);
  mock.timers.tick(1);
  t.equal(deadline.signal.aborted, true);
});

void t.test('without a time of its own, and after its end', async (t) => {
  const caller = new AbortController();
  const open = startDeadline(caller.signal, 100);
  open.restart(undefined);
  const ended = startDeadline(never, 100);
  ended.end();
  mock.timers.tick(1_000_000);
  t.equal(open.signal.aborted, false);
  t.equal(ended.signal.aborted, false);
  caller.abort();
  t.equal(open.signal.aborted, true);
});
