import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import t from 'tap';
import { createPuppetSite } from './puppet-site.ts';

/** A lock that a killed run has left, and a run that ends with 1 for a reason of its own. */
const site = createPuppetSite(t.testdir());
t.teardown(() => site.close());
const lock = (text: string): void => writeFileSync(site.places.runLock, text);

async function deadPid(): Promise<string> {
  const child = execa('/bin/true');
  await child;
  return String(child.pid);
}

t.test('nobody holds it: failed, with the cause', async (t) => {
  for (const text of [await deadPid(), '', '0', '-1', 'abc', '99999999999']) {
    lock(text);
    site.puppet.plan('echo "Error: No more routes to ca" >&2; exit 1');
    t.match(
      (await site.kick()).outcome,
      {
        kind: 'failed',
        code: 'no-report',
        exitCode: 1,
        reason: 'No more routes to ca',
      },
      JSON.stringify(text),
    );
    site.puppet.plan('exit 1');
    t.match((await site.kick()).outcome, { kind: 'failed', code: 'no-report' });
    t.equal((await site.state()).locked, false);
  }
});

t.test('the run itself took it and was gone', async (t) => {
  site.puppet.plan(`printf %s $$ >'${site.places.runLock}'; exit 1`);
  t.match((await site.kick()).outcome, { kind: 'failed', code: 'no-report' });
});

t.test('a living process holds it: busy', async (t) => {
  lock(`${String(process.pid)}\n`);
  site.puppet.plan('exit 1');
  t.match((await site.kick()).outcome, { kind: 'refused', code: 'busy' });
  t.equal((await site.state()).locked, true);
});
