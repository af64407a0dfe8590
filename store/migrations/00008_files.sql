-- When the content of a file was erased by law, in Unix milliseconds; 0 while it is there. The row stays: that it was there is known.
alter table file add column erased bigint not null default 0;
