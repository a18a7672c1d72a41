drop table api_keys;
alter table accounts drop column kind;
alter table signing_keys add column retired_at bigint;
alter table signing_keys drop column active_at;
