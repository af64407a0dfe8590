-- Datasets (数据集), screenings (筛查) on them, hits (疑点) and their verification (核实).

create table dataset (
  id          bigint primary key,
  unit        bigint not null,       -- town
  kind        text   not null,       -- screening.Kind
  name        text   not null,       -- of the file
  giver       text   not null,       -- who gave it: 栖禾派出所
  ground      text   not null,       -- legal ground
  letter      text   not null,       -- number of the letter
  purpose     text   not null,
  as_of       text   not null,       -- day the list speaks of
  delete_by   text   not null,       -- day by which it is deleted
  assessment  text   not null,       -- number of the impact assessment; needed for sensitive lists (L12)
  file        bigint not null,       -- sealed_file; 0 once deleted
  hash        text   not null,       -- SHA-256 of the file, stays
  size        bigint not null,
  rows        bigint not null,
  mapping     text   not null,       -- JSON: sheet → field → header or #column, as confirmed
  mapped      text   not null,       -- by whose word: 贺晓雨（党政办经办人）2026-11-20
  state       text   not null,       -- preview ready deleted
  staff       bigint not null,
  entered     bigint not null,
  deleted     bigint not null,       -- 0 until then
  deleted_why text   not null,
  purged      bigint not null,       -- 1: nothing of it is left in the files of the database either
  version     bigint not null
);
create index dataset_unit on dataset (unit, state, kind);
create index dataset_end on dataset (state, delete_by);

-- A mapping that a person confirmed once for a source, used again for the same headers.
create table column_mapping (
  id      bigint primary key,
  unit    bigint not null,
  kind    text   not null,
  giver   text   not null,
  headers text   not null,           -- hash of the headers
  mapping text   not null,           -- JSON: field → header or #column
  staff   bigint not null,
  who     text   not null,
  entered bigint not null,
  version bigint not null
);
create unique index column_mapping_source on column_mapping (unit, kind, giver, headers);

create table screening (
  id        bigint primary key,
  unit      bigint not null,
  programme bigint not null,         -- whose parameters it took
  serial    bigint not null,         -- number within the town
  as_of     text   not null,
  params    text   not null,         -- JSON, as they were on that day
  rules     text   not null,         -- JSON: id → version
  datasets  text   not null,         -- JSON: [{id, kind, name, cited, hash, as_of, mapping}]
  finding   bigint not null,         -- of the plan that it serves; 0 for none
  state     text   not null,         -- waiting running done stopped failed
  problem   text   not null,         -- why it failed
  counts    text   not null,         -- JSON: by rule hits, manual, suppressed, same, note
  report    text   not null,         -- sealed JSON: how the lists were read, and what the reader should know
  result    text   not null,         -- SHA-256 of its hits, as bihuan screen writes them
  started   bigint not null,
  ended     bigint not null,
  staff     bigint not null,
  version   bigint not null
);
create unique index screening_serial on screening (unit, serial);
create index screening_state on screening (state);

-- How far a screening under way is: nobody's record, and gone when it has ended.
create table screening_pulse (
  id      bigint primary key,
  stage   text   not null,           -- what it is at, in a word
  percent bigint not null,
  beat    bigint not null,           -- Unix milliseconds: when it was last heard of
  stop    bigint not null            -- 1: somebody asked it to stop
);

create table hit (
  id           bigint primary key,
  screening    bigint not null references screening (id),
  unit         bigint not null,
  rule         text   not null,
  rule_version bigint not null,
  hit_key      text   not null,      -- vault.Index("hit", rule/number): the same finding in every screening
  certainty    text   not null,      -- hit manual
  number       text   not null,      -- sealed
  number_index text   not null,
  name         text   not null,
  birth        text   not null,
  household    text   not null,
  place        text   not null,      -- village as the list writes it
  village      bigint not null,      -- its unit, 0 when unknown
  why          text   not null,      -- sealed
  amount       bigint not null,
  sources      text   not null,      -- JSON: [{kind, dataset, file, sheet, row}]
  state        text   not null,      -- C4 HIT: new assigned checked confirmed suppressed closed escalated same
  first_hit    bigint not null,      -- the earlier hit of the same finding that is still under way; 0: this is it
  duty         bigint not null,      -- of the house, that its village checks it under; 0 until handed out
  due          text   not null,
  extended     bigint not null,      -- 1: the term was prolonged once
  application  bigint not null,
  closed       text   not null,      -- day
  closed_why   text   not null,
  version      bigint not null
);
create index hit_screening on hit (screening, rule);
create index hit_village on hit (unit, village, state);
create index hit_key on hit (unit, hit_key);
create index hit_duty on hit (duty);

create table verification (
  id         bigint primary key,
  hit        bigint not null references hit (id),
  staff      bigint not null,        -- who checked
  who        text   not null,
  checked    text   not null,        -- day
  method     text   not null,        -- 入户 电话 视频 邻里 部门函
  outcome    text   not null,        -- see lead.Outcomes
  blamed     text   not null,        -- of a wrong source which list
  said       text   not null,        -- sealed: one sentence
  proof      text   not null,        -- what proves it, in words: 户口簿 第3页; a file stands in proof_file
  proof_file bigint not null,        -- sealed_file, 0 for none
  passed_to  text   not null,        -- of 转办 to whom and under which number
  entered    bigint not null,
  confirmed  bigint not null,        -- 0 until then
  confirmed_by bigint not null,      -- somebody else
  opinion    text   not null,
  returned   bigint not null,        -- 1: sent back, this one no longer counts
  version    bigint not null
);
create index verification_hit on verification (hit);

create table suppression (
  id       bigint primary key,
  unit     bigint not null,
  hit_key  text   not null,
  rule     text   not null,
  hit      bigint not null,
  kind     text   not null,          -- of the list that was wrong; empty: of the case itself (政策允许 …)
  hash     text   not null,          -- of that list then: with another the finding is raised again
  reason   text   not null,
  until    text   not null,
  told     text   not null,          -- when and how the giver was told
  version  bigint not null
);
create index suppression_key on suppression (unit, hit_key);
