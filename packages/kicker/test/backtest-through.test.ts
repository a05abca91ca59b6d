import t from 'tap';
import { backtestThrough } from '../src/backtest-through.ts';

for (const [path, wanted] of [
  ['/var/log/nagios.log.bz2', 'bzcat /var/log/nagios.log.bz2'],
  ["it's a log", `bzcat 'it'\\''s a log'`],
  ['-f', 'bzcat ./-f'],
  ['$(reboot)', "bzcat '$(reboot)'"],
  [undefined, '… | bzcat'],
] as const) {
  t.equal(backtestThrough('bzcat', path), `${wanted} | kicker backtest -`);
}
