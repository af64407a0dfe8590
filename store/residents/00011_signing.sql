-- A letter to the county is drafted (拟函), signed by somebody else (签发), and has its number and day from then on.
alter table county_letter add column state    text   not null default '';  -- draft returned dropped; empty: sent, as all were before there were drafts
alter table county_letter add column drafted  text   not null default '';  -- day; empty: before there were drafts, the day of the letter
alter table county_letter add column signer   bigint not null default 0;   -- 0: nobody yet, or before letters were signed here
alter table county_letter add column signed_by text  not null default '';  -- name and post as they were then
alter table county_letter add column back     text   not null default '';  -- day on which it was sent back (退回) last
alter table county_letter add column back_by  text   not null default '';  -- name and post as they were then
alter table county_letter add column back_why text   not null default '';
drop index county_letter_number;
create unique index county_letter_number on county_letter (unit, number) where number <> '';

-- The step that the application had before the letter held it, and has again when the draft is taken back.
alter table county_letter_line add column taken_from text not null default ''; -- checked posted proposed
