import type { Clock, Runner, Submission } from '../ports.ts';
import { KickRate } from '../run/kick-rate.ts';

/** What a kick gives back that joined a run: nothing is started for it. */
const joinedPart = 3 / 4;

/** A runner that takes no more kicks than the host wants, of all callers together and of each. */
export function limitKicks(
  runner: Runner,
  { perMinute, clock }: { perMinute: number; clock: Clock },
): Runner {
  const rate = new KickRate(perMinute, clock.monotonicMs());
  return {
    submit: async (kick, by, as): Promise<Submission> => {
      const retryAfterMs = rate.take(by, clock.monotonicMs());
      if (retryAfterMs > 0) return { kind: 'too-many', retryAfterMs };
      const submission = await runner.submit(kick, by, as);
      const served =
        submission.kind === 'accepted' &&
        submission.run.kicks.find((one) => one.kick === kick.kick);
      if (served && served.joined.startsWith('joined')) {
        rate.giveBack(by, joinedPart);
      }
      return submission;
    },
    find: (run) => runner.find(run),
    cancel: (run, by) => runner.cancel(run, by),
    readLog: (run, signal) => runner.readLog(run, signal),
    waitForEnd: (run, signal) => runner.waitForEnd(run, signal),
    waitForHeal: (run, signal) => runner.waitForHeal(run, signal),
    recent: (most) => runner.recent(most),
    state: () => runner.state(),
    close: () => runner.close(),
  };
}
