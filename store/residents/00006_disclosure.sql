-- A look at a number in full (查看), or a file with data of residents that left the program (导出): who, when, of whom, what for.
create table disclosure (
  id      bigint primary key,
  unit    bigint not null,           -- of the house: the village or the town whose residents
  serial  text   not null,           -- of an export: its number, as the watermark says it; empty for a look
  what    text   not null,           -- column of a look: person.number; of an export its name
  row_id  bigint not null,           -- of a look; 0 for an export
  rows    bigint not null,           -- people
  whole   bigint not null,           -- 1: numbers in full
  purpose text   not null,
  staff   bigint not null,
  who     text   not null,           -- name and post as they were then
  at      bigint not null,           -- Unix milliseconds
  day     text   not null
);
-- What runs once a day and was done.
create table daily (
  task text   not null,
  day  text   not null,
  done bigint not null,              -- Unix milliseconds
  said text   not null,              -- what it did, in words
  primary key (task, day)
);

create index disclosure_day on disclosure (day, id);
