import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import t from 'tap';
import yargs from 'yargs';
import { createAclExplain } from '../../src/commands/acl-explain.ts';

const conf = `# who may ask for a run
path /run
method save
allow kicker.example.com
deny_ip 10.9.0.0/16
`;

interface Said {
  exitCode: number | undefined;
  out: string;
}

/** Runs the command as main does, with a file system of its own. */
async function explain(
  argv: string[],
  files: Record<string, string> = { 'auth.conf': conf },
): Promise<Said> {
  const said: Said = { exitCode: undefined, out: '' };
  const command = createAclExplain({
    readFile: (file) => {
      const text = files[file];
      if (text === undefined)
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      if (text === 'EACCES')
        throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
      return text;
    },
    hostCertname: async (config) =>
      config === 'broken.yaml' ? undefined : 'web1.example.com',
    stdout: { write: (text: string) => (said.out += text) },
    setExitCode: (code) => (said.exitCode = code),
  });
  await yargs(['acl', 'explain', ...argv])
    .command('acl <command>', 'the access rules', (args) =>
      args.command(command),
    )
    .strict()
    .exitProcess(false)
    .parseAsync();
  return said;
}

const asked = ['--file', 'auth.conf', '--method', 'save', '--path', '/run'];
const kicker = ['--certname', 'kicker.example.com'];

void t.test('the answer as one line of JSON, and the exit code', async (t) => {
  const rows: [string, string[], number, object][] = [
    [
      'allow',
      [...asked, ...kicker, '--ip', '10.0.0.5'],
      0,
      {
        decision: 'allow',
        rule: 'path /run, allow kicker.example.com',
        file: 'auth.conf',
        line: 4,
      },
    ],
    [
      'deny by address',
      [...asked, ...kicker, '--ip', '10.9.1.1'],
      1,
      { decision: 'deny', rule: 'path /run, deny_ip 10.9.0.0/16', line: 5 },
    ],
    [
      'deny without the address',
      [...asked, ...kicker],
      1,
      {
        decision: 'deny',
        line: 5,
        reason: /the address of the caller is not known/,
      },
    ],
    [
      'deny a stranger',
      [...asked, '--certname', 'x.example.com', '--ip', '::1'],
      1,
      { decision: 'deny', rule: 'path /run', line: 2 },
    ],
    [
      'deny the nameless',
      [...asked, '--anonymous'],
      1,
      {
        decision: 'deny',
        rule: null,
        line: null,
        reason: /no client certificate/,
      },
    ],
    [
      'deny another method',
      ['--file=auth.conf', '--method=find', '--path=/run', ...kicker],
      1,
      { decision: 'deny', rule: null, file: 'auth.conf' },
    ],
    [
      'a line break in a path',
      [...asked.slice(0, 4), '--path', '/run/evil\n/run', ...kicker],
      1,
      { decision: 'deny', reason: /evil\\u\{a\}/ },
    ],
    [
      'quotes stay',
      [...asked, '--certname', '"kicker.example.com"', '--ip', '10.0.0.5'],
      1,
      { decision: 'deny' },
    ],
    [
      'digits stay text',
      [...asked, '--certname', '007', '--ip', '10.0.0.5'],
      1,
      { decision: 'deny', reason: /007/ },
    ],
    [
      'an empty certname',
      [...asked, '--certname', '', '--ip', '10.0.0.5'],
      1,
      { decision: 'deny', reason: /it is empty/ },
    ],
    [
      'a missing file',
      ['--file', 'nope.conf', '--method', 'save', '--path', '/run', ...kicker],
      1,
      { decision: 'deny', file: 'nope.conf', reason: /nobody/ },
    ],
    [
      'a method that is none',
      [...asked.slice(0, 2), '--method', 'head', '--path', '/run', ...kicker],
      2,
      { decision: 'error', reason: /EXPLAIN_METHOD_UNKNOWN: "head"/ },
    ],
    [
      'nothing asked',
      [],
      2,
      {
        decision: 'error',
        reason: /--path.*--certname.*--method/,
      },
    ],
    [
      'no caller',
      asked,
      2,
      { decision: 'error', reason: /EXPLAIN_OPTION_MISSING/ },
    ],
    [
      'two callers',
      [...asked, '--certname', 'a', '--certname', 'b'],
      2,
      { decision: 'error', reason: /EXPLAIN_OPTION_TWICE/ },
    ],
  ];
  for (const [why, argv, exitCode, wanted] of rows) {
    const said = await explain([...argv, '--json']);
    t.equal(said.exitCode, exitCode, why);
    t.equal(said.out.split('\n').length, 2, `${why}: one line`);
    const answer: unknown = JSON.parse(said.out);
    t.match(answer, wanted, why);
    t.same(
      Object.keys(answer ?? {}),
      ['decision', 'rule', 'file', 'line', 'reason'],
      why,
    );
  }
});

