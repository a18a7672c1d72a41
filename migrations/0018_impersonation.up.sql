-- The platform administrator who opened a session in its account's place; null for everybody's own.
alter table sessions add column impersonator text;
create index sessions_impersonator on sessions (impersonator) where impersonator is not null;
