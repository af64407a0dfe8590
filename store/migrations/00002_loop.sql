-- Posts are held from–to; a change of holder adds a row and rewrites none.
create table post (
  id      bigint primary key,
  unit    bigint not null references unit (id),
  title   text   not null,           -- 宣传委员
  role    text   not null,           -- what its holder may do in the subtree of the unit; empty: nothing beyond the own role
  single  bigint not null,           -- 1: one holder at a time
  active  bigint not null,           -- 0: there is no such post any more; what it was stays
  version bigint not null
);
create index post_unit on post (unit);

create table holding (
  id      bigint primary key,
  post    bigint not null references post (id),
  staff   bigint not null references staff (id),
  starts  text   not null,           -- first day
  ends    text   not null,           -- last day, set once; empty while it is held; the day before starts: it was never taken up
  basis   text   not null,           -- 文号 or words of the appointment
  version bigint not null
);
create index holding_post on holding (post, starts);
create index holding_staff on holding (staff, starts);

create table place (
  id      bigint primary key,
  parent  bigint references place (id),
  unit    bigint not null references unit (id),
  kind    text   not null,           -- town village street lane point
  name    text   not null,
  path    text   not null,           -- ids from the root, as of units
  ord     bigint not null,
  version bigint not null
);
create index place_path on place (path);
create index place_unit on place (unit);

alter table unit add column former text not null default '';  -- names it had before, one a line: papers go on writing them

alter table staff add column phone text not null default '';
alter table staff add column mail  text not null default '';
alter table staff add column feed  text not null default '';  -- SHA-256 of the secret of the personal calendar feed

-- Settings that differ from what the program comes with, and where they are written.
create table setting (
  name    text   primary key,        -- see ledger.Settings
  value   text   not null,
  source  text   not null,           -- the document that says so
  changed bigint not null,
  staff   bigint not null,
  version bigint not null
);

-- Last number given in a series of numbers: 12/remind/2026.
create table serial (
  series text   primary key,
  last   bigint not null
);

-- Days off and make-up workdays of years that the program was not built with; a line as in calendar/holidays.txt.
create table holiday (
  year  text   primary key,
  lines text   not null,
  source text  not null
);

-- Windows that a rule may be bound to and no calendar knows: 雨雪天, 敏感节日, 汛期.
create table event (
  id      bigint primary key,
  unit    bigint not null references unit (id),   -- for whom; those below have it too
  name    text   not null,
  starts  text   not null,
  ends    text   not null,
  version bigint not null
);
create index event_unit on event (unit, name, starts);

-- A duty (常态任务): one measure, one unit, one person, once or by a rule of recurrence.
create table duty (
  id        bigint primary key,
  finding   bigint not null references finding (id),
  measure   bigint not null,         -- of the finding; 0 for a check of upkeep
  home      bigint not null references unit (id), -- whose plan it serves
  unit      bigint not null references unit (id), -- who does it
  post      bigint references post (id),          -- whose holder does it; null: the person by name
  staff     bigint not null references staff (id),-- who does it now
  part      text   not null,         -- lead help check
  title     text   not null,         -- what is to be done, in a few words
  rule      text   not null,         -- calendar.Rule; empty: once
  words     text   not null,         -- of the plan, that the rule was read from
  starts    text   not null,
  ends      text   not null,         -- last day; empty: open-ended
  grace     bigint not null,         -- working days after the due day in which it still counts as late and not as missed
  reviewed  bigint not null,         -- 1: a second person looks at each
  place     bigint references place (id),
  condition text   not null,         -- order that it stands under (双暂停), empty for none
  cond_from text   not null,
  cond_to   text   not null,
  state     text   not null,         -- given received stopped
  given     bigint not null,
  given_by  bigint not null,
  received  bigint not null,         -- 0 until then
  reason    text   not null,         -- why it was stopped
  made      text   not null,         -- its occurrences exist up to this day
  version   bigint not null
);
create index duty_finding on duty (finding);
create index duty_staff on duty (staff, state);
create index duty_post on duty (post);
create index duty_unit on duty (unit, state);
create index duty_home on duty (home, state);
create index duty_made on duty (state, made);

-- An occurrence (一次任务): one due instance of a duty.
create table occurrence (
  id         bigint primary key,
  duty       bigint not null references duty (id),
  nominal    text   not null,        -- day that the rule gives: with the duty its key
  finding    bigint not null,        -- finding, home, unit and staff are those of the duty
  home       bigint not null,
  unit       bigint not null,
  staff      bigint not null,        -- whose task it is or was; a hand-over moves what is open
  opens      text   not null,        -- first day on which it can be done
  due        text   not null,        -- last day in time, after shift and extension
  closes     text   not null,        -- last day that still counts as late; empty: never missed
  state      text   not null,        -- open reported returned done missed cancelled excused
  timing     text   not null,        -- of what was reported: early intime late madeup
  result     text   not null,        -- of a check: held slipped
  said       text   not null,        -- what was done, in a sentence
  happened   text   not null,        -- day it is said to have been done
  entered    bigint not null,        -- when it was reported
  entered_by bigint not null,
  receipt    text   not null,        -- number that the reporter was given
  returns    bigint not null,        -- times sent back
  reason     text   not null,        -- of a late entry, a cancelling, an excuse
  decided    bigint not null,
  decided_by bigint not null,
  opinion    text   not null,
  version    bigint not null
);
create unique index occurrence_key on occurrence (duty, nominal);
create index occurrence_staff on occurrence (staff, state, due);
create index occurrence_unit on occurrence (unit, state, due);
create index occurrence_home on occurrence (home, state, due);
create index occurrence_finding on occurrence (finding, due);
create index occurrence_single on occurrence (finding, state) where closes = '';
create index occurrence_closes on occurrence (state, closes);
create index occurrence_due on occurrence (due);
create index occurrence_state on occurrence (state, due);
create index occurrence_duty on occurrence (duty, due, state, timing);

