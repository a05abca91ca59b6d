import t from 'tap';
import { defaultRule, defaultRuleSet } from '../../src/decide/default-rules.ts';
import { emptyService } from '../../src/decide/service-memory.ts';
import {
  groupsOf,
  readServer,
  readSituation,
  ruleOf,
} from '../../src/decide/situation.ts';
import { critical, memoryOf } from './situation-of.ts';

const now = { wallMs: 1000, boot: 'a', monotonicMs: 5000 };
const facts = { certname: 'web1.example.com', groups: [{ name: 'web' }] };
const fleet = {
  open: 0,
  kicks: [],
  moment: { ...now, monotonicMs: 0 },
  steadyMs: 100,
};

void t.test('the memory that concerns one event', async (t) => {
  const host = { bad: [], policy: 'v1' };
  const service = { ...emptyService(0), futile: 1 };
  const memory = memoryOf({
    'fleet ': fleet,
    'host web1.example.com': host,
    'service web1.example.com\tHTTP': service,
    'group web': { counts: { '0': 1 } },
  });
  const world = { rules: defaultRuleSet, memory, facts, now };
  t.strictSame(readSituation(critical, world), {
    event: critical,
    facts,
    rules: defaultRuleSet,
    memory,
    again: false,
    wallMs: 1000,
    atMs: 5100,
    hostKey: 'web1.example.com',
    serviceKey: 'web1.example.com\tHTTP',
    fleet: { ...fleet, moment: now, steadyMs: 5100 },
    host,
    service,
    groups: [{ facts: { name: 'web' }, memory: { counts: { '0': 1 } } }],
  });
  t.equal(readSituation(critical, { ...world, again: true }).again, true);
  const other = readSituation(
    { ...critical, host: 'DB1' },
    { ...world, facts: { groups: [] } },
  );
  t.match(other, {
    hostKey: 'db1',
    serviceKey: 'db1\tHTTP',
    service: emptyService(5100),
  });
  const keys = { host: 'x', service: 'x\ty' };
  t.match(readSituation(critical, { ...world, keys }), {
    hostKey: 'x',
    serviceKey: 'x\ty',
  });
});

void t.test('a window that is over is settled', async (t) => {
  const verifying = { kick: 'k', untilMs: 200, futileRuns: 1 };
  const problem = { sinceMs: 0, ids: {}, kicks: 1, isTold: false };
  const memory = memoryOf({
    'fleet ': fleet,
    'host web1.example.com': { bad: [], policy: 'v1' },
    'service web1.example.com\tHTTP': {
      ...emptyService(0),
      verifying,
      problem,
    },
  });
  const { service } = readSituation(critical, {
    rules: defaultRuleSet,
    memory,
    facts,
    now,
  });
  t.strictSame(service.block, { why: 'futile', atMs: 200, policy: 'v1' });
});

void t.test('the groups that guard a host', async (t) => {
  t.equal(groupsOf(facts, { bad: [], groups: ['db'] }), facts.groups);
  const none = { groups: [] };
  t.strictSame(groupsOf(none, { bad: [], groups: ['db', 'all'] }), [
    { name: 'db' },
    { name: 'all' },
  ]);
  t.strictSame(groupsOf(none, { bad: [] }), [{ name: '' }]);
  t.strictSame(groupsOf(none, undefined), [{ name: '' }]);
});

void t.test('the rule and the CM server', async (t) => {
  const db = { ...defaultRule, name: 'db', match: { hostGroup: ['db'] } };
  const rules = { ...defaultRuleSet, rules: [db, defaultRule] };
  const groupsNamed = (name: string) => [
    { facts: { name }, memory: undefined },
  ];
  t.equal(
    ruleOf({ event: critical, groups: groupsNamed('db'), rules })?.name,
    'db',
  );
  t.equal(
    ruleOf({ event: critical, groups: groupsNamed('web'), rules })?.name,
    'default',
  );
  const server = { failed: [], isTold: false };
  t.equal(readServer(memoryOf({ 'server ': server }), defaultRule), server);
  const cf = { ...defaultRule, what: { cm: 'cf' } };
  t.equal(readServer(memoryOf({ 'server ': server }), cf), undefined);
  t.equal(readServer(memoryOf({ 'server cf': server }), cf), server);
});
