import type { StepName } from './timeline.ts';

/** What to say of a step that did not come. @param within in words: `10 min` */
export function whyNot(next: StepName, within: string): string {
  return {
    alert: `no alert came within ${within}`,
    decide: `kicker did not decide to kick within ${within}`,
    send: `the host did not accept the kick within ${within}`,
    run: `the run did not end within ${within}`,
    green: `the monitor did not see it green within ${within}`,
  }[next];
}
