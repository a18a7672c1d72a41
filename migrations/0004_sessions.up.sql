-- Sessions that renew themselves: a refresh token is the counter and a MAC over it, made with SECRET_KEY and the row's own secret.
-- Nobody was signed in for longer than a day before this step; whoever was signs in again.
delete from sessions;
alter table accounts add column two_factor boolean not null default false;
alter table sessions add column secret text not null default '';
alter table sessions add column counter bigint not null default 0;
alter table sessions add column rotated_at bigint not null default 0;
alter table sessions add column confirmed boolean not null default true;
alter table sessions add column idle_seconds bigint not null default 0;
alter table sessions add column ends_at bigint not null default 0; -- the absolute end; expires_at moves with use, never beyond
alter table sessions add column signed_in_at bigint not null default 0;
alter table sessions add column methods text not null default '';
alter table sessions add column strong boolean not null default false;
alter table sessions add column scopes text; -- narrower than the role when asked for at sign-in
alter table sessions add column last_org text;
alter table sessions add column provider text not null default 'local';
alter table sessions add column label text not null default '';
alter table sessions add column ip_sealed text;
alter table sessions add column last_seen_at bigint not null default 0;
alter table sessions add column revoke_reason text;
