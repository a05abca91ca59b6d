import t from 'tap';
import { parseCommandLine } from '../../src/commands/command-line.ts';
import type { CommandSpec } from '../../src/commands/options.ts';
import { faultsOf } from '../../src/faults.ts';

const spec: CommandSpec = {
  name: 'try',
  operands: 'WORD…',
  about: '',
  takesOperands: true,
  examples: [],
  options: {
    tag: { type: 'string', short: 't', many: true, about: '' },
    'max-attempts': { type: 'string', short: 'm', about: '' },
    noop: { type: 'boolean', short: 'n', about: '' },
    wait: { type: 'boolean', about: '' },
    all: { type: 'boolean', short: 'a', about: '', isHidden: true },
  },
};

function parse(args: readonly string[]): unknown {
  const given = parseCommandLine(spec, args);
  if (given === 'help') return 'help';
  const found: Record<string, unknown> = {};
  for (const name of ['tag', 'max-attempts']) {
    const texts = given.texts(name);
    if (texts.length > 0) found[name] = texts;
  }
  for (const name of ['noop', 'wait', 'all']) {
    if (given.flag(name) !== undefined) found[name] = given.flag(name);
  }
  return { ...found, words: given.operands };
}

const right: [string[], unknown][] = [
  [[], { words: [] }],
  [['a', 'b'], { words: ['a', 'b'] }],
  [['--tag', 'x', 'a'], { tag: ['x'], words: ['a'] }],
  [['-t', 'x', 'a', '-t', 'y'], { tag: ['x', 'y'], words: ['a'] }],
  [['--tag=x', '--tag=y'], { tag: ['x', 'y'], words: [] }],
  [['-t=x'], { tag: ['x'], words: [] }],
  [['-nm20'], { noop: true, 'max-attempts': ['20'], words: [] }],
  // exactly as typed: no number, no quotes, no blanks are made anew
  [['--tag=007'], { tag: ['007'], words: [] }],
  [['--tag', '1e3', '0x10'], { tag: ['1e3'], words: ['0x10'] }],
  [['--tag="x y"'], { tag: ['"x y"'], words: [] }],
  [["--tag='x'", "'y'"], { tag: ["'x'"], words: ["'y'"] }],
  [['--tag=a=b=c'], { tag: ['a=b=c'], words: [] }],
  [['--tag=', ''], { tag: [''], words: [''] }],
  [['--tag', ''], { tag: [''], words: [] }],
  [['--tag=a\nb', 'c\nd'], { tag: ['a\nb'], words: ['c\nd'] }],
  [['--tag=T\ueffcr', 'T\ueffcr'], { tag: ['T\ueffcr'], words: ['T\ueffcr'] }],
  [['--tag=-x', '--tag=--noop'], { tag: ['-x', '--noop'], words: [] }],
  [['--tag', '-'], { tag: ['-'], words: [] }],
  [['--tag', '-5'], { tag: ['-5'], words: [] }],
  [['true', 'false', 'undefined'], { words: ['true', 'false', 'undefined'] }],
  [['--noop', 'true'], { noop: true, words: ['true'] }],
  [['--noop', 'a', '--noop'], { noop: true, words: ['a'] }],
  [['--no-wait'], { wait: false, words: [] }],
  [['--no-wait', '--wait'], { wait: true, words: [] }],
  [['-a'], { all: true, words: [] }],
  [['a.b', '--tag=a.b'], { tag: ['a.b'], words: ['a.b'] }],
  [['--', '--noop', '-1', '--'], { words: ['--noop', '-1', '--'] }],
  [['a', '--tag=x', '--', 'b'], { tag: ['x'], words: ['a', 'b'] }],
  [['--', '--help'], { words: ['--help'] }],
  [['-'], { words: ['-'] }],
  // a service may have this name
  [['a', 'help'], { words: ['a', 'help'] }],
  [['a', 'completion'], { words: ['a', 'completion'] }],
  [['--help'], 'help'],
  [['-h'], 'help'],
  [['a', '--bogus', '--help'], 'help'],
];
for (const [args, expected] of right) {
  t.test(`try ${JSON.stringify(args)}`, (t) => {
    t.strictSame(parse(args), expected);
    t.end();
  });
}

const wrong: [string[], string, string][] = [
  [
    ['--tags', 'x'],
    'USAGE_OPTION',
    'kicker try has no option --tags; did you mean --tag?',
  ],
  [
    ['--tags=x'],
    'USAGE_OPTION',
    'kicker try has no option --tags; did you mean --tag?',
  ],
  [
    ['--maxAttempts=1'],
    'USAGE_OPTION',
    'kicker try has no option --maxAttempts; did you mean --max-attempts?',
  ],
  [['--tag.a=x'], 'USAGE_OPTION', 'kicker try has no option --tag.a'],
  [['--tag-a', 'x'], 'USAGE_OPTION', 'kicker try has no option --tag-a'],
  [['--al'], 'USAGE_OPTION', 'kicker try has no option --al'],
  [['--__proto__=x'], 'USAGE_OPTION', 'kicker try has no option --___proto___'],
  [['--constructor'], 'USAGE_OPTION', 'kicker try has no option --constructor'],
  [['--_=a'], 'USAGE_OPTION', 'kicker try has no option --_'],
  [['--$0=a'], 'USAGE_OPTION', 'kicker try has no option --$0'],
  [['--no-tag'], 'USAGE_OPTION', 'kicker try has no option --no-tag'],
  [['--no-bogus'], 'USAGE_OPTION', 'kicker try has no option --no-bogus'],
  [['-x'], 'USAGE_OPTION', 'kicker try has no option -x'],
  [['-1'], 'USAGE_OPTION', 'kicker try has no option -1'],
  [['---'], 'USAGE_OPTION', 'kicker try has no option ---'],
  [['-tapache'], 'USAGE_OPTION', 'kicker try has no option -p'],
  [['-tn'], 'USAGE', '--tag needs a value'],
  [['--tag'], 'USAGE', '--tag needs a value'],
  [['-t'], 'USAGE', '-t needs a value'],
  [['--tag', '--noop'], 'USAGE', '--tag needs a value'],
  [['--tag', '--', 'x'], 'USAGE', '--tag needs a value'],
  [['--noop=yes'], 'USAGE', '--noop takes no value'],
  [['-n=yes'], 'USAGE', '-n takes no value'],
];
for (const [args, code, message] of wrong) {
  t.test(`try ${JSON.stringify(args)}`, (t) => {
    t.strictSame(
      faultOf(() => parse(args)),
      [code, message],
    );
    t.end();
  });
}

t.test('a command that takes no words', (t) => {
  const none = { ...spec, takesOperands: false };
  const fault = (args: string[]) => faultOf(() => parseCommandLine(none, args));
  t.strictSame(fault(['a']), ['USAGE', 'unexpected argument a']);
  t.strictSame(fault(['--', 'a']), ['USAGE', 'unexpected argument a']);
  t.strictSame(fault(['-x']), ['USAGE_OPTION', 'kicker try has no option -x']);
  t.end();
});

function faultOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return faultsOf(error).flatMap(({ code, message }) => [code, message]);
  }
}
