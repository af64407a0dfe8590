-- Evidence (佐证材料): what proves that something was done. A revision is a new row; the old one names what replaced it.
create table evidence (
  id         bigint primary key,
  finding    bigint not null references finding (id),
  measure    bigint not null,        -- 0: the finding as a whole
  occurrence bigint not null,        -- 0: not of one occurrence
  kind       text   not null,        -- file link record statement
  title      text   not null,
  said       text   not null,        -- words of a statement or of a record
  url        text   not null,
  file       text   not null,        -- SHA-256, empty for none
  file_name  text   not null,
  media      text   not null,        -- by content, not by name
  size       bigint not null,
  taken      text   not null,        -- when a picture says it was taken: 2026-04-12 16:08; empty when it does not
  location   text   not null,        -- of a picture: removed, kept (it could not be taken out safely), or empty for none
  event      text   not null,        -- day of what it proves
  entered    bigint not null,
  staff      bigint not null,
  expires    text   not null,        -- last day it proves anything; empty: for ever
  early      text   not null,        -- why it is older than the feedback: 立行立改; empty when it is not
  revision   bigint not null,        -- 1, 2, …
  previous   bigint not null,        -- the revision it replaces; 0
  replaced   bigint not null,        -- the revision that replaced it; 0 while current
  withdrawn  text   not null,        -- why it no longer counts; empty while it does
  version    bigint not null
);
create index evidence_finding on evidence (finding, event);
create index evidence_occurrence on evidence (occurrence);
create index evidence_file on evidence (file);

-- An upload on its way. What has arrived stands in a part file of the same number, whose length alone says how much it is.
create table upload (
  id       bigint primary key,
  staff    bigint not null references staff (id),
  finding  bigint not null references finding (id),
  measure  bigint not null,
  occurrence bigint not null,
  name     text   not null,
  size     bigint not null,          -- announced
  mark     text   not null,          -- what the browser makes of how the file begins, to know it again
  title    text   not null,          -- what was typed beside the file, kept so that a broken connection loses none of it
  said     text   not null,
  event    text   not null,
  expires  text   not null,
  early    text   not null,
  begun    bigint not null,
  item     bigint not null           -- the evidence that it became; 0 until then
);
create index upload_staff on upload (staff, item);
