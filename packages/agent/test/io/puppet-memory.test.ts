import {
  appendFileSync,
  chmodSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { askPuppetOnce } from '../../src/io/puppet-memory.ts';

/** A Puppet that counts how often it is asked. */
function createPuppet(dir: string) {
  const binary = join(dir, 'puppet');
  const conf = join(dir, 'puppet.conf');
  const file = join(dir, 'puppet.json');
  writeFileSync(conf, '[main]\n');
  const install = (says: string): void => {
    writeFileSync(binary, `#!/bin/sh\necho asked >>${dir}/asked\n${says}\n`);
    chmodSync(binary, 0o755);
  };
  install(`echo 'certname = web1.example.com'`);
  return {
    conf,
    file,
    install,
    ask: () =>
      askPuppetOnce(binary, { given: conf, read: conf, rememberIn: file }),
    asked: () =>
      readFileSync(join(dir, 'asked'), 'utf8').split('\n').length - 1,
  };
}

t.test(
  'Puppet is asked once, and anew when something has changed',
  async (t) => {
    const puppet = createPuppet(t.testdir());
    const said = { certname: 'web1.example.com' };
    t.match(await puppet.ask(), said);
    t.match(await puppet.ask(), said);
    t.equal(puppet.asked(), 1);
    t.equal(statSync(puppet.file).mode & 0o777, 0o600);

    appendFileSync(puppet.conf, 'environment = test\n');
    await puppet.ask();
    t.equal(puppet.asked(), 2, 'another puppet.conf');
    puppet.install(`echo 'certname = other.example.com'`);
    t.match(await puppet.ask(), { certname: 'other.example.com' });
    t.equal(puppet.asked(), 3, 'another Puppet');
    await puppet.ask();
    t.equal(puppet.asked(), 3);
  },
);

t.test('what is not a memory is not believed', async (t) => {
  const puppet = createPuppet(t.testdir());
  await puppet.ask();
  const memory = JSON.parse(readFileSync(puppet.file, 'utf8')) as object;
  const dayMs = 24 * 60 * 60 * 1000;
  const bad = [
    '',
    'null',
    '[]',
    '{"of":',
    JSON.stringify({ ...memory, atMs: Date.now() - dayMs }),
    JSON.stringify({ ...memory, atMs: Date.now() + dayMs }),
    JSON.stringify({ ...memory, of: {} }),
  ];
  for (const [index, text] of bad.entries()) {
    writeFileSync(puppet.file, text);
    await puppet.ask();
    t.equal(puppet.asked(), index + 2, text);
  }
});

t.test(
  'no answer is not remembered, and no folder is no trouble',
  async (t) => {
    const puppet = createPuppet(t.testdir());
    puppet.install('exit 1');
    t.same(await puppet.ask(), {});
    t.same(await puppet.ask(), {});
    t.equal(puppet.asked(), 2);
    rmSync(puppet.file, { force: true });
    t.same(
      await askPuppetOnce('/nonexistent/puppet', {
        given: undefined,
        read: undefined,
        rememberIn: '/nonexistent/memory',
      }),
      {},
    );
  },
);
