import type { Test } from 'tap';
import type { Event } from '../../../src/events/event.ts';
import { createAlertmanager } from '../../../src/monitors/alertmanager/adapter.ts';
import { monitorDefaults } from '../../../src/monitors/defaults.ts';
import { brokenService, type MonitorStage } from '../conformance.ts';
import { startFakeAlertmanager } from './fake-alertmanager.ts';

const fingerprint = '02c27b65ce16372e';

/** An Alertmanager and the Prometheus behind it, followed as `kicker serve` does. */
export async function createAlertmanagerStage(
  _t: Test,
  name: string,
): Promise<MonitorStage> {
  const fake = await startFakeAlertmanager();
  let offsetMs = 0;
  const monitor = createAlertmanager(
    name,
    {
      ...monitorDefaults.alertmanager,
      api: { url: fake.url },
      prometheus: { url: fake.url },
    },
    {
      now: () => new Date(Date.now() + offsetMs),
      knowsHost: () => false,
      onTrouble: () => {},
      pause: () => new Promise((resolve) => setTimeout(resolve, 5)),
    },
  );
  const since = instantOfGo(60_000);
  const labels = {
    alertname: 'WebDown',
    instance: 'web1:9100',
    job: 'web',
    service: 'HTTP',
    severity: 'critical',
  };
  fake.rules = [{ name: 'WebDown', query: 'up{job="web"} == 0', labels: {} }];
  const { hostState: _none, ...service } = brokenService(name);
  const broken: Event = {
    ...service,
    attempt: 1,
    maxAttempts: 1,
    since,
    problem: `${fingerprint}/${since}`,
    labels,
  };
  const next = instantOfGo(30_000);
  const alertOf = ({ since: startsAt, ...event }: Event) => ({
    fingerprint,
    // the API writes three digits, always
    startsAt: new Date(startsAt ?? '').toISOString(),
    labels,
    annotations: {},
    generatorURL: '',
    receivers: [{ name: 'kicker' }],
    status: {
      state: event.inDowntime ? 'suppressed' : 'active',
      silencedBy: event.inDowntime ? ['of-a-person'] : [],
      inhibitedBy: [],
    },
  });
  const end = new AbortController();
  let running: Promise<void> | undefined;
  return {
    monitor,
    broken,
    another: { ...broken, since: next, problem: `${fingerprint}/${next}` },
    messageOf: (event) => [
      '--payload-json',
      JSON.stringify({
        version: '4',
        alerts: [
          {
            ...alertOf(event),
            startsAt: event.since,
            status: event.state === 'OK' ? 'resolved' : 'firing',
          },
        ],
      }),
    ],
    door: {
      setStatus: async (event) => {
        if (event === undefined) {
          offsetMs += 10 * 60 * 1000;
          fake.failPolls = true;
          return;
        }
        const isOk = event.state === 'OK';
        fake.alerts = isOk ? [] : [alertOf(event)];
        fake.series = isOk
          ? []
          : [{ __name__: 'up', instance: labels.instance, job: 'web' }];
        running ??= monitor.run({ put: () => {} }, end.signal);
        // It is looked at because somebody waits for it.
        monitor.see(event);
        monitor.see(broken);
        await fake.polled(3);
      },
      setUp: (isUp) => {
        fake.failWith = isUp ? 0 : 503;
      },
      told: () =>
        fake.told.map(({ matchers, ...told }) => ({
          ...told,
          place: {
            host:
              matchers
                .find((matcher) => matcher.name === 'instance')
                ?.value.replace(/:\d+$/, '') ?? '',
            service: 'HTTP',
          },
        })),
      isWithoutAcknowledgement: true,
      // Nothing makes Prometheus look; the silence that is gone is not taken back again.
      heard: { recheck: 0, release: 1 },
      silentAboutUnknown: new Set(['recheck', 'release']),
    },
    close: async () => {
      end.abort();
      await running;
      await fake.close();
    },
  };
}

/** So long ago, as Go writes it into the webhook: without the zeros at the end of the fraction. */
function instantOfGo(agoMs: number): string {
  const second = Math.floor((Date.now() - agoMs) / 1000) * 1000;
  return new Date(second + 400).toISOString().replace('.400Z', '.4Z');
}
