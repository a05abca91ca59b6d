import t from 'tap';
import { createTimeline } from '../../src/rehearse/timeline.ts';

void t.test(
  'what is due happens by its time, at once in its order',
  async (t) => {
    const timeline = createTimeline();
    const done: string[] = [];
    const note = (name: string) => (): void => {
      done.push(`${name} ${timeline.nowMs()}`);
    };
    for (const ms of [50, 10, 40, 20, 30]) timeline.after(ms, note(`a${ms}`));
    timeline.after(20, note('b20'));
    const forget = timeline.after(25, note('never'));
    timeline.after(-5, note('past'));
    timeline.after(35, () => timeline.after(1, note('later')));
    forget();
    timeline.after(39, note('now'));
    timeline.runUntil(39);
    t.strictSame(done, [
      'past 0',
      'a10 10',
      'a20 20',
      'b20 20',
      'a30 30',
      'later 36',
      'now 39',
    ]);
    t.equal(timeline.nowMs(), 39);
    timeline.runUntil(100);
    t.strictSame(done.slice(7), ['a40 40', 'a50 50']);
    t.equal(timeline.nowMs(), 100);
  },
);
