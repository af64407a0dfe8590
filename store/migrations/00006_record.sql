-- The journal becomes a Merkle log (RFC 6962). A leaf commits to its event under a salt, so that the event can be erased while the leaf stays.
alter table journal add column salt blob;                        -- 16 random bytes; null once erased
alter table journal add column states text not null default '';  -- digests of the rows after the change, a line each; see journal.rowLine
alter table journal add column erased text not null default '';  -- what the leaf was made of, once the event is erased
alter table journal add column leaf blob;                        -- RFC 6962 hash of the leaf

alter table journal_head add column frontier blob;               -- roots of the complete subtrees, the largest first; null: not begun

create table journal_node (
  level bigint not null,             -- 8 16 24 …: roots of 256, 65536, … leaves
  n     bigint not null,
  hash  blob   not null,
  primary key (level, n)
);

-- Signed heads of the log: what it was, at some size.
create table checkpoint (
  size   bigint primary key,
  made   bigint not null,
  note   text   not null,            -- C2SP checkpoint, signed; with the lines of who signed it too
  cosigned bigint not null           -- 0 until then
);

-- What this installation as a witness has seen of the logs of others.
create table witness (
  origin  text   primary key,
  vkey    text   not null,           -- key that the log signs with
  added   bigint not null,
  staff   bigint not null,
  version bigint not null
);
create table witnessed (
  origin text   primary key,
  size   bigint not null,
  root   text   not null,            -- base64
  note   text   not null,
  seen   bigint not null
);
