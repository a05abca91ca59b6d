/**
 * Whose change a line of chef-client's output tells. `nested.log`, `multiline.log` and `glued.log` are public logs of
 * Chef 17 to 19, made small; the tables beside them follow the doc formatter's source. Chef itself was not run.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseChefOutput } from '../../packages/agent/src/cm/chef-output.ts';

const log = (name: string): string =>
  readFileSync(join(import.meta.dirname, '20-chef-names', name), 'utf8');

for (const [name, wanted] of [
  ['nested.log', 'apt_update[update]'],
  ['multiline.log', 'execute[echo one\\u{a}echo two]'],
  ['glued.log', 'service[apache2]'],
] as const) {
  t.test(name, (t) => {
    t.match(parseChefOutput(log(name)), {
      changed: 1,
      end: 'complete',
      changes: [wanted],
    });
    t.end();
  });
}

const done = '\nInfra Phase complete, 9/9 resources updated in 02 seconds\n';
const cases: [what: string, lines: string[], changes: string[]][] = [
  ['nothing to do', ['  * file[/a] action create (up to date)'], []],
  [
    'skipped',
    ['  * file[/a] action create (skipped due to not_if)', '    - foo'],
    [],
  ],
  [
    'why-run is not supported',
    [
      '  * x[/a] action run (Skipped: Why-Run not supported by provider X)',
      '    - foo',
    ],
    [],
  ],
  [
    'an inner change alone',
    [
      '  * outer[o] action run',
      '    * inner[i] action create',
      '      - create it',
      '  * other[x] action run (up to date)',
    ],
    ['inner[i]'],
  ],
  [
    'an outer change, an inner one, and the outer again',
    [
      '  * outer[o] action run',
      '    - first',
      '    * inner[i] action create',
      '      - create it',
      '    * inner[j] action create (up to date)',
      '    - second',
    ],
    ['outer[o]', 'inner[i]', 'outer[o]'],
  ],
  [
    'three deep, back to the middle',
    [
      '  * a[1] action run',
      '    * b[2] action run',
      '      * c[3] action run (up to date)',
      '      - changed',
      '  * d[4] action run',
      '    - changed',
    ],
    ['b[2]', 'd[4]'],
  ],
  [
    'a log line between heading and change',
    [
      '  * service[a] action start',
      '[2026-11-26T10:00:00+00:00] WARN: careful',
      '    - start service service[a]',
    ],
    ['service[a]'],
  ],
  [
    'a log line behind the heading, and nothing was done',
    [
      '  * service[a] action start[2026-11-26T10:00:00+00:00] INFO: looked (twice)',
      '     (up to date)',
      '    - not its own',
    ],
    [],
  ],
  [
    'names with what the heading is made of',
    [
      '  * execute[test [ -f /x ] && echo "* y[z] action run"] action run',
      '    - execute it',
      '  * file[a] (up to date)] action create',
      '    - create it',
      '  * file[ünïcode 日本] action create',
      '    - create it',
    ],
    [
      'execute[test [ -f /x ] && echo "* y[z] action run"]',
      'file[a] (up to date)]',
      'file[ünïcode 日本]',
    ],
  ],
  [
    'a script of several lines, indented as the formatter does it',
    [
      '  * bash[set -e',
      '  - a list',
      '    indented',
      '  done] action run',
      '    - execute "bash"',
    ],
    ['bash[set -e\\u{a}- a list\\u{a}  indented\\u{a}done]'],
  ],
  [
    'a file whose text looks like resources',
    [
      '  * file[/a] action create',
      '    - update content in file /a from 8e6d94 to c6f989',
      '    --- /a',
      '    +++ /.a',
      '    @@ -1,2 +1,2 @@',
      '       * service[evil] action start',
      '         - started',
      '    +  * service[worse] action start',
    ],
    ['file[/a]'],
  ],
  [
    'the output of a command that failed',
    [
      '  * execute[e] action run',
      '    ',
      `    ${'='.repeat(80)}`,
      "    Error executing action `run` on resource 'execute[e]'",
      `    ${'='.repeat(80)}`,
      '    STDOUT: ',
      '    * service[evil] action start',
      '      - started',
      '  * file[/b] action create',
      '    - create it',
    ],
    ['file[/b]'],
  ],
  [
    'carriage returns',
    ['  * file[/a] action create\r', '    - create it\r'],
    ['file[/a]'],
  ],
];

for (const [what, lines, changes] of cases) {
  t.test(what, (t) => {
    t.same(parseChefOutput(`${lines.join('\n')}\n${done}`).changes, changes);
    t.end();
  });
}
