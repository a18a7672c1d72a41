drop index sessions_impersonator;
alter table sessions drop column impersonator;
