import { join } from 'node:path';
import t from 'tap';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { Errand } from '../../src/ledger/errand.ts';
import type { Performed } from '../../src/ports.ts';
import { createErrands } from '../../src/serve/errands.ts';

const fault = { code: 'X', message: 'x', remedy: 'x', exitCode: 2 };

/** A ledger, its errands, and a monitor that is away as long as it is said. */
function createDesk(dir: string) {
  let nowMs = Date.parse('2026-03-01T00:00:00Z');
  const clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    moment: () => ({ wallMs: nowMs, boot: 'boot', monotonicMs: nowMs }),
  };
  const ledger = openLedger(join(dir, 'ledger.sqlite'), clock);
  const desk = {
    isMonitorUp: true,
    told: [] as Errand[],
    close: () => ledger.close(),
    charge: (...charged: Errand[]) =>
      ledger.transact((transaction) =>
        transaction.charge(charged.map((errand) => ({ errand, keys: {} }))),
      ),
    /** All that can be done now, and again after a while. */
    work: async (ms: number) => {
      const endMs = nowMs + ms;
      while (errands.run() > 0 && nowMs < endMs) {
        await errands.settled();
        nowMs += 250;
      }
    },
  };
  const errands = createErrands({
    ledger,
    own: 'own',
    isAlive: () => true,
    perform: (errand): Promise<Performed> => {
      if (errand.kind !== 'command' && !desk.isMonitorUp) {
        return Promise.resolve({ kind: 'failed', fault, isFinal: false });
      }
      desk.told.push(errand);
      return Promise.resolve({ kind: 'done' });
    },
    timing: { clock, random: () => 0.5, pause: () => Promise.resolve() },
    onFailed: () => {},
    onTrouble: () => {},
  });
  return desk;
}

const place = { host: 'web1', service: 'HTTP' };

void t.test(
  'an acknowledgement that had to wait does not come after its removal',
  async (t) => {
    const desk = createDesk(t.testdir());
    t.teardown(() => desk.close());
    desk.isMonitorUp = false;
    desk.charge({ kind: 'acknowledge', ...place, text: 'healing' });
    await desk.work(20_000);
    desk.isMonitorUp = true;
    desk.charge({ kind: 'remove-acknowledgement', ...place });
    await desk.work(120_000);
    t.strictSame(
      desk.told.map(({ kind }) => kind),
      ['acknowledge', 'remove-acknowledgement'],
    );
  },
);

void t.test('what waits for the monitor holds up nothing else', async (t) => {
  const desk = createDesk(t.testdir());
  t.teardown(() => desk.close());
  desk.isMonitorUp = false;
  desk.charge(
    { kind: 'recheck', ...place },
    { kind: 'command', argv: ['/page'], input: '{}' },
  );
  await desk.work(1000);
  t.strictSame(
    desk.told.map(({ kind }) => kind),
    ['command'],
  );
});
