/** The format that this kicker writes, kept in PRAGMA user_version. */
export const ledgerVersion = 1;

/**
 * `entry` is the history: triggers keep it append-only. `open_kick` is the present: one row for each kick
 * without an outcome, at most one for a problem, with the process that looks after it; the row goes in
 * the transaction that writes the outcome.
 */
export const ledgerSchema = `
create table entry (
  seq integer primary key autoincrement,
  at text not null,
  kind text not null,
  kick text,
  problem text,
  body text not null check (json_valid(body))
) strict;
create index entry_kick on entry (kick) where kick is not null;
create index entry_problem on entry (problem) where problem is not null;
create trigger entry_no_update before update on entry
begin select raise(abort, 'the ledger is append-only'); end;
create trigger entry_no_delete before delete on entry
begin select raise(abort, 'the ledger is append-only'); end;
create table open_kick (
  kick text primary key,
  problem text not null unique,
  expires text not null,
  owner text not null,
  body text not null check (json_valid(body))
) strict;
`;
