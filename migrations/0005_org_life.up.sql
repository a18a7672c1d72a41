-- How an organisation pauses and ends, and how an invitation is taken back.
alter table orgs add column suspended_at bigint; -- by a platform administrator: nobody comes in
alter table orgs add column deleted_at bigint;   -- its owner ended it; the rows go a while later
alter table member_invitations add column revoked_at bigint;
create index member_invitations_open on member_invitations (org_id, id) where accepted_at is null and revoked_at is null;
