//! What is asked of a model, and about how much that takes.

use super::wire;
use serde_json::{Map, Value};

/// The answer's, where nobody said.
const USUAL_ROOM: u64 = 2_048;

/// What is asked of a model.
#[derive(Clone, Debug)]
pub struct Question {
    pub model: String,
    pub fields: Map<String, Value>,
}

impl Question {
    /// What the last message says.
    pub fn last_said(&self) -> String {
        let last = self.fields.get("messages").and_then(Value::as_array).and_then(|all| all.last());
        last.map(|message| wire::text(&message["content"])).unwrap_or_default()
    }
    /// How many tokens may come back: the most that anybody said, else as many as is usual, of each of its answers.
    pub fn room(&self) -> u64 {
        let answers = self.fields.get("n").and_then(Value::as_u64).unwrap_or(1);
        self.said_room().unwrap_or(USUAL_ROOM).saturating_mul(answers).min(1 << 40)
    }
    /// Says what is usual where nobody said, since a budget must know.
    pub fn bound(&mut self) {
        if self.said_room().is_none() {
            self.fields.insert("max_tokens".to_owned(), USUAL_ROOM.into());
        }
    }
    fn said_room(&self) -> Option<u64> {
        ["max_tokens", "max_completion_tokens"].iter().filter_map(|name| self.fields.get(*name)?.as_u64()).max()
    }
    /// About how many tokens go out, tools and schemas too.
    pub fn estimated_tokens(&self) -> u64 {
        ["messages", "tools", "response_format"].iter().filter_map(|name| self.fields.get(*name)).map(estimated).sum()
    }
}
/// About how many tokens this takes: one is three characters at least.
pub fn estimated(sent: &Value) -> u64 {
    sent.to_string().chars().count().div_ceil(3) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_larger_of_two_figures_is_its_room_for_each_of_its_answers() {
        let room = |fields: Value| Question { model: "m".into(), fields: fields.as_object().unwrap().clone() }.room();
        assert_eq!((room(json!({})), room(json!({"max_tokens": null}))), (2_048, 2_048));
        assert_eq!(
            (room(json!({"max_tokens": 1, "max_completion_tokens": 100})), room(json!({"max_tokens": 100, "max_completion_tokens": 1}))),
            (100, 100)
        );
        assert_eq!(room(json!({"max_tokens": 10, "n": 3})), 30);
    }
    #[test]
    fn what_is_usual_is_said_only_where_nobody_said() {
        let bound = |fields: Value| {
            let mut question = Question { model: "m".into(), fields: fields.as_object().unwrap().clone() };
            question.bound();
            Value::Object(question.fields)
        };
        assert_eq!(bound(json!({})), json!({"max_tokens": 2_048}));
        assert_eq!(bound(json!({"max_completion_tokens": 7})), json!({"max_completion_tokens": 7}));
    }
    #[test]
    fn tools_and_schemas_go_out_too() {
        let tokens = |fields: Value| Question { model: "m".into(), fields: fields.as_object().unwrap().clone() }.estimated_tokens();
        let (alone, more) = (tokens(json!({"messages": ["abc"]})), tokens(json!({"messages": ["abc"], "tools": ["x".repeat(300)]})));
        assert_eq!((alone, more - alone), (3, 102));
    }
}
