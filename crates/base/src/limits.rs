//! Rate limits: one algorithm (GCRA), in memory or shared through Redis.
pub struct Limits;
