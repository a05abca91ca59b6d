import fc from 'fast-check';
import t from 'tap';
import type { Kick, Run } from '@kickd/protocol';
import { errors } from '../../src/errors.ts';
import type { OutcomeRecord } from '../../src/events/outcome-record.ts';
import {
  driveKick,
  type Driving,
  type KickStore,
} from '../../src/kicks/drive-kick.ts';
import { stepKick, type KickNews } from '../../src/kicks/life.ts';
import type { Progress } from '../../src/ledger/entry.ts';
import type { AgentReply } from '../../src/ports.ts';
import { aRun, correctedRun } from '../fake-kickd.ts';

const target = { name: 'w', certname: 'web1', address: 'w', port: 1 };
const request: Kick = { kick: 'k', certname: 'web1' };
const lifeMs = 600_000;

const accepted: AgentReply<Run> = {
  kind: 'accepted',
  status: 202,
  body: aRun(),
};
const endedRun: AgentReply<Run> = {
  kind: 'accepted',
  status: 200,
  body: correctedRun,
};
const denied: AgentReply<Run> = {
  kind: 'problem',
  status: 403,
  code: 'ACL_DENIED',
  title: 'no',
  remedy: 'x',
};
const busy: AgentReply<Run> = {
  kind: 'problem',
  status: 429,
  code: 'KICKS_LIMITED',
  title: 'later',
  remedy: 'x',
  retryAfterSeconds: 40,
};
const unknown: AgentReply<Run> = {
  kind: 'unknown',
  fault: errors.replyLost('REPLY_LOST', 'x'),
};
const notSent: AgentReply<Run> = {
  kind: 'not-sent',
  fault: errors.connectRefused('x', 1),
};
const refusedTls: AgentReply<Run> = {
  kind: 'refused-tls',
  fault: errors.serverNotTrusted('x', 'SERVER_REVOKED', 'x'),
};

const times = (count: number, reply: AgentReply<Run>): AgentReply<Run>[] =>
  Array.from({ length: count }, () => reply);

/** A store in memory, a host that replies as told, and a clock that moves where somebody waits. */
function createStage(
  replies: readonly AgentReply<Run>[],
  follows: readonly AgentReply<Run>[] = [],
  first: Progress = { stage: 'sending' },
) {
  let nowMs = 0;
  let wallMs = 1_000_000;
  let progress: Progress | undefined = first;
  const outcomes: OutcomeRecord[] = [];
  const sentAtMs: number[] = [];
  const pauses: number[] = [];
  const tell = (news: KickNews): void => {
    if (progress === undefined) return;
    const step = stepKick(progress, news);
    if (step === undefined) return;
    if (step.next.stage === 'finished') {
      outcomes.push(step.next.outcome);
      progress = undefined;
    } else if (
      step.next.stage === 'sending' ||
      step.next.stage === 'following'
    ) {
      progress = step.next;
    }
  };
  const store: KickStore = {
    read: () => progress,
    tell,
    reply: (_reply, news) => tell(news),
  };
  const moment = () => ({ boot: 'b', monotonicMs: nowMs, wallMs });
  const stage = {
    outcomes,
    sentAtMs,
    pauses,
    progress: () => progress,
    nowMs: () => nowMs,
    tell,
    pass: (ms: number) => {
      nowMs += ms;
      wallMs += ms;
    },
    setWall: (ms: number) => (wallMs = ms),
    isStopped: false,
    onPause: () => {},
    drive: (part: Partial<Driving> = {}, signal?: AbortSignal) =>
      driveKick(
        { target, request, lifeMs, decided: { ...moment0 } },
        store,
        {
          transport: {
            submit: async (_target, kick) => {
              t.equal(kick, request, 'always the same kick');
              sentAtMs.push(nowMs);
              return replies[sentAtMs.length - 1] ?? accepted;
            },
            follow: async () => follows[(followed += 1) - 1] ?? endedRun,
          },
          timing: {
            clock: {
              now: () => new Date(wallMs),
              monotonicMs: () => nowMs,
              moment,
            },
            random: () => 0,
            pause: async (ms) => {
              pauses.push(ms);
              stage.pass(ms);
              stage.onPause();
            },
          },
          limiter: (work) => work(),
          followMs: 60_000,
          isStopped: () => stage.isStopped,
          mayRetry: () => true,
          ...part,
        },
        signal ?? new AbortController().signal,
      ),
  };
  let followed = 0;
  const moment0 = moment();
  return stage;
}

