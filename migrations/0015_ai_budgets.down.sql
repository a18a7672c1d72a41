drop table ai_reservations;
drop table ai_quotas;
drop table ai_limits;
