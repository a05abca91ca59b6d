import t from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import type { GroupMemory, HostMemory } from '../../src/decide/memory.ts';
import {
  isCountedNow,
  updateGroups,
  writeHost,
} from '../../src/decide/recall.ts';
import { createMapMemory } from '../../src/rehearse/map-memory.ts';

const hour = 60 * 60 * 1000;
const minute = 60 * 1000;

function createRecall(groups: Record<string, GroupMemory> = {}) {
  const memory = createMapMemory();
  const { direct } = memory;
  for (const [name, group] of Object.entries(groups))
    direct.write('group', name, group);
  const recallAt = (atMs: number) => ({
    rules: defaultRuleSet,
    memory: direct,
    atMs,
  });
  return {
    write: (host: HostMemory, atMs = 0, isHeard = false) =>
      writeHost('web1', host, recallAt(atMs), isHeard),
    update: (
      facts: { name: string; members?: number; unhealthy?: number }[],
      atMs = 0,
      host?: HostMemory,
    ) => updateGroups({ groups: facts }, host, recallAt(atMs)),
    host: () => memory.read('host', 'web1'),
    group: (name: string) => memory.read('group', name),
  };
}
const sick = { bad: ['HTTP'], groups: ['web', 'all'] };
const countedAt = (quarter: string) => ({ groups: ['web', 'all'], quarter });

void t.test(
  'a host counts in its groups as long as it is unhealthy',
  async (t) => {
    const { write, host, group } = createRecall({
      all: { counts: { '0': 2 } },
    });
    write({ bad: [], groups: ['web'] });
    t.strictSame(host(), { bad: [], groups: ['web'] });
    t.equal(group('web'), undefined);
    write(sick);
    t.strictSame(host(), { ...sick, counted: countedAt('0') });
    t.strictSame(group('web'), { counts: { '0': 1 } });
    t.strictSame(group('all'), { counts: { '0': 3 } });
    write({ ...sick, bad: ['HTTP', 'SSH'], counted: countedAt('0') }, 7 * hour);
    t.strictSame(host()?.counted, countedAt('0'), 'nothing was heard just now');
    t.strictSame(group('web'), { counts: { '0': 1 } });
    write({ ...sick, counted: countedAt('0') }, 7 * hour, true);
    t.strictSame(host()?.counted, countedAt('1'), 'it is heard of again');
    t.strictSame(group('web'), { counts: { '1': 1 } });
    t.strictSame(group('all'), { counts: { '0': 2, '1': 1 } });
    write(
      { bad: [], groups: ['web', 'all'], counted: countedAt('1') },
      8 * hour,
    );
    t.strictSame(host(), { bad: [], groups: ['web', 'all'] });
    t.strictSame(group('web'), { counts: {} });
    t.strictSame(group('all'), { counts: { '0': 2 } });
  },
);

void t.test('in other groups from then on', async (t) => {
  const { write, host, group } = createRecall({ web: { counts: { '0': 1 } } });
  write({ bad: ['HTTP'], counted: { groups: ['web'], quarter: '0' } });
  t.strictSame(host(), {
    bad: ['HTTP'],
    counted: { groups: [''], quarter: '0' },
  });
  t.strictSame(group('web'), { counts: {} });
  t.strictSame(group(''), { counts: { '0': 1 } });
});

void t.test('in healing counts too', async (t) => {
  const { write, host } = createRecall();
  write({ bad: [], open: { kick: 'k', service: 'HTTP' } });
  t.strictSame(host()?.counted, { groups: [''], quarter: '0' });
});

void t.test('whether it is counted as it should', async (t) => {
  const rows: [
    host: HostMemory,
    atMs: number,
    isHeard: boolean,
    isCounted: boolean,
  ][] = [
    [{ bad: [] }, 0, false, true],
    [{ bad: [], counted: countedAt('0') }, 0, false, false],
    [sick, 0, false, false],
    [{ ...sick, counted: countedAt('0') }, 0, false, true],
    [{ ...sick, counted: countedAt('0') }, 0, true, true],
    [{ ...sick, counted: countedAt('0') }, 6 * hour, false, true],
    [{ ...sick, counted: countedAt('0') }, 6 * hour, true, false],
    [{ ...sick, groups: ['web'], counted: countedAt('0') }, 0, false, false],
    [
      { ...sick, groups: ['web', 'db'], counted: countedAt('0') },
      0,
      false,
      false,
    ],
    [
      { ...sick, groups: ['all', 'web'], counted: countedAt('0') },
      0,
      false,
      false,
    ],
    [{ bad: ['x'], counted: { groups: [''], quarter: '0' } }, 0, false, true],
    [{ bad: [], open: { kick: 'k', service: 's' } }, 0, false, false],
  ];
  for (const [host, atMs, isHeard, isCounted] of rows) {
    t.equal(
      isCountedNow(host, isHeard, { atMs }),
      isCounted,
      JSON.stringify([host, atMs, isHeard]),
    );
  }
});

void t.test('a storm begins, goes on below its limit, and ends', async (t) => {
  const { update, group } = createRecall({
    web: { counts: { '0': 4 }, members: 10 },
  });
  update([{ name: 'web' }], minute);
  t.strictSame(group('web'), {
    counts: { '0': 4 },
    members: 10,
    storm: { sinceMs: minute, isTold: false },
  });
  const begun = group('web');
  update([{ name: 'web' }], 2 * minute);
  t.equal(group('web'), begun, 'nothing new: it is not written');
});

void t.test('each way that a storm can go', async (t) => {
  const over = { counts: { '0': 4 }, members: 10 };
  const below = { counts: { '0': 1 }, members: 10 };
  const storm = { sinceMs: 1, isTold: true };
  const rows: [before: GroupMemory, after: GroupMemory['storm']][] = [
    [over, { sinceMs: 20 * minute, isTold: false }],
    [below, undefined],
    [{ ...over, storm }, storm],
    [
      { ...below, storm },
      { ...storm, belowSinceMs: 20 * minute },
    ],
    [
      { ...below, storm: { ...storm, belowSinceMs: 11 * minute } },
      { ...storm, belowSinceMs: 11 * minute },
    ],
    [{ ...below, storm: { ...storm, belowSinceMs: 10 * minute } }, undefined],
    [{ ...over, storm: { ...storm, belowSinceMs: 11 * minute } }, storm],
    [
      { ...over, storm: { ...storm, belowSinceMs: 10 * minute } },
      { sinceMs: 20 * minute, isTold: false },
    ],
  ];
  for (const [before, after] of rows) {
    const { update, group } = createRecall({ web: before });
    update([{ name: 'web' }], 20 * minute);
    t.strictSame(group('web')?.storm, after, JSON.stringify(before));
    t.strictSame(group('web')?.counts, before.counts);
  }
});

void t.test(
  'what is told of a group; the groups of the host where nothing is',
  async (t) => {
    const { update, group } = createRecall();
    update([{ name: 'web', members: 5, unhealthy: 2 }], 7);
    t.strictSame(group('web'), {
      counts: {},
      members: 5,
      storm: { sinceMs: 7, isTold: false },
    });
    update([], 8, { bad: [], groups: ['db'] });
    t.strictSame(group('db'), { counts: {} });
    update([], 8);
    t.strictSame(group(''), { counts: {} });
  },
);
