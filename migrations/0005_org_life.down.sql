drop index member_invitations_open;
alter table member_invitations drop column revoked_at;
alter table orgs drop column deleted_at;
alter table orgs drop column suspended_at;
