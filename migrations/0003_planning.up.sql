-- Crew planning: who works when, on what. Spans are half-open; instants are microseconds UTC.
create table people (
  org_id           text    not null,
  id               text    not null,
  account_id       text,             -- the member's account, when the person has one
  first_name       text    not null,
  last_name        text    not null,
  name_key         text    not null, -- folded, last name first: the order of lists
  search_key       text    not null, -- folded, found by the first or the last name
  employment_type  text    not null default 'CDI' check (employment_type in ('CDI', 'CDD', 'FREELANCE', 'INTERMITTENT', 'OTHER')),
  email_index      text,             -- keyed hash of the folded address
  email_sealed     text,
  phone_sealed     text,
  bio_sealed       text,
  legal_ids_sealed text,
  active           boolean not null default true,
  version          bigint  not null default 1,
  created_at       bigint  not null,
  updated_at       bigint  not null,
  primary key (org_id, id),
  unique (org_id, account_id),
  unique (org_id, email_index)
);
create index people_by_name on people (org_id, name_key, id);

create table person_skills (
  org_id    text   not null,
  person_id text   not null,
  skill_key text   not null, -- folded
  skill     text   not null,
  level     bigint not null check (level between 1 and 5),
  primary key (org_id, person_id, skill_key),
  foreign key (org_id, person_id) references people (org_id, id) on delete cascade
);
create index person_skills_by_skill on person_skills (org_id, skill_key, person_id);

create table person_tags (
  org_id    text not null,
  person_id text not null,
  tag_key   text not null, -- folded
  tag       text not null,
  primary key (org_id, person_id, tag_key),
  foreign key (org_id, person_id) references people (org_id, id) on delete cascade
);
create index person_tags_by_tag on person_tags (org_id, tag_key, person_id);

create table missions (
  org_id        text   not null,
  id            text   not null,
  project_id    text,
  title         text   not null,
  location      text,
  start_at      bigint not null,
  end_at        bigint not null,
  time_zone     text   not null, -- IANA zone of the venue
  break_minutes bigint not null default 0 check (break_minutes >= 0),
  note          text,
  published_at  bigint,          -- a draft until then
  cancelled_at  bigint,
  version       bigint not null default 1,
  created_at    bigint not null,
  updated_at    bigint not null,
  primary key (org_id, id),
  foreign key (org_id, project_id) references projects (org_id, id) on delete cascade,
  check (start_at < end_at and end_at - start_at <= 604800000000) -- seven days
);
create index missions_by_span on missions (org_id, start_at, id);
create index missions_by_project on missions (org_id, project_id, start_at, id);

create table mission_roles (
  org_id     text   not null,
  mission_id text   not null,
  role_key   text   not null, -- folded
  role       text   not null,
  quota      bigint not null check (quota >= 1),
  place      bigint not null, -- in which order people wrote them
  primary key (org_id, mission_id, role_key),
  foreign key (org_id, mission_id) references missions (org_id, id) on delete cascade
);
create index mission_roles_by_role on mission_roles (org_id, role_key, mission_id);

create table assignments (
  org_id          text    not null,
  id              text    not null,
  mission_id      text    not null,
  person_id       text    not null,
  role_key        text    not null,
  role            text    not null,
  status          text    not null check (status in ('INVITED', 'ACCEPTED', 'DECLINED', 'CANCELLED')),
  start_at        bigint  not null, -- its own call and end: the mission's, until set apart
  end_at          bigint  not null,
  own_times       boolean not null default false,
  reason          text,             -- why declined or cancelled
  invited_at      bigint  not null,
  answered_at     bigint,
  reconfirm_at    bigint,           -- its times changed after it was accepted, and nobody has confirmed since
  override_reason text,             -- why it was accepted against a conflict
  rate_unit       text    check (rate_unit in ('hour', 'day', 'cachet', 'flat')),
  rate_cents      bigint,
  rate_currency   text,
  version         bigint  not null default 1,
  created_at      bigint  not null,
  updated_at      bigint  not null,
  primary key (org_id, id),
  foreign key (org_id, mission_id) references missions (org_id, id) on delete cascade,
  foreign key (org_id, person_id) references people (org_id, id),
  check (start_at < end_at and end_at - start_at <= 604800000000)
);
create unique index assignments_active on assignments (org_id, mission_id, person_id) where status in ('INVITED', 'ACCEPTED');
create index assignments_by_mission on assignments (org_id, mission_id, status);
create index assignments_by_person on assignments (org_id, person_id, start_at, id);
create index assignments_by_span on assignments (org_id, start_at, id);
create index assignments_by_status on assignments (org_id, status, start_at, id);

