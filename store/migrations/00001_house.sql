-- The journal: one row for each change, appended in the transaction of the change. seq has no gaps.
create table journal_head (
  id  bigint primary key,
  seq bigint not null
);
insert into journal_head (id, seq) values (1, 0);

create table journal (
  seq      bigint primary key,
  entered  bigint not null,          -- Unix milliseconds: when it was written
  happened text   not null,          -- date it is said to have happened
  staff    bigint not null,          -- who; 0 for the program itself
  who      text   not null,          -- name and post as they were then
  verb     text   not null,          -- word of the trade: 登记 导入 修改 …
  kind     text   not null,          -- table of the row
  row_id   bigint not null,
  data     text   not null           -- JSON: what changed, from and to
);
create index journal_row on journal (kind, row_id, seq);

-- Organisation: a tree of units; who works in them, with which role.
create table unit (
  id      bigint primary key,
  parent  bigint references unit (id),
  kind    text   not null,           -- district town office village
  name    text   not null,
  path    text   not null,           -- ids from the root, /1/5/9/: a subtree is a prefix
  ord     bigint not null,
  version bigint not null
);
create unique index unit_path on unit (path);
create index unit_name on unit (name);

create table staff (
  id       bigint primary key,
  unit     bigint not null references unit (id),
  name     text   not null,
  post     text   not null,          -- 党政办经办人
  role     text   not null,          -- see org.Roles
  login    text   unique,            -- null: somebody named in a ledger who does not log in
  password text   not null,          -- argon2id, empty when login is null
  active   bigint not null,
  version  bigint not null
);
create index staff_unit on staff (unit);
create index staff_name on staff (name);

create table session (
  token   text   primary key,        -- SHA-256 of the cookie, hex
  data    blob   not null,
  expires bigint not null            -- Unix milliseconds
);
create index session_expires on session (expires);

-- Documents exactly as they came in, under their SHA-256.
create table file (
  hash   text   primary key,         -- hex
  size   bigint not null,
  format text   not null,
  stored bigint not null
);

-- A round of inspection of one unit.
create table round (
  id         bigint primary key,
  unit       bigint not null references unit (id),
  name       text   not null,        -- 区委第三轮巡察
  team       text   not null,
  starts     text   not null,        -- dates, empty when unknown
  ends       text   not null,
  feedback   text   not null,
  version    bigint not null
);
create index round_unit on round (unit);

-- A plan in force is a row here; each document imported into it is a frozen version.
create table plan (
  id      bigint primary key,
  round   bigint not null references round (id),
  unit    bigint not null references unit (id),
  title   text   not null,
  current bigint not null,           -- number of the newest version
  version bigint not null
);
create unique index plan_round on plan (round);
create index plan_unit on plan (unit);

create table plan_version (
  id        bigint primary key,
  plan      bigint not null references plan (id),
  number    bigint not null,         -- 1, 2, …
  kind      text   not null,         -- plan revision merge
  file      text   not null references file (hash),
  file_name text   not null,
  reading   text   not null,         -- JSON of plan.Plan as confirmed
  summary   text   not null,         -- one sentence: what this version changed
  confirmed bigint not null,
  staff     bigint not null
);
create unique index plan_version_number on plan_version (plan, number);

-- An upload on its way: read, shown, corrected, then confirmed or dropped.
create table import (
  id        bigint primary key,
  unit      bigint not null references unit (id),
  plan      bigint references plan (id), -- the plan it revises or merges into; null for a new one
  kind      text   not null,         -- plan revision merge
  file      text   not null references file (hash),
  file_name text   not null,
  document  text   not null,         -- JSON of office.Document
  reading   text   not null,         -- JSON of plan.Plan, as corrected so far
  state     text   not null,         -- open confirmed dropped
  staff     bigint not null,
  created   bigint not null,
  version   bigint not null
);
create index import_unit on import (unit, state);
create unique index import_once on import (unit, file) where state <> 'dropped';

-- The live ledger.
create table section (
  id      bigint primary key,
  plan    bigint not null references plan (id),
  ord     bigint not null,
  number  text   not null,
  title   text   not null
);
create index section_plan on section (plan, ord);

create table finding (
  id        bigint primary key,
  plan      bigint not null references plan (id),
  unit      bigint not null references unit (id),    -- whose plan it is
  section   bigint not null references section (id),
  ord       bigint not null,         -- in the plan, over all sections
  number    text   not null,         -- as printed
  title     text   not null,
  goal      text   not null,
  leader    text   not null,         -- 责任领导
  lead_unit bigint,                  -- the first responsible unit, when the organisation knows it
  due_text  text   not null,         -- as printed
  due       text   not null,         -- date, empty when unknown
  long_term bigint not null,
  state     text   not null,         -- see ledger.States
  reason    text   not null,         -- why not done, where state asks for one
  progress  text   not null,
  evidence  text   not null,         -- papers that prove it, in words
  gaps      bigint not null,         -- manifestations no measure answers
  vague     bigint not null,         -- 1 when nobody in particular is responsible
  dropped   bigint not null,         -- version of the plan that left it out; 0 while in force
  changed   bigint not null,         -- Unix milliseconds
  version   bigint not null
);
create index finding_plan on finding (plan, ord);
create index finding_unit_state on finding (unit, state, due, id);
create index finding_lead_state on finding (lead_unit, state, due, id);
create index finding_state_due on finding (state, due, id);
create index finding_due on finding (due, id);

create table finding_unit (
  finding bigint not null references finding (id),
  ord     bigint not null,           -- 0 leads
  name    text   not null,           -- as written
  unit    bigint,                    -- when the organisation knows the name
  primary key (finding, ord)
);
create index finding_unit_unit on finding_unit (unit, finding);

create table finding_person (
  finding bigint not null references finding (id),
  ord     bigint not null,
  name    text   not null,
  staff   bigint,
  primary key (finding, ord)
);
create index finding_person_name on finding_person (name, finding);

-- Which units see a finding: the ancestors of its plan's unit and of every responsible unit, themselves included.
create table finding_scope (
  unit    bigint not null,
  finding bigint not null references finding (id),
  primary key (unit, finding)
);
create index finding_scope_finding on finding_scope (finding);

create table manifestation (
  id      bigint primary key,
  finding bigint not null references finding (id),
  ord     bigint not null,
  number  text   not null,
  text    text   not null
);
create index manifestation_finding on manifestation (finding, ord);

create table measure (
  id          bigint primary key,
  finding     bigint not null references finding (id),
  ord         bigint not null,
  number      text   not null,
  text        text   not null,
  frequencies text   not null,       -- JSON array of phrases
  rules       text   not null,       -- JSON array of plan.Rule, one for each phrase
  tense       text   not null,       -- todo done
  added       bigint not null        -- 1 when a person added it to what the plan says
);
create index measure_finding on measure (finding, ord);

create table answer (
  measure       bigint not null references measure (id),
  manifestation bigint not null references manifestation (id),
  primary key (measure, manifestation)
);
create index answer_manifestation on answer (manifestation);

-- What the reader said about a finding or, with finding null, about the whole plan.
create table note (
  id      bigint primary key,
  plan    bigint not null references plan (id),
  finding bigint references finding (id),
  code    text   not null,
  level   text   not null,
  text    text   not null,
  place   text   not null            -- 第 27 段
);
create index note_plan on note (plan);
create index note_finding on note (finding);
