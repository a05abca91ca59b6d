import t from 'tap';
import { goneProfile } from '../../src/run/gone-profile.ts';
import { bareOutcome } from '../../src/run/outcome.ts';

const run = '0193a000-0000-7000-8000-000000000001';
const end = { run, noop: false, startedAt: new Date(0), exitCode: 0 };

t.test('nothing is started by it, and what goes on is waited for', (t) => {
  const gone = goneProfile('chef');
  const why = 'the configuration has no profile chef any more';
  t.equal(gone.name, 'chef');
  t.strictSame(gone.services, {});
  t.strictSame(gone.evidenceFiles(run), {});
  const scope = { cm: 'chef', noop: false };
  t.throws(() => gone.command(run, scope), { message: why });
  t.strictSame(
    gone.refusal({}),
    bareOutcome('not-started', 'unknown-profile', why),
  );
  t.equal(
    gone.isLocked({}, () => true),
    false,
  );
  t.strictSame(
    gone.outcome(end, {}),
    bareOutcome('lost', 'unknown-profile', why),
  );
  t.end();
});
