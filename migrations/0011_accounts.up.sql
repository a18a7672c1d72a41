-- What accounts need beyond a name and a password: proof of the mailbox, a profile, and tokens that travel by mail.
alter table accounts add column display_name_custom boolean not null default false; -- chosen by its owner: no provider replaces it
alter table accounts add column pseudo text;
alter table accounts add column bio_sealed text;
alter table accounts add column experience_level text check (experience_level in ('beginner', 'advanced', 'expert'));
alter table accounts add column time_zone text;

-- A link in a mail is worth one of these, once. Only its hash is here.
create table one_time_tokens (
  hash           text   not null primary key,
  kind           text   not null,
  account_id     text,            -- null: nobody has that account yet
  payload_sealed text   not null,
  expires_at     bigint not null,
  used_at        bigint,
  created_at     bigint not null
);
create index one_time_tokens_account on one_time_tokens (account_id);
create index one_time_tokens_expiry on one_time_tokens (expires_at);
