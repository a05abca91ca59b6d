import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { defaultConfig } from '../../src/config/config.ts';
import { checkNames, checkSpool } from '../../src/commands/check-events.ts';

t.test('events that could not be used', (t) => {
  const dir = t.testdir();
  const ledger = join(dir, 'ledger.sqlite');
  t.strictSame(checkSpool({ ledger }), [], 'nobody has served');
  const bad = join(dir, 'spool', 'bad');
  mkdirSync(bad, { recursive: true });
  t.strictSame(checkSpool({ ledger }), [
    { step: 'spool', ok: true, text: `${bad} is empty` },
  ]);
  writeFileSync(join(bad, 'a.USAGE'), '');
  const [one] = checkSpool({ ledger });
  t.match(one, { step: 'warning', ok: true });
  t.match(one?.text, `1 event in ${bad} could not be used; the newest, of 2`);
  t.match(one?.text, /Z: USAGE$/);
  t.equal(one?.remedy, `tr '\\0' '\\n' <${join(bad, 'a.USAGE')}`);
  writeFileSync(join(bad, 'b.USAGE'), '');
  t.match(checkSpool({ ledger }), [{ text: /^2 events in / }]);
  t.match(checkSpool({ spool: join(dir, 'spool', 'bad', 'a.USAGE') }), [
    { step: 'spool', ok: false, code: 'SPOOL_UNUSABLE', text: /ENOTDIR/ },
  ]);
  t.end();
});

t.test('names that no handler hears of', (t) => {
  const textOf = (service: string): string =>
    `define service {\n\thost_name\tweb1\n\tservice_description\t${service}\n\tevent_handler\tx\n\t}\n`;
  const dir = t.testdir({
    quoted: textOf("Bob's disk") + textOf("Ann's disk"),
    plain: textOf('HTTP'),
  });
  const check = (objectsFile?: string) =>
    checkNames({
      nagios: {
        ...defaultConfig().nagios,
        ...(objectsFile === undefined ? {} : { objectsFile }),
      },
    });
  t.strictSame(check(join(dir, 'quoted')), [
    {
      step: 'warning',
      ok: true,
      text: "no event of web1 / Bob's disk and 1 more ever comes: the apostrophe ends the quotes in the command line of the handler",
      remedy:
        "rename it in Nagios; with illegal_object_name_chars=' in nagios.cfg Nagios refuses the next one itself",
    },
  ]);
  t.strictSame(check(join(dir, 'plain')), []);
  t.strictSame(check(), []);
  t.match(check(join(dir, 'none')), [
    { step: 'objects', ok: false, code: 'FILE_UNREADABLE', text: /ENOENT/ },
  ]);
  t.end();
});