const byHand = {
  mayRetry: (misses: number, mayHaveArrived: boolean) =>
    mayHaveArrived && misses <= 3,
};
// What comes back for each time it is sent, how it ends for a person who waits, and how often it was sent.
const rows: [AgentReply<Run>[], OutcomeRecord['kind'], number][] = [
  [[accepted], 'ended', 1],
  [[denied], 'refused', 1],
  [[notSent], 'gave-up', 1],
  [[refusedTls], 'refused', 1],
  [[unknown, accepted], 'ended', 2],
  [[unknown, unknown, accepted], 'ended', 3],
  [[unknown, denied], 'refused', 2],
  // Once its fate is unknown, "could not connect" does not make it "not sent".
  [[unknown, notSent, notSent, notSent], 'not-known', 4],
  [[unknown, notSent, accepted], 'ended', 3],
  [[unknown, refusedTls, refusedTls, refusedTls], 'not-known', 4],
  [[unknown, unknown, unknown, unknown, accepted], 'not-known', 4],
];
for (const [replies, kind, times] of rows) {
  void t.test(
    `by hand: ${replies.map((reply) => reply.kind).join(', ')}`,
    async (t) => {
      const stage = createStage(replies);
      await stage.drive(byHand);
      t.match(stage.outcomes, [{ kind }]);
      t.equal(stage.outcomes.length, 1);
      t.equal(stage.sentAtMs.length, times);
    },
  );
}

void t.test(
  'away: sent again until it expires, ever more seldom',
  async (t) => {
    const stage = createStage(times(1000, notSent));
    await stage.drive();
    t.match(stage.outcomes, [{ kind: 'gave-up', code: 'CONNECT_REFUSED' }]);
    t.strictSame(
      stage.pauses.slice(0, 7),
      [500, 1000, 2000, 4000, 8000, 15_000, 15_000],
    );
    t.ok((stage.sentAtMs.at(-1) ?? 0) < lifeMs, 'never after that');
  },
);

void t.test('a wall clock set back or forward moves no expiry', async (t) => {
  for (const wallMs of [-31_536_000_000, 31_536_000_000]) {
    const stage = createStage(times(1000, notSent));
    stage.onPause = () => {
      if (stage.sentAtMs.length === 3) stage.setWall(wallMs);
    };
    await stage.drive();
    t.match(stage.outcomes, [{ kind: 'gave-up' }]);
    t.ok(stage.nowMs() >= lifeMs, 'not early');
    t.ok(stage.nowMs() < lifeMs + 30_001, 'and not late');
  }
});

void t.test('a host that says when is asked then', async (t) => {
  const stage = createStage([busy, accepted]);
  await stage.drive();
  t.strictSame(stage.sentAtMs, [0, 40_000]);
});

void t.test(
  'an ended run in the first reply is not asked for again',
  async (t) => {
    const stage = createStage([endedRun], [denied]);
    await stage.drive();
    t.match(stage.outcomes, [{ kind: 'ended', durationMs: 4200 }]);
  },
);

void t.test(
  'stopped: nothing is sent, and it expires all the same',
  async (t) => {
    const stage = createStage([]);
    stage.isStopped = true;
    await stage.drive();
    t.strictSame(stage.sentAtMs, []);
    t.match(stage.outcomes, [{ kind: 'gave-up', code: 'EXPIRED' }]);
    t.equal(stage.nowMs(), lifeMs, 'at its time, not a moment later');
  },
);

void t.test('stopped and resumed', async (t) => {
  const stage = createStage([]);
  stage.isStopped = true;
  stage.onPause = () => {
    if (stage.nowMs() >= 5000) stage.isStopped = false;
  };
  await stage.drive();
  t.strictSame(stage.sentAtMs, [5000]);
});

