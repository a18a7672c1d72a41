-- The same arithmetic as gcra.rs, in whole microseconds (exact in a double until the year 2255).
-- KEYS[1]: the bucket. ARGV: now, step, allowed. Answers {how long to wait, debt}; a wait of 0 is a yes.
local now, step, allowed = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local empty = tonumber(redis.call('GET', KEYS[1]) or now)
local debt = math.max(0, math.min(empty - now, allowed))
if debt + step > allowed then
  return { debt + step - allowed, debt }
end
redis.call('SET', KEYS[1], string.format('%.0f', now + debt + step), 'PX', math.max(1, math.ceil((debt + step) / 1000)))
return { 0, debt + step }
