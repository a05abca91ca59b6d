import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import t from 'tap';
import { writeReport } from '../../bench/make-report.ts';
import { createPuppetSite } from './puppet-site.ts';

/** A catalog of tens of thousands of resources, each of them changed or each of them said something about. */

t.test('a report beyond any limit of before is read', async (t) => {
  const dir = t.testdir();
  const site = createPuppetSite(dir);
  t.teardown(() => site.close());
  writeReport(join(dir, 'big'), 20e6, 'job_id: JOB\n');
  site.puppet.plan(`sed "s/JOB/$KICKD_RUN/" '${dir}/big' >"$REPORT"; exit 2`);
  const { outcome } = await site.kick();
  t.match(outcome, { kind: 'corrected', configVersion: '1795712981' });
  t.notOk(outcome.code);
  t.equal(outcome.corrected.length, 50);
  t.match(outcome.corrected[0], { resource: 'File[/etc/app/1]' });
});

t.test('log lines in place of resources', async (t) => {
  const dir = t.testdir();
  const site = createPuppetSite(dir);
  t.teardown(() => site.close());
  const line = `- level: notice\n  message: "defined 'message' as '[[[[ {{{{ - - - ? ? ?'"\n  source: Puppet\n`;
  writeFileSync(
    join(dir, 'big'),
    `---\njob_id: JOB\nstatus: failed\ntransaction_completed: true\nlogs:\n${line.repeat(60_000)}- level: err\n  message: the reason\n  source: Puppet\nresource_statuses:\n  Exec[x]:\n    resource: Exec[x]\n    failed: true\n    events: []\n`,
  );
  site.puppet.plan(`sed "s/JOB/$KICKD_RUN/" '${dir}/big' >"$REPORT"; exit 4`);
  t.match((await site.kick()).outcome, {
    kind: 'failed',
    code: 'resources',
    reason: 'the reason',
    failed: ['Exec[x]'],
  });
});

t.test(
  'what cannot be read settles its run, and the next one runs',
  async (t) => {
    const site = createPuppetSite(t.testdir());
    t.teardown(() => site.close());
    const head = 'status: changed\\njob_id: %s\\n';
    for (const [leave, reason] of [
      [`mkfifo "$REPORT"`, 'it is not a file'],
      [`mkdir "$REPORT"`, 'it is not a file'],
      [`: >"$REPORT"`, 'it is empty'],
      [`echo '<html>' >"$REPORT"`, 'no YAML as Puppet writes it at byte 0'],
      [
        `printf '${head}\\000\\000' "$KICKD_RUN" >"$REPORT"`,
        'NUL bytes at byte 61',
      ],
      [
        `printf '${head}resource_statuses:\\n  A[b]:\\n    fai' "$KICKD_RUN" >"$REPORT"`,
        'it breaks off at byte 95',
      ],
    ] as const) {
      for (const [exit, kind] of [
        [0, 'failed'],
        [2, 'corrected'],
      ] as const) {
        site.puppet.plan(`rm -rf "$REPORT"; ${leave}; exit ${String(exit)}`);
        t.match((await site.kick()).outcome, {
          kind,
          code: 'report-unreadable',
          exitCode: exit,
          reason: `the report of this run cannot be read: ${reason}`,
        });
      }
    }
  },
);

t.test('a summary of that size', async (t) => {
  const site = createPuppetSite(t.testdir());
  t.teardown(() => site.close());
  const times = Array.from(
    { length: 200_000 },
    (_, n) => `  t${String(n)}: 1\n`,
  );
  const head = `---\nversion:\n  config: '0123'\n  puppet: 7.23.0\ntime:\n  last_run: 1772323200\n`;
  const { lastRunSummary } = site.places;
  mkdirSync(dirname(lastRunSummary), { recursive: true });
  writeFileSync(lastRunSummary, head + times.join(''));
  t.match((await site.state()).policy, {
    configVersion: '0123',
    endedAt: '2026-03-01T00:00:00.000Z',
  });
});

t.test('in flat memory, under the flags of the unit', async (t) => {
  const unit = readFileSync(
    join(import.meta.dirname, '../../deploy/systemd/kickd-runner.service'),
    'utf8',
  );
  const flags = [...unit.matchAll(/ (--(?:jitless|max-semi-space-size=\d+))/g)];
  t.equal(flags.length, 2);
  const dir = t.testdir();
  await build({
    entryPoints: [join(import.meta.dirname, '../../bench/report-probe.ts')],
    outfile: join(dir, 'probe.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire('/');`,
    },
  });
  writeReport(join(dir, 'big'), 30e6);
  const { stdout } = await execa(
    process.execPath,
    [
      ...flags.map(([, flag = '']) => flag),
      join(dir, 'probe.mjs'),
      join(dir, 'big'),
    ],
    { env: { MALLOC_ARENA_MAX: '1' }, extendEnv: false },
  );
  const megabytes = Number(stdout.split(' ')[1]);
  t.ok(megabytes < 64, `${String(megabytes)} MB over idle`);
});
