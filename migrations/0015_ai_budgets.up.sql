-- What may be spent on models. A limit is the operator's (layer '') or an organisation's own (its id); of the whole instance, of an
-- organisation, or of an account ('*': of every account).
create table ai_limits (
  layer                text   not null,
  scope                text   not null check (scope in ('instance', 'org', 'user')),
  subject              text   not null,
  requests_day         bigint,
  tokens_day           bigint,
  cost_month_micro_eur bigint,
  updated_at           bigint not null,
  primary key (layer, scope, subject)
);
-- What was spent and is held back, where there is a limit. A call is admitted by one conditional update of each of its rows.
create table ai_quotas (
  layer              text   not null,
  scope              text   not null,
  subject            text   not null,
  span               text   not null check (span in ('day', 'month')),
  begins_at          bigint not null,
  requests           bigint not null,
  tokens             bigint not null,
  cost_micro_eur     bigint not null,
  reserved_tokens    bigint not null default 0 check (reserved_tokens >= 0),
  reserved_micro_eur bigint not null default 0 check (reserved_micro_eur >= 0),
  primary key (layer, scope, subject, span, begins_at)
);
create index ai_quotas_age on ai_quotas (begins_at);
-- What a call that runs holds back; given back when it ends, and by a sweep when its server died.
create table ai_reservations (
  interaction_id text   not null,
  layer          text   not null,
  scope          text   not null,
  subject        text   not null,
  span           text   not null,
  begins_at      bigint not null,
  tokens         bigint not null,
  micro_eur      bigint not null,
  expires_at     bigint not null,
  primary key (interaction_id, layer, scope, subject, span)
);
create index ai_reservations_expiry on ai_reservations (expires_at);
