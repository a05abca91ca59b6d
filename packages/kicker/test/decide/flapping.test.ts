import t from 'tap';
import { judgeFlapping } from '../../src/decide/flapping.ts';
import { situationOf } from './situation-of.ts';

const wait = (reason: string) => ({
  kind: 'wait',
  code: 'flapping',
  reason,
  againAfterMs: 25 * 60 * 1000,
});
/** As after ten changes, seen half an hour ago. */
const flap = {
  states: 'ocococococococococooo',
  lastMs: 29 * 60 * 1000,
  isSoft: true,
  isFlapping: true,
  percent: 83.24,
};

void t.test('the word of the monitor', async (t) => {
  t.equal(judgeFlapping(situationOf({})), undefined);
  t.equal(
    judgeFlapping(situationOf({ event: { isFlapping: false } })),
    undefined,
  );
  t.strictSame(
    judgeFlapping(situationOf({ event: { isFlapping: true } })),
    wait('nagios says that the service is flapping'),
  );
});

void t.test('how often it changed, as the monitor says', async (t) => {
  for (const [percentChange, isWaited] of [
    [0, false],
    [19.9, false],
    [20, true],
    [83.2, true],
  ] as const) {
    t.strictSame(
      judgeFlapping(situationOf({ event: { percentChange } })),
      isWaited
        ? wait(
            `nagios says that the service changed by ${percentChange} % (guards.flapping.high is 20)`,
          )
        : undefined,
    );
  }
  const guards = { flapping: { low: 5, high: 50, checkSeconds: 60 } };
  t.equal(
    judgeFlapping(situationOf({ event: { percentChange: 49 }, guards })),
    undefined,
  );
  t.match(
    judgeFlapping(situationOf({ event: { percentChange: 50 }, guards })),
    {
      againAfterMs: 5 * 60 * 1000,
    },
  );
});

void t.test('what kicker saw itself', async (t) => {
  t.strictSame(
    judgeFlapping(situationOf({ service: { flap } })),
    wait(
      'the service is flapping: it changed by 83.2 % (from guards.flapping.high 20 until it is down to low 5)',
    ),
  );
  t.equal(
    judgeFlapping(
      situationOf({ service: { flap: { ...flap, isFlapping: false } } }),
    ),
    undefined,
  );
  const held = { ...flap, isSoft: false };
  t.equal(
    judgeFlapping(
      situationOf({ service: { flap: held }, atMs: 5 * 60 * 60 * 1000 }),
    ),
    undefined,
    'it held still for as many checks as are counted',
  );
  t.match(
    judgeFlapping(
      situationOf({ service: { flap: held }, atMs: 40 * 60 * 1000 }),
    ),
    { code: 'flapping' },
  );
});
