import t from 'tap';
import { readHandlerArguments } from '../../../src/monitors/nagios/handler-arguments.ts';

const wrong: [string[], string, string][] = [
  [
    ['--hots=web1'],
    'USAGE_OPTION',
    'kicker explain has no option --hots; did you mean --host?',
  ],
  [
    ['--stateType', 'HARD'],
    'USAGE_OPTION',
    'kicker explain has no option --stateType; did you mean --state-type?',
  ],
  [['--verbose'], 'USAGE_OPTION', 'kicker explain has no option --verbose'],
  [['-l'], 'USAGE_OPTION', 'kicker explain has no option -l'],
];
for (const [args, code, message] of wrong) {
  t.test(args.join(' '), (t) => {
    t.match(readHandlerArguments(args), {
      kind: 'faults',
      faults: [{ code, message }],
    });
    t.end();
  });
}

t.test('values stay as they are', (t) => {
  const read = readHandlerArguments([
    '--host=T\ueffcr',
    '--service',
    '"Disk"',
    '--state=CRITICAL',
    '--attempt=007',
  ]);
  t.match(read, {
    kind: 'macros',
    macros: { host: 'T\ueffcr', service: '"Disk"', attempt: '007' },
  });
  t.end();
});
