import t from 'tap';
import { joinOpenKick } from '../../src/decide/join.ts';

const open = { kick: 'k', expires: '2026-03-01T00:00:00Z' };
t.strictSame(joinOpenKick(undefined), { kind: 'send' });
t.match(joinOpenKick({ ...open, isFollowed: true }), {
  kind: 'join',
  kick: 'k',
  decision: { kind: 'skip', code: 'joined' },
});
t.match(joinOpenKick({ ...open, isFollowed: false }), {
  kind: 'take-over',
  kick: 'k',
});
