drop table ai_evaluations;
alter table ai_interactions drop column prompt_sha256;
drop table ai_prompts;