-- The second wall against double booking; the first is the lock on the person's row. What was accepted
-- against a conflict on purpose (override_reason) stands outside. No span is longer than seven days, which
-- bounds what the trigger reads.
-- only sqlite
create index assignments_accepted on assignments (org_id, person_id, start_at) where status = 'ACCEPTED' and override_reason is null;
create trigger double_booking_insert before insert on assignments
when new.status = 'ACCEPTED' and new.override_reason is null begin
  select raise(abort, 'double_booking') where exists (
    select 1 from assignments a where a.org_id = new.org_id and a.person_id = new.person_id and a.id <> new.id
      and a.status = 'ACCEPTED' and a.override_reason is null
      and a.start_at > new.start_at - 604800000000 and a.start_at < new.end_at and a.end_at > new.start_at);
end;
create trigger double_booking_update before update of person_id, status, start_at, end_at, override_reason on assignments
when new.status = 'ACCEPTED' and new.override_reason is null begin
  select raise(abort, 'double_booking') where exists (
    select 1 from assignments a where a.org_id = new.org_id and a.person_id = new.person_id and a.id <> new.id
      and a.status = 'ACCEPTED' and a.override_reason is null
      and a.start_at > new.start_at - 604800000000 and a.start_at < new.end_at and a.end_at > new.start_at);
end;
-- end
-- only postgres
do $wall$
begin
  create extension if not exists btree_gist;
  alter table assignments add constraint double_booking exclude using gist
    (org_id with =, person_id with =, int8range(start_at, end_at) with &&)
    where (status = 'ACCEPTED' and override_reason is null);
exception when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then
  -- Where the extension may not be created a trigger does it; it locks the person first, so that it sees
  -- what another transaction has just written.
  create function double_booking() returns trigger language plpgsql as $body$
  begin
    perform 1 from people p where p.org_id = new.org_id and p.id = new.person_id for update;
    if exists (select 1 from assignments a where a.org_id = new.org_id and a.person_id = new.person_id and a.id <> new.id
        and a.status = 'ACCEPTED' and a.override_reason is null
        and a.start_at > new.start_at - 604800000000 and a.start_at < new.end_at and a.end_at > new.start_at) then
      raise exception 'double_booking' using errcode = 'exclusion_violation';
    end if;
    return new;
  end $body$;
  create trigger double_booking before insert or update on assignments for each row
    when (new.status = 'ACCEPTED' and new.override_reason is null) execute function double_booking();
end $wall$;
-- end

create table invitations (
  org_id         text   not null,
  id             text   not null,
  assignment_id  text   not null,
  token_hash     text   not null,
  expires_at     bigint not null,
  revoked_at     bigint,
  answered_at    bigint,
  answer         text   check (answer in ('ACCEPTED', 'DECLINED')),
  sent_to_sealed text,
  sent_at        bigint,
  reminded_at    bigint,
  version        bigint not null default 1,
  created_at     bigint not null,
  updated_at     bigint not null,
  primary key (org_id, id),
  foreign key (org_id, assignment_id) references assignments (org_id, id) on delete cascade
);
create unique index invitations_live on invitations (org_id, assignment_id) where revoked_at is null and answered_at is null;
create index invitations_by_assignment on invitations (org_id, assignment_id);
create index invitations_newest on invitations (org_id, created_at, id);
create index invitations_expiry on invitations (expires_at) where revoked_at is null and answered_at is null;

