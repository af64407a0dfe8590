-- Backups that were made of this installation, and what became of them. Nobody's record; no backup holds it.
create table backup (
  id        bigint primary key,
  turn      text   not null unique,  -- the day that it was due; the number of the row for one that somebody asked for
  state     text   not null,         -- asked running done failed
  lease     bigint not null,         -- until when a program is at it, or when it is tried again
  tries     bigint not null,
  started   bigint not null,         -- Unix milliseconds, as all instants here
  ended     bigint not null,         -- 0 until then
  name      text   not null,         -- of the file in the folder of backups
  size      bigint not null,         -- bytes of the file
  encrypted bigint not null,
  schema    bigint not null,
  rows      bigint not null,
  files     bigint not null,
  content   bigint not null,         -- bytes of rows and files before they were packed
  missing   bigint not null,         -- files that a row names and that were not there or damaged
  hash      text   not null,         -- SHA-256 of what is in it
  error     text   not null,         -- why it failed
  removed   bigint not null          -- when its time was over; 0 while it is kept
);
create index backup_state on backup (state, ended);

-- Drills: a backup was restored beside the running program, checked and removed again.
create table drill (
  id      bigint primary key,
  turn    text   not null unique,    -- as of backups
  state   text   not null,           -- asked running passed failed
  lease   bigint not null,
  tries   bigint not null,
  started bigint not null,
  ended   bigint not null,
  name    text   not null,           -- of the backup
  made    bigint not null,           -- when the backup was made
  rows    bigint not null,
  files   bigint not null,
  ready   bigint not null,           -- milliseconds until it could have been used
  checked bigint not null,           -- milliseconds that checking took
  report  text   not null,           -- one difference a line; empty when there are none
  error   text   not null            -- why it could not be held
);
create index drill_state on drill (state, ended);
