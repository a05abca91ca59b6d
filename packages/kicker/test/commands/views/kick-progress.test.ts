import t from 'tap';
import { createKickProgress } from '../../../src/commands/views/kick-progress.ts';

t.test('how far it is, and who takes longest', (t) => {
  let nowMs = 0;
  const drawn: string[] = [];
  const progress = createKickProgress(
    3,
    (text) => void drawn.push(text),
    () => nowMs,
  );
  progress.show();
  progress.started('web1');
  nowMs = 1500;
  progress.started('web\u001b2');
  progress.show();
  progress.ended('web1', true);
  nowMs = 4600;
  progress.show();
  progress.hide();
  progress.started('web3');
  progress.ended('web\u001b2', false);
  progress.ended('web3', false);
  progress.show();
  t.strictSame(drawn, [
    '0 of 3 done, 0 failed, 0 running',
    '0 of 3 done, 0 failed, 2 running, longest: web1 1 s',
    '1 of 3 done, 1 failed, 1 running, longest: web\\u{1b}2 3 s',
    '',
    '3 of 3 done, 1 failed, 0 running',
  ]);
  t.end();
});
