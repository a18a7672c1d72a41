-- How an account leaves, and how old rows go.
create table account_deletions (
  account_id text   not null primary key references accounts (id),
  token_hash text   not null unique, -- of the link that undoes it
  purge_at   bigint not null,
  created_at bigint not null
);
create index account_deletions_due on account_deletions (purge_at);
-- What one replica does for all of them, and until when nobody else does.
create table leases (
  name  text   not null primary key,
  until bigint not null
);
-- The rows up to here have left the chain by their age; the next one follows this hash.
alter table audit_heads add column kept_after bigint not null default 0;
alter table audit_heads add column kept_hash text not null default '';
create index sessions_ended on sessions (expires_at);
