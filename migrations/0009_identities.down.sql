alter table accounts drop column avatar_sealed;
alter table accounts drop column email_verified_at;
drop table oauth_tickets;
drop table identities;
