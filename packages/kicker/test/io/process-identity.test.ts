import { execa } from 'execa';
import t from 'tap';
import { identityOf } from '../../src/io/process-identity.ts';

void t.test('a process is itself until it ends', async (t) => {
  const child = execa('cat', { reject: false });
  const identity = identityOf(child.pid ?? 0) ?? '';
  t.match(identity, /^[0-9a-f-]{36}\/\d+\/\d+$/);
  t.equal(identityOf(child.pid ?? 0), identity);
  child.kill('SIGKILL');
  await child;
  t.equal(identityOf(child.pid ?? 0), undefined);
});

t.equal(identityOf(0), undefined);
