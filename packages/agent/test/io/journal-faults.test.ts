import { join } from 'node:path';
import t from 'tap';
import type { Kick } from '@kickd/protocol';
import { openSqliteJournal } from '../../src/io/sqlite-journal.ts';
import type { Journal } from '../../src/ports.ts';
import type { Told } from '../../src/told.ts';
import { createFakeHost } from '../run/fake-host.ts';
import { createFakeRunner } from '../run/fake-runner.ts';

const by = 'monitor.example.com';
const kickOf = (n: number, more: Partial<Kick> = {}): Kick => ({
  kick: `0193a000-0000-7000-8000-${String(n).padStart(12, '0')}`,
  certname: 'web1.example.com',
  ...more,
});
const longAgo = { because: { since: '2026-01-01T00:00:00Z' } };

/** Waits for what the next turns of the loop bring. */
async function until(isSo: () => boolean): Promise<void> {
  const patience = Date.now() + 5000;
  while (!isSo()) {
    if (Date.now() > patience)
      throw new Error(`waits in vain: ${String(isSo)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A journal whose writes fail as told: not done at all, or done with the answer lost. */
function createFaulty(file: string) {
  const journal = openSqliteJournal(file);
  const plan: Partial<Record<keyof Journal, 'undone' | 'done'>> = {};
  const faulty = new Proxy(journal, {
    get: (target, name: keyof Journal) => {
      const member = target[name];
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const mode = plan[name];
        const result: unknown =
          mode === 'undone' ? undefined : Reflect.apply(member, target, args);
        if (mode !== undefined) throw new Error(`no space left (${name})`);
        return result;
      };
    },
  });
  return { journal: faulty, plan };
}

t.test('a run is told as queued until it is marked as begun', async (t) => {
  const dir = t.testdir();
  const host = createFakeHost();
  const file = join(dir, 'journal.sqlite');
  const first = openSqliteJournal(file);
  const runner = createFakeRunner({
    dir,
    journal: first,
    launcher: host.launcher(),
  });
  runner.recover();
  const one = await runner.submit(kickOf(1, longAgo), by);
  const two = await runner.submit(kickOf(2, longAgo), by);
  t.match(
    [one, two],
    [{ run: { state: 'queued' } }, { run: { state: 'queued' } }],
  );
  t.equal(host.lines.length, 0, 'the tool has not been started yet');
  // kickd dies here
  await runner.close();

  const journal = openSqliteJournal(file);
  const next = createFakeRunner({ dir, journal, launcher: host.launcher() });
  next.recover();
  t.teardown(() => next.close());
  await until(() => host.alive() !== undefined);
  const run = host.alive() ?? '';
  host.end(run, 2);
  const ended = await next.waitForEnd(run, AbortSignal.timeout(5000));
  t.match(ended, { outcome: { kind: 'corrected' }, kicks: { length: 2 } });
});
