import t from 'tap';
import { parseConfig } from '../../src/config/parse.ts';
import { drillMistakes } from '../../src/config/drill-mistakes.ts';

const drill =
  "{type: drill, argv: [/b], exitCodes: {'0': corrected}, breaks: [HTTP]}";

t.test('a kick that names no profile never breaks anything', (t) => {
  const rows: [string, string | undefined][] = [
    // Puppet's own profile is there without being named, and heals
    [`cm:\n  profiles:\n    drill: ${drill}\n`, undefined],
    [
      `cm:\n  default: web\n  profiles:\n    web: {type: puppet-agent}\n    drill: ${drill}\n`,
      undefined,
    ],
    [
      `cm:\n  default: drill\n  profiles:\n    drill: ${drill}\n`,
      '2:12: drill is the profile of each kick that names none, and it is a drill, which breaks services',
    ],
    // the only one, and it has the name of the default
    [
      `cm:\n  profiles:\n    puppet-agent: ${drill}\n`,
      '3:19: puppet-agent is the profile of each kick that names none, and it is a drill, which breaks services',
    ],
    [
      `cm:\n  default: web\n  profiles:\n    web: {type: puppet-agent}\n    puppet-agent: ${drill}\n`,
      undefined,
    ],
  ];
  for (const [text, mistake] of rows) {
    const parsed = parseConfig(text, 'kickd.yaml');
    if (mistake === undefined) {
      t.equal(parsed.kind, 'config', JSON.stringify(parsed));
      continue;
    }
    t.match(parsed, {
      kind: 'faults',
      faults: [
        {
          code: 'CONFIG_INVALID',
          message: `kickd.yaml:${mistake}`,
          remedy: /cm: \{default: puppet-agent\}/,
        },
      ],
    });
  }
  t.strictSame(
    drillMistakes({}, () => ''),
    [],
  );
  t.end();
});
