import type { Standing } from '../monitors/nagios/log-item.ts';
import type { Subject } from './subjects.ts';

/**
 * Why Nagios called its event handler with the state that an alert tells, if it did. It does for each SOFT problem and
 * for each change. A line more in the same HARD state says that the output is another and stalking is on, and calls
 * nobody; but for a volatile service each check that is not OK calls. Where its object is not known, the same output
 * twice gives it away: stalking writes no line for that.
 * @see https://github.com/NagiosEnterprises/nagioscore/blob/master/base/checks.c, handle_async_service_check_result
 */
export function callOf(
  known: Pick<
    Subject,
    'state' | 'stateType' | 'attempt' | 'outputHash' | 'isVolatile'
  >,
  told: Pick<Standing, 'state' | 'stateType' | 'attempt' | 'output'>,
): 'changed' | 'volatile' | 'none' {
  if (told.state !== known.state) return 'changed';
  // After a SOFT recovery the state is HARD, without a line.
  if (told.state === 'OK' || told.state === 'UP') return 'none';
  if (
    told.stateType === 'SOFT' ||
    known.stateType === 'SOFT' ||
    told.attempt !== known.attempt
  ) {
    return 'changed';
  }
  return (known.isVolatile ?? hashOf(told.output) === known.outputHash)
    ? 'volatile'
    : 'none';
}

/** FNV-1a. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}
