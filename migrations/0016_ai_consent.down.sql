drop table ai_orgs;
drop table ai_consents;
