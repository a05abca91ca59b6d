import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkSpool } from '../../src/commands/check-events.ts';

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
