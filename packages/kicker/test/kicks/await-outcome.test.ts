import t from 'tap';
import type { Run } from '@kickd/protocol';
import { errors } from '../../src/errors.ts';
import { awaitOutcome } from '../../src/kicks/await-outcome.ts';
import type { AgentReply } from '../../src/ports.ts';
import { aRun, correctedRun } from '../fake-kickd.ts';

const target = { name: 'web1', certname: 'web1', address: 'w', port: 1 };
const running: AgentReply<Run> = {
  kind: 'accepted',
  status: 200,
  body: aRun(),
};
const ended: AgentReply<Run> = {
  kind: 'accepted',
  status: 200,
  body: correctedRun,
};
const problem = (status: number): AgentReply<Run> => ({
  kind: 'problem',
  status,
  code: `P${String(status)}`,
  title: 'no',
  remedy: 'do',
});
const lost: AgentReply<Run> = {
  kind: 'unknown',
  fault: errors.replyLost('REPLY_LOST', 'x'),
};

/** A host that replies as told, each reply after so long. */
function createStage(replies: readonly AgentReply<Run>[], tookMs = 0) {
  let nowMs = 0;
  const asked: number[] = [];
  const untils: string[] = [];
  const healed: unknown[] = [];
  const pauses: number[] = [];
  const end = new AbortController();
  const stage = {
    asked,
    untils,
    healed,
    pauses,
    end,
    nowMs: () => nowMs,
    onAsked: (): void => {},
    run: (withinMs = 150_000) =>
      awaitOutcome(
        {
          follow: async (_target, _run, { seconds, until }) => {
            asked.push(seconds);
            untils.push(until);
            nowMs += tookMs;
            stage.onAsked();
            return replies[asked.length - 1] ?? running;
          },
        },
        target,
        'r1',
        withinMs,
        {
          clock: {
            now: () => new Date(nowMs),
            monotonicMs: () => nowMs,
            moment: () => ({ boot: 'b', monotonicMs: nowMs, wallMs: nowMs }),
          },
          random: () => 0,
          pause: async (ms) => {
            pauses.push(ms);
            nowMs += ms;
          },
        },
        end.signal,
        (heal) => void healed.push(heal),
      ),
  };
  return stage;
}

void t.test('long polls until it has ended', async (t) => {
  const stage = createStage([running, running, ended], 60_000);
  t.strictSame(await stage.run(), { kind: 'ended', run: correctedRun });
  t.strictSame(
    stage.asked,
    [60, 60, 30],
    'no longer than the time that is left',
  );
  t.strictSame(stage.pauses, []);
});

void t.test(
  'a host that does not hold its reply is not asked all the time',
  async (t) => {
    const stage = createStage([running, running, ended], 300);
    await stage.run();
    t.strictSame(stage.pauses, [700, 700]);
  },
);

void t.test('a second is long enough', async (t) => {
  const stage = createStage([running, ended], 1000);
  await stage.run();
  t.strictSame(stage.pauses, []);
});

void t.test('the time is over: what is known by then', async (t) => {
  const stage = createStage([]);
  t.strictSame(await stage.run(3500), {
    kind: 'not-known',
    code: 'WAIT_OVER',
    message: 'the run has not ended within the time',
    remedy: 'look again: kicker ping web1',
  });
  t.strictSame(stage.asked, [4, 3, 2, 1]);
  t.equal(stage.nowMs(), 4000);
});

void t.test('not even once where no time is left', async (t) => {
  const stage = createStage([ended]);
  t.match(await stage.run(0), { kind: 'not-known', code: 'WAIT_OVER' });
  t.strictSame(stage.asked, []);
});

void t.test('refused for good', async (t) => {
  for (const status of [403, 404, 499]) {
    const stage = createStage([problem(status)]);
    t.strictSame(await stage.run(), {
      kind: 'not-known',
      code: `P${String(status)}`,
      message: 'no',
      remedy: 'do',
    });
    t.equal(stage.asked.length, 1);
  }
});

void t.test('what passes is asked again, more and more seldom', async (t) => {
  const stage = createStage([
    problem(429),
    problem(408),
    lost,
    running,
    problem(503),
    ended,
  ]);
  t.match(await stage.run(), { kind: 'ended' });
  const [first = 0, second = 0, third = 0, apart = 0, anew] = stage.pauses;
  t.ok(first < second && second < third, stage.pauses.join());
  t.equal(apart, 1000);
  t.equal(anew, first, 'a reply begins the count anew');
});

void t.test(
  'it never gets through: the last fault is told, in time',
  async (t) => {
    const stage = createStage(Array.from({ length: 99 }, () => lost));
    t.match(await stage.run(10_000), { kind: 'not-known', code: 'REPLY_LOST' });
    t.equal(stage.nowMs(), 10_000);
  },
);

void t.test('told to end', async (t) => {
  const stage = createStage([]);
  stage.onAsked = () => stage.end.abort();
  t.match(await stage.run(), { kind: 'not-known', code: 'WAIT_OVER' });
  t.equal(stage.asked.length, 1);
});

void t.test('what the first step has put back is told once', async (t) => {
  const healed = { at: '2026-11-28T10:00:00Z', corrected: [], failed: [] };
  const halfway: AgentReply<Run> = {
    kind: 'accepted',
    status: 200,
    body: { ...aRun(), healed },
  };
  const stage = createStage([running, halfway, halfway, ended], 20_000);
  t.strictSame(await stage.run(), { kind: 'ended', run: correctedRun });
  t.strictSame(stage.healed, [healed]);
  t.strictSame(
    stage.untils,
    ['healed', 'healed', 'ended', 'ended'],
    'and from there on the end is waited for',
  );
});

void t.test('an older kickd knows of no first step', async (t) => {
  const unknown: AgentReply<Run> = {
    kind: 'problem',
    status: 400,
    code: 'QUERY_INVALID',
    title: 'no',
    remedy: 'do',
  };
  const stage = createStage([unknown, running, ended], 20_000);
  t.strictSame(await stage.run(), { kind: 'ended', run: correctedRun });
  t.strictSame(stage.untils, ['healed', 'ended', 'ended']);
  const refused = createStage([unknown, unknown], 20_000);
  t.match(await refused.run(), { kind: 'not-known', code: 'QUERY_INVALID' });
});
