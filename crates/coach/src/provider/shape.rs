//! How the shape of an answer can be asked for. Not every server knows every way; what it refused is remembered for a day.

use base::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};

const REMEMBERED: Duration = Duration::from_secs(86_400);

/// From the strictest on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// The server holds the model to a schema.
    #[default]
    Schema,
    /// It holds it to JSON; the schema stands in the words.
    Object,
    /// Nothing but words.
    Text,
}
impl Shape {
    pub fn plainer(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Object),
            Self::Object => Some(Self::Text),
            Self::Text => None,
        }
    }
    /// The field `response_format`, where there is one.
    pub fn field(self, name: &str, schema: &Value) -> Option<Value> {
        match self {
            Self::Schema => Some(json!({"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": true}})),
            Self::Object => Some(json!({"type": "json_object"})),
            Self::Text => None,
        }
    }
}

/// What each model was found to take, and when.
#[derive(Default)]
pub struct Shapes(Mutex<HashMap<String, (Shape, Timestamp)>>);
impl Shapes {
    pub fn of(&self, model: &str, now: Timestamp) -> Shape {
        let known = self.0.lock().get(model).copied();
        known.filter(|(_, at)| now < at.plus(REMEMBERED)).map_or_else(Shape::default, |(shape, _)| shape)
    }
    /// A stricter one was refused, this one was not.
    pub fn learn(&self, model: &str, shape: Shape, now: Timestamp) {
        self.0.lock().insert(model.to_owned(), (shape, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_tried_again_after_a_day() {
        let (shapes, now) = (Shapes::default(), Timestamp::from_micros(0));
        assert_eq!(shapes.of("m", now), Shape::Schema);
        shapes.learn("m", Shape::Object, now);
        let after = |hours: u64| shapes.of("m", now.plus(Duration::from_secs(hours * 3_600)));
        assert_eq!((after(0), after(23), after(24)), (Shape::Object, Shape::Object, Shape::Schema));
        assert_eq!(shapes.of("other", now), Shape::Schema, "each model for itself");
    }
    #[test]
    fn each_is_plainer_than_the_one_before() {
        let all: Vec<_> = std::iter::successors(Some(Shape::Schema), |shape| shape.plainer()).collect();
        assert_eq!(all, [Shape::Schema, Shape::Object, Shape::Text]);
        assert!(Shape::Text.field("advice", &json!({})).is_none());
    }
}
