drop index sessions_ended;
alter table audit_heads drop column kept_hash;
alter table audit_heads drop column kept_after;
drop table leases;
drop table account_deletions;
