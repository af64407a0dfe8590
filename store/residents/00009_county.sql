-- What was entered of arrears or of a recovery by mistake is void: its rows stay and no longer count.
alter table payment add column entry   bigint not null default 0;  -- the rows that were entered at once share it; 0: the month's payment, and what was entered before there were entries: of that day and paper say it
alter table payment add column void    text   not null default ''; -- day; empty: it counts
alter table payment add column void_by bigint not null default 0;
alter table payment add column void_why text  not null default '';
alter table payment add column untold  text   not null default ''; -- day on which it was recorded when nobody said on what day it was paid: paid is assumed then; empty: paid was said
drop index payment_once;
create unique index payment_once on payment (programme, person, month, application, entry);

-- A letter (函) that puts before the office of the county what a town proposes of one programme. The county decides in writing.
create table county_letter (
  id        bigint primary key,
  unit      bigint not null,         -- town
  town      text   not null,         -- its name then
  programme bigint not null references programme (id),
  title     text   not null,         -- the name of the programme then
  number    text   not null,         -- 栖禾民函〔2026〕3号
  addressee text   not null,         -- 临澜区民政局
  basis     text   not null,         -- the documents that it goes by
  said      text   not null,         -- what the town says to it
  day       text   not null,
  staff     bigint not null,
  who       text   not null,
  void      text   not null,         -- day; empty: it stands
  void_why  text   not null,
  version   bigint not null
);
create unique index county_letter_number on county_letter (unit, number);
create index county_letter_programme on county_letter (programme);

-- What stood in its annex, as it was proposed then.
create table county_letter_line (
  id          bigint primary key,
  letter      bigint not null references county_letter (id),
  ord         bigint not null,
  application bigint not null references application (id),
  person      bigint not null references person (id),
  name        text   not null,       -- as it stood there
  place       text   not null,       -- village, as it stood there
  kind        text   not null,
  amount      bigint not null,       -- fen
  shown       bigint not null,       -- fen: the amount that stood there, of somebody paid by age what the first month owes; 0: none
  from_month  text   not null,
  to_month    text   not null,
  class       text   not null,
  reason      text   not null,
  found       text   not null        -- what was checked and published, as the steps say
);
create index county_letter_line_of on county_letter_line (letter, ord);
create unique index county_letter_line_once on county_letter_line (letter, application);
create index county_letter_line_application on county_letter_line (application);
create index county_letter_line_person on county_letter_line (person);
