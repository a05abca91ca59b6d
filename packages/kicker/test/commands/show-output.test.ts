import t from 'tap';
import { showOutput } from '../../src/commands/show-output.ts';
import type { AgentClient } from '../../src/ports.ts';

const target = {
  name: 'web1',
  certname: 'web1.example.com',
  address: '127.0.0.1',
  port: 8139,
};
const never = new AbortController().signal;

/** A host that says these pieces, each when the one before was taken. */
function hostThatSays(
  ...pieces: string[]
): Pick<AgentClient, 'followLog'> & { taken: number } {
  const host = {
    taken: 0,
    followLog: async (
      _target: unknown,
      _run: string,
      onChunk: (chunk: Buffer) => void | Promise<void>,
    ) => {
      for (const piece of pieces) {
        await onChunk(Buffer.from(piece, 'latin1'));
        host.taken += 1;
      }
      return undefined;
    },
  };
  return host;
}

t.test('line by line, made printable, the last one too', async (t) => {
  const said: string[] = [];
  const shell = {
    say: (line: string) => void said.push(line),
    drained: () => undefined,
  };
  const host = hostThatSays('a\nb', 'c\n\u00c3', '\u00a9\u001b[2J\nend');
  await showOutput(host, target, 'r', shell, never);
  t.strictSame(said, [
    'web1 | a',
    'web1 | bc',
    'web1 | é\\u{1b}[2J',
    'web1 | end',
  ]);
});

t.test('the host is read no faster than the reader reads', async (t) => {
  const reader = Promise.withResolvers<void>();
  const shell = { say: () => {}, drained: () => reader.promise };
  const host = hostThatSays('1\n', '2\n', '3\n');
  const shown = showOutput(host, target, 'r', shell, never);
  await new Promise(setImmediate);
  t.equal(host.taken, 0, 'it waits for the first');
  reader.resolve();
  await shown;
  t.equal(host.taken, 3);
});

t.test('why it cannot be had is said, unless nobody waits', async (t) => {
  const fault = { code: 'X', message: 'no', remedy: 'do', exitCode: 4 };
  const host = { followLog: () => Promise.resolve(fault) };
  const said: string[] = [];
  const shell = {
    say: (line: string) => void said.push(line),
    drained: () => undefined,
  };
  await showOutput(host, target, 'r', shell, AbortSignal.abort());
  t.strictSame(said, []);
  await showOutput(host, target, 'r', shell, never);
  t.strictSame(said, ['web1 | X: no', '  remedy: do']);
});