-- Closing (销号): one application and what became of it.
create table closing (
  id          bigint primary key,
  finding     bigint not null references finding (id),
  home        bigint not null references unit (id),
  seq         bigint not null,       -- nth application for the finding
  number      text   not null,       -- 〔2026〕3号, given with the signature
  state       text   not null,       -- applied reviewed signed accepted returned withdrawn voided
  statement   text   not null,       -- 情况说明
  bound       text   not null,       -- JSON of what the approvals are bound to
  hash        text   not null,       -- SHA-256 of bound
  applied     bigint not null,
  applied_by  bigint not null,
  reviewed    bigint not null,
  reviewed_by bigint not null,
  review      text   not null,
  signed      bigint not null,
  signed_by   bigint not null,
  signature   text   not null,       -- what the secretary wrote
  accepted    bigint not null,
  accepted_by bigint not null,
  acceptance  text   not null,
  basis       text   not null,       -- number of the district's letter, where the district is not in this database
  ended       bigint not null,       -- returned, withdrawn or voided
  ended_by    bigint not null,
  reason      text   not null,
  version     bigint not null
);
create unique index closing_seq on closing (finding, seq);
create index closing_home on closing (home, state);

alter table finding add column closing  bigint not null default 0;  -- the accepted closing in force
alter table finding add column relapses bigint not null default 0;  -- times it came back
alter table finding add column relapsed bigint not null default 0;  -- 1 while reopened by a relapse

-- Upkeep (长期坚持): the second clock, from a closing until a decision ends it or a relapse breaks it.
create table upkeep (
  id       bigint primary key,
  finding  bigint not null references finding (id),
  closing  bigint not null references closing (id),
  starts   text   not null,
  ends     text   not null,          -- empty while it runs
  state    text   not null,          -- running ended relapsed
  reason   text   not null,
  staff    bigint not null,          -- who ended it
  version  bigint not null
);
create index upkeep_finding on upkeep (finding, state);
create index upkeep_state on upkeep (state);

create table upkeep_duty (           -- whose occurrences are its pulse
  upkeep bigint not null references upkeep (id),
  duty   bigint not null references duty (id),
  primary key (upkeep, duty)
);

create table relapse (
  id      bigint primary key,
  finding bigint not null references finding (id),
  closing bigint not null,           -- the closing that it undid
  day     text   not null,
  cause   text   not null,           -- missed rate lookback villagers decision
  text    text   not null,
  staff   bigint not null            -- 0: found by the program
);
create index relapse_finding on relapse (finding);

-- Extension (延期) of a finding's deadline.
create table extension (
  id         bigint primary key,
  finding    bigint not null references finding (id),
  home       bigint not null references unit (id),
  seq        bigint not null,
  due_from   text   not null,
  due_to     text   not null,
  reason     text   not null,
  so_far     text   not null,        -- what is done already
  asked      bigint not null,
  asked_by   bigint not null,
  state      text   not null,        -- asked granted refused
  decided    bigint not null,
  decided_by bigint not null,
  opinion    text   not null,
  version    bigint not null
);
create unique index extension_seq on extension (finding, seq);
create index extension_home on extension (home, state);

-- Letters: 提醒函 督办单 告诫书. A draft has no number yet.
create table letter (
  id         bigint primary key,
  unit       bigint not null references unit (id), -- who sends it
  kind       text   not null,        -- remind supervise warn
  colour     text   not null,        -- green yellow red
  number     text   not null,        -- 栖禾巡改提〔2026〕7号; empty while a draft
  finding    bigint not null references finding (id),
  occurrence bigint not null,        -- 0: about the finding as a whole
  due        text   not null,        -- the deadline it is about: with unit, finding, occurrence and kind its key
  addressee  bigint not null references unit (id),
  staff      bigint not null,        -- the person it is for; 0: the unit
  copies     text   not null,        -- 抄送, in words
  body       text   not null,
  reply_by   text   not null,        -- 请于…前反馈; empty: none asked
  state      text   not null,        -- draft sent received replied dropped
  drafted    bigint not null,
  drafted_by bigint not null,        -- 0: by the ladder
  sent       bigint not null,
  sent_by    bigint not null,
  received   bigint not null,
  received_by bigint not null,
  replied    bigint not null,
  replied_by bigint not null,
  reply      text   not null,
  version    bigint not null
);
create unique index letter_key on letter (finding, unit, occurrence, kind, due);
create index letter_unit on letter (unit, state);
create index letter_addressee on letter (addressee, state);
create index letter_number on letter (number);

-- What runs once a day, and has.
create table daily (
  task text   not null,
  day  text   not null,
  done bigint not null,
  said text   not null,
  primary key (task, day)
);
