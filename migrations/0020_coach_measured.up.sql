-- What is measured of advice is compared only with what was measured alike: the same number of shots, the same hands, another session.
alter table coach_advice add column shots bigint;  -- of each series
alter table coach_advice add column hand text;     -- `one`, `two`, `both`, or empty where nobody said
alter table coach_advice add column session text;  -- its date, or a digest of its figures
-- What the provider had read before, at a tenth of the price; and what it calls a request, for whoever asks it about one.
alter table ai_interactions add column cached_tokens bigint not null default 0;
alter table ai_interactions add column upstream_request_id text;
-- How many questions a minute, and which models (names between commas); all of them where none is named.
alter table ai_limits add column requests_minute bigint;
alter table ai_limits add column models text;
