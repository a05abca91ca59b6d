import t from 'tap';
import { defaultRuleSet } from '../../src/decide/default-rules.ts';
import { parseLogLine } from '../../src/monitors/nagios/log-line.ts';
import { createReplay } from '../../src/rehearse/replay.ts';

const startMs = 1_700_000_000_000;

function createLog({ runMs = 60_000 } = {}) {
  const replay = createReplay({
    rules: defaultRuleSet,
    groups: new Map(),
    objects: new Map(),
    runMs,
    nameOf: (name) => name,
  });
  return {
    replay,
    take: (seconds: number, text: string) =>
      replay.take(parseLogLine(`[1700000000] ${text}`), {
        atMs: startMs + seconds * 1000,
        source: 0,
        isAlone: true,
      }),
  };
}
const alert = (rest: string): string => `SERVICE ALERT: web1;HTTP;${rest}`;

void t.test('an alert is decided about, the rest is taken in', async (t) => {
  const { take, replay } = createLog();
  t.match(take(0, alert('CRITICAL;HARD;4;x')), {
    event: { host: 'web1', service: 'HTTP', state: 'CRITICAL' },
    decision: { kind: 'kick' },
  });
  for (const text of [
    'LOG ROTATION: DAILY',
    'SERVICE DOWNTIME ALERT: web1;SSH;STARTED; x',
    'CURRENT SERVICE STATE: web1;SSH;CRITICAL;HARD;4;x',
    alert('CRITICAL;HARD;4;y'),
  ]) {
    t.equal(take(10, text), undefined, text);
  }
  take(90, alert('OK;HARD;4;fine'));
  const { tally, uncalled, oldFlags } = replay.finish();
  t.equal(uncalled, 1);
  t.strictSame(oldFlags, []);
  t.match(
    [...tally.services.values()],
    [{ service: 'HTTP', alerts: 2, kicks: 1, healed: 1 }],
  );
});

void t.test('what was missed is remembered: the problem lasts', async (t) => {
  const { take } = createLog();
  take(0, 'CURRENT SERVICE STATE: gw;PING;CRITICAL;HARD;4;x');
  take(0, 'CURRENT HOST STATE: web1;DOWN;HARD;1;x');
  t.match(take(60, alert('CRITICAL;HARD;1;x')), {
    decision: { kind: 'skip', code: 'host-down' },
  });
});

void t.test('behind the last line all comes to its end', async (t) => {
  const { take, replay } = createLog({ runMs: 600_000 });
  take(0, alert('CRITICAL;HARD;4;x'));
  const { tally } = replay.finish();
  // The run ends, it is not green within the window, and the second try comes to the same.
  t.match(
    [...tally.services.values()],
    [{ alerts: 1, kicks: 2, healed: 0, pages: 1 }],
  );
  t.strictSame([...tally.codes], []);
});

void t.test('the run lasts as long as it is told to', async (t) => {
  for (const [runMs, code] of [
    [60_000, 'verifying'],
    [300_000, 'joined'],
  ] as const) {
    const { take } = createLog({ runMs });
    take(0, alert('CRITICAL;SOFT;3;x'));
    t.match(take(120, alert('CRITICAL;HARD;4;x')), { decision: { code } });
  }
});

void t.test('a line that is late happens now', async (t) => {
  const { take } = createLog();
  take(100, alert('CRITICAL;HARD;4;x'));
  t.match(take(0, alert('CRITICAL;SOFT;3;x')), {
    decision: { code: 'joined' },
  });
});
