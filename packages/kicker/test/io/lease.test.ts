import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, execaSync } from 'execa';
import t, { type Test } from 'tap';
import { createFakeClock } from '@kickd/testkit';
import { isLeased, takeLease } from '../../src/io/lease.ts';
import { openLedger } from '../../src/io/sqlite-ledger.ts';

const clock = createFakeClock();
const source = fileURLToPath(new URL('../../src', import.meta.url));

/** Another process that takes the lease, says what came of it, and lives on. */
async function startHolder(
  t: Test,
  file: string,
  before: readonly string[] = [],
) {
  const script = join(t.testdirName, 'holder.ts');
  writeFileSync(
    script,
    `import { takeLease } from '${source}/io/lease.ts';
import { openLedger } from '${source}/io/sqlite-ledger.ts';
const ledger = openLedger(process.argv[2], { now: () => new Date() });
const lease = takeLease(ledger, 'other');
console.log(lease === undefined ? 'refused' : 'held ' + lease.epoch);
// What nobody refers to is closed in time.
globalThis.lease = lease;
process.stdin.resume();
`,
  );
  const [command, ...args] = [...before, process.execPath, script, file];
  const child = execa(command, args, {
    stderr: 'inherit',
    buffer: false,
    reject: false,
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [part] = (await once(child.stdout, 'data')) as [Buffer];
  return { said: String(part).trim(), child };
}

void t.test(
  'one at a time; the number grows with each take-over',
  async (t) => {
    const file = join(t.testdir(), 'ledger.sqlite');
    const one = openLedger(file, clock);
    const two = openLedger(file, clock);
    t.equal(isLeased(file), false);
    t.equal(one.lastHolder(), undefined);
    const first = takeLease(one, 'one');
    t.match(first, { holder: 'one', epoch: 1 });
    t.equal(first?.isHeld(), true);
    t.equal((await startHolder(t, file)).said, 'refused');
    t.equal(isLeased(file), true);
    first?.release();
    first?.release();
    t.equal(first?.isHeld(), false);
    t.equal(isLeased(file), false);
    const second = takeLease(two, 'two');
    t.equal(second?.epoch, 2);
    t.strictSame(one.lastHolder(), { holder: 'two', epoch: 2 });
    second?.release();
    one.close();
    two.close();
  },
);

void t.test('whoever lost it can write nothing any more', async (t) => {
  const file = join(t.testdir(), 'ledger.sqlite');
  const one = openLedger(file, clock);
  const two = openLedger(file, clock);
  const person = openLedger(file, clock);
  const entry = {
    entry: { kind: 'stop', body: { by: 'x', reason: 'y' } },
    keys: {},
  } as const;
  one.takeOver('one');
  one.append([entry]);
  two.takeOver('two');
  t.throws(() => one.append([entry]), {
    code: 'LEASE_LOST',
    message: /lease is number 2, this one has 1/,
  });
  t.throws(() => one.beginActions([1]), { code: 'LEASE_LOST' });
  t.throws(() => one.prune({ before: new Date(), entriesMost: 1, most: 1 }), {
    code: 'LEASE_LOST',
  });
  two.append([entry]);
  person.append([entry]);
  t.equal(
    one.history({}, Number.MAX_SAFE_INTEGER, 10).length,
    3,
    'it may read',
  );
  for (const ledger of [one, two, person]) ledger.close();
});

void t.test(
  'killed, the lease is free at once; stopped, it is not',
  async (t) => {
    const file = join(t.testdir(), 'ledger.sqlite');
    const ledger = openLedger(file, clock);
    t.teardown(() => ledger.close());
    const { said, child } = await startHolder(t, file);
    t.equal(said, 'held 1');
    child.kill('SIGSTOP');
    t.equal(takeLease(ledger, 'me'), undefined, 'who hangs has it still');
    child.kill('SIGKILL');
    await child;
    const lease = takeLease(ledger, 'me');
    t.equal(lease?.epoch, 2);
    lease?.release();
  },
);

void t.test('it holds across PID namespaces', async (t) => {
  const apart = ['unshare', '--pid', '--fork', '--mount-proc'];
  const [command, ...args] = [...apart, 'true'];
  if (execaSync(command, args, { reject: false }).exitCode !== 0) {
    return t.comment(
      'SKIPPED: no PID namespace can be made here: sudo npm test',
    );
  }
  const file = join(t.testdir(), 'ledger.sqlite');
  const ledger = openLedger(file, clock);
  t.teardown(() => ledger.close());
  const first = await startHolder(t, file, apart);
  t.equal(first.said, 'held 1');
  t.equal(takeLease(ledger, 'me'), undefined);
  t.equal((await startHolder(t, file, apart)).said, 'refused');
});
