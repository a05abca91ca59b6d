import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { managedHost, plainEnvironment, startSite } from './site/site.ts';

/** `npm run smoke`: the built programs work, without node_modules and without anybody's environment. */
const bin = join(import.meta.dirname, '..', 'dist', 'bin');
const limitMs = 60 * 1000;

const dir = mkdtempSync(join(tmpdir(), 'kickd-smoke-'));
let passed = 0;
let failed = 0;
try {
  // First, so that the compile cache of these parts holds what a kick really runs.
  await prove('a whole kick: corrected, exit 0', kickOnce);
  await prove('kicker --version', () =>
    expect('kicker', ['--version'], 0, /^kicker \d+\.\d+\.\d+$/m),
  );
  await prove('kicker --help', () =>
    expect('kicker', ['--help'], 0, /kicker serve/),
  );
  await prove('kickd --version', () =>
    expect('kickd', ['--version'], 0, /^kickd \d+\.\d+\.\d+$/m),
  );
  await prove('kickd --help', () =>
    expect('kickd', ['--help'], 0, /kickd serve/),
  );
  await prove('kickd acl explain: allow, exit 0; deny, exit 1', explainAcl);
  await prove('kickd check: a broken configuration, exit 2', checkBroken);
  await prove("Ansible is given kickd's own callback", playOnce);
  await prove('the Ruby of a standby is there, each file of it', findRuby);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.stdout.write(
  `smoke: ${String(passed)} passed, ${String(failed)} failed\n`,
);
process.exitCode = failed > 0 ? 1 : 0;

async function prove(what: string, proof: () => Promise<void>): Promise<void> {
  try {
    await proof();
    passed += 1;
    process.stdout.write(`ok      ${what}\n`);
  } catch (error) {
    failed += 1;
    const why = error instanceof Error ? error.message : String(error);
    process.stdout.write(`not ok  ${what}\n        ${why}\n`);
  }
}

async function kickOnce(): Promise<void> {
  const siteDir = join(dir, 'site');
  mkdirSync(siteDir);
  const site = await startSite({
    dir: siteDir,
    kickd: [join(bin, 'kickd')],
    key: 'ec',
    profile: `{type: command, argv: [/bin/sh, -c, exit 2], exitCodes: {'2': corrected}}`,
  });
  try {
    await expect(
      'kicker',
      ['kick', `--config=${site.kickerConfig}`, managedHost],
      0,
      /corrected/,
    );
  } finally {
    await site.close();
  }
}

/** A stand-in for ansible-pull, which looks where Ansible would. */
async function playOnce(): Promise<void> {
  const siteDir = join(dir, 'play');
  mkdirSync(siteDir);
  const tool = join(siteDir, 'ansible-pull');
  writeFileSync(
    tool,
    `#!/bin/sh
grep -q KICKD_ANSIBLE_REPORT "\${ANSIBLE_CALLBACK_PLUGINS%%:*}/kickd_report.py" || exit 1
cat >"$KICKD_ANSIBLE_REPORT" <<'END'
{"is": "begin", "format": 1}
{"is": "changed", "kind": "task", "name": "web up"}
{"is": "end", "plays": 1, "empty": 0, "changed": 1, "pending": 0, "failed": 0}
END
`,
    { mode: 0o755 },
  );
  const site = await startSite({
    dir: siteDir,
    kickd: [join(bin, 'kickd')],
    key: 'ec',
    profile: `{type: ansible-pull, url: /none, binary: ${tool}}`,
  });
  try {
    await expect(
      'kicker',
      ['kick', `--config=${site.kickerConfig}`, managedHost],
      0,
      /corrected.*task\[web up\]/,
    );
  } finally {
    await site.close();
  }
}

/** A standby is loaded where there is a Puppet; that nothing of it is left out can be told without one. */
async function findRuby(): Promise<void> {
  const folder = join(bin, '..', 'puppet');
  const files = globSync('**/*.rb', { cwd: folder });
  const named = files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return [...text.matchAll(/^require_relative '(.+)'$/gm)].map(
      ([, name = '']) => join(dirname(file), `${name}.rb`),
    );
  });
  const wanted = ['kickd_standby.rb', ...named];
  const missing = wanted.filter((file) => !files.includes(file));
  if (missing.length > 0 || named.length === 0)
    throw new Error(`in dist/puppet are ${files.join(', ')} alone`);
}

async function explainAcl(): Promise<void> {
  const file = join(dir, 'auth.conf');
  writeFileSync(file, 'path /run\nmethod save\nallow monitor.example.com\n');
  const ask = (certname: string, exitCode: number, answer: RegExp) =>
    expect(
      'kickd',
      [
        'acl',
        'explain',
        `--file=${file}`,
        `--certname=${certname}`,
        '--method=save',
        '--path=/run',
        '--json',
      ],
      exitCode,
      answer,
    );
  await ask('monitor.example.com', 0, /"decision":\s*"allow"/);
  await ask('web1.example.com', 1, /"decision":\s*"deny"/);
}

async function checkBroken(): Promise<void> {
  const file = join(dir, 'broken.yaml');
  writeFileSync(file, 'listen: {port: many}\nnonsense: true\n');
  await expect('kickd', ['check', `--config=${file}`], 2, /[A-Z]+_[A-Z_]+:/);
}

/** @throws with everything that the program said */
async function expect(
  program: 'kickd' | 'kicker',
  args: readonly string[],
  exitCode: number,
  answer: RegExp,
): Promise<void> {
  const ended = await execa(join(bin, program), args, {
    cwd: '/',
    env: plainEnvironment,
    extendEnv: false,
    stdin: 'ignore',
    timeout: limitMs,
    stripFinalNewline: false,
    reject: false,
  });
  const said = `${ended.stdout}${ended.stderr}`;
  if (ended.exitCode !== exitCode || !answer.test(said)) {
    throw new Error(
      `exit ${String(ended.exitCode ?? ended.signal ?? ended.code)} in place of ${String(exitCode)}, or no ${String(answer)} in:\n${said}`,
    );
  }
}
