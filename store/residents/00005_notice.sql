-- What a village is asked to check of a screening. The duty in the house follows what stands here.
create table handout (
  id        bigint primary key,      -- of the duty in the house, made here
  unit      bigint not null,         -- town
  screening bigint not null references screening (id),
  village   bigint not null,
  finding   bigint not null,         -- of the plan, that the duty serves
  staff     bigint not null,         -- who is asked to check
  given_by  bigint not null,
  hits      bigint not null,         -- how many there were
  due       text   not null,
  state     text   not null,         -- open done dropped
  version   bigint not null
);
create index handout_screening on handout (screening, village);
create index handout_state on handout (state);

-- An audit: people whom no rule found, drawn from the register and looked at all the same. It tells how many a screening misses.
create table audit (
  id         bigint primary key,
  unit       bigint not null,        -- town
  screening  bigint not null references screening (id),
  seed       text   not null,        -- of the draw; with the list it can be drawn again
  dataset    bigint not null,        -- the register
  hash       text   not null,        -- of its file
  population bigint not null,        -- people of the register in the age asked about whom no rule found
  found      bigint not null,        -- those of that age whom a rule found and a person confirmed, or that wait
  age        bigint not null,        -- from this age on
  drawn      bigint not null,
  staff      bigint not null,
  entered    bigint not null,
  version    bigint not null
);
create index audit_screening on audit (screening);
create table audit_person (
  id       bigint primary key,
  audit    bigint not null references audit (id),
  ord      bigint not null,
  village  bigint not null,          -- unit of the village, 0 when unknown
  place    text   not null,          -- as the list writes it
  stratum  bigint not null,          -- how many of the village there were to draw from
  number   text   not null,          -- sealed
  name     text   not null,
  birth    text   not null,
  source   text   not null,          -- JSON: file, sheet, row
  result   text   not null,          -- right missed unknown; empty until looked at
  said     text   not null,          -- sealed
  checked  text   not null,
  staff    bigint not null,
  version  bigint not null
);
create index audit_person_audit on audit_person (audit, ord);

-- A publicity list (公示): masked from the start. Its lines are deleted when it is taken down.
create table notice (
  id        bigint primary key,
  unit      bigint not null,         -- town
  programme bigint not null references programme (id),
  village   bigint not null,         -- 0: the whole town
  what      text   not null,         -- proposed: whom the town proposes; receiving: who is on the roll
  title     text   not null,
  basis     text   not null,         -- the document that asks for it
  token     text   not null,         -- of its public address
  posted    text   not null,         -- first day
  until     text   not null,         -- last day; taken down by itself after it
  down      bigint not null,         -- 0 until then
  down_why  text   not null,
  purged    bigint not null,         -- 1: nothing of its lines is left in the files of the database either
  lines     bigint not null,         -- how many there were
  left_out  bigint not null,         -- minors, who are never listed
  staff     bigint not null,
  version   bigint not null
);
create unique index notice_token on notice (token);
create index notice_unit on notice (unit, posted);
create table notice_line (
  id     bigint primary key,
  notice bigint not null references notice (id),
  ord    bigint not null,
  name   text   not null,            -- masked
  place  text   not null,            -- village
  amount bigint not null,            -- fen
  period text   not null             -- 每月, or the months of arrears
);
create index notice_line_notice on notice_line (notice, ord);

-- A monthly sweep (主动排查, M68) of a village for a programme, entered by who made it. Screenings count by themselves.
create table sweep (
  id        bigint primary key,
  unit      bigint not null,         -- town
  programme bigint not null references programme (id),
  village   bigint not null,
  month     text   not null,
  sources   text   not null,         -- what was gone through: 入户 名单 村医
  found     bigint not null,
  settled   bigint not null,
  staff     bigint not null,
  entered   bigint not null,
  version   bigint not null
);
create unique index sweep_once on sweep (programme, village, month);
