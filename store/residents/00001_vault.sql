-- The database of residents has a journal of its own, of the same make as that of the house.
create table journal_head (
  id       bigint primary key,
  seq      bigint not null,
  frontier blob                      -- roots of the complete subtrees, the largest first; null: not begun
);
insert into journal_head (id, seq) values (1, 0);

create table journal (
  seq      bigint primary key,
  entered  bigint not null,          -- Unix milliseconds: when it was written
  happened text   not null,          -- date it is said to have happened
  staff    bigint not null,          -- who; 0 for the program itself
  who      text   not null,          -- name and post as they were then
  verb     text   not null,          -- word of the trade: 登记 导入 查看 …
  kind     text   not null,          -- table of the row
  row_id   bigint not null,
  data     text   not null,          -- JSON: what changed, from and to; never a number of a citizen or an account
  salt     blob,                     -- 16 random bytes; null once erased
  states   text   not null default '',
  erased   text   not null default '',
  leaf     blob
);
create index journal_row on journal (kind, row_id, seq);

create table journal_node (
  level bigint not null,             -- 8 16 24 …: roots of 256, 65536, … leaves
  n     bigint not null,
  hash  blob   not null,
  primary key (level, n)
);

create table checkpoint (
  size     bigint primary key,
  made     bigint not null,
  note     text   not null,
  cosigned bigint not null           -- 0 until then
);

create table serial (
  series text   primary key,
  last   bigint not null
);

-- What tells the right key from a wrong one: a known text, sealed.
create table vault_key (
  id     bigint primary key,
  sealed text   not null
);

-- A file that is kept sealed: its pieces are encrypted one by one.
create table sealed_file (
  id     bigint primary key,
  hash   text   not null,            -- SHA-256 of the content
  size   bigint not null
);
create table sealed_piece (
  file    bigint not null references sealed_file (id),
  n       bigint not null,
  content blob   not null,
  primary key (file, n)
);
