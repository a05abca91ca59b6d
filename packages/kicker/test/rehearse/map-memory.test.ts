import t from 'tap';
import { createMapMemory } from '../../src/rehearse/map-memory.ts';

void t.test(
  'what is written is read, by its kind and key; what is taken away is gone',
  async (t) => {
    const memory = createMapMemory();
    const host = { bad: ['HTTP'] };
    const server = { failed: [], isTold: true };
    memory.write([
      { kind: 'host', key: 'web1', value: host },
      { kind: 'server', key: 'web1', value: server },
    ]);
    t.equal(memory.read('host', 'web1'), host);
    t.equal(memory.read('server', 'web1'), server);
    t.equal(memory.read('host', 'web2'), undefined);
    t.equal(memory.read('group', 'web1'), undefined);
    memory.write([{ kind: 'host', key: 'web1', value: undefined }]);
    t.equal(memory.read('host', 'web1'), undefined);
    t.equal(memory.read('server', 'web1'), server);
  },
);
