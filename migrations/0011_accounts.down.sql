drop table one_time_tokens;
alter table accounts drop column time_zone;
alter table accounts drop column experience_level;
alter table accounts drop column bio_sealed;
alter table accounts drop column pseudo;
alter table accounts drop column display_name_custom;
