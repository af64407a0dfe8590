-- Prints: what a picture or a text looks like, to find it again. They are computed from what is kept, and nobody's record.
create table picture_print (
  hash   text   primary key,         -- SHA-256 of the file
  state  text   not null,            -- good blank unreadable
  slow   blob   not null,            -- signs of its windows; see evidence.PicturePrint
  detail blob   not null,
  grey   blob   not null,            -- small grey copy
  made   bigint not null
);
create index picture_print_made on picture_print (made);

create table text_print (
  source text   not null,            -- file: by its hash; evidence, occurrence: what was said there, by its id
  key    text   not null,
  signs  bigint not null,
  sketch blob   not null,
  length bigint not null,            -- 0: nothing to compare
  tabular bigint not null,           -- 1 for a table
  number text   not null,            -- of an official paper, 栖政发〔2026〕7号; empty for none
  made   bigint not null,
  primary key (source, key)
);
create index text_print_made on text_print (made);
create index text_print_number on text_print (number) where number <> '';

-- Hints (材料提示): what a reviewer should look at. They are found by the program, may be found anew, and are nobody's record.
create table hint (
  id        bigint primary key,
  kind      text   not null,         -- same picture text number early offday taken burst place
  finding   bigint not null,         -- whose reviewer is told; 0: nobody but those of the unit
  unit      bigint not null references unit (id), -- whose plan the finding is in, or whom it is about
  subject   text   not null,         -- table of what it is about: evidence occurrence closing lookback round finding
  row_id    bigint not null,
  other     text   not null,         -- table of what that is compared with; empty for none
  other_row bigint not null,
  score     bigint not null,         -- how alike they are, in percent; of a burst the share
  also      bigint not null,         -- how many more are alike
  said      text   not null,         -- what it is about, in words: a number, a name, two days
  made      bigint not null
);
create unique index hint_key on hint (kind, subject, row_id, other, other_row, said);
create index hint_finding on hint (finding);
create index hint_unit on hint (unit, made);
create index hint_other on hint (other, other_row);

create table hint_cursor (           -- up to where the journal was looked at
  name text   primary key,
  seq  bigint not null
);

-- What somebody said of a hint: that there is nothing to it, and why. This is part of the record.
create table dismissal (
  id        bigint primary key,
  kind      text   not null,
  finding   bigint not null,
  unit      bigint not null references unit (id),
  subject   text   not null,
  row_id    bigint not null,
  other     text   not null,
  other_row bigint not null,
  about     text   not null,         -- what the hint said
  reason    text   not null,         -- one of a list; see evidence.Reasons
  words     text   not null,
  staff     bigint not null,
  dismissed bigint not null
);
create unique index dismissal_key on dismissal (kind, subject, row_id, other, other_row, about);
create index dismissal_unit on dismissal (unit, dismissed);
