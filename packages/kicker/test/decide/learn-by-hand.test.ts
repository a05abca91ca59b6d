import t from 'tap';
import { createLearner } from './learn-on.ts';

void t.test(
  'a kick by hand counts for the host and the rate, and for no problem',
  async (t) => {
    const { read, set, tell } = createLearner();
    tell({ kind: 'by-hand', certname: 'web1' }, 5000);
    t.strictSame(read('host', 'web1'), { bad: [], lastKickMs: 5000 });
    t.match(read('fleet', ''), { open: 0, kicks: [5000] });
    set('host', 'web1', {
      bad: ['HTTP'],
      policy: 'v1',
      counted: { groups: [''], quarter: '0' },
    });
    tell({ kind: 'by-hand', certname: 'web1' }, 6000);
    t.strictSame(read('host', 'web1'), {
      bad: ['HTTP'],
      policy: 'v1',
      counted: { groups: [''], quarter: '0' },
      lastKickMs: 6000,
    });
    tell({ kind: 'by-hand', certname: 'web1' }, 7 * 60 * 60 * 1000);
    t.strictSame(
      read('host', 'web1')?.counted,
      { groups: [''], quarter: '0' },
      'it says nothing of its trouble',
    );
    for (let kick = 0; kick < 1000; kick += 1)
      tell({ kind: 'by-hand', certname: 'web2' }, 7 * 60 * 60 * 1000);
    const { kicks = [] } = read('fleet', '') ?? {};
    t.equal(kicks.length, 1000);
    t.equal(kicks[0], 7 * 60 * 60 * 1000, 'the oldest are forgotten');
  },
);
