import { learn } from '../decide/learn.ts';
import type { PageMemory } from '../decide/memory.ts';
import { isPageOver } from '../decide/page.ts';
import type { LedgerTransaction } from '../ports.ts';
import { endOfEscalation } from '../outbox/escalation.ts';
import type { Deciding } from '../kicks/handle-event.ts';

const mostAtOnce = 100;

/**
 * Tells the monitor of every storm, every trouble of a CM server or of a monitor that a person was called for and
 * that is over by now. No event does: the last recovery of a storm comes before its exit delay.
 * @returns what is over
 * @throws {Fault} LEDGER_UNWRITABLE
 */
export function endPages(deciding: Deciding): string[] {
  const { ledger } = deciding;
  const pages = ledger.remembered('page', '', mostAtOnce);
  if (pages.length === 0) return [];
  return ledger.transact((transaction) =>
    pages
      .map(({ key }) => key)
      .filter((key) => endPage(key, transaction, deciding)),
  );
}

function endPage(
  key: string,
  transaction: LedgerTransaction,
  { rules, ways, now }: Deciding,
): boolean {
  const world = { rules, memory: transaction, now: now() };
  // As it is now: another kicker may have ended it since the page was read.
  const page = transaction.read('page', key);
  if (page === undefined) return false;
  for (const group of groupsOf(page)) {
    transaction.remember(learn({ kind: 'group-looked-at', group }, world));
  }
  if (!isPageOver(page, transaction)) return false;
  transaction.remember(learn({ kind: 'page-ended', page: key }, world));
  const errands = endOfEscalation(page.host, `${key} is over`, ways);
  transaction.charge(errands.map((errand) => ({ errand, keys: {} })));
  return true;
}

function groupsOf({ about }: PageMemory): readonly string[] {
  return about.kind === 'storm' ? about.groups : [];
}
