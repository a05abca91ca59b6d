import t from 'tap';
import { resumeView, stopView } from '../../../src/commands/views/stop.ts';
import { printed, printedJson } from './printed.ts';

const stop = {
  by: 'ada',
  reason: 'move',
  waiting: 2,
  following: 1,
  ledger: '/l',
  isServed: true,
  holder: 'monitor/7',
};
t.test('stop', (t) => {
  const first =
    'stopped: nothing is kicked until: kicker resume (2 kicks not sent yet, 1 to be followed to their end)';
  const rows: [boolean | undefined, string][] = [
    [true, 'ledger: /l, served by monitor/7'],
    [
      false,
      'ledger: /l; nobody serves it now: the stop holds for whoever does',
    ],
    [undefined, 'ledger: /l, last served by monitor/7'],
  ];
  for (const [isServed, second] of rows) {
    t.strictSame(printed(stopView, [{ ...stop, isServed }]), [first, second]);
  }
  t.strictSame(printedJson([stop]), [{ version: 1, ...stop }]);
  t.end();
});

t.test('resume', (t) => {
  const stopped = { by: 'ada', at: '2026-03-01T00:00:00Z', reason: 'move' };
  const base = { by: 'bob', reason: '', storm: undefined, stopped: undefined };
  const line = (part: object) =>
    printed(resumeView, [{ ...base, hadEffect: true, ...part }]);
  t.strictSame(line({ hadEffect: false }), ['kicker was not stopped']);
  t.strictSame(line({ stopped }), [
    'resumed: ada had stopped kicker at 2026-03-01T00:00:00Z: move',
  ]);
  t.strictSame(line({ storm: 'web' }), ['the storm of web is over']);
  t.strictSame(line({ storm: 'web', hadEffect: false }), [
    'there was no storm of web',
  ]);
  t.strictSame(printedJson([{ ...base, hadEffect: true, stopped }]), [
    { version: 1, by: 'bob', reason: '', hadEffect: true, stopped },
  ]);
  t.end();
});
