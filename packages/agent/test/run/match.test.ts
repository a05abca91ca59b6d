import type { Outcome, Run } from '@kickd/protocol';
import t from 'tap';
import { withMatch } from '../../src/run/match.ts';
import { bareOutcome } from '../../src/run/outcome.ts';

const services = { http: ['Service[apache2]', 'File[/etc/a]'], empty: [] };
const runFor = (...asked: (string | undefined)[]): Run => ({
  run: '0193a000-0000-7000-8000-000000000001',
  certname: 'web1.example.com',
  cm: 'puppet-agent',
  state: 'running',
  noop: false,
  queuedAt: '2026-11-22T10:00:00.000Z',
  kicks: asked.map((service) => ({
    kick: '0193a000-0000-7000-8000-000000000001',
    by: 'monitor.example.com',
    joined: 'started',
    acceptedAt: '2026-11-22T10:00:00.000Z',
    ...(service === 'nothing'
      ? {}
      : { because: service === undefined ? {} : { service } }),
  })),
});
const corrected = (...resources: string[]): Outcome => ({
  ...bareOutcome('corrected'),
  corrected: resources.map((resource) => ({ resource })),
});

t.test('what the alert was about was corrected, or was not', (t) => {
  const healed = corrected('Package[x]', 'Service[apache2]');
  t.strictSame(withMatch(healed, runFor('http'), services), {
    ...healed,
    matched: true,
  });
  const other = corrected('Service[cron]');
  t.strictSame(withMatch(other, runFor('http'), services), {
    ...other,
    matched: false,
  });
  t.equal(
    withMatch(bareOutcome('unchanged'), runFor('http'), services).matched,
    false,
  );
  t.end();
});

t.test('one of several kicks is enough', (t) => {
  const healed = corrected('File[/etc/a]');
  const run = runFor('nothing', undefined, 'unknown', 'http');
  t.equal(withMatch(healed, run, services).matched, true);
  t.end();
});

t.test('a noop run would have', (t) => {
  const pending = {
    ...bareOutcome('unchanged'),
    pending: [{ resource: 'Service[apache2]' }],
  };
  t.equal(withMatch(pending, runFor('http'), services).matched, true);
  t.equal(
    withMatch(
      { ...corrected('Service[apache2]'), pending: [] },
      runFor('http'),
      services,
    ).matched,
    false,
  );
  t.end();
});

t.test('nobody can say where the map knows no service', (t) => {
  const healed = corrected('Service[apache2]');
  for (const service of [
    'nothing',
    undefined,
    'other',
    'empty',
    'toString',
    'constructor',
  ]) {
    t.equal(
      withMatch(healed, runFor(service), services),
      healed,
      String(service),
    );
  }
  t.equal(withMatch(healed, runFor(), services), healed);
  t.end();
});
