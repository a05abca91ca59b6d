import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { printable } from '@kickd/protocol';
import type { Config } from '../config/config.ts';
import { errors } from '../errors.ts';
import { shownName } from '../events/name-bytes.ts';
import { countBadEvents } from '../io/bad-events.ts';
import { codeOf } from '../io/error-code.ts';
import { locateLedger } from '../io/ledger-file.ts';
import { findQuotedNames } from '../monitors/nagios/objects.ts';
import type { CheckStep } from '../ports.ts';
import { failed, passed } from './steps.ts';

/** Events that say nothing that can be used: nobody hears of them but here, and in the log of `kicker serve`. */
export function checkSpool({
  ledger,
  spool,
}: Pick<Config, 'ledger' | 'spool'>): CheckStep[] {
  const file = locateLedger(ledger);
  const bad = join(spool ?? join(dirname(file), 'spool'), 'bad');
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

/** What Nagios cannot hand to a handler; it tells of that in its own log alone, as an error of the shell. */
export function checkNames({ nagios }: Pick<Config, 'nagios'>): CheckStep[] {
  const { objectsFile } = nagios;
  if (objectsFile === undefined) return [];
  try {
    const names = findQuotedNames(readFileSync(objectsFile, 'latin1'));
    const [first] = names;
    if (first === undefined) return [];
    const more = names.length === 1 ? '' : ` and ${names.length - 1} more`;
    return [
      {
        ...passed(
          'warning',
          `no event of ${printable(shownName(first))}${more} ever comes: the apostrophe ends the quotes in the command line of the handler`,
        ),
        remedy:
          "rename it in Nagios; with illegal_object_name_chars=' in nagios.cfg Nagios refuses the next one itself",
      },
    ];
  } catch (error) {
    const fault = errors.fileUnreadable(objectsFile, codeOf(error));
    return [failed('objects', fault)];
  }
}
