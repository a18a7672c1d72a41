drop table coach_answers;
