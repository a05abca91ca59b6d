import { once } from 'node:events';
import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execaSync } from 'execa';
import t from 'tap';
import { createLogWriter } from '../../src/io/log-writer.ts';

t.test('a log that nobody reads stops nobody, and is counted', async (t) => {
  const pipe = join(t.testdir(), 'log');
  execaSync('mkfifo', [pipe]);
  // read and write: opening it waits for nobody; blocking, as systemd's stream to journald is
  const fd = openSync(pipe, constants.O_RDWR);
  const log = createLogWriter(fd);
  const line = `${'x'.repeat(999)}\n`;
  for (let n = 0; n < 3000; n += 1) log.write(line);
  t.ok(log.lost > 1000, `${String(log.lost)} lines lost, and here we are`);

  const stream = createReadStream(pipe);
  const lines = createInterface(stream);
  let whole = 0;
  for await (const got of lines) {
    if (got.length === 999) whole += 1;
    else {
      t.strictSame(JSON.parse(got), { event: 'log-lost', lines: log.lost });
      break;
    }
  }
  t.equal(whole + log.lost, 3000, 'every line was written or counted');
  closeSync(fd);
  stream.destroy();
  await once(stream, 'close');
});
