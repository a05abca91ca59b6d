import t from 'tap';
import {
  mostAttempts,
  noteAttempt,
  type SeenAttempts,
} from '../../src/rehearse/most-attempts.ts';

/** `SOFT 2`, `HARD 4`, `HARD 2 down` (the host is), `start`: what is known of the most attempts behind each. */
function learn(
  told: readonly string[],
  configured?: number,
): (number | undefined)[] {
  const seen: SeenAttempts = {
    configured,
    learnt: undefined,
    softMost: 0,
    softOrder: 0,
  };
  let startOrder = 0;
  return told.map((text, index) => {
    const [stateType, attempt, host] = text.split(' ');
    if (stateType === 'start') {
      startOrder = index + 1;
    } else {
      noteAttempt(
        seen,
        {
          stateType: stateType === 'SOFT' ? 'SOFT' : 'HARD',
          attempt: Number(attempt),
        },
        host !== 'down',
        index + 1,
        startOrder,
      );
    }
    return mostAttempts(seen, Number(attempt ?? 1));
  });
}

void t.test('what is learnt, line by line', async (t) => {
  const rows: [string[], (number | undefined)[]][] = [
    [
      ['SOFT 1', 'SOFT 2', 'HARD 3', 'SOFT 1'],
      [undefined, undefined, 3, 3],
    ],
    [
      ['HARD 4', 'HARD 3', 'HARD 5'],
      [4, 3, 5],
    ],
    [['HARD 1'], [undefined]],
    [
      ['HARD 3 down', 'HARD 4'],
      [undefined, 4],
    ],
    [
      ['HARD 4', 'HARD 2 down', 'SOFT 1'],
      [4, 4, 4],
    ],
    // As Nagios tells it where the host was down a moment ago.
    [
      ['SOFT 2', 'HARD 2', 'SOFT 1'],
      [undefined, undefined, undefined],
    ],
    [
      ['HARD 2', 'SOFT 3', 'SOFT 1'],
      [2, 4, 4],
    ],
    // Another configuration is read at a start alone.
    [
      ['SOFT 9', 'HARD 3', 'start', 'HARD 3'],
      [undefined, undefined, undefined, 3],
    ],
    [
      ['SOFT 9', 'start', 'SOFT 1', 'HARD 3'],
      [undefined, undefined, undefined, 3],
    ],
  ];
  for (const [told, wanted] of rows) {
    t.strictSame(learn(told), wanted, told.join(', '));
  }
});

void t.test(
  'where the object says so, nothing is learnt but that it is more',
  async (t) => {
    t.strictSame(
      learn(['HARD 2', 'SOFT 1', 'SOFT 4', 'HARD 7'], 4),
      [4, 4, 5, 7],
    );
  },
);