create table availabilities (
  org_id      text   not null,
  id          text   not null,
  person_id   text   not null,
  start_at    bigint not null,
  end_at      bigint not null,
  time_zone   text   not null, -- in which it is repeated
  kind        text   not null default 'available' check (kind in ('available', 'unavailable')),
  status      text   not null default 'PENDING' check (status in ('PENDING', 'APPROVED', 'REJECTED')),
  note_sealed text,
  recurrence  text,
  decided_by  text,
  decided_at  bigint,
  version     bigint not null default 1,
  created_at  bigint not null,
  updated_at  bigint not null,
  primary key (org_id, id),
  foreign key (org_id, person_id) references people (org_id, id) on delete cascade,
  check (start_at < end_at)
);
create unique index availabilities_once on availabilities (org_id, person_id, kind, start_at, end_at) where status <> 'REJECTED';
create index availabilities_by_person on availabilities (org_id, person_id, start_at, id);
create index availabilities_by_span on availabilities (org_id, start_at, id);
create index availabilities_repeated on availabilities (org_id, person_id) where recurrence is not null;

create table rates (
  org_id     text   not null,
  id         text   not null,
  person_id  text   not null,
  role_key   text   not null default '', -- folded; empty for every role
  role       text,
  unit       text   not null check (unit in ('hour', 'day', 'cachet', 'flat')),
  cents      bigint not null check (cents >= 0),
  currency   text   not null default 'EUR',
  valid_from text   not null,            -- a day
  version    bigint not null default 1,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (org_id, id),
  unique (org_id, person_id, role_key, valid_from),
  foreign key (org_id, person_id) references people (org_id, id) on delete cascade
);

create table templates (
  org_id     text   not null,
  id         text   not null,
  name       text   not null,
  name_key   text   not null,
  missions   text   not null, -- JSON
  version    bigint not null default 1,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (org_id, id),
  unique (org_id, name_key)
);

create table labour_rules (
  org_id      text   not null,
  rule        text   not null,
  limit_value bigint not null,
  unit        text   not null,
  severity    text   not null check (severity in ('off', 'warn', 'block')),
  version     bigint not null default 1,
  created_at  bigint not null,
  updated_at  bigint not null,
  primary key (org_id, rule)
);

create table calendar_feeds (
  org_id     text   not null,
  id         text   not null,
  scope      text   not null check (scope in ('person', 'project')),
  subject_id text   not null,
  token_hash text   not null,
  created_by text   not null,
  revoked_at bigint,
  read_at    bigint,
  version    bigint not null default 1,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (org_id, id),
  unique (org_id, token_hash)
);
create index calendar_feeds_of_subject on calendar_feeds (org_id, scope, subject_id);

-- What a call sheet said when it was given out: its next revision tells what changed since.
create table call_sheets (
  org_id     text   not null,
  project_id text   not null,
  day        text   not null,
  revision   bigint not null check (revision >= 1),
  content    text   not null, -- JSON
  created_by text,
  created_at bigint not null,
  primary key (org_id, project_id, day, revision),
  foreign key (org_id, project_id) references projects (org_id, id) on delete cascade
);
create table call_sheet_receipts (
  org_id     text   not null,
  project_id text   not null,
  day        text   not null,
  revision   bigint not null,
  account_id text   not null,
  seen_at    bigint not null,
  primary key (org_id, project_id, day, revision, account_id),
  foreign key (org_id, project_id, day, revision) references call_sheets (org_id, project_id, day, revision) on delete cascade
);

create table notifications (
  org_id     text   not null,
  id         text   not null,
  account_id text,
  person_id  text,
  kind       text   not null,
  payload    text   not null, -- JSON
  read_at    bigint,
  created_at bigint not null,
  primary key (org_id, id),
  foreign key (org_id, person_id) references people (org_id, id) on delete cascade
);
create index notifications_of_account on notifications (org_id, account_id, created_at, id);
create index notifications_of_person on notifications (org_id, person_id, created_at, id);
