-- Where an audited request came from, beside the audit: an address is personal and fades, an audit row never changes.
create table audit_origins (
  at         bigint  not null, -- of the row it belongs to
  request_id text    not null,
  ip_sealed  text    not null,
  device     text    not null, -- the family of browser and system, no more
  faded      boolean not null default false, -- only the network is left of the address
  primary key (at, request_id)
);
create index audit_by_actor on audit (actor, at, org_id, seq) where actor is not null;
