-- Where a unit is told things: a robot of its group chat, or the district's mail server.
create table channel (
  id      bigint primary key,
  unit    bigint not null references unit (id),
  kind    text   not null,           -- wecom dingtalk feishu mail
  address text   not null,           -- web hook, or smtp://user:password@host:port
  secret  text   not null,           -- for signing, where the robot asks for it
  active  bigint not null,
  version bigint not null
);
create index channel_unit on channel (unit);

-- Messages: what is to be told, to whom, and what became of it.
create table message (
  id       bigint primary key,
  channel  bigint not null,
  unit     bigint not null,          -- whose channel it goes through
  staff    bigint not null,          -- who is told; 0: the group of the unit
  day      text   not null,
  kind     text   not null,          -- digest red
  subject  text   not null,          -- what a red one is about; empty for a digest
  title    text   not null,
  body     text   not null,
  state    text   not null,          -- waiting sending sent failed
  tries    bigint not null,
  next     bigint not null,          -- when it is tried next
  lease    bigint not null,          -- until when somebody is sending it
  error    text   not null,
  made     bigint not null,
  sent     bigint not null
);
create unique index message_key on message (channel, staff, day, kind, subject);
create index message_state on message (state, next);
create index message_day on message (day, unit);
