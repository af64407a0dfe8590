-- A finished screening that turned out to be a mistake (作废) stays with its hits, which count for nothing: state discarded, in both.
alter table screening add column discarded     bigint not null default 0;   -- Unix milliseconds; 0: it counts
alter table screening add column discarded_by  text   not null default '';  -- name and post as they were then
alter table screening add column discarded_why text   not null default '';
