/** The format that this kicker writes, kept in PRAGMA user_version. */
export const ledgerVersion = 3;

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
 *
 * 3: `lease` says who decides and owns, with a number that grows with each take-over: every transaction of a kicker
 * that lost it fails. So an open kick needs no owner. `outbox` takes the place of `errand`: lanes, subjects in their
 * order, and a time before which and one after which an action is not done.
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
  `
create table lease (
  one integer primary key check (one = 1),
  epoch integer not null,
  holder text not null,
  since text not null
) strict;
insert into lease (one, epoch, holder, since) values (1, 0, '', '');
create table outbox (
  seq integer primary key autoincrement,
  at text not null,
  kick text,
  problem text,
  lane text not null,
  subject text not null,
  urgency integer not null,
  boot text not null,
  monotonic_ms real not null,
  wall_ms real not null,
  delay_ms real not null default 0,
  life_ms real not null,
  tries integer not null default 0,
  body text not null check (json_valid(body))
) strict;
create index outbox_subject on outbox (subject, seq);
create index outbox_lane on outbox (lane, urgency, seq);
insert into outbox (at, kick, problem, lane, subject, urgency, boot, monotonic_ms, wall_ms, life_ms, tries, body)
select at, kick, problem,
  case json_extract(body, '$.kind') when 'command' then 'person' else 'nagios' end,
  case json_extract(body, '$.kind') when 'command' then json_array('person', seq)
    else json_array('nagios', json_extract(body, '$.host'), json_extract(body, '$.service')) end,
  case json_extract(body, '$.kind') when 'command' then 0 when 'result' then 0 when 'comment' then 3 else 1 end,
  '', 0, unixepoch(at) * 1000.0, 86400000, tries,
  case json_extract(body, '$.kind')
    when 'command' then json_object('to', 'person', 'subject', 'seq ' || seq,
      'argv', json_extract(body, '$.argv'), 'input', json_extract(body, '$.input'))
    else json_object('to', 'monitor', 'monitor', 'nagios',
      'place', json_patch(json_object('host', json_extract(body, '$.host')),
        json_object('service', json_extract(body, '$.service'))),
      'feedback', case json_extract(body, '$.kind')
        when 'recheck' then json_object('kind', 'recheck')
        when 'remove-acknowledgement' then json_object('kind', 'unacknowledge')
        when 'result' then json_object('kind', 'result', 'text', json_extract(body, '$.text'),
          'state', case json_extract(body, '$.code') when 0 then 'OK' when 1 then 'WARNING' when 2 then 'CRITICAL' else 'UNKNOWN' end)
        else json_object('kind', json_extract(body, '$.kind'), 'text', json_extract(body, '$.text')) end)
  end
from errand order by seq;
drop table errand;
create index waiting_code on waiting (code, wall_ms);
create table kick_under_way (
  kick text primary key,
  problem text not null unique,
  subject text,
  boot text not null,
  monotonic_ms real not null,
  wall_ms real not null,
  life_ms real not null,
  progress text not null check (json_valid(progress)),
  body text not null check (json_valid(body))
) strict;
insert into kick_under_way (kick, problem, subject, boot, monotonic_ms, wall_ms, life_ms, progress, body)
select kick, problem, subject, '', 0, unixepoch(expires) * 1000.0 - 600000, 600000,
  case json_extract(progress, '$.stage')
    when 'verify' then json_set(progress, '$.stage', 'verifying')
    when 'ended' then case when json_extract(progress, '$.run') is null
      then json('{"stage":"sending","isOver":true,"mayHaveArrived":true}')
      else json_set(progress, '$.stage', 'following', '$.isOver', json('true')) end
    else case when json_extract(progress, '$.run') is null
      then json('{"stage":"sending"}') else json_set(progress, '$.stage', 'following') end
  end,
  body
from open_kick;
drop table open_kick;
alter table kick_under_way rename to open_kick;
`,
];
