-- Who agreed to what, in which version of the words; and organisations that want no model.
create table ai_consents (
  account_id   text   not null references accounts (id),
  purpose      text   not null check (purpose in ('ai_processing', 'store_content', 'send_notes')),
  text_version text   not null,
  granted_at   bigint,
  revoked_at   bigint,
  primary key (account_id, purpose)
);
create table ai_orgs (
  org_id     text    not null primary key,
  enabled    boolean not null,
  updated_at bigint  not null
);
