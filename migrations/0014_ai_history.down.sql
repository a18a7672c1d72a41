drop view ai_interaction_seed;
drop table ai_messages;
drop table ai_interactions;
