import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createFakeClock } from '@kickd/testkit';
import { execa, execaSync } from 'execa';
import t, { type Test } from 'tap';
import { verifyAudit } from '../../src/audit/verify.ts';
import { AuditFile, sha256 } from '../../src/io/audit-file.ts';

const entry = (n: number) => ({ event: 'request', n });

function openAudit(t: Test, file: string, fd?: number) {
  const clock = createFakeClock();
  const found: string[] = [];
  const audit = new AuditFile({
    file,
    ...(fd !== undefined && { fd }),
    clock,
    opened: { version: '0' },
    onFault: ({ code }) => found.push(code),
  });
  audit.begin();
  return { audit, clock, found };
}
const verdict = (...files: string[]) =>
  verifyAudit(
    files.map((file) => ({ file, text: readFileSync(file, 'latin1') })),
    sha256,
  );

t.test('a chain goes on in the next process', async (t) => {
  const file = join(t.testdir(), 'log', 'audit.log');
  for (let start = 0; start < 3; start += 1) {
    const { audit } = openAudit(t, file);
    audit.append(entry(start));
    audit.close();
  }
  t.match(verdict(file), { kind: 'whole', lines: 6, firstSeq: 1 });
  t.equal(statSync(file).mode & 0o777, 0o640);
});

t.test('a line that comes after the end goes nowhere', async (t) => {
  const dir = t.testdir();
  const { audit } = openAudit(t, join(dir, 'audit.log'));
  audit.close();
  // the kernel gives the lowest free number: the one that the audit file had
  const other = openSync(join(dir, 'other'), 'a');
  t.teardown(() => closeSync(other));
  audit.append(entry(1));
  audit.close();
  t.equal(readFileSync(join(dir, 'other'), 'latin1'), '');
  t.match(verdict(join(dir, 'audit.log')), { kind: 'whole', lines: 1 });
});

t.test(
  'what a power cut left of a line is told, and the chain goes on',
  async (t) => {
    const file = join(t.testdir(), 'audit.log');
    openAudit(t, file).audit.close();
    appendFileSync(file, Buffer.from('{"seq":2,"at":"20\xff', 'latin1'));
    openAudit(t, file).audit.close();
    t.match(verdict(file), { kind: 'whole', torn: 1 });
  },
);

t.test(
  'logrotate moves it away, and the chain goes on in a new one',
  async (t) => {
    const file = join(t.testdir(), 'audit.log');
    const { audit, clock } = openAudit(t, file);
    audit.append(entry(1));
    renameSync(file, `${file}.1`);
    await clock.advance(2000);
    audit.append(entry(2));
    t.match(verdict(`${file}.1`, file), { kind: 'whole', lines: 3 });
    t.equal(readFileSync(file, 'latin1').split('\n').length, 2);
    audit.close();
    renameSync(file, `${file}.2`);
    renameSync(`${file}.2`, `${file}.1`);
    openAudit(t, file).audit.close();
    t.match(
      verdict(`${file}.1`, file),
      { kind: 'whole', firstSeq: 3 },
      'a new process finds the end in the one that was moved',
    );
  },
);

t.test('nothing is written through a link', async (t) => {
  const dir = t.testdir({ shadow: '' });
  symlinkSync(join(dir, 'shadow'), join(dir, 'audit.log'));
  t.throws(() => openAudit(t, join(dir, 'audit.log')), {
    code: 'AUDIT_UNUSABLE',
  });
  t.equal(readFileSync(join(dir, 'shadow'), 'utf8'), '');
});

t.test(
  'a file that is no chain is begun behind, and the verifier says so',
  async (t) => {
    const file = join(t.testdir({ 'audit.log': 'hello\n' }), 'audit.log');
    const { audit } = openAudit(t, file);
    audit.append(entry(1));
    t.match(verdict(file), { kind: 'broken', line: 1 });
  },
);

t.test(
  'while there is no room, lines wait, and none is out of order',
  async (t) => {
    const dir = t.testdir();
    const pipe = join(dir, 'audit.log');
    execaSync('mkfifo', [pipe]);
    // a pipe that nobody empties: full after 64 KiB, like a disk
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    t.teardown(() => {
      closeSync(fd);
    });
    const empty = (): string => {
      const bytes = Buffer.alloc(1024 * 1024);
      return bytes.toString('latin1', 0, readSync(fd, bytes));
    };
    // the path is read for the end of the chain: another, which is not there
    const { audit, found } = openAudit(t, join(dir, 'none'), fd);
    let n = 0;
    while (audit.probe() === undefined) audit.append(entry((n += 1)));
    t.equal(found.length, 1, 'told once');
    t.match(audit.probe(), /EAGAIN/);
    for (let more = 0; more < 1100; more += 1) audit.append(entry((n += 1)));
    let text = empty();
    while (audit.probe() !== undefined) text += empty();
    text += empty();
    t.equal(audit.probe(), undefined, 'room again');
    const last = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as object;
    t.match(last, { event: 'lost', count: Number });
    writeFileSync(join(dir, 'copy'), text, 'latin1');
    t.match(verdict(join(dir, 'copy')), { kind: 'whole' });
  },
);

