import t from 'tap';
import { emptyService } from '../../src/decide/service-memory.ts';

t.strictSame(emptyService(5), {
  kicks: [],
  futile: 0,
  flap: {
    states: 'ooooooooooooooooooooo',
    lastMs: 5,
    isSoft: false,
    isFlapping: false,
    percent: 0,
  },
});
