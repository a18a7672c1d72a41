-- A second factor: the secret of an authenticator app, codes for when it is lost, and sign-ins that wait for either.
create table totp (
  account_id    text   not null primary key references accounts (id) on delete cascade,
  secret_sealed text   not null,
  last_step     bigint not null default 0, -- the newest step used: none is accepted twice
  confirmed_at  bigint, -- until then it is only being set up
  wrong         bigint not null default 0,
  wrong_since   bigint not null default 0,
  created_at    bigint not null
);
create table recovery_codes (
  account_id text   not null references accounts (id) on delete cascade,
  hash       text   not null,
  used_at    bigint,
  primary key (account_id, hash)
);
-- What somebody proved so far, waiting for the rest: a sign-in for its code, a session for the code that was mailed.
create table challenges (
  hash       text   not null primary key,
  account_id text   not null references accounts (id) on delete cascade,
  payload    text   not null,
  tries      bigint not null default 0,
  expires_at bigint not null
);
create index challenges_account on challenges (account_id);
