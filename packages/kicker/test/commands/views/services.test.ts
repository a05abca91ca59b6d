import t from 'tap';
import {
  sumOfService,
  tableOfServices,
} from '../../../src/commands/views/services.ts';
import { printedJson } from './printed.ts';

const never = sumOfService({
  host: 'db1',
  service: 'SQL',
  kicks: 0,
  healed: 0,
  futile: 0,
  notRun: 2,
  secondsToGreen: [],
  isHealedTooOften: false,
});
const often = sumOfService({
  host: 'web1',
  service: 'HTTP',
  kicks: 4,
  healed: 3,
  futile: 1,
  notRun: 0,
  secondsToGreen: [10, 20, 90],
  isHealedTooOften: true,
});
t.strictSame(tableOfServices([often, never]), [
  'HOST / SERVICE  KICKS  HEALED    FUTILE    NOT RUN  GREEN AFTER (MEDIAN, 90 %, MOST)',
  'web1 / HTTP     4      3 (75 %)  1 (25 %)  0        20 s, 90 s, 90 s                  healed too often to be healthy',
  'db1 / SQL       0      0 (-)     0 (-)     2        -',
]);
t.strictSame(printedJson([often, never]), [
  {
    version: 1,
    host: 'web1',
    service: 'HTTP',
    kicks: 4,
    healed: 3,
    futile: 1,
    notRun: 0,
    isHealedTooOften: true,
    healedRatio: 0.75,
    futileRatio: 0.25,
    secondsToGreen: { median: 20, p90: 90, most: 90 },
  },
  {
    version: 1,
    host: 'db1',
    service: 'SQL',
    kicks: 0,
    healed: 0,
    futile: 0,
    notRun: 2,
    isHealedTooOften: false,
    healedRatio: null,
    futileRatio: null,
    secondsToGreen: {},
  },
]);
