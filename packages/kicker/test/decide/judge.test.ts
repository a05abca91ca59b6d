import t from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { judge, judgeInto } from '../../src/decide/judge.ts';
import { createMapMemory } from '../../src/rehearse/map-memory.ts';
import { critical } from './situation-of.ts';

const now = { wallMs: 1000, boot: 'a', monotonicMs: 5000 };
const facts = { certname: 'web1', groups: [] };
const world = { rules: defaultRuleSet, facts, now };

void t.test(
  'an event is taken in, decided about, and the decision taken in',
  async (t) => {
    const memory = createMapMemory();
    let ids = 0;
    const createKick = () => `k${(ids += 1)}`;
    const { decision, kick, changes } = judge(
      critical,
      { ...world, memory },
      createKick,
    );
    t.equal(decision.kind, 'kick');
    t.equal(kick, 'k1');
    t.equal(
      memory.read('service', 'web1\tHTTP'),
      undefined,
      'nothing is written',
    );
    t.strictSame(changes.map(({ kind }) => kind).toSorted(), [
      'fleet',
      'group',
      'host',
      'kick',
      'service',
    ]);
    memory.write(changes);
    t.match(memory.read('service', 'web1\tHTTP'), {
      flap: { states: /c$/ },
      problem: { sinceMs: 0 },
    });
    const joined = judge(
      { ...critical, attempt: 5 },
      { ...world, memory },
      createKick,
    );
    t.match(joined.decision, { kind: 'skip', code: 'joined', kick: 'k1' });
    t.equal(joined.kick, undefined);
    t.equal(ids, 1, 'an id is made for a kick alone');
  },
);

void t.test('written at once it is the same', async (t) => {
  const direct = createMapMemory();
  const memory = createMapMemory();
  for (const event of [
    critical,
    { ...critical, state: 'WARNING' as const },
    { ...critical, state: 'OK' as const },
    { ...critical, inDowntime: true },
  ]) {
    const one = judgeInto(direct.direct, event, world, () => 'k');
    const { changes, ...other } = judge(event, { ...world, memory }, () => 'k');
    memory.write(changes);
    t.strictSame(one, other);
  }
  for (const [kind, key] of [
    ['fleet', ''],
    ['host', 'web1'],
    ['service', 'web1\tHTTP'],
    ['group', ''],
    ['kick', 'k'],
  ] as const) {
    t.strictSame(direct.read(kind, key), memory.read(kind, key), kind);
  }
});

void t.test('looked at again it is not taken in as an event', async (t) => {
  const memory = createMapMemory();
  const { decision, changes } = judge(
    critical,
    { ...world, memory, again: true },
    () => 'k',
  );
  t.match(decision, { kind: 'skip', code: 'ended' });
  memory.write(changes);
  t.equal(memory.read('service', 'web1\tHTTP'), undefined);
});
