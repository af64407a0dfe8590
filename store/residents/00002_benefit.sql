-- Programmes (惠民项目) with dated parameters, who is on their rolls, what was asked for, decided and paid. Money in fen, months YYYY-MM.
-- unit, village and staff are ids of the house; sealed columns are written by vault.Seal under table.column.

create table programme (
  id      bigint primary key,
  unit    bigint not null,           -- town or district that runs it
  path    text   not null,           -- of that unit in the tree of units, so that rights are checked without the other database
  code    text   not null,           -- elder dibao tekun monitored post, or of one's own
  name    text   not null,           -- 高龄津贴
  level   text   not null,           -- person household
  state   text   not null,           -- running ended
  version bigint not null
);
create unique index programme_code on programme (unit, code);

-- A parameter of a programme, in force from a day to a day, out of a document.
create table parameter (
  id         bigint primary key,
  programme  bigint not null references programme (id),
  name       text   not null,        -- see benefit.ParameterKinds: amount threshold first_month …
  class      text   not null,        -- of a review clock the class it is for; empty otherwise
  band_from  bigint not null,        -- of an amount: from this age on; 0 otherwise
  band_to    bigint not null,        -- inclusive; 0: without end
  value      text   not null,        -- fen, years, months or a word, as the name says
  valid_from text   not null,
  valid_to   text   not null,        -- last day; empty: until changed
  basis      text   not null,        -- the document: 临民〔2024〕12号; empty: an example that nobody has put in force
  version    bigint not null
);
create unique index parameter_once on parameter (programme, name, class, valid_from, band_from);

-- Somebody on a roll, in an application or a hit; nobody else is kept here.
create table person (
  id           bigint primary key,
  unit         bigint not null,      -- town
  village      bigint not null,      -- unit of the village, 0 when unknown
  path         text   not null,      -- of the village in the tree of units, of the town when the village is unknown
  place        text   not null,      -- village as the list writes it
  household    text   not null,
  number       text   not null,      -- sealed
  number_index text   not null,      -- vault.Index("number", …)
  name         text   not null,
  birth        text   not null,      -- of the register
  sex          text   not null,
  phone        text   not null,      -- sealed
  came_on      text   not null,      -- moved in
  moved_on     text   not null,      -- moved out
  dead_on      text   not null,
  version      bigint not null
);
create unique index person_number on person (unit, number_index);
create index person_village on person (unit, village);
create index person_path on person (path);

-- An entry of a roll (名册): one person, or a household under its head.
create table roll (
  id            bigint primary key,
  programme     bigint not null references programme (id),
  person        bigint not null references person (id), -- of a household its head
  starts        text   not null,     -- first month
  ends          text   not null,     -- last month; empty: goes on
  class         text   not null,     -- of 低保 the class that sets the review clock; of 公益岗 the post
  standard      bigint not null,     -- fen a month, as decided; of 高龄津贴 0: by age
  account       text   not null,     -- sealed
  account_index text   not null,     -- vault.Index("account", …)
  state         text   not null,     -- C4 ROLL: receiving suspended stopped
  next_review   text   not null,     -- day; empty: none due
  version       bigint not null
);
create index roll_programme on roll (programme, state);
create index roll_person on roll (person);
create index roll_due on roll (state, next_review);

-- What an entry is paid a month, from a month on, as it was decided.
create table roll_standard (
  id          bigint primary key,
  roll        bigint not null references roll (id),
  starts      text   not null,       -- month
  amount      bigint not null,       -- fen
  application bigint not null        -- whose decision set it; 0: as it was on the roll that was taken over
);
create unique index roll_standard_once on roll_standard (roll, starts);

create table roll_member (             -- who is in a household on a roll
  id       bigint primary key,
  roll     bigint not null references roll (id),
  person   bigint not null references person (id),
  relation text   not null,
  since    text   not null,
  until    text   not null,
  version  bigint not null
);
create index roll_member_roll on roll_member (roll);
create index roll_member_person on roll_member (person);

-- A review (复核) of an entry: what was found, what the town proposes.
create table roll_review (
  id       bigint primary key,
  roll     bigint not null references roll (id),
  due      text   not null,
  done     text   not null,          -- day
  staff    bigint not null,
  found    text   not null,          -- what changed
  result   text   not null,          -- unchanged, or what is proposed; see benefit.Proposals
  proposal bigint not null,          -- application made of it, 0 for none
  version  bigint not null
);
create index roll_review_roll on roll_review (roll, due);

-- What the town proposes and the county decides (事项): 申请 变更 停发 恢复 补发 追回.
create table application (
  id          bigint primary key,
  programme   bigint not null references programme (id),
  person      bigint not null references person (id),
  roll        bigint not null,       -- 0 for a new one
  kind        text   not null,       -- new change suspend resume stop arrears recover
  source      text   not null,       -- applied screened inspected reviewed
  hit         bigint not null,       -- that it came of; 0 for none
  received    text   not null,       -- day
  step        text   not null,       -- C4 ROLL: received checked posted proposed decided withdrawn
  amount      bigint not null,       -- arrears or overpaid, or the new standard
  from_month  text   not null,       -- of arrears the first month, else the month from which it takes effect
  to_month    text   not null,       -- of arrears the last month, of a stop the last that is paid
  class       text   not null,       -- of a new entry or of a change
  reason      text   not null,       -- of the proposal
  proposed    text   not null,       -- day it went to the county
  proposed_by bigint not null,
  decision    text   not null,       -- approved refused, empty until then
  decided     text   not null,       -- day
  decision_no text   not null,       -- number of the county's paper
  decision_reason text not null,     -- in writing, always
  decided_by  bigint not null,       -- who entered the decision
  told        text   not null,       -- day the person was told, and how
  version     bigint not null
);
create index application_programme on application (programme, step);
create index application_person on application (person);
create index application_hit on application (hit);

-- How an application went: each step with its day, who and what was found or said.
create table application_step (
  id          bigint primary key,
  application bigint not null references application (id),
  step        text   not null,
  day         text   not null,
  staff       bigint not null,
  who         text   not null,
  said        text   not null
);
create index application_step_of on application_step (application, id);

-- A payment (发放): only this counts as 享受到.
create table payment (
  id          bigint primary key,
  programme   bigint not null references programme (id),
  person      bigint not null references person (id),
  roll        bigint not null,
  application bigint not null,       -- arrears or recovery it settles; 0: the month's payment
  month       text   not null,
  amount      bigint not null,       -- fen; paid back is negative
  paid        text   not null,       -- day
  source      text   not null,       -- list, sheet and row, or the paper
  version     bigint not null
);
create unique index payment_once on payment (programme, person, month, application);
create index payment_roll on payment (roll, month);
create index payment_month on payment (programme, month, application);
create index payment_person on payment (person, programme, paid);
create index payment_application on payment (application);
create index payment_paid on payment (programme, paid);
