import t from 'tap';
import { seeService } from '../../../src/monitors/icinga2/facts.ts';
import {
  keyOf,
  type SeenHost,
  type SeenState,
} from '../../../src/monitors/icinga2/objects.ts';
import { createSnapshot } from '../../../src/monitors/icinga2/snapshot.ts';

const nowMs = Date.parse('2026-03-03T12:00:00Z');
const state = (part: Partial<SeenState> = {}): SeenState => ({
  host: 'web1',
  service: 'HTTP',
  state: 0,
  isHard: true,
  attempt: 1,
  maxAttempts: 3,
  isProblem: false,
  lastWellSeconds: 1,
  changedMs: nowMs,
  checkedMs: nowMs,
  inDowntime: false,
  isAcknowledged: false,
  isFlapping: false,
  isActive: true,
  askedMs: nowMs,
  ...part,
});
const up: SeenHost = {
  isDown: false,
  isPending: false,
  inDowntime: false,
  isAcknowledged: false,
  groups: [],
};
const well = {
  inDowntime: false,
  isAcknowledged: false,
  isFlapping: false,
  troubles: [],
};

const rows: [string, Partial<SeenHost>, SeenState[], object][] = [
  ['well', {}, [state()], well],
  ['its downtime', {}, [state({ inDowntime: true })], { inDowntime: true }],
  ['of its host', { inDowntime: true }, [state()], { inDowntime: true }],
  [
    'acknowledged',
    {},
    [state({ isAcknowledged: true })],
    { isAcknowledged: true },
  ],
  ['flapping', {}, [state({ isFlapping: true })], { isFlapping: true }],
  [
    'what else is wrong on the host, and not on another',
    { isDown: true },
    [
      state({ state: 2, isProblem: true }),
      state({ service: 'SSH', state: 1, isProblem: true }),
      state({ service: 'SMTP' }),
      state({ host: 'web2', service: 'DNS', state: 2, isProblem: true }),
    ],
    { troubles: ['the host is DOWN', 'SSH is WARNING'] },
  ],
  [
    'a host that was never checked',
    { isDown: true, isPending: true },
    [state()],
    { troubles: [] },
  ],
];
for (const [name, host, states, wanted] of rows) {
  const snapshot = createSnapshot();
  snapshot.begin(nowMs);
  snapshot.setHosts(new Map([['web1', { ...up, ...host }]]));
  for (const one of states) snapshot.setState(one);
  snapshot.synced(nowMs);
  const seen = seeService(keyOf('web1', 'HTTP'), snapshot, nowMs);
  t.strictSame(
    seen?.kind === 'seen' ? seen.aside : seen,
    { ...well, ...wanted },
    name,
  );
}
