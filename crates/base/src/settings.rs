//! Settings: one definition each gives the parser, `--help`, the documentation page and `.env.example`.
pub struct Settings {
    pub require_if_match: bool,
}
