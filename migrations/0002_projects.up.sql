create table projects (
  org_id       text    not null,
  id           text    not null,
  name         text    not null,
  name_key     text    not null, -- folded: case and accents do not make another project
  client       text,
  venue        text,
  hue          bigint  not null default 0 check (hue between 0 and 359),
  status       text    not null default 'DRAFT' check (status in ('DRAFT', 'ACTIVE', 'ARCHIVED')),
  starts_on    text,
  ends_on      text,
  budget_cents bigint,
  currency     text    not null default 'EUR',
  time_zone    text,
  version      bigint  not null default 1,
  created_at   bigint  not null,
  updated_at   bigint  not null,
  primary key (org_id, id),
  unique (org_id, name_key),
  check (starts_on is null or ends_on is null or starts_on <= ends_on)
);
create index projects_newest on projects (org_id, created_at, id);
