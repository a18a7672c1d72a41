drop index audit_by_actor;
drop table audit_origins;
