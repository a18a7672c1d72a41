-- What the coach answered, for thirty days; sealed, since sessions speak of people.
create table coach_answers (
  id             text   not null primary key,
  account_id     text   not null references accounts (id),
  content_sealed text   not null,
  created_at     bigint not null,
  expires_at     bigint not null
);
create index coach_answers_account on coach_answers (account_id, created_at);
create index coach_answers_expiry on coach_answers (expires_at);
