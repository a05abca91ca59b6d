import t from 'tap';
import type { GroupMemory } from '../../src/decide/memory.ts';
import {
  membersOf,
  quarterOf,
  unhealthyOf,
  withMembers,
} from '../../src/decide/share.ts';

const hour = 60 * 60 * 1000;
const quarter = 6 * hour;

void t.test('quarter days', async (t) => {
  t.equal(quarterOf(0), '0');
  t.equal(quarterOf(quarter - 1), '0');
  t.equal(quarterOf(quarter), '1');
  t.equal(quarterOf(365 * 4 * quarter), '1460');
});

void t.test(
  'unhealthy hosts: what was heard within a day, or what the monitor counts',
  async (t) => {
    const counts = { '2': 1, '3': 2, '5': 4, '7': 8 };
    const at = (quarters: number) =>
      unhealthyOf({ name: 'web' }, { counts }, quarters * quarter);
    t.equal(at(7), 14);
    t.equal(at(6), 7, 'none of the future');
    t.equal(at(8), 12);
    t.equal(at(9), 12);
    t.equal(at(10), 8);
    t.equal(at(12), 0);
    t.equal(unhealthyOf({ name: 'web' }, undefined, 0), 0);
    t.equal(unhealthyOf({ name: 'web', unhealthy: 3 }, undefined, 0), 3);
    t.equal(
      unhealthyOf({ name: 'web', unhealthy: 3 }, { counts }, 7 * quarter),
      14,
    );
    t.equal(
      unhealthyOf({ name: 'web', unhealthy: 20 }, { counts }, 7 * quarter),
      20,
    );
  },
);

void t.test('how many hosts a group has', async (t) => {
  const rows: [
    told: number | undefined,
    known: number | undefined,
    members: number | undefined,
  ][] = [
    [undefined, undefined, undefined],
    [5, undefined, 5],
    [undefined, 7, 7],
    [0, 7, 7],
    [0, undefined, undefined],
    [5, 7, 5],
    [9, 7, 7],
  ];
  for (const [told, known, members] of rows) {
    const facts =
      told === undefined ? { name: 'web' } : { name: 'web', members: told };
    const memory =
      known === undefined ? { counts: {} } : { counts: {}, members: known };
    t.equal(membersOf(facts, memory), members, `${told} ${known}`);
  }
});

void t.test(
  'another number is believed where it is likely, or has held for an hour',
  async (t) => {
    const known: GroupMemory = { counts: {}, members: 10 };
    const told = (members: number, memory: GroupMemory = known, atMs = 0) =>
      withMembers(memory, { name: 'web', members }, atMs);
    t.equal(withMembers(known, { name: 'web' }, 0), known);
    t.equal(told(10), known);
    t.equal(told(0), known);
    t.strictSame(withMembers({ counts: {} }, { name: 'web', members: 3 }, 0), {
      counts: {},
      members: 3,
    });
    t.strictSame(told(6), { ...known, members: 6 });
    t.strictSame(told(19), { ...known, members: 19 });
    for (const unlikely of [5, 20]) {
      const first = told(unlikely, known, 5);
      t.strictSame(first, { ...known, told: { members: unlikely, atMs: 5 } });
      t.strictSame(told(unlikely, first, hour + 4), first, 'not yet');
      t.strictSame(told(unlikely, first, hour + 5), {
        counts: {},
        members: unlikely,
      });
      t.strictSame(told(10, first, 9), known, 'told as before: forgotten');
      t.strictSame(
        told(unlikely + 30, first, 9),
        { ...known, told: { members: unlikely + 30, atMs: 9 } },
        'another one begins anew',
      );
    }
  },
);

void t.test('a number that was told once and then no more', async (t) => {
  const known = { counts: {}, members: 10 };
  const told = { ...known, told: { members: 90, atMs: 0 } };
  for (const members of [{}, { members: 0 }, { members: 10 }]) {
    t.strictSame(withMembers(told, { name: 'web', ...members }, hour), known);
  }
});
