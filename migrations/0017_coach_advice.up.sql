-- What became of advice, and where it had a goal that can be measured, what was measured afterwards. Figures in thousandths; not a
-- word of what was said.
create table coach_advice (
  answer_id   text   not null,
  item        text   not null,
  account_id  text   not null references accounts (id),
  metric      text,                -- of the goal, with its unit, if it has one
  unit        text,
  distance    bigint,              -- of the target: another one is another figure
  baseline    bigint,
  target      bigint,
  status      text   not null default 'open' check (status in ('open', 'followed', 'skipped', 'rejected')),
  useful      boolean,
  measured    bigint,              -- the same metric, the next time it was seen after it was followed
  measured_at bigint,
  created_at  bigint not null,
  answered_at bigint,
  primary key (answer_id, item)
);
create index coach_advice_account on coach_advice (account_id, created_at);
