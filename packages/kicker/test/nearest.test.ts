import t from 'tap';
import { nearest } from '../src/nearest.ts';

const known = ['port', 'hosts', 'timeouts', 'retry'];
const rows: [string, string | undefined][] = [
  ['prt', 'port'],
  ['PORT', 'port'],
  ['host', 'hosts'],
  ['timeout', 'timeouts'],
  ['time', undefined],
  ['zzz', undefined],
  ['', undefined],
];
for (const [word, wanted] of rows) t.equal(nearest(word, known), wanted, word);
