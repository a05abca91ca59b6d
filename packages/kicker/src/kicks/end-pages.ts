import { learn } from '../decide/learn.ts';
import type { PageMemory } from '../decide/memory.ts';
import { isPageOver } from '../decide/page.ts';
import { enqueue } from '../outbox/enqueue.ts';
import { passiveResult } from '../outbox/escalation.ts';
import type { LedgerTransaction } from '../ports.ts';
import type { Deciding } from './deciding.ts';

const mostAtOnce = 100;
/** A passive service names this many of the calls that last. */
const namedMost = 3;

type PageWorld = Pick<Deciding, 'rules' | 'ways' | 'now' | 'ledger'>;

/**
 * Reports the end of each call of a person that is over: of a problem, a storm, a CM server or a monitor. Not each has
 * an event that ends it: the last recovery of a storm comes before its exit delay.
 * @returns what is over
 * @throws {Fault} LEDGER_UNWRITABLE
 */
export function endPages(world: PageWorld): string[] {
  const { ledger } = world;
  const pages = ledger.remembered('page', '', mostAtOnce);
  // Stryker disable next-line all: without it nothing is done in a transaction of its own
  if (pages.length === 0) return [];
  return ledger.transact((transaction) =>
    pages
      .map(({ key }) => key)
      .filter((key) => endPage(key, transaction, world)),
  );
}

/** @returns whether the call of this key is over, and was not reported before */
export function endPage(
  key: string,
  transaction: LedgerTransaction,
  { rules, ways, now, ledger }: PageWorld,
): boolean {
  const world = { rules, memory: transaction, now: now() };
  // As it is now: it may have ended since the page was read.
  const page = transaction.read('page', key);
  if (page === undefined) return false;
  for (const group of groupsOf(page)) {
    transaction.remember(learn({ kind: 'group-looked-at', group }, world));
  }
  if (!isPageOver(page, transaction)) return false;
  transaction.remember(learn({ kind: 'page-ended', page: key }, world));
  const lasting = lastingOn(page, ways.passive?.host, ledger);
  const text =
    lasting.length === 0
      ? `kicker: ${nameOf(key)} is over`
      : `kicker: a person is needed: ${lasting.slice(0, namedMost).join(', ')}${lasting.length > namedMost ? ` and ${lasting.length - namedMost} more` : ''}`;
  const state = lasting.length === 0 ? 'OK' : 'CRITICAL';
  const actions = passiveResult(monitorOf(page), page.host, state, text, ways);
  enqueue(
    transaction,
    actions.map((action) => ({ action, keys: {} })),
    world.now,
  );
  return true;
}

/** The calls that show on the same passive service and last: it is green only when the last of them is over. */
function lastingOn(
  page: PageMemory,
  sharedHost: string | undefined,
  ledger: PageWorld['ledger'],
): string[] {
  const lasting: string[] = [];
  const monitor = monitorOf(page);
  const { host } = page;
  for (let after = ''; ;) {
    const pages = ledger.remembered('page', after, mostAtOnce);
    for (const { key, value } of pages) {
      const isShared =
        monitorOf(value) === monitor &&
        (sharedHost !== undefined || value.host === host);
      if (isShared) lasting.push(nameOf(key));
    }
    const last = pages.at(-1);
    if (last === undefined) return lasting;
    after = last.key;
  }
}

/** `problem web1.example.com / HTTP`, `storm of web`: a page's key for a person. */
function nameOf(key: string): string {
  return key.replaceAll('\t', ' / ');
}

/** A ledger from before monitors had names knows one. */
function monitorOf({ monitor = 'nagios' }: PageMemory): string {
  return monitor;
}

function groupsOf({ about }: PageMemory): readonly string[] {
  return about.kind === 'storm' ? about.groups : [];
}
