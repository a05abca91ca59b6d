import t from 'tap';
import { createOverlay } from '../../src/decide/overlay.ts';
import { memoryOf } from './situation-of.ts';

void t.test('changes on top of a memory', async (t) => {
  const web1 = { bad: [] };
  const below = memoryOf({ 'host web1': web1, 'server web1': 'below' });
  const overlay = createOverlay(below);
  t.strictSame(overlay.changes(), []);
  t.equal(overlay.read('host', 'web1'), web1);
  const sick = { bad: ['HTTP'] };
  overlay.write('host', 'web2', sick);
  overlay.write('host', 'web1', sick);
  overlay.write('host', 'web1', web1);
  overlay.write('host', 'web2', undefined);
  t.equal(overlay.read('host', 'web1'), web1);
  t.equal(overlay.read('host', 'web2'), undefined, 'forgotten');
  t.equal(overlay.read('server', 'web1'), 'below', 'another kind');
  t.strictSame(overlay.changes(), [
    { kind: 'host', key: 'web2', value: undefined },
    { kind: 'host', key: 'web1', value: web1 },
  ]);
  t.equal(below.read('host', 'web2'), undefined);
});
