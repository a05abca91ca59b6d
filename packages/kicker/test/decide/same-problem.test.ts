import t from 'tap';
import { isAnother } from '../../src/decide/same-problem.ts';
import { critical } from './situation-of.ts';

const present = { sinceMs: 0, ids: { nagios: '8' }, kicks: 0, isTold: false };

t.equal(isAnother(present, { ...critical, problem: '7' }), true);
t.equal(isAnother(present, { ...critical, problem: '8' }), false);
t.equal(isAnother(present, critical), false, 'the event has no id');
t.equal(
  isAnother(
    { ...present, ids: { nagios: 'a/2026-11-26T17:22:39.4Z' } },
    { ...critical, problem: 'a/2026-11-26T17:22:39.400Z' },
  ),
  false,
  'the same, written with other digits',
);
t.equal(
  isAnother(present, { ...critical, monitor: 'icinga', problem: '7' }),
  false,
  'another monitor has ids of its own',
);
t.equal(
  isAnother({ ...present, ids: {} }, { ...critical, problem: '7' }),
  false,
);
t.equal(isAnother(undefined, { ...critical, problem: '7' }), false);
