import { createMonitorApi } from '../../io/monitor-api.ts';
import type { Feedback } from '../../outbox/action.ts';
import type { Monitor } from '../../ports.ts';
import { createReceived } from '../received.ts';
import type { MonitorWorld } from '../registry.ts';
import { checkSensu } from './check.ts';
import { executeCheck } from './requests.ts';
import { readSensu } from './read.ts';
import type { SensuSettings } from './schema.ts';

/** The one door to a Sensu Go: its API, where kicker.yaml names it. Every result is an event, so it need not be asked. */
export function createSensu(
  name: string,
  settings: SensuSettings,
  { knowsHost }: MonitorWorld,
): Monitor {
  const received = createReceived(name, settings.kind, readSensu, settings, {
    monitor: name,
    knowsHost,
  });
  const { api: place, namespace } = settings;
  if (place === undefined) return received;
  // An API key is no bearer token there.
  const api = createMonitorApi({ ...place, tokenScheme: 'Key' });
  return {
    ...received,
    can: new Set<Feedback['kind']>(['recheck']),
    tell: (feedback, at, signal) =>
      feedback.kind === 'recheck'
        ? executeCheck(api, { url: place.url, namespace }, at, signal)
        : received.tell(feedback, at, signal),
    async *check(signal) {
      yield* checkSensu(api, { url: place.url, namespace }, signal);
    },
  };
}
