import t from 'tap';
import { toJsonLine } from '../../../src/commands/views/json-line.ts';

t.equal(
  toJsonLine({ a: 'é\u0085\u2028😀' }),
  '{"a":"\\u00e9\\u0085\\u2028\\ud83d\\ude00"}',
);
t.equal(toJsonLine('T\ueffcr'), '"T\\ueffcr"');