void t.test('the problem is over: withdrawn between two tries', async (t) => {
  const stage = createStage(times(1000, notSent));
  stage.onPause = () => {
    if (stage.sentAtMs.length === 2) stage.tell({ kind: 'green', by: 'x' });
  };
  await stage.drive();
  t.match(stage.outcomes, [{ kind: 'gave-up', code: 'PROBLEM_ENDED' }]);
  t.equal(stage.sentAtMs.length, 2);
});

void t.test(
  'adopted after its time: asked once more, since only the host knows',
  async (t) => {
    const stage = createStage([denied]);
    stage.tell({ kind: 'adopted' });
    stage.pass(lifeMs);
    await stage.drive();
    t.equal(stage.sentAtMs.length, 1);
    t.match(stage.outcomes, [{ kind: 'refused', code: 'ACL_DENIED' }]);
  },
);

void t.test('not adopted after its time: not asked', async (t) => {
  const stage = createStage([accepted]);
  stage.pass(lifeMs);
  await stage.drive();
  t.equal(stage.sentAtMs.length, 0);
  t.match(stage.outcomes, [{ kind: 'gave-up', code: 'EXPIRED' }]);
});

void t.test(
  'a run that never ends is followed for its time, from its acceptance',
  async (t) => {
    const running: AgentReply<Run> = { ...accepted, status: 200 };
    const stage = createStage([], times(1000, running));
    await stage.drive();
    t.match(stage.outcomes, [{ kind: 'not-known', code: 'WAIT_OVER' }]);
    t.equal(stage.nowMs(), 60_000);
  },
);

void t.test('told to stop: it stays where it is', async (t) => {
  const end = new AbortController();
  const stage = createStage([notSent, notSent, notSent]);
  stage.onPause = () => {
    if (stage.sentAtMs.length === 2) end.abort();
  };
  await stage.drive({}, end.signal);
  t.strictSame(stage.outcomes, []);
  t.match(stage.progress(), { stage: 'sending' });
});

void t.test(
  'told to stop while it is sent: what came of the request counts',
  async (t) => {
    const driveTo = async (reply: AgentReply<Run>) => {
      const end = new AbortController();
      const stage = createStage([]);
      const submit = async () => {
        end.abort();
        return reply;
      };
      const transport = { submit, follow: async () => endedRun };
      await stage.drive({ transport }, end.signal);
      return stage;
    };
    const stageAfter = async (reply: AgentReply<Run>) =>
      (await driveTo(reply)).progress();
    t.match(await stageAfter(accepted), { stage: 'following' });
    t.match(await stageAfter(unknown), {
      stage: 'sending',
      mayHaveArrived: true,
    });
    t.strictSame(await stageAfter(notSent), { stage: 'sending' });
    t.match((await driveTo(denied)).outcomes, [{ kind: 'refused' }]);
    t.match((await driveTo(refusedTls)).outcomes, [{ kind: 'refused' }]);
  },
);

void t.test('stopped for long: that is no try of its own', async (t) => {
  const stage = createStage([notSent]);
  stage.isStopped = true;
  stage.onPause = () => {
    if (stage.nowMs() >= 5000) stage.isStopped = false;
  };
  const asked: [number, boolean][] = [];
  await stage.drive({
    mayRetry: (...which) => {
      asked.push(which);
      return false;
    },
  });
  t.strictSame(stage.sentAtMs, [5000]);
  t.strictSame(asked, [
    [1, false],
    [1, false],
  ]);
  t.match(stage.outcomes, [{ kind: 'gave-up', code: 'CONNECT_REFUSED' }]);
});

void t.test('stopped past its end, where it may have arrived', async (t) => {
  const stage = createStage([], [], { stage: 'sending', mayHaveArrived: true });
  stage.isStopped = true;
  await stage.drive();
  t.strictSame(stage.sentAtMs, []);
  t.match(stage.outcomes, [{ kind: 'not-known' }]);
  t.equal(stage.nowMs(), lifeMs + 1, 'one pause, the shortest, and no more');
});

