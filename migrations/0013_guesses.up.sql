-- How often somebody guessed wrong, by the keyed hash of what was guessed at: an address, known or not, or a device.
create table guesses (
  place    text   not null primary key,
  failures bigint not null,
  last_at  bigint not null
);
create index guesses_last on guesses (last_at);
