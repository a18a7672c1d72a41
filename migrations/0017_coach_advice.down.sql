drop table coach_advice;
