-- Who a hit is about beside its own person: an account shared with somebody of another village. Its reason names them, which not everybody
-- may read who may read the hit.
create table hit_other (
  id           bigint primary key,
  hit          bigint not null references hit (id),
  number_index text   not null,
  name         text   not null,      -- sealed: as the reason writes it
  village      bigint not null       -- its unit, 0 when unknown
);
create index hit_other_hit on hit_other (hit);
create index hit_other_number on hit_other (number_index);

-- A picture or scan that proved a check of a hit and was deleted. What it was deleted for stays.
create table dropped_proof (
  id     bigint primary key,         -- of the verification
  hit    bigint not null references hit (id),
  hash   text   not null,            -- SHA-256 of what it was: another copy can be told by it
  why    text   not null,
  staff  bigint not null,
  who    text   not null,            -- name and post as they were then
  at     bigint not null,            -- Unix milliseconds
  late   bigint not null,            -- 1: after the check was confirmed
  purged bigint not null             -- 1: nothing of it is left in the files of the database either
);
create index dropped_proof_hit on dropped_proof (hit);
