//! A field of a partial change: left out, cleared with `null`, or set.

use serde::{Deserialize, Deserializer};

/// Use with `#[serde(default)]` and, for OpenAPI, `#[schema(value_type = Option<T>)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Option::deserialize(d).map(|value| value.map_or(Self::Clear, Self::Set))
    }
}
impl<T> Change<T> {
    /// What a field that may be empty becomes.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        note: Change<String>,
    }
    #[test]
    fn left_out_null_and_a_value_are_three_things() {
        let after = |json: &str| {
            let mut note = Some("old".to_owned());
            serde_json::from_str::<Body>(json).unwrap().note.apply(&mut note);
            note
        };
        assert_eq!(after("{}").as_deref(), Some("old"));
        assert_eq!(after(r#"{"note":null}"#), None);
        assert_eq!(after(r#"{"note":"new"}"#).as_deref(), Some("new"));
    }
}
