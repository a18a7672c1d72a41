drop table instance;
drop table audit_heads;
drop table audit;
-- only postgres
drop function audit_append_only;
-- end
drop table jobs;
drop table idempotency_keys;
drop table member_invitations;
drop table memberships;
drop table orgs;
drop table signing_keys;
drop table sessions;
drop table accounts;
