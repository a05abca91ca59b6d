import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openLedger } from '../../src/io/sqlite-ledger.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { correctedRun, runId } from '../fake-kickd.ts';
import { runKicker } from '../run-kicker.ts';

const kick = '01990000-0000-7000-8000-00000000000a';
const other = '01990000-0000-7000-8000-00000000000b';
const problem = (host: string, id: string) =>
  JSON.stringify(['nagios', host, 'HTTP', id]);

/** A ledger with two problems: one healed, one given up. */
function createLedger(t: Test) {
  const dir = t.testdir();
  const file = join(dir, 'ledger.sqlite');
  const config = join(dir, 'kicker.yaml');
  writeFileSync(config, JSON.stringify({ ledger: file }));
  let nowMs = Date.parse('2026-03-01T00:00:00Z');
  const ledger = openLedger(file, { now: () => new Date((nowMs += 1000)) });
  const add = (
    key: string,
    ofKick: string | undefined,
    ...entries: Entry[]
  ) => {
    for (const entry of entries) {
      const keys = {
        problem: key,
        ...(ofKick === undefined ? {} : { kick: ofKick }),
      };
      ledger.append([{ entry, keys }]);
    }
  };
  const event = (host: string) => ({
    monitor: 'nagios',
    host,
    service: 'HTTP',
    state: 'CRITICAL' as const,
    stateType: 'SOFT' as const,
    attempt: 3,
    maxAttempts: 4,
    inDowntime: false,
  });
  const target = {
    name: 'web1',
    certname: 'web1',
    address: '192.0.2.1',
    port: 8139,
  };
  add(
    problem('web1', '1'),
    kick,
    { kind: 'event', body: event('web1') },
    {
      kind: 'decision',
      body: {
        kind: 'kick',
        mode: 'automatic',
        request: {},
        reasons: ['SOFT 3'],
        rule: 'all (r.yaml:2)',
      },
    },
    { kind: 'kick', body: { target, request: { kick, certname: 'web1' } } },
    { kind: 'reply', body: { kind: 'accepted', run: correctedRun } },
    {
      kind: 'outcome',
      body: {
        kind: 'ended',
        run: runId,
        durationMs: 4200,
        outcome: {
          kind: 'corrected',
          corrected: [
            { resource: 'Service[a\u001b[2J]', from: 'stopped', to: 'running' },
          ],
          failed: [],
        },
      },
    },
    {
      kind: 'verdict',
      body: { verdict: 'healed', by: 'the monitor’s event', seconds: 12 },
    },
  );
  add(
    problem('web2', '2'),
    other,
    { kind: 'event', body: event('web2') },
    {
      kind: 'kick',
      body: { target, request: { kick: other, certname: 'web2' } },
    },
    { kind: 'verdict', body: { verdict: 'still-broken', by: 'status data' } },
    {
      kind: 'escalation',
      body: { about: 'problem', reason: '2 runs did not help' },
    },
  );
  ledger.close();
  return {
    file,
    run: (...args: string[]) => runKicker([...args, `--config=${config}`]),
  };
}

