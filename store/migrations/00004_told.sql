-- Where a unit is told things: a robot of its group chat, or a mail server.
create table channel (
  id      bigint primary key,
  unit    bigint not null references unit (id),
  kind    text   not null,           -- wecom dingtalk feishu mail
  address text   not null,           -- web hook, which holds the key of the robot; or smtps://user@host:port?from=a@b
  secret  text   not null,           -- what signs, where the robot asks for it; password of the mail server
  active  bigint not null,
  version bigint not null
);
-- A unit has one robot and one mail server, so that it is plain which of them tells a person.
create unique index channel_unit on channel (unit, (case when kind = 'mail' then 'mail' else 'robot' end));

-- Until when a channel is left alone: robots take 20 messages a minute. A row of its own, for it is nobody's record.
create table channel_turn (
  channel bigint primary key,
  next    bigint not null
);

-- Messages: what is to be told, to whom, and what became of it.
create table message (
  id       bigint primary key,
  channel  bigint not null,          -- may be removed since
  via      text   not null,          -- kind of the channel
  unit     bigint not null references unit (id), -- whose channel it goes through
  staff    bigint not null,          -- who is told; 0: the group of the unit
  day      text   not null,
  kind     text   not null,          -- digest red test
  part     bigint not null,          -- 0, 1, … within its channel, person, day and kind
  title    text   not null,
  body     text   not null,
  state    text   not null,          -- waiting sending sent failed
  tries    bigint not null,
  next     bigint not null,          -- when it is tried next
  lease    bigint not null,          -- until when somebody is sending it; 0: nobody
  error    text   not null,          -- why the last try failed
  answer   text   not null,          -- what the platform said last
  made     bigint not null,
  sent     bigint not null           -- 0 until then
);
create unique index message_key on message (channel, staff, day, kind, part);
create index message_state on message (state, next);
create index message_unit on message (unit, id);

-- Who is told in which message. The key is the promise: a person has one digest a day, and is told of one red thing once a day,
-- whatever becomes of channels meanwhile.
create table told (
  day     text   not null,
  staff   bigint not null,
  kind    text   not null,           -- digest red
  subject text   not null,           -- what a red one is about; empty for the digest
  message bigint not null references message (id),
  primary key (day, staff, kind, subject)
);

create unique index staff_feed on staff (feed) where feed <> '';
