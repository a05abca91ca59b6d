import t from 'tap';
import type { State } from '../../src/events/event.ts';
import { callOf, hashOf } from '../../src/rehearse/alert-calls.ts';

/** `CRITICAL HARD 4 output` */
function told(text: string) {
  const [state = '', stateType, attempt, output = ''] = text.split(' ');
  return {
    state: state as State,
    stateType: stateType === 'SOFT' ? ('SOFT' as const) : ('HARD' as const),
    attempt: Number(attempt),
    output,
  };
}

const rows: [
  before: string,
  now: string,
  isVolatile: boolean | undefined,
  call: string,
][] = [
  ['CRITICAL SOFT 1 a', 'CRITICAL SOFT 2 a', undefined, 'changed'],
  ['CRITICAL SOFT 2 a', 'CRITICAL SOFT 2 a', undefined, 'changed'],
  ['CRITICAL SOFT 3 a', 'CRITICAL HARD 4 a', undefined, 'changed'],
  ['CRITICAL HARD 4 a', 'WARNING HARD 4 a', undefined, 'changed'],
  ['CRITICAL HARD 4 a', 'OK HARD 4 a', undefined, 'changed'],
  ['CRITICAL HARD 1 a', 'CRITICAL HARD 4 a', undefined, 'changed'],
  ['OK HARD 1 a', 'CRITICAL SOFT 1 a', undefined, 'changed'],
  ['CRITICAL HARD 4 a', 'CRITICAL HARD 4 b', undefined, 'none'],
  ['CRITICAL HARD 4 a', 'CRITICAL HARD 4 b', false, 'none'],
  ['CRITICAL HARD 4 a', 'CRITICAL HARD 4 b', true, 'volatile'],
  ['CRITICAL HARD 4 a', 'CRITICAL HARD 4 a', undefined, 'volatile'],
  ['CRITICAL HARD 4 a', 'CRITICAL HARD 4 a', false, 'none'],
  ['OK HARD 1 a', 'OK HARD 1 b', undefined, 'none'],
  ['OK SOFT 2 a', 'OK HARD 1 b', undefined, 'none'],
  ['OK HARD 1 a', 'OK HARD 1 a', true, 'none'],
  ['UP HARD 1 a', 'UP HARD 1 b', undefined, 'none'],
  ['DOWN HARD 3 a', 'DOWN HARD 3 b', undefined, 'none'],
];
void t.test('what an alert says of the call of the handler', async (t) => {
  for (const [before, now, isVolatile, call] of rows) {
    const { state, stateType, attempt, output } = told(before);
    const known = {
      state,
      stateType,
      attempt,
      outputHash: hashOf(output),
      isVolatile,
    };
    t.equal(
      callOf(known, told(now)),
      call,
      `${before} -> ${now}, ${isVolatile}`,
    );
  }
});

void t.test('of whom nothing is known yet', async (t) => {
  const known = {
    state: undefined,
    stateType: 'HARD' as const,
    attempt: 0,
    outputHash: 0,
    isVolatile: undefined,
  };
  t.equal(callOf(known, told('CRITICAL HARD 4 a')), 'changed');
  t.equal(callOf(known, told('OK HARD 4 a')), 'changed');
});
