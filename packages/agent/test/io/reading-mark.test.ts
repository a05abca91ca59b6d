import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import t from 'tap';

type Fate = 'killed' | 'closed' | 'none';

/** One life of a runner on this state. */
function live(
  dir: string,
  fate: Fate,
): { signal: string | undefined; said: string } {
  const { signal, stdout } = execaSync(
    process.execPath,
    [join(import.meta.dirname, 'reader-that-dies.ts'), dir, fate],
    { env: {}, extendEnv: false, reject: false },
  );
  return { signal, said: stdout };
}

const marks = (dir: string): string[] =>
  readdirSync(dir).filter((name) => name.endsWith('.reading'));

t.test('a report that kills its reader kills it once', async (t) => {
  const dir = t.testdir();
  t.equal(live(dir, 'killed').signal, 'SIGKILL');
  const [mark = ''] = marks(dir);
  t.match(mark, /^[0-9a-f-]{36}\.log\.reading$/, 'removed with the run');
  const second = live(dir, 'killed');
  t.equal(second.signal, undefined);
  t.match(JSON.parse(second.said), {
    kind: 'failed',
    code: 'report-unreadable',
    reason: /an earlier kickd ended while it read/,
    pieces: 0,
  });
});

t.test(
  'a runner that is restarted while it reads reads it again',
  async (t) => {
    const dir = t.testdir();
    t.match(live(dir, 'closed'), { signal: undefined, said: '' });
    t.same(marks(dir), []);
    t.match(JSON.parse(live(dir, 'none').said), {
      kind: 'unchanged',
      pieces: 4,
    });
  },
);

t.test('nothing is left of a report that was read', async (t) => {
  const dir = t.testdir();
  t.match(JSON.parse(live(dir, 'none').said), { kind: 'unchanged', pieces: 4 });
  t.same(marks(dir), []);
});
