-- Recommendation (巡察建议): a notice of the inspection team and the answer to it.
create table recommendation (
  id          bigint primary key,
  round       bigint not null references round (id),
  unit        bigint not null references unit (id),  -- who is to answer
  finding     bigint not null,       -- 0: none in particular
  seq         bigint not null,       -- nth notice on its subject in the round
  previous    bigint not null,       -- the notice before on the same subject; 0
  number      text   not null,
  subject     text   not null,
  body        text   not null,
  issued      text   not null,
  due         text   not null,
  level       text   not null,       -- unit secretary: who must answer
  why_again   text   not null,       -- why the first answer did not suffice
  received    bigint not null,
  received_by bigint not null,
  reply       text   not null,
  reply_no    text   not null,
  replied     text   not null,       -- date of the reply
  replied_by  bigint not null,
  verdict     text   not null,       -- adopted returned; empty while open
  verdict_text text  not null,
  verdict_by  bigint not null,
  version     bigint not null
);
create index recommendation_unit on recommendation (unit, verdict);
create index recommendation_round on recommendation (round, subject);
create unique index recommendation_previous on recommendation (previous) where previous <> 0;

-- Claim (基线数字): a number that a finding quotes, and what it is now.
create table claim (
  id       bigint primary key,
  finding  bigint not null references finding (id),
  ord      bigint not null,
  quote    text   not null,          -- the words it stands in
  subject  text   not null,          -- what is counted
  measure  text   not null,          -- 个 村 户 万元
  op       text   not null,          -- eq ge le gt lt about
  value    text   not null,          -- decimal; empty while unknown
  upper    text   not null,          -- upper end of a range; empty for one number
  nested   bigint not null,          -- the claim it is a part of (其中); 0
  places   text   not null,          -- JSON array; unknown ones are empty strings
  as_of    text   not null,          -- day of the baseline
  target   text   not null,          -- decimal; empty for none
  aim      text   not null,          -- ge le: how the target is meant; empty without one
  state    text   not null,          -- proposed confirmed dropped
  version  bigint not null
);
create index claim_finding on claim (finding, ord);

create table claim_value (
  id      bigint primary key,
  claim   bigint not null references claim (id),
  as_of   text   not null,
  value   text   not null,
  source  text   not null,
  staff   bigint not null,
  entered bigint not null
);
create index claim_value_claim on claim_value (claim, as_of);

-- Look-back (回头看): a random sample that anybody can draw again, and visits to what was closed.
create table sample (
  id      bigint primary key,
  unit    bigint not null references unit (id),  -- who drew it
  name    text   not null,
  seed    text   not null,           -- published before the draw
  share   bigint not null,           -- percent of each stratum
  least   bigint not null,           -- at least so many of each
  frame   text   not null,           -- what was drawn from: a line for each finding, its stratum, a tab and its key
  hash    text   not null,           -- SHA-256 of frame
  drawn   bigint not null,
  staff   bigint not null,
  version bigint not null
);
create index sample_unit on sample (unit);

create table lookback (
  id      bigint primary key,
  finding bigint not null references finding (id),
  home    bigint not null references unit (id),
  sample  bigint not null,           -- 0: not of a sample
  kind    text   not null,           -- sample effect
  stratum text   not null,
  due     text   not null,
  result  text   not null,           -- held partly slipped; empty while open
  said    text   not null,
  done    text   not null,           -- date
  staff   bigint not null,
  version bigint not null
);
create index lookback_finding on lookback (finding);
create index lookback_home on lookback (home, result, due);
create index lookback_sample on lookback (sample);

-- Survey: villagers are asked whether it is really fixed. Nothing tells who answered what.
create table survey (
  id       bigint primary key,
  finding  bigint not null references finding (id),
  unit     bigint not null references unit (id),  -- who asks
  code     text   not null unique,   -- in the address of the page
  question text   not null,
  opens    text   not null,
  closes   text   not null,
  asked    bigint not null,          -- sheets or numbers handed out
  made     bigint not null,
  staff    bigint not null,
  version  bigint not null
);
create index survey_finding on survey (finding);

create table ballot (
  id       bigint primary key,
  survey   bigint not null references survey (id),
  choice   text   not null,          -- yes mostly no
  said     text   not null,
  way      text   not null,          -- page paper
  day      text   not null
);
create index ballot_survey on ballot (survey);

create table slip (                  -- numbers handed out, each good for one answer
  survey bigint not null references survey (id),
  hash   text   not null,
  used   bigint not null,
  primary key (survey, hash)
);
