import t from 'tap';
import { createMetrics, type Metrics } from '../../src/serve/metrics.ts';

const facts: Parameters<Metrics['render']>[0] = {
  ledger: {
    countActions: () => 4,
    countWaiting: () => 3,
  },
  kicks: { size: 2 },
  spool: { countBad: () => ({ count: 5, dropped: 0 }) },
  epoch: 17,
  now: new Date('2026-03-01T12:00:00Z'),
};

/** every sample, by its name and labels */
function samplesOf(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))] as const;
      }),
  );
}

t.test('what is looked up', async (t) => {
  const samples = samplesOf(await createMetrics('1.2.3').render(facts));
  t.match(samples, {
    'kicker_build_info{version="1.2.3"}': 1,
    kicker_outbox_actions: 4,
    kicker_problems_waiting: 3,
    kicker_kicks_open: 2,
    kicker_events_set_aside: 5,
    kicker_lease_epoch: 17,
    kicker_metrics_timestamp_seconds: 1772366400,
    'kicker_reloads_total{result="refused"}': 0,
  });
});

t.test('what the log is told is counted', async (t) => {
  const metrics = createMetrics('1.2.3');
  metrics.log('decided', { decision: 'kick', host: 'web1' });
  metrics.log('decided', { decision: 'skip', code: 'observed' });
  metrics.log('decided', { decision: 'skip', code: 'observed' });
  metrics.log('kick-ended', { outcome: 'corrected', durationMs: 4000 });
  metrics.log('kick-ended', { outcome: 'gave-up' });
  metrics.log('action-failed', { action: 'recheck', tries: 2 });
  metrics.log('trouble', { code: 'LEDGER_UNWRITABLE' });
  metrics.log('kick-trouble', { code: 'INTERNAL' });
  metrics.log('action-trouble', { code: 'INTERNAL' });
  metrics.log('reloaded', {});
  metrics.log('reload-refused', { code: 'CONFIG_INVALID' });
  metrics.log('reply', { kick: 'x' });
  t.match(samplesOf(await metrics.render(facts)), {
    'kicker_decisions_total{decision="kick",code="kick"}': 1,
    'kicker_decisions_total{decision="skip",code="observed"}': 2,
    'kicker_kicks_total{outcome="corrected"}': 1,
    'kicker_kicks_total{outcome="gave-up"}': 1,
    'kicker_run_seconds_bucket{le="2"}': 0,
    'kicker_run_seconds_bucket{le="5"}': 1,
    kicker_run_seconds_sum: 4,
    kicker_run_seconds_count: 1,
    'kicker_actions_failed_total{action="recheck"}': 1,
    'kicker_troubles_total{code="LEDGER_UNWRITABLE"}': 1,
    'kicker_troubles_total{code="INTERNAL"}': 2,
    'kicker_reloads_total{result="reloaded"}': 1,
    'kicker_reloads_total{result="refused"}': 1,
  });
});

t.test('no text of a host or a monitor becomes a label', async (t) => {
  const metrics = createMetrics('1.2.3');
  for (const outcome of ['a"} 1\nkicker_x 1', 'x'.repeat(65), undefined, 7]) {
    metrics.log('kick-ended', { outcome });
  }
  const text = await metrics.render(facts);
  t.equal(samplesOf(text)['kicker_kicks_total{outcome="other"}'], 4);
  t.notMatch(text, /kicker_x/);
});

t.test('two of one process do not meet', async (t) => {
  createMetrics('1').log('kick-ended', { outcome: 'corrected' });
  const text = await createMetrics('2').render(facts);
  t.notMatch(text, /version="1"|corrected/);
});
