import t from 'tap';
import { defaultRule } from '../../src/decide/default-rules.ts';
import {
  judgeFutility,
  mayProbe,
  mayProbeBlock,
} from '../../src/decide/futility.ts';
import { situationOf } from './situation-of.ts';

const hour = 60 * 60 * 1000;
const block = { why: 'futile', atMs: 0 } as const;
const judge = (service: object, host?: object, atMs = hour) =>
  judgeFutility(
    situationOf({
      service: { futile: 2, ...service },
      atMs,
      ...(host === undefined ? {} : { host: { bad: [], ...host } }),
    }),
    defaultRule,
  );
const skip = (code: string, reason: string) => ({
  kind: 'skip',
  code,
  reason,
  escalate: { about: 'problem', reason },
});

void t.test('runs that did not help', async (t) => {
  t.equal(judge({ futile: 0 }), undefined);
  t.strictSame(judge({ futile: 1 }), {
    kind: 'note',
    reason: '1 of the last runs did not help (futility.runs is 2)',
  });
  t.strictSame(
    judge({ block }),
    skip(
      'futile',
      '2 runs in a row did not help, and the policy tells no version that says whether it changed since',
    ),
  );
  t.strictSame(
    judge({ block: { ...block, policy: 'v1' } }, { policy: 'v1' }),
    skip('futile', '2 runs in a row did not help, and the policy is still v1'),
  );
  t.strictSame(
    judge({ block: { ...block, policy: 'v1' } }),
    skip(
      'futile',
      '2 runs in a row did not help, and the policy tells no version that says whether it changed since',
    ),
  );
  t.strictSame(
    judge({ block: { ...block, why: 'too-many-changes' } }),
    skip(
      'too-many-changes',
      'the noop run would change more than 20 resources, and the policy tells no version that says whether it changed since',
    ),
  );
  t.equal(judge({ block, open: { kick: 'k', isNoop: false } }), undefined);
});

void t.test('the probe on the host says something else', async (t) => {
  t.strictSame(judge({ futile: 1, notNeeded: 1 }), {
    kind: 'note',
    reason:
      'the probe on the host was green once while the monitor still saw the problem (futility.runs is 2)',
  });
  t.strictSame(
    judge(
      { block: { ...block, policy: 'v1' }, notNeeded: 2 },
      { policy: 'v1' },
    ),
    skip(
      'futile',
      'the probe on the host was green 2 times while the monitor still saw the problem: the probe or the check is wrong, and the policy is still v1',
    ),
  );
  t.strictSame(
    judge(
      { block: { ...block, policy: 'v1' }, notNeeded: 1 },
      { policy: 'v1' },
    ),
    skip(
      'futile',
      '2 kicks in a row did not help, 1 of them since the probe on the host was green, and the policy is still v1',
    ),
  );
  t.match(judge({ futile: 2, notNeeded: 1 }), {
    reason:
      '2 kicks in a row did not help, 1 of them since the probe on the host was green (futility.runs is 2)',
  });
});

void t.test('one more try', async (t) => {
  t.strictSame(judge({ block: { ...block, policy: 'v1' } }, { policy: 'v2' }), {
    kind: 'note',
    reason:
      '2 runs in a row did not help; one more try, as the policy changed from v1 to v2',
  });
  t.strictSame(judge({ block }, undefined, 24 * hour), {
    kind: 'note',
    reason:
      '2 runs in a row did not help; one more try after 24 h (futility.probeAfterSeconds)',
  });
  const known = { ...block, policy: 'v1' };
  for (const [of, host, atMs] of [
    [known, undefined, 24 * hour],
    [known, {}, 24 * hour],
    [block, { policy: 'v2' }, 24 * hour],
    [{ ...block, atMs: hour }, undefined, 25 * hour],
  ] as const) {
    t.match(judge({ block: of }, host, atMs), {
      kind: 'note',
      reason: /one more try after 24 h/,
    });
  }
  t.match(judge({ block }, { policy: 'v2' }), {
    kind: 'skip',
    reason: /the policy tells no version/,
  });
});

void t.test('when', async (t) => {
  const never = {
    ...defaultRule,
    futility: { ...defaultRule.futility, probeAfterSeconds: 0 },
  };
  const known = { ...block, policy: 'v1' };
  t.equal(mayProbeBlock(undefined, 'v2', 99 * hour, defaultRule), false);
  t.equal(mayProbeBlock(known, 'v1', 99 * hour, defaultRule), false);
  t.equal(mayProbeBlock(known, 'v2', 0, defaultRule), true);
  t.equal(mayProbeBlock(known, undefined, 24 * hour - 1, defaultRule), false);
  t.equal(mayProbeBlock(known, undefined, 24 * hour, defaultRule), true);
  const later = { ...block, atMs: hour };
  t.equal(mayProbeBlock(later, undefined, 24 * hour, defaultRule), false);
  t.equal(mayProbeBlock(block, 'v2', 24 * hour, defaultRule), true);
  t.equal(mayProbeBlock(block, 'v2', 24 * hour, never), false);
  t.equal(
    mayProbe(
      situationOf({
        service: { block: known },
        host: { bad: [], policy: 'v2' },
      }),
      defaultRule,
    ),
    true,
  );
  t.equal(
    mayProbe(situationOf({ service: { block: known } }), defaultRule),
    false,
  );
});
