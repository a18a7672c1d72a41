-- Every call of a model and every answer of the coach: who asked, how it ended, what it cost. A row is its account's, and goes with
-- it; the organisation is only named. What was said lies beside it, sealed, and goes sooner.
create table ai_interactions (
  id                text    not null primary key,
  account_id        text    not null references accounts (id),
  in_org            text,             -- in whose name it was asked
  kind              text    not null check (kind in ('chat', 'coach')),
  model             text    not null, -- as it was asked for
  model_used        text,
  source            text    not null check (source in ('ai', 'rules', 'hybrid')),
  status            text    not null check (status in ('running', 'ok', 'truncated', 'cancelled', 'error')),
  error_code        text,
  finish_reason     text,
  parse_step        text,
  prompt_version    text,
  streamed          boolean not null,
  prompt_tokens     bigint  not null,
  completion_tokens bigint  not null,
  usage_estimated   boolean not null,
  cost_micro_eur    bigint  not null,
  first_byte_ms     bigint,
  latency_ms        bigint,
  created_at        bigint  not null,
  completed_at      bigint,
  hidden_at         bigint            -- its account took it off the list; what it cost still counts
);
create index ai_interactions_account on ai_interactions (account_id, created_at, id);
create index ai_interactions_org on ai_interactions (in_org, created_at);
create index ai_interactions_age on ai_interactions (created_at);
create index ai_interactions_running on ai_interactions (created_at) where status = 'running';

create table ai_messages (
  id             text   not null primary key,
  interaction_id text   not null references ai_interactions (id) on delete cascade,
  seq            bigint not null,
  role           text   not null,
  content_sealed text   not null,
  expires_at     bigint not null
);
create index ai_messages_of_interaction on ai_messages (interaction_id, seq);
create index ai_messages_expiry on ai_messages (expires_at);

-- The published server's six columns.
create view ai_interaction_seed as
  select m.id, i.account_id as user_id, coalesce(i.model_used, i.model) as model, m.role, m.content_sealed as content, i.created_at
  from ai_messages m join ai_interactions i on i.id = m.interaction_id;
