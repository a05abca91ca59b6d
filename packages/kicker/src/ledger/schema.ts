/** The format that this kicker writes, kept in PRAGMA user_version. */
export const ledgerVersion = 2;

/**
 * From one format to the next, in order; a new ledger goes all the way.
 *
 * 1: `entry` is the history: triggers keep it append-only. `open_kick` is the present: one row for each
 * kick without an end, at most one for a problem, with the process that looks after it.
 *
 * 2: `memory` is what decisions read: a fold of the history, written with it. `waiting` holds problems
 * that are to be decided about again, `errand` what is still to be done outside. `entry.source` names the
 * spool file of an event, so that it is taken once. `pruned` is the one door through the append-only
 * triggers: entries up to its `upto` may go.
 */
export const ledgerMigrations: readonly string[] = [
  `
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
`,
  `
alter table entry add column source text;
create unique index entry_source on entry (source) where source is not null;
alter table entry add column host text generated always as (
  case when json_valid(problem) then json_extract(problem, '$[1]') end) virtual;
create index entry_host on entry (host, seq) where host is not null;
create table pruned (upto integer not null) strict;
insert into pruned (upto) values (0);
drop trigger entry_no_delete;
create trigger entry_no_delete before delete on entry
when old.seq > (select max(upto) from pruned)
begin select raise(abort, 'the ledger is append-only'); end;
create table memory (
  kind text not null,
  key text not null,
  value text not null,
  primary key (kind, key)
) strict, without rowid;
alter table open_kick add column progress text not null default '{"stage":"open"}' check (json_valid(progress));
alter table open_kick add column subject text;
update open_kick set subject = json_array(
  json_extract(problem, '$[0]'), json_extract(problem, '$[1]'), json_extract(problem, '$[2]'))
where json_valid(problem);
create table waiting (
  problem text primary key,
  subject text not null unique,
  code text not null,
  boot text not null,
  monotonic_ms real not null,
  wall_ms real not null,
  after_ms real not null,
  body text not null check (json_valid(body))
) strict;
create table errand (
  seq integer primary key autoincrement,
  at text not null,
  kick text,
  problem text,
  owner text,
  tries integer not null default 0,
  body text not null check (json_valid(body))
) strict;
`,
];
