import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createPerformer } from '../../src/io/perform-errand.ts';
import type { Errand } from '../../src/outbox/action.ts';

const now = () => new Date('2026-03-01T00:00:00Z');
const place = { host: 'web1', service: 'HTTP' };

void t.test('the operator’s command: done, or why not', async (t) => {
  const dir = t.testdir();
  const out = join(dir, 'out');
  const good = join(dir, 'good');
  const sick = join(dir, 'sick');
  writeFileSync(good, `#!/bin/sh\ncat >'${out}'\n`, { mode: 0o755 });
  writeFileSync(sick, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  const perform = createPerformer({ author: 'kicker' }, now);
  const command = (file: string): Errand => ({
    kind: 'command',
    argv: [file],
    input: '{"subject":"$(id)"}',
  });
  t.strictSame(await perform(command(good)), { kind: 'done' });
  t.equal(readFileSync(out, 'utf8'), '{"subject":"$(id)"}');
  t.match(await perform(command(sick)), {
    kind: 'failed',
    isFinal: false,
    fault: {
      code: 'ESCALATION_FAILED',
      message: /exit code 3/,
      remedy: /run it by hand/,
    },
  });
  t.match(await perform(command(join(dir, 'missing'))), {
    kind: 'failed',
    isFinal: false,
    fault: { code: 'ESCALATION_FAILED', message: /ENOENT/ },
  });
});

void t.test('Nagios: a line in its pipe, or why not', async (t) => {
  const pipe = join(t.testdir(), 'nagios.cmd');
  const perform = createPerformer({ commandFile: pipe, author: 'kicker' }, now);
  const recheck: Errand = { kind: 'recheck', ...place };
  t.match(await perform(recheck), {
    kind: 'failed',
    isFinal: false,
    fault: { code: 'COMMAND_FILE_MISSING' },
  });
  execFileSync('mkfifo', [pipe]);
  t.match(
    await perform(recheck),
    { kind: 'failed', isFinal: false, fault: { code: 'COMMAND_FILE_UNREAD' } },
    'Nagios is down: nothing waits for it',
  );
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => closeSync(reader));
  t.strictSame(await perform(recheck), { kind: 'done' });
  t.strictSame(
    await perform({ kind: 'comment', ...place, text: 'a\nb; $(id)' }),
    { kind: 'done' },
  );
  const bytes = Buffer.alloc(4096);
  const length = readSync(reader, bytes);
  t.match(bytes.subarray(0, length).toString().split('\n'), [
    '[1772323200] SCHEDULE_FORCED_SVC_CHECK;web1;HTTP;1772323200',
    /^\[1772323200\] ADD_SVC_COMMENT;web1;HTTP;0;kicker;a b; \$\(id\)$/,
    '',
  ]);
});

void t.test('what can never be told is not tried again', async (t) => {
  const blind = createPerformer({ author: 'kicker' }, now);
  t.match(await blind({ kind: 'recheck', ...place }), {
    kind: 'failed',
    isFinal: true,
    fault: { code: 'COMMAND_FILE_UNSET' },
  });
  const perform = createPerformer(
    { commandFile: '/dev/null', author: 'kicker' },
    now,
  );
  t.match(await perform({ kind: 'recheck', host: 'a;b', service: 'HTTP' }), {
    kind: 'failed',
    isFinal: true,
  });
});
