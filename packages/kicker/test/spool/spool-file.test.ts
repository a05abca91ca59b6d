import t from 'tap';
import { parseSpoolText } from '../../src/spool/spool-file.ts';

const parse = (...fields: string[]) =>
  parseSpoolText(Buffer.from(fields.map((field) => `${field}\0`).join('')));

t.test('what the handler writes', (t) => {
  for (const args of [
    [],
    ['--host=web1', ''],
    ['a\nb', `it's "so"; $(x) \`y\` \\`, '.', '--', 'kicker-event-1'],
    ['\ufeffü€😀'],
  ]) {
    t.strictSame(parse('kicker-event-1', 'nagios', ...args, '.'), {
      kind: 'event',
      monitor: 'nagios',
      args,
    });
  }
  t.end();
});

t.test('bytes that are not UTF-8 are kept', (t) => {
  const bytes = Buffer.from(
    'kicker-event-1\0nagios\0--service=T\xfcr\0--service=T\xf6r\0.\0',
    'latin1',
  );
  t.match(parseSpoolText(bytes), {
    args: ['--service=T\ueffcr', '--service=T\ueff6r'],
  });
  t.end();
});

t.test('what is not whole', (t) => {
  const whole = Buffer.from('kicker-event-1\0nagios\0--host=web1\0.\0');
  for (let length = 0; length < whole.length; length += 1) {
    t.strictSame(parseSpoolText(whole.subarray(0, length)), {
      kind: 'flaw',
      flaw: 'not-whole',
    });
  }
  t.equal(parseSpoolText(whole).kind, 'event');
  t.end();
});

t.test('what is another thing', (t) => {
  for (const fields of [
    ['kicker-event-2', 'nagios', '.'],
    ['kicker-event-1', '', '.'],
    ['', '', '.'],
  ]) {
    t.strictSame(parse(...fields), { kind: 'flaw', flaw: 'not-an-event' });
  }
  t.end();
});
