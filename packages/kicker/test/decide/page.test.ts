import t from 'tap';
import type { PageMemory } from '../../src/decide/memory.ts';
import { isPageOver, pageKey } from '../../src/decide/page.ts';
import { memoryOf } from './situation-of.ts';

const storm = (isTold: boolean) => ({
  counts: {},
  storm: { sinceMs: 0, isTold },
});
const problem = (isTold: boolean) => ({
  problem: { sinceMs: 0, ids: {}, kicks: 0, isTold },
});
const rows: [
  about: PageMemory['about'],
  records: Record<string, unknown>,
  isOver: boolean,
][] = [
  [{ kind: 'problem', service: 'web1\tHTTP' }, {}, true],
  [
    { kind: 'problem', service: 'web1\tHTTP' },
    { 'service web1\tHTTP': {} },
    true,
  ],
  [
    { kind: 'problem', service: 'web1\tHTTP' },
    { 'service web1\tHTTP': problem(false) },
    true,
  ],
  [
    { kind: 'problem', service: 'web1\tHTTP' },
    { 'service web1\tHTTP': problem(true) },
    false,
  ],
  [{ kind: 'storm', groups: ['web'] }, { 'group web': storm(true) }, false],
  [{ kind: 'storm', groups: ['web'] }, { 'group web': storm(false) }, true],
  [{ kind: 'storm', groups: ['web'] }, { 'group web': { counts: {} } }, true],
  [{ kind: 'storm', groups: ['web'] }, {}, true],
  [
    { kind: 'storm', groups: ['web', 'db'] },
    { 'group web': { counts: {} }, 'group db': storm(true) },
    false,
  ],
  [
    { kind: 'storm', groups: ['web', 'db'] },
    { 'group web': storm(true) },
    false,
  ],
  [
    { kind: 'server', cm: '' },
    { 'server ': { failed: [], isTold: true } },
    false,
  ],
  [
    { kind: 'server', cm: '' },
    { 'server ': { failed: [], isTold: false } },
    true,
  ],
  [
    { kind: 'server', cm: 'cf' },
    { 'server ': { failed: [], isTold: true } },
    true,
  ],
  [{ kind: 'monitor' }, { 'fleet ': { isTrouble: true } }, false],
  [{ kind: 'monitor' }, { 'fleet ': {} }, true],
  [{ kind: 'monitor' }, {}, true],
];
void t.test('whether it is over', async (t) => {
  for (const [about, records, isOver] of rows) {
    t.equal(
      isPageOver({ host: 'web1', about }, memoryOf(records)),
      isOver,
      JSON.stringify([about, records]),
    );
  }
});

void t.test('a key for each thing that can be over', async (t) => {
  t.equal(
    pageKey({ kind: 'problem', service: 'web1\tHTTP' }, 'problem'),
    'problem web1\tHTTP',
  );
  t.equal(
    pageKey({ kind: 'storm', groups: ['web'] }, 'storm of web'),
    'storm of web',
  );
  t.equal(pageKey({ kind: 'server', cm: 'cf' }, 'server'), 'server cf');
  t.equal(pageKey({ kind: 'monitor' }, 'monitor'), 'monitor');
});

t.equal(
  isPageOver({ host: '', about: { kind: 'events' } }, memoryOf()),
  false,
  'whoever looks into the spool ends it',
);
t.equal(pageKey({ kind: 'events' }, 'x'), 'events');
