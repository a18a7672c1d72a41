-- API keys, and the accounts that are nobody: they act by keys alone.
alter table accounts add column kind text not null default 'person' check (kind in ('person', 'service'));
create table api_keys (
  org_id       text   not null references orgs (org_id) on delete cascade,
  id           text   not null,
  name         text   not null,
  acts_as      text   not null, -- an account
  digest       text   not null, -- of the key, which nobody can read again
  scopes       text   not null,
  created_by   text   not null,
  created_at   bigint not null,
  expires_at   bigint not null,
  last_used_at bigint, -- to the minute
  revoked_at   bigint,
  primary key (org_id, id)
);
create index api_keys_account on api_keys (org_id, acts_as);

-- Since when a signing key signs; one that is over is deleted.
alter table signing_keys add column active_at bigint not null default 0;
update signing_keys set active_at = created_at;
alter table signing_keys drop column retired_at;
