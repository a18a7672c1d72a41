-- Who may come in: accounts are global, so their keys are random and no tenant's row points at them.
create table accounts (
  id            text    not null primary key,
  email_index   text    not null unique, -- keyed hash of the folded address: found, not read
  email_sealed  text    not null,
  display_name  text,
  password_phc  text,
  status        text    not null default 'active' check (status in ('active', 'disabled')),
  platform_role text    check (platform_role in ('admin')),
  locale        text,
  epoch         bigint  not null default 1, -- raised to end every token at once
  version       bigint  not null default 1,
  created_at    bigint  not null,
  updated_at    bigint  not null
);

create table sessions (
  id         text   not null primary key,
  account_id text   not null references accounts (id),
  client     text   not null,
  created_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create index sessions_account on sessions (account_id);

-- What signs access tokens; the secret part is sealed with SECRET_KEY.
create table signing_keys (
  kid        text   not null primary key,
  sealed     text   not null,
  created_at bigint not null,
  retired_at bigint
);

-- What the instance remembers of itself (which master key it was made with).
create table instance (
  name  text not null primary key,
  value text not null
);

create table orgs (
  org_id     text   not null primary key,
  name       text   not null,
  time_zone  text   not null,
  version    bigint not null default 1,
  created_at bigint not null,
  updated_at bigint not null
);

create table memberships (
  org_id     text   not null references orgs (org_id),
  account_id text   not null,
  role       text   not null check (role in ('tech', 'manager', 'admin', 'owner')),
  version    bigint not null default 1,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (org_id, account_id)
);
create index memberships_account on memberships (account_id);

create table member_invitations (
  org_id       text   not null references orgs (org_id),
  id           text   not null,
  email_index  text   not null,
  email_sealed text   not null,
  role         text   not null check (role in ('tech', 'manager', 'admin', 'owner')),
  token_hash   text   not null unique,
  invited_by   text   not null,
  expires_at   bigint not null,
  accepted_at  bigint,
  created_at   bigint not null,
  primary key (org_id, id)
);

-- The answer to a POST that may be repeated; a row of the same transaction as the effect.
create table idempotency_keys (
  scope      text   not null, -- principal, org and route
  key        text   not null,
  digest     text   not null,
  status     bigint not null,
  headers    text   not null,
  body       text   not null,
  expires_at bigint not null,
  primary key (scope, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);

-- The outbox.
create table jobs (
  id           text   not null primary key,
  org_id       text,
  kind         text   not null,
  payload      text   not null,
  attempts     bigint not null default 0,
  run_at       bigint not null,
  leased_until bigint,
  last_error   text,
  dead_at      bigint,
  created_at   bigint not null
);
create index jobs_due on jobs (run_at) where dead_at is null;

create table audit (
  org_id     text   not null,
  seq        bigint not null,
  at         bigint not null,
  actor      text,
  action     text   not null,
  subject    text,
  details    text,
  request_id text,
  hash       text   not null,
  primary key (org_id, seq)
);
create table audit_heads (
  org_id text   not null primary key,
  seq    bigint not null,
  hash   text   not null
);


-- The audit is append-only. Whoever keeps it for a limited time may delete what is older than 400 days.
-- only sqlite
create trigger audit_update before update on audit begin
  select raise(abort, 'audit rows are never changed');
end;
create trigger audit_delete before delete on audit
when old.at > (unixepoch() - 400 * 86400) * 1000000 begin
  select raise(abort, 'audit rows are kept for 400 days');
end;
-- end
-- only postgres
create function audit_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and old.at <= (extract(epoch from now())::bigint - 400 * 86400) * 1000000 then
    return old;
  end if;
  raise exception 'audit rows are never changed, and kept for 400 days' using errcode = 'restrict_violation';
end $$;
create trigger audit_update before update or delete on audit for each row execute function audit_append_only();
create trigger audit_truncate before truncate on audit for each statement execute function audit_append_only();
-- end
