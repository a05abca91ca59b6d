// The zone of this process, before the first date of it: Germany changes its clocks at 01:00 UTC.
process.env['TZ'] = 'Europe/Berlin';
import t from 'tap';
import {
  isOpen,
  showLocalTime,
  showWindow,
  type Window,
} from '../../src/decide/window.ts';

const office: Window = { days: ['tue', 'thu'], from: '10:00', to: '16:00' };
const night: Window = { days: ['sat'], from: '22:00', to: '03:00' };
const day: Window = { days: ['sun'], from: '00:00', to: '24:00' };
/** The hour that summer time leaves out, and that comes twice at its end. */
const lost: Window = { days: ['sun'], from: '02:00', to: '03:00' };

type Row = [window: Window, at: string, isOpen: boolean, why?: string];
const rows: Row[] = [
  // 2026-03-03 is a Tuesday, an hour ahead of UTC
  [office, '2026-03-03T09:00:00Z', true, 'from its first second'],
  [office, '2026-03-03T08:59:59Z', false],
  [office, '2026-03-03T14:59:59Z', true],
  [office, '2026-03-03T15:00:00Z', false, 'no more at its end'],
  [office, '2026-03-04T10:00:00Z', false, 'a Wednesday'],
  [office, '2026-03-05T10:00:00Z', true, 'a Thursday'],
  // in summer the same clock on the wall is an hour earlier by UTC
  [office, '2026-07-07T08:00:00Z', true],
  [office, '2026-07-07T07:59:00Z', false],
  [office, '2026-07-07T14:00:00Z', false],
  // past midnight: it belongs to the day on which it begins
  [night, '2026-03-07T21:00:00Z', true, 'Saturday 22:00'],
  [night, '2026-03-07T20:59:00Z', false],
  [night, '2026-03-07T23:00:00Z', true, 'Sunday 00:00'],
  [night, '2026-03-08T01:59:00Z', true, 'Sunday 02:59'],
  [night, '2026-03-08T02:00:00Z', false, 'Sunday 03:00'],
  [night, '2026-03-08T21:30:00Z', false, 'Sunday 22:30'],
  [night, '2026-03-07T01:00:00Z', false, 'Saturday 02:00 is of Friday'],
  [day, '2026-03-07T22:59:59Z', false, 'Saturday 23:59'],
  [day, '2026-03-07T23:00:00Z', true, 'Sunday 00:00'],
  [day, '2026-03-08T22:59:59Z', true, 'Sunday 23:59'],
  [day, '2026-03-08T23:00:00Z', false],
  // 2026-03-29: after 01:59 comes 03:00
  [lost, '2026-03-29T00:59:59Z', false, '01:59'],
  [lost, '2026-03-29T01:00:00Z', false, '03:00'],
  [lost, '2026-03-22T01:30:00Z', true, 'a week before it is there'],
  [night, '2026-03-29T00:59:59Z', true, '01:59'],
  [night, '2026-03-29T01:00:00Z', false, '03:00: an hour shorter'],
  // 2026-10-25: after 02:59 comes 02:00 once more
  [lost, '2026-10-24T23:59:59Z', false, '01:59'],
  [lost, '2026-10-25T00:00:00Z', true, '02:00'],
  [lost, '2026-10-25T00:59:59Z', true, '02:59'],
  [lost, '2026-10-25T01:00:00Z', true, '02:00 again'],
  [lost, '2026-10-25T01:59:59Z', true, '02:59 again'],
  [lost, '2026-10-25T02:00:00Z', false, '03:00'],
];
for (const [window, at, wanted, why = ''] of rows) {
  t.equal(
    isOpen(window, new Date(at)),
    wanted,
    `${showWindow(window)} at ${at} ${why}`,
  );
}

t.equal(showWindow(office), 'tue, thu 10:00 to 16:00');
t.equal(
  showLocalTime(new Date('2026-03-03T08:05:00Z')),
  'tue 09:05 (Europe/Berlin)',
);
t.equal(
  showLocalTime(new Date('2026-07-05T22:05:00Z')),
  'mon 00:05 (Europe/Berlin)',
);
