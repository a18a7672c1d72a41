-- A change of the master key finds each origin by its whole key.
create index audit_origins_key on audit_origins ((cast(at as text) || '|' || request_id));