void t.test(
  'a file with mistakes is an error that lists them all',
  async (t) => {
    const files = {
      'auth.conf': 'path /run\nallow Puppet\nallow *\n',
      locked: 'EACCES',
    };
    const said = await explain([...asked, ...kicker, '--json'], files);
    t.equal(said.exitCode, 2);
    t.match(JSON.parse(said.out), {
      decision: 'error',
      file: 'auth.conf',
      line: 2,
      reason: /auth\.conf:2: .*auth\.conf:3: /,
    });
    t.equal(
      (
        await explain([...asked, ...kicker, '--json', '--any-certname'], {
          'auth.conf': 'path /run\nallow *\n',
        })
      ).exitCode,
      0,
    );
    t.equal(
      (
        await explain([...asked, ...kicker, '--json'], {
          'auth.conf': 'path /run\nallow *\n',
        })
      ).exitCode,
      2,
    );
    const locked = await explain(
      [
        '--file',
        'locked',
        '--method',
        'save',
        '--path',
        '/run',
        ...kicker,
        '--json',
      ],
      files,
    );
    t.match(JSON.parse(locked.out), {
      decision: 'error',
      file: 'locked',
      reason: /permission denied/,
    });
  },
);

void t.test('the environment decides where the file says so', async (t) => {
  const files = {
    'auth.conf': 'path /run\nenvironment test\nallow kicker.example.com\n',
  };
  const base = [...asked, ...kicker, '--json'];
  t.equal(
    (await explain([...base, '--environment', 'test'], files)).exitCode,
    0,
  );
  t.equal(
    (await explain([...base, '--environment', 'Test'], files)).exitCode,
    1,
  );
  t.equal(
    (await explain(base, files)).exitCode,
    1,
    'none named: every one must allow',
  );
});

void t.test('the answer in words', async (t) => {
  const allow = await explain([...asked, ...kicker, '--ip', '10.0.0.5']);
  t.equal(
    allow.out,
    'allow: auth.conf:4: path /run, allow kicker.example.com\n' +
      '  why: kicker.example.com (10.0.0.5) is let in by "allow kicker.example.com", and no deny fits better\n',
  );
  const deny = await explain([
    ...asked,
    '--certname',
    'new.example.com',
    '--ip',
    '10.0.0.5',
  ]);
  t.equal(
    deny.out,
    'deny: auth.conf:2: path /run\n' +
      '  why: the stanza "path /run" decides, and none of its entries lets in new.example.com (10.0.0.5)\n' +
      '  remedy: if the caller should be let in, add below line 2 of auth.conf: allow new.example.com\n',
  );
  const error = await explain([...asked, ...kicker], {
    'auth.conf': 'path /run\nallow Puppet\n',
  });
  t.match(
    error.out,
    /^error: there is no answer\n {2}ACL_NAME_NEVER_MATCHES: auth\.conf:2: .*\n {4}remedy: write puppet/,
  );
  const warned = await explain([...asked, ...kicker], {
    'auth.conf': `path /\n${conf}`,
  });
  t.match(
    warned.out,
    /^deny: auth\.conf:1: path \/\n[^]*warning: auth\.conf:3: this stanza is never reached/,
  );
});

void t.test('kickd itself answers so', async (t) => {
  const dir = t.testdir({ 'auth.conf': conf });
  const kickd = new URL('../../bin/kickd', import.meta.url).pathname;
  const argv = [
    'acl',
    'explain',
    '--file',
    `${dir}/auth.conf`,
    '--method',
    'save',
    '--path',
    '/run',
    '--ip',
    '10.0.0.5',
    '--json',
  ];
  const { stdout } = await execa(kickd, [...argv, ...kicker]);
  t.match(JSON.parse(stdout), { decision: 'allow', line: 4 });
  t.match(await execa(kickd, [...argv, '--anonymous'], { reject: false }), {
    exitCode: 1,
  });
  t.match(await execa(kickd, ['acl', 'explain'], { reject: false }), {
    exitCode: 2,
  });
  t.equal(readFileSync(`${dir}/auth.conf`, 'utf8'), conf);
});
