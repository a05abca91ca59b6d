import type { News } from './news.ts';
import { writeHost, type Recall } from './recall.ts';
import { fleetOf } from './steady.ts';

/** As many as guards.rate may look at. */
const kicksMost = 1000;

/**
 * A person has kicked a host. That loads the host and the fleet as any kick does, so it counts for the interval
 * between kicks of the host and for the rate. It is about no problem, so it uses up no attempt and
 * says nothing about what helps; and it is not under way for kicker, which need not be there at its end.
 */
export function learnByHand(
  { certname }: Extract<News, { kind: 'by-hand' }>,
  recall: Recall,
): void {
  const { memory, atMs } = recall;
  const host = memory.read('host', certname) ?? { bad: [] };
  writeHost(certname, { ...host, lastKickMs: atMs }, recall, false);
  const fleet = fleetOf(memory);
  memory.write('fleet', '', {
    ...fleet,
    kicks: [...fleet.kicks, atMs].slice(-kicksMost),
  });
}
