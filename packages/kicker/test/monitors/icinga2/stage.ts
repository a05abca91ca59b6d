import type { Test } from 'tap';
import type { Event } from '../../../src/events/event.ts';
import { createIcinga2 } from '../../../src/monitors/icinga2/adapter.ts';
import type { Feedback } from '../../../src/outbox/action.ts';
import {
  brokenService,
  handlerArguments,
  type MonitorStage,
} from '../conformance.ts';
import { broken as brokenFields, startFakeIcinga } from './fake-icinga.ts';

const feedbackOf: Record<string, Feedback['kind']> = {
  'reschedule-check': 'recheck',
  'add-comment': 'comment',
  'acknowledge-problem': 'acknowledge',
  'remove-acknowledgement': 'unacknowledge',
  'process-check-result': 'result',
};
const states = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];

/** An Icinga of our own behind its API, followed as `kicker serve` does. */
export async function createIcinga2Stage(
  _t: Test,
  name: string,
): Promise<MonitorStage> {
  const fake = await startFakeIcinga();
  fake.setService('web1!HTTP', brokenFields(7));
  let offsetMs = 0;
  let sync = (): void => {};
  const monitor = createIcinga2(
    name,
    { kind: 'icinga2', author: 'kicker', api: { url: fake.url } },
    {
      now: () => new Date(Date.now() + offsetMs),
      knowsHost: () => false,
      onTrouble: () => {},
      // The half minute between two questions about all is over when the test says so.
      pause: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve());
          if (ms === 30_000) sync = resolve;
          else setImmediate(resolve);
        }),
    },
  );
  const end = new AbortController();
  let running: Promise<void> | undefined;
  const broken = brokenService(name);
  return {
    broken,
    checking: { ...broken, stateType: 'SOFT', attempt: 3 },
    another: { ...broken, problem: '8' },
    monitor,
    messageOf: (event) => [
      ...handlerArguments(event),
      `--last-ok=${event.problem ?? '0'}`,
      '--host-last-check=1795822315',
    ],
    door: {
      setStatus: async (event) => {
        if (event === undefined) {
          // It can be told, and says nothing more of itself.
          fake.override.push((path) =>
            /^\/v1\/(?:status|events)/.test(path) ? [503, {}] : undefined,
          );
          offsetMs += 10 * 60 * 1000;
          return;
        }
        show(event);
        running ??= monitor.run({ put: () => {} }, end.signal);
        await fake.waitFollowers(1);
        sync();
        while (!isShown(event)) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      setUp: (isUp) => fake.setUp(isUp),
      told: () => {
        // An acknowledgement stands for both; a hold has an end that it was given.
        let isHeld = false;
        return fake.told.map(({ action, name, body }) => {
          const [host = '', service = ''] = name.split('!');
          const feedback = feedbackOf[action];
          if (feedback === undefined) throw new Error(`unknown: ${action}`);
          if (feedback === 'acknowledge') {
            isHeld = Number(body['expiry']) - Date.now() / 1000 < 120;
          }
          const place = { host, service };
          if (!isHeld) return { feedback, place };
          if (feedback === 'acknowledge') {
            const untilMs = Number(body['expiry']) * 1000;
            return { feedback: 'hold', place, untilMs };
          }
          return feedback === 'unacknowledge'
            ? { feedback: 'release', place }
            : { feedback, place };
        });
      },
    },
    close: async () => {
      end.abort();
      await running;
      await fake.close();
    },
  };

  function show(event: Event): void {
    const key = `${event.host}!${event.service ?? ''}`;
    // Its host's downtime is all that it has of one.
    fake.setHost(event.host, { downtime_depth: event.inDowntime ? 1 : 0 });
    const isOk = event.state === 'OK';
    fake.setService(key, {
      ...brokenFields(isOk ? Date.now() / 1000 : Number(event.problem)),
      state: states.indexOf(event.state),
      problem: !isOk,
      acknowledgement: event.acknowledgedBy === undefined ? 0 : 2,
    });
    if (event.acknowledgedBy === undefined) fake.authors.delete(key);
    else fake.authors.set(key, event.acknowledgedBy);
  }

  function isShown(event: Event): boolean {
    const seen = monitor.refresh(event, 0);
    if (event.state === 'OK') {
      const green = monitor.see(event);
      return seen.kind === 'over' && green.kind === 'seen' && green.isGreen;
    }
    const by =
      event.acknowledgedBy === 'kicker' ? undefined : event.acknowledgedBy;
    return (
      seen.kind === 'lasts' &&
      seen.event.inDowntime === event.inDowntime &&
      seen.event.acknowledgedBy === by
    );
  }
}
