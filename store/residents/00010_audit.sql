-- What an audit looks for: 应享未享 that a screening missed, or 不应享而享.
alter table audit add column kind text not null default 'missed';  -- missed undue
