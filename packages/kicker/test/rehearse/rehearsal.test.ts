import t from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { Decision } from '../../src/decide/decision.ts';
import type { RuleSet } from '../../src/decide/rules.ts';
import type { Event } from '../../src/events/event.ts';
import {
  createRehearsal,
  type RehearsedKick,
} from '../../src/rehearse/rehearsal.ts';
import { createTimeline } from '../../src/rehearse/timeline.ts';

const second = 1000;
const minute = 60 * second;
const facts = { certname: 'web1.example.com', groups: [] };
const critical: Event = {
  monitor: 'nagios',
  host: 'web1',
  service: 'HTTP',
  state: 'CRITICAL',
  stateType: 'HARD',
  attempt: 4,
  maxAttempts: 4,
  inDowntime: false,
};
const green: Event = { ...critical, state: 'OK' };

/** A rehearsal in which every run lasts a minute, and what came of it. */
function createStage({
  rules = defaultRuleSet,
  isBrief = false,
}: { rules?: RuleSet; isBrief?: boolean } = {}) {
  const timeline = createTimeline();
  const log: string[] = [];
  const decisions: Decision[] = [];
  const at = (): string => `${timeline.nowMs() / second} s`;
  const rehearsal = createRehearsal({
    rules,
    timeline,
    isBrief,
    now: () => ({
      wallMs: timeline.nowMs(),
      boot: 'test',
      monotonicMs: timeline.nowMs(),
    }),
    hooks: {
      onDecision: (_event, _facts, decision, again) => {
        decisions.push(decision);
        const word = decision.kind === 'kick' ? 'kick' : decision.code;
        log.push(`${at()}: ${again ? 'again ' : ''}${word}`);
      },
      onVerdict: (_kick, isHealed) =>
        log.push(`${at()}: ${isHealed ? 'healed' : 'not healed'}`),
    },
    send: (kick: RehearsedKick) => {
      timeline.after(minute, () =>
        rehearsal.end(kick, {
          kind: 'ended',
          run: kick.id,
          outcome: { kind: 'corrected', corrected: [], failed: [] },
        }),
      );
    },
    refresh: (event) => ({ event, facts }),
  });
  const runTo = (ms: number): void => timeline.runUntil(ms);
  return { rehearsal, timeline, log, decisions, runTo };
}

void t.test('green within the window', async (t) => {
  const { rehearsal, log, runTo } = createStage();
  rehearsal.take(critical, facts);
  runTo(3 * minute);
  rehearsal.take(green, facts);
  runTo(60 * minute);
  t.strictSame(log, ['0 s: kick', '180 s: healed', '180 s: not-a-problem']);
});

void t.test('green before the run has ended', async (t) => {
  const { rehearsal, log, runTo } = createStage();
  rehearsal.take(critical, facts);
  runTo(30 * second);
  rehearsal.take(green, facts);
  runTo(60 * minute);
  t.strictSame(log, ['0 s: kick', '30 s: not-a-problem', '60 s: healed']);
});

void t.test(
  'not green: looked at again when the window is over, and when the cool-down is',
  async (t) => {
    const { rehearsal, log, runTo } = createStage();
    rehearsal.take(critical, facts);
    runTo(7 * minute);
    t.strictSame(log.slice(0, 3), [
      '0 s: kick',
      '360 s: not healed',
      '360 s: again cool-down',
    ]);
    runTo(60 * minute);
    t.equal(log.filter((line) => line.endsWith('again kick')).length, 1);
    t.equal(log.at(-1)?.endsWith('again futile'), true);
  },
);

void t.test('whoever waits can be hurried', async (t) => {
  const { rehearsal, log, runTo } = createStage();
  rehearsal.take(critical, facts);
  runTo(7 * minute);
  log.length = 0;
  rehearsal.hurry(second);
  runTo(7 * minute + second);
  t.strictSame(log, ['421 s: again cool-down']);
});

void t.test('told only what decides: the same decisions', async (t) => {
  const rules: RuleSet = {
    ...defaultRuleSet,
    guards: {
      ...defaultRuleSet.guards,
      concurrency: 1,
      rate: { kicks: 2, perSeconds: 600 },
      share: { percent: 30, hosts: 2, hostsOfUnknown: 3 },
    },
  };
  const full = createStage({ rules });
  const brief = createStage({ rules, isBrief: true });
  let state = 7;
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const codes = new Set<string>();
  for (let turn = 0; turn < 600; turn += 1) {
    const host = `web${random(6)}`;
    const event: Event = {
      ...critical,
      host,
      service: ['HTTP', 'SSH'][random(2)] ?? '',
      state:
        (['OK', 'OK', 'CRITICAL', 'CRITICAL', 'WARNING'] as const)[random(5)] ??
        'OK',
      stateType: random(3) === 0 ? 'SOFT' : 'HARD',
      attempt: 1 + random(4),
      inDowntime: random(20) === 0,
      ...(random(30) === 0 ? { acknowledgedBy: 'ada' } : {}),
      ...(random(40) === 0 ? { hostState: 'DOWN' } : {}),
      ...(random(40) === 0 ? { isFlapping: true } : {}),
    };
    const own = { certname: host, groups: [] };
    const atMs = (turn + 1) * random(2) * 3 * minute;
    for (const stage of [full, brief]) {
      stage.runTo(Math.max(stage.timeline.nowMs(), atMs));
      stage.rehearsal.take(event, own);
    }
  }
  const bare = ({ decisions }: typeof full) =>
    decisions.map(({ reasons: _reasons, ...decision }) => decision);
  t.strictSame(bare(brief), bare(full));
  const wanted = full.decisions.map(({ kind, reasons }) =>
    kind === 'wait' ? reasons : reasons.slice(0, kind === 'skip' ? 1 : 0),
  );
  t.strictSame(
    brief.decisions.map(({ reasons }) => reasons),
    wanted,
    'a skip has the first of its reasons, a kick none',
  );
  for (const decision of full.decisions) {
    if (decision.kind !== 'kick') codes.add(decision.code);
  }
  t.ok(codes.size > 8, [...codes].join(', '));
});