t.test(
  'a file that is our standard output is written through that',
  async (t) => {
    const dir = t.testdir({ 'audit.log': '' });
    const file = join(dir, 'audit.log');
    const script = join(dir, 'script.ts');
    const source = join(import.meta.dirname, '../../src/io/audit-file.ts');
    writeFileSync(
      script,
      `import { AuditFile } from '${source}';
import { renameSync } from 'node:fs';
const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
const audit = new AuditFile({ file: '${file}', clock, opened: {}, onFault: () => {} });
// whoever may open nothing can still write
renameSync('${file}', '${file}.moved');
for (let n = 0; n < 3; n += 1) audit.append({ event: 'request', n });
`,
    );
    for (let start = 0; start < 2; start += 1) {
      const fd = openSync(file, 'a');
      execaSync(process.execPath, [script], {
        // execa hands on any descriptor as it is; its types name only 3 to 9
        stdio: ['ignore', fd as 3, 'inherit'],
      });
      closeSync(fd);
      renameSync(`${file}.moved`, file);
    }
    t.match(verdict(file), { kind: 'whole', lines: 8, firstSeq: 1 });
  },
);

t.test('whoever does not begin leaves the record as it was', async (t) => {
  const dir = t.testdir({ 'audit.log': '' });
  const clock = createFakeClock();
  const open = (file: string) =>
    new AuditFile({
      file,
      clock,
      opened: {},
      onFault: () => t.fail('no fault'),
    });
  const file = join(dir, 'audit.log');
  const { audit } = openAudit(t, file);
  audit.append(entry(1));
  audit.close();
  const before = readFileSync(file, 'latin1');
  open(file).close();
  t.equal(readFileSync(file, 'latin1'), before);
  open(join(dir, 'none.log')).close();
  t.notOk(existsSync(join(dir, 'none.log')), 'nor makes one');
  const late = open(file);
  late.append(entry(2));
  late.close();
  t.match(
    verdict(file),
    { kind: 'whole', lines: 4 },
    'a line begins by itself',
  );
});

t.test('a first line that finds no place waits for one', async (t) => {
  const folder = join(t.testdir(), 'log');
  const file = join(folder, 'audit.log');
  const found: string[] = [];
  const audit = new AuditFile({
    file,
    clock: createFakeClock(),
    opened: {},
    onFault: ({ code }) => found.push(code),
  });
  rmdirSync(folder);
  audit.append(entry(1));
  t.same(found, ['AUDIT_BROKEN']);
  t.match(audit.probe(), /ENOENT/);
  mkdirSync(folder);
  t.equal(audit.probe(), undefined);
  audit.close();
  t.match(verdict(file), { kind: 'whole', lines: 2, firstSeq: 1 });
});

t.test('two processes cannot write one file', async (t) => {
  const dir = t.testdir({ 'audit.log': '' });
  const file = join(dir, 'audit.log');
  const before = readFileSync(file, 'latin1');
  const input = openSync(file, 'r');
  // execa hands on any descriptor as it is; its types name only 3 to 9
  const reader = execa('sleep', ['60'], {
    stdio: [input as 3, 'ignore', 'ignore'],
    reject: false,
  });
  closeSync(input);
  t.teardown(() => reader.kill());
  openAudit(t, file).audit.close();
  t.not(readFileSync(file, 'latin1'), before, 'a reader is no writer');
  const fd = openSync(file, 'a');
  const writer = execa('sleep', ['60'], {
    stdio: ['ignore', fd as 3, 'ignore'],
    reject: false,
  });
  closeSync(fd);
  const held = readFileSync(file, 'latin1');
  t.throws(() => openAudit(t, file), {
    code: 'AUDIT_IN_USE',
    message: new RegExp(`process ${String(writer.pid)} \\(sleep 60\\)`),
  });
  t.equal(readFileSync(file, 'latin1'), held);
  writer.kill();
  await writer;
  openAudit(t, file).audit.close();
  t.match(verdict(file), { kind: 'whole' });
});

t.test('lines of a writer that cannot be seen are noticed', async (t) => {
  const file = join(t.testdir(), 'audit.log');
  const { audit, found } = openAudit(t, file);
  audit.append(entry(1));
  appendFileSync(file, 'somebody else\n');
  audit.append(entry(2));
  t.strictSame(found, ['AUDIT_SHARED']);
  t.match(audit.probe(), /another program/, 'no kick is taken');
  t.match(readFileSync(file, 'latin1'), /somebody else\n$/, 'nothing is added');
  audit.close();
  const after = openAudit(t, file);
  after.audit.append(entry(3));
  t.strictSame(after.found, []);
  t.match(
    verdict(file),
    { kind: 'broken', line: 3 },
    'and the verifier says so',
  );
});

t.test('a file that logrotate cut is written on', async (t) => {
  const file = join(t.testdir(), 'audit.log');
  const { audit, found } = openAudit(t, file);
  audit.append(entry(1));
  writeFileSync(`${file}.1`, readFileSync(file));
  truncateSync(file);
  audit.append(entry(2));
  audit.append(entry(3));
  t.strictSame(found, []);
  t.match(verdict(`${file}.1`, file), { kind: 'whole', lines: 4 });
});
