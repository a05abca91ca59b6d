import { readFileSync } from 'node:fs';
import t from 'tap';
import { fingerprintOf } from '../../../src/monitors/alertmanager/fingerprint.ts';

void t.test('as Alertmanager itself makes it', async (t) => {
  for (const file of [
    '../samples/alertmanager-firing.json',
    '../samples/alertmanager-group-mixed.json',
  ]) {
    const { alerts } = JSON.parse(
      readFileSync(new URL(file, import.meta.url), 'utf8'),
    ) as { alerts: { fingerprint: string; labels: Record<string, string> }[] };
    t.ok(alerts.length > 0);
    for (const { fingerprint, labels } of alerts) {
      t.equal(fingerprintOf(labels), fingerprint);
    }
  }
  t.equal(fingerprintOf({}), 'cbf29ce484222325');
});
