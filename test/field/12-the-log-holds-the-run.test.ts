import t from 'tap';
import { createPuppetSite } from './puppet-site.ts';

const site = createPuppetSite(t.testdir());
t.teardown(() => site.close());
/** As the real one: to the console only where it is told so. */
const speak = (exit: number): string => `
case " $* " in
*" --logdest=console "*)
  printf 'Info: Using environment\\n'
  printf '\\033[1;31mError: Could not retrieve catalog:\\033[0m no \\303\\244nswer\\n' >&2
  echo "Error: Could not run" >&2 ;;
esac
exit ${String(exit)}`;

t.test(
  'the log of an agent holds its run, and syslog still does',
  async (t) => {
    site.puppet.plan(speak(1));
    const { run, outcome } = await site.kick();
    t.match(await site.readLog(run), /^Info: Using environment\n.*Error: /);
    t.ok(site.argv().includes('--logdest=syslog'));
    t.match(outcome, {
      kind: 'failed',
      code: 'no-report',
      exitCode: 1,
      reason: 'Could not retrieve catalog: no änswer',
    });
  },
);

t.test(
  'its first error is the reason wherever there is no report',
  async (t) => {
    for (const [exit, kind] of [
      [0, 'failed'],
      [4, 'failed'],
      [6, 'partly'],
      [24, 'failed'],
    ] as const) {
      site.puppet.plan(speak(exit));
      t.match((await site.kick()).outcome, {
        kind,
        exitCode: exit,
        reason: /^Could not retrieve catalog/,
      });
    }
  },
);

t.test('a run that says nothing is told as such', async (t) => {
  site.puppet.plan('exit 1');
  t.match((await site.kick()).outcome, {
    reason: /^puppet ended with 1 before it could report/,
  });
});
