import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createPuppetSite, leaveReport } from './puppet-site.ts';

const site = createPuppetSite(t.testdir());
t.teardown(() => site.close());

t.test('an administrator writes in any language', async (t) => {
  const lock = site.places.disabledLock;
  for (const [text, reason] of [
    [
      '{"disabled_message":"Änderung: bitte\\nnicht \\u001b[31manfassen"}',
      'Änderung: bitte nicht anfassen',
    ],
    ['{"disabled_message":"保守\\t作業 🔧"}', '保守 作業 🔧'],
    ['{"disabled_message":"a\\u202eb"}', 'a\\u{202e}b'],
    ['{"disabled_message":""}', 'reason not specified'],
    ['', 'reason not specified'],
    ['nonsense', 'reason not specified'],
  ] as const) {
    writeFileSync(lock, text);
    t.match((await site.kick()).outcome, {
      kind: 'refused',
      code: 'disabled',
      reason,
    });
    t.equal((await site.state()).disabled, reason);
  }
  rmSync(lock);
});

t.test('the message of a dependency cycle stands on one line', async (t) => {
  const file = join(t.testdir(), 'report');
  writeFileSync(
    file,
    `---\njob_id: JOB\nstatus: failed\ntransaction_completed: false\nlogs:\n- level: err\n  message: |-\n    Found 1 dependency cycle:\n    (Notify[ä] => Notify[b] => Notify[ä])\n    Try the '--graph' option\n  source: Puppet\nresource_statuses: {}\n`,
  );
  site.puppet.plan(`${leaveReport(file)}; exit 1`);
  t.match((await site.kick()).outcome, {
    kind: 'failed',
    code: 'catalog',
    reason:
      "Found 1 dependency cycle: (Notify[ä] => Notify[b] => Notify[ä]) Try the '--graph' option",
  });
});
