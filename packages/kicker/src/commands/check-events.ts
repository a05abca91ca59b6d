import { join } from 'node:path';
import { printable } from '@kickd/protocol';
import type { Config } from '../config/config.ts';
import { errors } from '../errors.ts';
import { countBadEvents } from '../io/bad-events.ts';
import { codeOf } from '../io/error-code.ts';
import { locateSpool } from '../io/ledger-file.ts';
import type { CheckStep } from '../ports.ts';
import { failed, passed } from '../steps.ts';

/** Events that say nothing that can be used: nobody hears of them but here, and in the log of `kicker serve`. */
export function checkSpool(
  config: Pick<Config, 'ledger' | 'spool'>,
): CheckStep[] {
  const bad = join(locateSpool(config), 'bad');
  try {
    const { count, newest } = countBadEvents(bad);
    if (newest === undefined) return [passed('spool', `${bad} is empty`)];
    const { name, reason, at } = newest;
    const events = count === 1 ? '1 event' : `${count} events`;
    return [
      {
        ...passed(
          'warning',
          `${events} in ${bad} could not be used; the newest, of ${at.toISOString()}: ${printable(reason)}`,
        ),
        remedy: `tr '\\0' '\\n' <${printable(join(bad, name), 500)}`,
      },
    ];
  } catch (error) {
    const code = codeOf(error);
    // Nobody has served yet.
    if (code === 'ENOENT') return [];
    return [failed('spool', errors.spoolUnusable(bad, code))];
  }
}
