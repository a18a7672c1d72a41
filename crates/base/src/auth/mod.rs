//! Who is calling, and what the type of a handler's first argument lets them do.

pub struct Tokens;
