import t from 'tap';
import {
  lineOfEntry,
  recordOfEntry,
  storyView,
} from '../../../src/commands/views/entries.ts';
import type { StoredEntry } from '../../../src/ledger/entry.ts';
import { printed, printedJson } from './printed.ts';

const at = '2026-03-01T00:00:00.000Z';
const body = { by: 'ada', reason: 'move' };
const stop: StoredEntry = { seq: 1, at, entry: { kind: 'stop', body } };
const problem = JSON.stringify(['nagios', 'web1', 'HTTP', '17']);
const escalation: StoredEntry = {
  seq: 2,
  at,
  problem,
  kick: 'k',
  entry: { kind: 'escalation', body: { about: 'problem', reason: 'broken' } },
};
const kick: StoredEntry = {
  seq: 3,
  at,
  kick: 'k',
  entry: {
    kind: 'kick',
    body: {
      target: { name: 'web2', certname: 'a', address: 'b', port: 1 },
      request: { kick: 'k', certname: 'a' },
    },
  },
};
const words = {
  stop: 'stopped by ada: move',
  escalation: 'a person is needed (problem): broken',
  kick: 'kick k for web2 (a at b), until it is done',
};

t.test('history: a line an entry', (t) => {
  const line = (stored: StoredEntry) => lineOfEntry(recordOfEntry(stored));
  t.equal(line(stop), `${at}  ${'-'.padEnd(30)}  ${words.stop}`);
  t.equal(
    line(escalation),
    `${at}  ${'web1 / HTTP'.padEnd(30)}  ${words.escalation}`,
  );
  t.equal(line(kick), `${at}  ${'web2'.padEnd(30)}  ${words.kick}`);
  t.end();
});

t.test('why: what it is about, once', (t) => {
  const records = [escalation, escalation].map(recordOfEntry);
  t.strictSame(printed(storyView, records), [
    'web1 / HTTP',
    `${at}  ${words.escalation}`,
    `${at}  ${words.escalation}`,
  ]);
  t.strictSame(printed(storyView, [recordOfEntry(kick)]), [
    `${at}  ${words.kick}`,
  ]);
  t.end();
});

t.test('the same record for a program', (t) => {
  t.strictSame(printedJson([stop, escalation].map(recordOfEntry)), [
    { version: 1, seq: 1, at, kind: 'stop', body },
    {
      version: 1,
      seq: 2,
      at,
      host: 'web1',
      service: 'HTTP',
      kick: 'k',
      problem,
      kind: 'escalation',
      body: { about: 'problem', reason: 'broken' },
    },
  ]);
  t.end();
});
