//! Settings: one definition each gives the parser, `--help`, the documentation page and `.env.example`.
pub struct Settings;
