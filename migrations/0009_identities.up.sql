-- Who people are at Google, Facebook or another issuer, and what is given to them once on the way.
create table identities (
  id           text   not null primary key,
  account_id   text   not null references accounts (id),
  provider     text   not null,
  issuer       text   not null,
  subject      text   not null,
  email_sealed text   not null, -- as the provider said last: no proof of anything
  name_sealed  text,
  created_at   bigint not null,
  last_used_at bigint not null,
  unique (issuer, subject)
);
create index identities_account on identities (account_id);

-- States of flows, callback tokens, link tokens, nonces, and foreign tokens that were seen: by their hash.
create table oauth_tickets (
  hash           text   not null primary key,
  kind           text   not null check (kind in ('flow', 'callback', 'link', 'challenge', 'seen')),
  provider       text   not null,
  account_id     text,
  payload_sealed text   not null,
  expires_at     bigint not null,
  used_at        bigint
);
create index oauth_tickets_expiry on oauth_tickets (expires_at);

-- When the mailbox was proved to be the owner's; and where the provider's picture of them is.
alter table accounts add column email_verified_at bigint;
alter table accounts add column avatar_sealed text;
