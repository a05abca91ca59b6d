import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSsl } from '@kickd/testkit';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import {
  monitor,
  simpleAcl,
  startFixture,
  web,
  type Fixture,
} from '../packages/agent/test/fixture.ts';

/** kicker as a person types it, against kickd as it is: over real TLS, both whole programs' code. */
interface Said {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

async function startPair(
  t: Test,
  acl: string,
): Promise<{ kickd: Fixture; kicker(...args: string[]): Promise<Said> }> {
  const dir = t.testdir();
  const kickd = await startFixture(dir, { acl });
  t.teardown(() => kickd.agent.close());
  const tls = writeSsl(join(dir, 'kicker'), {
    ...kickd.pki.issue({ certname: monitor }),
    ca: kickd.pki.ca,
    crl: kickd.pki.crl,
  });
  const config = join(dir, 'kicker.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      tls,
      hosts: {
        web1: { certname: web, address: '127.0.0.1', port: kickd.agent.port },
      },
      ledger: join(dir, 'ledger.sqlite'),
    }),
  );
  const bin = join(import.meta.dirname, '../packages/kicker/bin/kicker');
  return {
    kickd,
    kicker: async (...args) => {
      const { exitCode, stdout, stderr } = await execa(
        'env',
        ['-i', 'PATH=/usr/bin:/bin', bin, ...args, '--config', config],
        { stripFinalNewline: false, reject: false },
      );
      return { code: exitCode, stdout, stderr };
    },
  };
}

const logAcl = `path ~ ^/run/[^/]+/log$\nmethod find\nallow ${monitor}\n\n${simpleAcl}`;

t.test(
  '--follow shows the output while the tool runs, made printable',
  async (t) => {
    const { kickd, kicker } = await startPair(t, logAcl);
    kickd.cm.plan(`printf 'one\\n\\033[2Jtwo\\nthree'; exit 2`);
    const said = await kicker('kick', 'web1', '--follow');
    t.equal(said.code, 0, said.stderr);
    const [first, second, third, last] = said.stdout.split('\n');
    t.equal(first, 'web1 | one');
    t.equal(second, 'web1 | \\u{1b}[2Jtwo');
    t.equal(third, 'web1 | three');
    t.match(last, /^web1: corrected in \d/);
  },
);

t.test(
  'without a rule for the log the kick is made all the same',
  async (t) => {
    const { kickd, kicker } = await startPair(t, simpleAcl);
    kickd.cm.plan('echo secret; exit 0');
    const said = await kicker('kick', 'web1', '--follow');
    t.equal(said.code, 0, said.stderr);
    t.match(said.stdout, /web1 \| ACL_DENIED: /);
    t.match(said.stdout, /kickd acl explain .*\/log/);
    t.match(said.stdout, /web1: unchanged/);
    t.notMatch(said.stdout, /secret/);
  },
);

t.test('--follow is for a person who waits', async (t) => {
  const { kicker } = await startPair(t, simpleAcl);
  t.match(await kicker('kick', 'web1', '--follow', '--json'), { code: 2 });
  t.match(await kicker('kick', 'web1', '--follow', '--no-wait'), { code: 2 });
});
