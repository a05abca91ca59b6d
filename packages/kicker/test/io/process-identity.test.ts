import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { identityOf, isAlive } from '../../src/io/process-identity.ts';

void t.test('a process is itself until it ends', async (t) => {
  const child = spawn('cat');
  await once(child, 'spawn');
  const identity = identityOf(child.pid ?? 0) ?? '';
  t.match(identity, /^[0-9a-f-]{36}\/\d+\/\d+$/);
  t.equal(isAlive(identity), true);
  t.equal(isAlive(identity.replace(/\d+$/, '1')), false, 'another start time');
  t.equal(isAlive(identity.replace(/^[0-9a-f]/, 'x')), false, 'another boot');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.equal(isAlive(identity), false);
});

t.equal(identityOf(0), undefined);
t.equal(isAlive('?/1/?'), false);
t.equal(isAlive(''), false);