void t.test(
  'whether it may be sent again is asked with what is known',
  async (t) => {
    const stage = createStage([unknown, accepted]);
    const asked: [number, boolean][] = [];
    await stage.drive({
      mayRetry: (...which) => {
        asked.push(which);
        return true;
      },
    });
    t.strictSame(asked, [
      [1, true],
      [1, true],
    ]);
  },
);

void t.test(
  'a host that does not say when is asked a little later',
  async (t) => {
    const { retryAfterSeconds: _when, ...overloaded } = busy;
    const stage = createStage([overloaded, unknown, accepted]);
    await stage.drive();
    t.strictSame(stage.sentAtMs, [0, 500, 1500]);
  },
);

void t.test(
  'a run that was followed before is followed for the rest',
  async (t) => {
    const running: AgentReply<Run> = { ...accepted, status: 200 };
    const since = { boot: 'b', monotonicMs: 0, wallMs: 1_000_000 };
    const following = { stage: 'following', run: 'r', since } as const;
    const late = createStage([], times(1000, running), following);
    late.pass(50_000);
    await late.drive();
    t.match(late.outcomes, [{ kind: 'not-known', code: 'WAIT_OVER' }]);
    t.equal(late.nowMs(), 60_000);
    const tooLate = createStage([], [], following);
    tooLate.pass(500_000);
    await tooLate.drive();
    t.match(
      tooLate.outcomes,
      [{ kind: 'ended' }],
      'it is asked once all the same',
    );
  },
);

void t.test('told to stop while it follows: nothing is lost', async (t) => {
  const end = new AbortController();
  const stage = createStage([]);
  const transport = {
    submit: async () => accepted,
    follow: async () => {
      end.abort();
      return unknown;
    },
  };
  await stage.drive({ transport }, end.signal);
  t.strictSame(stage.outcomes, []);
  t.match(stage.progress(), { stage: 'following' });
});

void t.test('a run that ended without an outcome', async (t) => {
  const body = aRun({ state: 'ended' });
  for (const stage of [
    createStage([{ kind: 'accepted', status: 200, body }]),
    createStage([accepted], [{ kind: 'accepted', status: 200, body }]),
  ]) {
    await stage.drive();
    t.strictSame(stage.outcomes, [
      {
        kind: 'not-known',
        code: 'OUTCOME_MISSING',
        message: 'the run has ended, and the host reports no outcome',
      },
    ]);
  }
});

void t.test('a run of unknown length', async (t) => {
  const { durationMs: _long, ...body } = correctedRun;
  const stage = createStage([{ kind: 'accepted', status: 200, body }]);
  await stage.drive();
  t.strictSame(stage.outcomes, [
    { kind: 'ended', run: body.run, outcome: body.outcome },
  ]);
});

void t.test(
  'whatever the host replies: one outcome, and a true one',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom(accepted, denied, busy, unknown, notSent, refusedTls),
          { maxLength: 8 },
        ),
        fc.integer({ min: 0, max: 8 }),
        async (replies, greenAt) => {
          const stage = createStage([...replies, ...times(200, notSent)]);
          stage.onPause = () => {
            if (stage.sentAtMs.length === greenAt) {
              stage.tell({ kind: 'green', by: 'x' });
            }
          };
          await stage.drive();
          const sent = replies.slice(0, stage.sentAtMs.length);
          const kinds = sent.map(({ kind }) => kind);
          const [outcome] = stage.outcomes;
          if (stage.outcomes.length !== 1 || outcome === undefined)
            return false;
          switch (outcome.kind) {
            case 'ended':
              return kinds.at(-1) === 'accepted';
            case 'refused':
              return (
                sent.at(-1) === denied ||
                (sent.at(-1) === refusedTls && !kinds.includes('unknown'))
              );
            case 'gave-up':
              return !kinds.includes('unknown') && !kinds.includes('accepted');
            case 'not-known':
              return kinds.includes('unknown') && !kinds.includes('accepted');
          }
        },
      ),
      { numRuns: 300 },
    );
  },
);
