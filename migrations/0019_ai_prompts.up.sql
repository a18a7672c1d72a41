-- What a model is told of its task, in versions that never change. Version 1 of each name is in the binary and has no row here.
create table ai_prompts (
  name       text    not null,
  version    bigint  not null,
  locale     text    not null default '' check (locale in ('', 'fr', 'en')), -- of the answers it is for; '' for all
  body       text    not null,
  sha256     text    not null,
  active     boolean not null default false,
  created_by text    not null,
  created_at bigint  not null,
  primary key (name, version)
);
create unique index ai_prompts_active on ai_prompts (name, locale) where active;
alter table ai_interactions add column prompt_sha256 text;

-- What `coulisses ai eval` found, so that versions of prompts and models compare. Figures only.
create table ai_evaluations (
  id         text    not null primary key,
  report     text    not null,
  created_at bigint  not null
);
