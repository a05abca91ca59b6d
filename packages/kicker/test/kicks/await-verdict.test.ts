import t from 'tap';
import { awaitVerdict } from '../../src/kicks/await-verdict.ts';
import type { KickNews } from '../../src/kicks/life.ts';
import type { OpenRecord, Progress } from '../../src/ledger/entry.ts';
import type { SeenService } from '../../src/ports.ts';
import { eventOf, startMs } from './deciding-world.ts';

const outcome = { kind: 'not-known', code: 'X', message: 'x' } as const;

/** A kick whose run ended at startMs, and time that passes where somebody waits. */
function createStage(
  see: (nowMs: number) => SeenService,
  {
    canRecheck = true,
    verifySeconds = 60,
  }: { canRecheck?: boolean; verifySeconds?: number | null } = {},
) {
  let nowMs = startMs;
  const moment = () => ({ boot: 'b', monotonicMs: nowMs, wallMs: nowMs });
  const pauses: number[] = [];
  const told: KickNews[] = [];
  let progress: Progress | undefined = {
    stage: 'verifying',
    outcome,
    since: moment(),
  };
  const open: OpenRecord = {
    kick: 'k',
    problem: 'p',
    decided: moment(),
    lifeMs: 1000,
    target: { name: 'w', certname: 'w', address: 'w', port: 1 },
    request: { kick: 'k', certname: 'w', expires: '2026-03-01T12:00:00Z' },
    event: eventOf(),
    ...(verifySeconds === null
      ? {}
      : {
          plan: {
            verifySeconds,
            comment: true,
            acknowledge: true,
            escalate: [],
          },
        }),
    progress,
  };
  const end = new AbortController();
  return {
    told,
    pauses,
    end,
    goneMs: () => nowMs - startMs,
    set: (next: Progress | undefined) => (progress = next),
    run: () =>
      awaitVerdict(
        open,
        {
          read: () => progress,
          tell: (news) => {
            told.push(news);
            progress = undefined;
          },
        },
        {
          timing: {
            clock: {
              now: () => new Date(nowMs),
              monotonicMs: () => nowMs,
              moment,
            },
            random: () => 0,
            pause: async (ms) => {
              pauses.push(ms);
              nowMs += ms;
            },
          },
          watch: () => see(nowMs),
          canRecheck,
        },
        end.signal,
      ),
  };
}
const notKnown: SeenService = { kind: 'not-known' };

void t.test(
  'green by the monitor’s data, checked after the run: healed',
  async (t) => {
    const stage = createStage((nowMs) => ({
      kind: 'seen',
      isGreen: nowMs >= startMs + 5000,
      checkedMs: nowMs,
    }));
    await stage.run();
    t.strictSame(stage.told, [{ kind: 'green', by: 'status data' }]);
    t.equal(stage.goneMs(), 5000, 'as soon as it is seen');
  },
);

void t.test('green by a check from before the run says nothing', async (t) => {
  const stage = createStage(() => ({
    kind: 'seen',
    isGreen: true,
    checkedMs: startMs - 1001,
  }));
  await stage.run();
  t.strictSame(stage.told, [
    {
      kind: 'window-over',
      verdict: 'still-broken',
      by: 'no recovery was told',
    },
  ]);
  t.equal(stage.goneMs(), 60_000, 'the whole window');
});

void t.test('the monitor’s clock has whole seconds', async (t) => {
  const stage = createStage(() => ({
    kind: 'seen',
    isGreen: true,
    checkedMs: startMs - 1000,
  }));
  await stage.run();
  t.strictSame(stage.told, [{ kind: 'green', by: 'status data' }]);
});

void t.test(
  'still broken is said when the window is over, not before',
  async (t) => {
    const stage = createStage(
      (nowMs) => ({
        kind: 'seen',
        isGreen: false,
        checkedMs: nowMs,
      }),
      { verifySeconds: 2.5 },
    );
    await stage.run();
    t.strictSame(stage.told, [
      { kind: 'window-over', verdict: 'still-broken', by: 'status data' },
    ]);
    t.strictSame(stage.pauses, [1000, 1000, 500]);
  },
);

void t.test('nothing is known, and nobody could be asked', async (t) => {
  const stage = createStage(() => notKnown, { canRecheck: false });
  await stage.run();
  t.strictSame(stage.told, [
    {
      kind: 'window-over',
      verdict: 'unknown',
      by: 'the monitor was not asked',
    },
  ]);
});

void t.test(
  'a kick from before rules were kept: as the default rule',
  async (t) => {
    const stage = createStage(() => notKnown, { verifySeconds: null });
    await stage.run();
    t.equal(stage.goneMs(), 300_000);
  },
);

void t.test(
  'whoever handles an event was faster, or this process ends',
  async (t) => {
    const stage = createStage(() => notKnown);
    stage.set(undefined);
    await stage.run();
    stage.set({ stage: 'sending' });
    await stage.run();
    t.strictSame(stage.pauses, []);
    const ending = createStage((nowMs) => {
      if (nowMs >= startMs + 3000) ending.end.abort();
      return notKnown;
    });
    await ending.run();
    t.equal(ending.goneMs(), 4000);
    t.strictSame([...stage.told, ...ending.told], []);
  },
);
