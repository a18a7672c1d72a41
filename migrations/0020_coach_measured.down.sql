alter table ai_limits drop column models;
alter table ai_limits drop column requests_minute;
alter table ai_interactions drop column upstream_request_id;
alter table ai_interactions drop column cached_tokens;
alter table coach_advice drop column session;
alter table coach_advice drop column hand;
alter table coach_advice drop column shots;
