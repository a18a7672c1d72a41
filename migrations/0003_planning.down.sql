drop table notifications;
drop table call_sheet_receipts;
drop table call_sheets;
drop table calendar_feeds;
drop table labour_rules;
drop table templates;
drop table rates;
drop table availabilities;
drop table invitations;
drop table assignments;
-- only postgres
drop function if exists double_booking;
-- end
drop table mission_roles;
drop table missions;
drop table person_tags;
drop table person_skills;
drop table people;
