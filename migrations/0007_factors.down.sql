drop table challenges;
drop table recovery_codes;
drop table totp;
update accounts set two_factor = false;
