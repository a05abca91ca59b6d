import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Faults } from '../../packages/kicker/src/errors.ts';
import { parseEventText } from '../../packages/kicker/src/events/event-text.ts';
import { flawsOfKick } from '../../packages/kicker/test/kicks/expect-kick.ts';
import { monitorDefaults } from '../../packages/kicker/src/monitors/defaults.ts';
import {
  messageOfPayload,
  parsePayloadText,
} from '../../packages/kicker/src/monitors/payload.ts';
import { createMonitor } from '../../packages/kicker/src/monitors/registry.ts';
import type { MonitorSettings } from '../../packages/kicker/src/monitors/schemas.ts';
import { parseMapping } from '../../packages/kicker/src/monitors/webhook/parse-mapping.ts';
import { mutationsOf } from './mutations.ts';
import { isPrintable } from './rules.ts';
import { expectTrue, type Target } from './target.ts';

const from = join(import.meta.dirname, '../../packages/kicker/test/monitors');

function samplesOf(pattern: RegExp): string[] {
  return ['payloads', 'samples'].flatMap((folder) =>
    readdirSync(join(from, folder))
      .filter((name) => pattern.test(name))
      .map((name) => readFileSync(join(from, folder, name), 'utf8')),
  );
}

const icingaArguments = JSON.stringify([
  ...['--host', 'web1', '--service', 'http', '--state', 'CRITICAL'],
  ...['--state-type', 'HARD', '--attempt', '1', '--last-ok', '1795713000'],
  ...['--host-group', 'web', '--label', 'role=web', '--at', '1795713017'],
]);
const nagiosArguments = JSON.stringify([
  ...['--host=web1', '--service=HTTP', '--state=CRITICAL'],
  ...['--state-type=HARD', '--attempt=4', '--since=1795713000'],
]);

const loopback = /^(?:localhost|127\.[\d.]+|::1)(?::\d+)?$/i;

const kinds: [settings: MonitorSettings, samples: string[]][] = [
  [monitorDefaults.nagios, [nagiosArguments]],
  [
    monitorDefaults.icinga2,
    [icingaArguments, ...samplesOf(/^icinga2-(?!object)/)],
  ],
  [monitorDefaults.alertmanager, samplesOf(/-am-|-grafana-|^alertmanager-/)],
  [monitorDefaults.zabbix, samplesOf(/zabbix/)],
  [monitorDefaults.checkmk, samplesOf(/checkmk/)],
  [monitorDefaults.sensu, samplesOf(/sensu/)],
  [{ kind: 'webhook', mapping: 'grafana' }, samplesOf(/-am-|-grafana-/)],
  [{ kind: 'webhook', mapping: 'kuma' }, samplesOf(/kuma/)],
  [{ kind: 'webhook', mapping: 'datadog' }, samplesOf(/datadog/)],
  [{ kind: 'webhook', mapping: 'cloudevents' }, samplesOf(/cloudevents/)],
];

/** What monitors hand over: a part at least, each an event that the ledger can hold, or the reason in printable words. */
export async function createPayloadTargets(): Promise<Target[]> {
  const targets = kinds.map(async ([settings, samples]): Promise<Target> => {
    const monitor = await createMonitor('m', settings, {
      now: () => new Date(0),
      knowsHost: () => false,
      pause: () => Promise.resolve(),
      onTrouble: () => {},
    });
    const name = settings.kind === 'webhook' ? settings.mapping : settings.kind;
    return {
      name: `payload of ${name}`,
      inputs: mutationsOf(
        samples,
        ['"firing"', '"resolved"', '"1"', '"0"', '2', '"localhost"', '{"'],
        { ofLines: settings.kind === 'checkmk' },
      ),
      batch: 50,
      play: (input) => {
        const found = parsePayloadText(Buffer.from(input).toString(), 'x');
        if (found.kind === 'fault') {
          expectTrue(isPrintable(found.fault.message), found.fault.message);
          return;
        }
        const args = messageOfPayload(found.payload);
        const at = new Date(0);
        const parts = monitor.read({ name: 'x', monitor: 'm', args, at });
        expectTrue(parts.length > 0, 'no part');
        for (const part of parts) {
          if (part.kind === 'event') {
            const { event } = part.seen;
            const read = parseEventText(JSON.stringify(event), 'x');
            expectTrue(
              read.kind === 'event',
              `no event of the ledger: ${JSON.stringify(read)}`,
            );
            const flaws = flawsOfKick(event);
            expectTrue(
              flaws.length === 0,
              `kickd takes no kick for it: ${JSON.stringify(flaws)}`,
            );
            expectTrue(
              settings.kind === 'nagios' || !loopback.test(event.host),
              `the machine of the monitor: ${event.host}`,
            );
          } else if (part.kind === 'refused') {
            expectTrue(part.faults.length > 0, 'refused without a fault');
            for (const { message, remedy } of part.faults) {
              expectTrue(isPrintable(message + remedy), `raw: ${message}`);
            }
          } else expectTrue(part.why !== '', 'ignored without a word');
        }
      },
    };
  });
  return [...(await Promise.all(targets)), mappings];
}

const mapping = `
format: json
each: $.alerts[*]
states:
  - when: {$.labels.alertname: [Test, null, {matches: '^x'}]}
    ignore: a test
  - when: {$.status: firing, $.labels.severity: {present: true}}
    state: CRITICAL
    confirmed: false
subjects:
  - when: {$.kind: host}
    host: $.host
  - host: $.labels.instance
    hostIs: name-and-port
    service: [$.labels.service, $.labels.alertname]
problem: [$.fingerprint, $.startsAt]
since: $.startsAt
labels: $.labels
`;

/** A mapping file: refused with its place, or compiled. */
const mappings: Target = {
  name: 'mapping',
  inputs: mutationsOf(
    [mapping],
    ['$..', '$[?@.a == 1]', '$.a[0:2]', 'each: ', 'when: ', 'matches: '],
    { ofLines: true },
  ),
  batch: 50,
  play: (input) => {
    try {
      parseMapping(Buffer.from(input).toString(), 'mapping.yaml');
    } catch (error) {
      if (!(error instanceof Faults)) throw error;
      for (const { message } of error.faults) {
        expectTrue(isPrintable(message), `raw text: ${message}`);
        expectTrue(/^mapping\.yaml:\d/.test(message), `no place: ${message}`);
      }
    }
  },
};