void t.test('why: by kick, by run, by service', async (t) => {
  const { run } = createLedger(t);
  const byKick = await run('why', kick);
  t.match(byKick, { code: 0, stderr: '' });
  const lines = byKick.stdout.trimEnd().split('\n');
  t.equal(lines[0], 'web1 / HTTP');
  t.match(lines.slice(1), [
    / nagios: web1 \/ HTTP is CRITICAL SOFT, attempt 3 of 4$/,
    / kick, because SOFT 3, rule all \(r.yaml:2\)$/,
    / kick 01990000-.*a for web1 \(web1 at 192\.0\.2\.1\)/,
    / the host has taken it: run 01990000/,
    / corrected Service\[a\\u\{1b\}\[2J\] \(stopped -> running\) in 4\.2 s/,
    / healed \(by the monitor’s event\), 12 s after the problem began$/,
  ]);
  t.equal((await run('why', runId)).stdout, byKick.stdout);
  t.equal((await run('why', 'web1', 'HTTP')).stdout, byKick.stdout);
  t.equal((await run('why', problem('web1', '1'))).stdout, byKick.stdout);
  const json = (await run('why', '--json', kick)).stdout.trimEnd().split('\n');
  t.match(JSON.parse(json[5] ?? ''), { version: 1, kind: 'verdict', kick });
  t.match(await run('why', 'web9', 'HTTP'), {
    code: 2,
    stderr: /STORY_UNKNOWN/,
  });
  t.match(await run('why'), { code: 2, stderr: /USAGE/ });
});

void t.test('history: filters, newest first', async (t) => {
  const { run } = createLedger(t);
  const lines = async (...args: string[]) =>
    (await run('history', ...args)).stdout.trimEnd().split('\n');
  t.match(await lines(), [
    /web2 \/ HTTP +a person is needed \(problem\): 2 runs did not help$/,
    /web2 \/ HTTP +still broken \(by status data\)$/,
    /web1 \/ HTTP +healed/,
    /corrected/,
    /kick, because/,
  ]);
  t.equal((await lines('--kind=all')).length, 10);
  t.equal((await lines('--kind=all', '--limit=3')).length, 3);
  t.equal(
    (await lines('--kind=verdict', '--kind=kick', '--host=web2')).length,
    2,
  );
  t.equal((await lines('--service=SSH')).join(''), '');
  t.equal((await lines('--since=2026-03-01T00:00:10Z')).length, 1);
  t.equal(
    (await lines('--until=2026-03-01T00:00:10Z', '--kind=verdict')).length,
    2,
  );
  t.match(JSON.parse((await lines('--json'))[0] ?? ''), {
    version: 1,
    host: 'web2',
    service: 'HTTP',
    kind: 'escalation',
  });
  t.match(await run('history', '--kind=x'), { code: 2, stderr: /USAGE_VALUE/ });
  t.match(await run('history', '--since=x'), {
    code: 2,
    stderr: /USAGE_VALUE/,
  });
});

void t.test('history by service', async (t) => {
  const { run } = createLedger(t);
  const { stdout } = await run('history', '--by-service');
  t.match(stdout.split('\n'), [
    /^HOST \/ SERVICE +KICKS +HEALED +FUTILE/,
    /^web1 \/ HTTP +1 +1 \(100 %\) +0 \(0 %\) +0 +12 s, 12 s, 12 s$/,
    /^web2 \/ HTTP +1 +0 \(0 %\) +1 \(100 %\) +0 +-$/,
  ]);
  const often = await run('history', '--by-service', '--often=0', '--json');
  t.match(JSON.parse(often.stdout.split('\n')[0] ?? ''), {
    host: 'web1',
    healedRatio: 1,
    secondsToGreen: { median: 12 },
  });
});

void t.test('stop and resume', async (t) => {
  const { run, file } = createLedger(t);
  t.match(await run('stop'), { code: 2, stderr: /give a reason/ });
  t.match(await run('resume'), { code: 0, stdout: /was not stopped/ });
  t.match(await run('stop', '--by=ada', 'storage', 'move'), {
    code: 0,
    stdout: /nothing is kicked until: kicker resume/,
  });
  const ledger = openLedger(file, { now: () => new Date() });
  t.match(ledger.read('fleet', '')?.stopped, {
    by: 'ada',
    reason: 'storage move',
  });
  t.match(
    (await run('history', '--limit=1')).stdout,
    /stopped by ada: storage move/,
  );
  t.match(await run('resume', '--by=bob'), {
    code: 0,
    stdout: /ada had stopped kicker at .*: storage move/,
  });
  t.equal(ledger.read('fleet', '')?.stopped, undefined);
  t.match(await run('resume', '--storm=web'), { stdout: /there was no storm/ });
  ledger.close();
});
