-- Policy cards (政策明白卡) and whom they reached, awareness samples (知晓抽查), villagers' requests (群众诉求). M62–M64.
-- unit, village and staff are ids of the house; sealed columns are written by vault.Seal under table.column.

create table household (
  id      bigint primary key,
  unit    bigint not null,           -- town
  village bigint not null,
  number  text   not null,           -- 户号; 1, 2, 3 … where the village gave only how many there are
  head    text   not null,           -- 户主, shown masked; empty where only the number is known
  team    text   not null,           -- 村民小组
  gone    text   not null,           -- day it left the list; empty: it is there
  version bigint not null
);
create unique index household_number on household (village, number);
create index household_unit on household (unit, village);

-- A card is never changed in what it promises: another amount is another edition, and the one before is withdrawn.
create table card (
  id         bigint primary key,
  unit       bigint not null,        -- town
  programme  bigint not null,        -- 0: none
  series     bigint not null,        -- id of the first edition
  edition    bigint not null,
  benefit    text   not null,        -- 高龄津贴
  who        text   not null,        -- who gets it, in plain words
  amount     text   not null,        -- how much
  place      text   not null,        -- where to ask for it, and with what
  phone      text   not null,        -- of the office: public
  valid_from text   not null,
  valid_to   text   not null,        -- last day; empty: until changed
  basis      text   not null,        -- the document
  issued     text   not null,        -- day of this edition
  withdrawn  text   not null,        -- day; empty: in force
  why        text   not null,        -- it was withdrawn
  staff      bigint not null,
  version    bigint not null
);
create unique index card_edition on card (series, edition);
create index card_unit on card (unit, withdrawn);

create table delivery (
  id         bigint primary key,
  card       bigint not null references card (id),
  village    bigint not null,
  household  bigint not null,        -- 0 of a way that reaches nobody by household
  day        text   not null,
  way        text   not null,        -- home broadcast meeting posted
  people     bigint not null,        -- who came to a meeting
  said       text   not null,        -- where, which meeting
  staff      bigint not null,        -- who delivered
  who        text   not null,        -- the same by name, as it was
  entered_by bigint not null,
  entered    bigint not null,
  version    bigint not null
);
create unique index delivery_home on delivery (card, household, day) where household > 0;
create unique index delivery_other on delivery (card, village, way, day, said) where household = 0;
create index delivery_village on delivery (card, village);

-- The villages that every awareness sample has to ask: those that a finding names.
create table mandatory_village (
  village bigint primary key,
  unit    bigint not null,
  reason  text   not null,
  staff   bigint not null,
  version bigint not null
);

-- A wave of an awareness sample: what is asked, of whom, and what is enough.
create table wave (
  id        bigint primary key,
  unit      bigint not null,         -- town
  card      bigint not null references card (id),
  series    bigint not null,         -- of the card: waves of one series are compared
  name      text   not null,
  questions text   not null,         -- JSON: texts
  size      bigint not null,         -- households a village, or all
  threshold bigint not null,         -- percent that know
  low       bigint not null,         -- percent that the lower end of the interval has to reach
  seed      text   not null,
  day       text   not null,         -- it was drawn
  staff     bigint not null,
  who       text   not null,
  version   bigint not null
);
create index wave_unit on wave (unit, series, day);

create table wave_village (
  id        bigint primary key,
  wave      bigint not null references wave (id),
  village   bigint not null,
  name      text   not null,         -- as it was then: part of what was drawn from
  mandatory bigint not null,
  frame     text   not null,         -- numbers of the households that were drawn from, a line each
  hash      text   not null,         -- SHA-256 of the lines that name them
  version   bigint not null
);
create unique index wave_village_once on wave_village (wave, village);

create table sampled (
  id         bigint primary key,
  wave       bigint not null references wave (id),
  village    bigint not null,
  household  bigint not null references household (id),
  ord        bigint not null,        -- in the order of the draw
  answers    text   not null,        -- a letter a question: r right, p partly, w wrong; empty: not asked
  absent     text   not null,        -- why nobody answered; the next in order takes its place
  day        text   not null,
  staff      bigint not null,        -- who asked
  who        text   not null,
  entered_by bigint not null,
  version    bigint not null
);
create unique index sampled_once on sampled (wave, household);
create index sampled_village on sampled (wave, village, ord);

create table request (
  id          bigint primary key,
  unit        bigint not null,       -- town
  village     bigint not null,
  year        text   not null,
  serial      bigint not null,       -- of the town in the year
  received    text   not null,       -- day
  channel     text   not null,       -- oral phone visit letter online inspection
  name        text   not null,
  phone       text   not null,       -- sealed
  benefit     text   not null,       -- empty: not said which
  said        text   not null,       -- sealed: what was asked for
  staff       bigint not null,       -- who heard it
  answered    text   not null,       -- day of the first answer
  answered_by bigint not null,
  verdict     text   not null,       -- of the first check: fits fails unsure
  condition   text   not null,       -- sealed: which condition fails
  advice      text   not null,       -- sealed: what was said to them
  application bigint not null,       -- id of an application, 0 for none
  application_no text not null,      -- its number as text
  outcome     text   not null,       -- applied approved already refused passed_on dropped
  told        text   not null,       -- day the person was told: this closes it
  told_how    text   not null,
  told_by     bigint not null,
  version     bigint not null
);
create unique index request_serial on request (unit, year, serial);
create index request_open on request (unit, told, village);
