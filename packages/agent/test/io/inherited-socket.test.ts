import t from 'tap';
import { inheritedSocket } from '../../src/io/inherited-socket.ts';

t.test('one socket of this process, or none', (t) => {
  const of = (LISTEN_PID?: string, LISTEN_FDS?: string) =>
    inheritedSocket({ LISTEN_PID, LISTEN_FDS }, 42);
  t.equal(of('42', '1'), 3);
  t.equal(of('43', '1'), undefined, 'of a parent that did not take them away');
  t.equal(of(undefined, '1'), undefined);
  t.equal(of('42'), undefined);
  t.equal(of('042', '1'), undefined);
  for (const count of ['0', '2', '', '1 ', '-1', '1\n2']) {
    t.throws(() => of('42', count), { code: 'SOCKET_COUNT' }, count);
  }
  t.end();
});
