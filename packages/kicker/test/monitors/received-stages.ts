import type { Event } from '../../src/events/event.ts';
import { monitorDefaults } from '../../src/monitors/defaults.ts';
import { createMonitor } from '../../src/monitors/registry.ts';
import type { MonitorSettings } from '../../src/monitors/schemas.ts';
import { brokenService, type MonitorStage } from './conformance.ts';

/** A monitor that hands over events, and can be neither asked nor told. */
async function createStage(
  name: string,
  settings: MonitorSettings,
  stage: Pick<MonitorStage, 'broken' | 'checking' | 'another' | 'messageOf'>,
): Promise<MonitorStage> {
  const monitor = await createMonitor(name, settings, {
    now: () => new Date(),
    pause: () => Promise.resolve(),
    knowsHost: () => false,
    onTrouble: () => {},
  });
  return { ...stage, monitor, close: () => {} };
}

const secondsOf = (time: string | undefined): string =>
  String(Math.floor(Date.parse(time ?? '') / 1000));

export function createCheckmkStage(
  _t: unknown,
  name: string,
): Promise<MonitorStage> {
  const broken = brokenService(name);
  return createStage(
    name,
    { kind: 'checkmk' },
    {
      broken,
      another: { ...broken, problem: '8' },
      messageOf: (event) => [
        '--payload-environment',
        'NOTIFY_WHAT=SERVICE',
        `NOTIFY_NOTIFICATIONTYPE=${event.state === 'OK' ? 'RECOVERY' : 'PROBLEM'}`,
        `NOTIFY_HOSTNAME=${event.host}`,
        `NOTIFY_SERVICEDESC=${event.service ?? ''}`,
        `NOTIFY_SERVICESTATE=${event.state}`,
        `NOTIFY_SERVICEPROBLEMID=${event.problem ?? ''}`,
        `NOTIFY_LASTSERVICESTATECHANGE=${secondsOf(event.since)}`,
        `NOTIFY_SERVICEATTEMPT=${String(event.attempt)}`,
        `NOTIFY_MAXSERVICEATTEMPTS=${String(event.maxAttempts)}`,
        'NOTIFY_HOSTSTATE=UP',
      ],
    },
  );
}

export function createSensuStage(
  _t: unknown,
  name: string,
): Promise<MonitorStage> {
  const {
    problem: _problem,
    since: _since,
    hostState: _state,
    ...service
  } = brokenService(name);
  const broken: Event = { ...service, attempt: 3, maxAttempts: 3 };
  return createStage(name, monitorDefaults.sensu, {
    broken,
    checking: { ...broken, stateType: 'SOFT', attempt: 2 },
    messageOf: (event) => [
      '--payload-json',
      JSON.stringify({
        entity: { metadata: { name: event.host } },
        check: {
          metadata: { name: event.service },
          status: event.state === 'OK' ? 0 : 2,
          occurrences: event.attempt,
          state: event.state === 'OK' ? 'passing' : 'failing',
        },
      }),
    ],
  });
}

/** By the mapping for Grafana. */
export function createWebhookStage(
  _t: unknown,
  name: string,
): Promise<MonitorStage> {
  const { hostState: _state, ...service } = brokenService(name);
  const labels = {
    alertname: 'WebDown',
    instance: 'web1:9100',
    service: 'HTTP',
    severity: 'critical',
  };
  const episode = (since: string): Pick<Event, 'since' | 'problem'> => ({
    since,
    problem: `02c27b65ce16372e/${since}`,
  });
  const { since = '' } = service;
  const broken: Event = {
    ...service,
    ...episode(since),
    attempt: 1,
    maxAttempts: 1,
    labels,
  };
  return createStage(
    name,
    { kind: 'webhook', mapping: 'grafana' },
    {
      broken,
      another: {
        ...broken,
        ...episode(new Date(Date.parse(since) + 30_000).toISOString()),
      },
      messageOf: ({ state, since: startsAt }) => [
        '--payload-json',
        JSON.stringify({
          alerts: [
            {
              status: state === 'OK' ? 'resolved' : 'firing',
              labels,
              annotations: {},
              startsAt,
              fingerprint: '02c27b65ce16372e',
              generatorURL: 'https://grafana.example.com/alerting/1',
            },
          ],
        }),
      ],
    },
  );
}
