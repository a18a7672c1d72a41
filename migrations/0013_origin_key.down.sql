drop index audit_origins_key;
