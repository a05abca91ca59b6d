import { dirname } from 'node:path';
import t from 'tap';
import { confArguments } from '../../packages/agent/src/cm/puppet-conf-arguments.ts';
import { createPuppetSite } from './puppet-site.ts';

const site = createPuppetSite(t.testdir());
t.teardown(() => site.close());

t.test('Puppet goes by the puppet.conf that kickd goes by', async (t) => {
  for (const [cm, command] of [
    ['puppet-agent', 'agent'],
    ['puppet-apply', 'apply'],
  ] as const) {
    await site.kick({ cm });
    t.same(site.argv().slice(0, 3), [
      command,
      `--config=${site.confFile}`,
      `--confdir=${dirname(site.confFile)}`,
    ]);
  }
});

t.test('a folder is that of the configuration by the name of its file', (t) => {
  t.same(confArguments(undefined), []);
  t.same(confArguments('/etc/kickd/agent.conf'), [
    '--config=/etc/kickd/agent.conf',
  ]);
  t.same(confArguments('/puppet.conf'), [
    '--config=/puppet.conf',
    '--confdir=/',
  ]);
  t.end();
});
