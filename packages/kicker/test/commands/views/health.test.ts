import t from 'tap';
import { healthView } from '../../../src/commands/views/health.ts';
import { printed, printedJson } from './printed.ts';

const record = {
  state: 1,
  word: 'WARNING',
  text: 'web1: a | b',
  perfdata: ['uptime=1s', 'days=7'],
  more: ['c | d'],
};
t.strictSame(printed(healthView, [record]), [
  'KICKD WARNING - web1: a / b | uptime=1s days=7',
  'c / d',
]);
t.strictSame(printed(healthView, [{ ...record, perfdata: [], more: [] }]), [
  'KICKD WARNING - web1: a / b',
]);
t.strictSame(printedJson([record]), [{ version: 1, ...record }]);
