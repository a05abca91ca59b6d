import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Event } from '../../src/events/event.ts';
import type { PayloadRecord } from '../../src/commands/explain-payload.ts';
import { explain } from './explain-text.ts';

const dir = (name: string) => join(import.meta.dirname, name);
const read = (...path: string[]): unknown =>
  JSON.parse(readFileSync(join(...path), 'utf8'));

interface Expected {
  monitor: string;
  want: PayloadRecord['want'];
  event?: Event;
  parts?: { at: string; want: PayloadRecord['want']; event?: Event }[];
  why: string;
}

/** What a reader of the documentation gets wrong; payloads/expected.json says what is right, and why. */
const payloads = read(dir('payloads'), 'expected.json') as Record<
  string,
  Expected
>;
for (const [file, expected] of Object.entries(payloads)) {
  void t.test(`${file}: ${expected.want}`, async (t) => {
    const found = await explain(expected.monitor, dir(`payloads/${file}`));
    t.equal(found.want, expected.want, expected.why);
    if (expected.want !== 'event') t.strictSame(found.events, []);
    if (expected.event !== undefined) {
      t.strictSame(found.events, [expected.event], expected.why);
    }
    for (const part of expected.parts ?? []) {
      const { want, event } =
        found.parts.find(({ at }) => at === part.at) ?? {};
      t.equal(want, part.want, `${part.at}: ${expected.why}`);
      t.strictSame(event, part.event, part.at);
    }
    if (expected.want !== 'event') t.ok(found.why, 'it says why');
    t.equal(found.parts.length, expected.parts?.length ?? 1);
  });
}

interface Sample {
  sample: string;
  object?: string;
  event: Event | null;
}

/** Recorded from the real ones. */
void t.test('samples', async (t) => {
  const samples = read(dir('samples'), 'expected-events.json') as Sample[];
  const byFile = Map.groupBy(
    samples.filter(({ object }) => object === undefined),
    ({ sample }) => sample,
  );
  for (const [sample, of] of byFile) {
    const [monitor = ''] = sample.split('-');
    const found = await explain(monitor, dir(`samples/${sample}`));
    t.strictSame(
      found.events,
      of.flatMap(({ event }) => event ?? []),
      sample,
    );
    t.equal(found.want, of[0]?.event === null ? 'ignored' : 'event', sample);
  }
  for (const { sample, object, event } of samples) {
    if (object === undefined) continue;
    const text = JSON.stringify({
      event: read(dir('samples'), sample),
      object: read(dir('samples'), object),
    });
    const found = await explain('icinga2', '-', { text });
    t.match(found.events, [event], `${sample} with ${object}`);
    t.equal(found.events[0]?.problem, '1795715055', 'the last time it was OK');
  }
});

void t.test('news of Icinga that is no change of state', async (t) => {
  for (const name of [
    'acknowledgementcleared',
    'acknowledgementset',
    'checkresult',
    'commentadded',
    'downtimeremoved',
    'downtimestarted',
    'downtimetriggered',
    'flapping',
  ]) {
    const found = await explain('icinga2', dir(`samples/icinga2-${name}.json`));
    t.equal(found.want, 'ignored', name);
  }
});
