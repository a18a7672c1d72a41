//! From what a model wrote to drafts: a ladder, strict at the top; nothing on it panics, whatever was written.

use super::figures::Figure;
use crate::disciplines::{Action, Criterion, Draft};
use serde_json::{Map, Value};

/// The rung that held; stored and shown as `parse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The JSON that was asked for, and nothing else.
    Strict,
    /// The same inside a fence or prose.
    Extracted,
    /// With numbers as text, or one item instead of a list.
    Coerced,
    /// Unreadable at first, and sent back once.
    Mended,
    /// A list in Markdown: words without an exercise.
    Bullets,
    /// Sentences, to a goal in words.
    Prose,
}
impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Extracted => "extracted",
            Self::Coerced => "coerced",
            Self::Mended => "repaired",
            Self::Bullets => "bullets",
            Self::Prose => "prose",
        }
    }
}

const LONGEST: usize = 64 << 10;
const MOST_ITEMS: usize = 4;
const MOST_EVIDENCE: usize = 4;
/// What a goal may be measured by, with its unit.
const METRICS: [(&str, &str); 23] = [
    ("points_per_shot", "points"),
    ("group_size", "cm"),
    ("consistency", "%"),
    ("points_deviation", "points"),
    ("group_angle", "mrad"),
    ("series", "series"),
    ("sessions", "sessions"),
    ("unfilled_roles", "people"),
    ("open_places", "people"),
    ("unanswered", "h"),
    ("unpublished", "h"),
    ("overlap", "calls"),
    ("unavailable", "calls"),
    ("rest_daily_min", "h"),
    ("rest_weekly_min", "h"),
    ("hours_day_max", "h"),
    ("hours_week_max", "h"),
    ("consecutive_days_max", "days"),
    ("single_holder", "people"),
    ("decline_rate", "%"),
    ("load_share", "%"),
    ("over_budget", "%"),
    ("without_rate", "calls"),
];

/// The units that goals of these metrics are written in.
pub fn units(metrics: &[&str]) -> Vec<&'static str> {
    let mut units: Vec<_> = METRICS.into_iter().filter(|(metric, _)| metrics.contains(metric)).map(|(_, unit)| unit).collect();
    units.sort_unstable();
    units.dedup();
    units
}

/// The drafts in a text, and how they were found. None: there are none.
pub fn parse(text: &str) -> Option<(Step, Vec<Draft>)> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.trim_start_matches('\u{FEFF}').trim();
    let (value, mut step) = match serde_json::from_str(text) {
        Ok(value) => (Some(value), Step::Strict),
        Err(_) => (object_in(text), Step::Extracted),
    };
    let Some(value) = value else { return bullets(text) };
    let mut coerced = false;
    let drafts: Vec<Draft> =
        items(&value, &mut coerced).into_iter().take(MOST_ITEMS).filter_map(|item| draft(item, &mut coerced)).collect();
    if coerced {
        step = Step::Coerced;
    }
    (!drafts.is_empty()).then_some((step, drafts))
}

/// The first object at the top level of a text: braces inside strings do not count, nor do nested ones. A `{word}` of prose is none.
fn object_in(text: &str) -> Option<Value> {
    let mut rest = &text[text.find('{')?..];
    loop {
        let end = closing(rest)?;
        if let Ok(value) = serde_json::from_str(&rest[..=end]) {
            return Some(value);
        }
        rest = &rest[end + 1..];
        rest = &rest[rest.find('{')?..];
    }
}
/// Where the brace closes that a text begins with.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => depth += 1,
            '}' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
fn items<'a>(value: &'a Value, coerced: &mut bool) -> Vec<&'a Map<String, Value>> {
    match &value["items"] {
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        Value::Object(one) => {
            *coerced = true;
            vec![one]
        }
        _ => vec![],
    }
}
fn draft(item: &Map<String, Value>, coerced: &mut bool) -> Option<Draft> {
    let line = |key: &str, most: usize| -> String {
        item.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(most)
            .collect()
    };
    let (title, advice) = (line("title", 80), line("advice", 400));
    if title.is_empty() || advice.is_empty() {
        return None;
    }
    let evidence = match item.get("evidence") {
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).map(str::to_owned).take(MOST_EVIDENCE).collect(),
        Some(Value::String(one)) => {
            *coerced = true;
            vec![one.clone()]
        }
        _ => vec![],
    };
    let action = item.get("action").and_then(Value::as_object).and_then(|action| self::action(action, coerced));
    let priority = number(item.get("priority"), coerced).filter(|p| (1.0..=4.0).contains(p)).map_or(3, |p| p as u8);
    // The first place is for safety, and that is decided by rules.
    Some(Draft { title, advice, evidence, action, priority: priority.max(2) })
}
fn action(action: &Map<String, Value>, coerced: &mut bool) -> Option<Action> {
    let drill: String = action.get("drill")?.as_str()?.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect();
    let mut count = |key: &str| number(action.get(key), coerced).filter(|n| (1.0..=100.0).contains(n)).map_or(0, |n| n as u32);
    let (sets, reps) = (count("sets"), count("reps"));
    let criterion = action.get("criterion").and_then(Value::as_object).and_then(|c| criterion(c, coerced));
    Some(Action { drill, sets, reps, criterion, link: None })
}
fn criterion(criterion: &Map<String, Value>, coerced: &mut bool) -> Option<Criterion> {
    let (metric, unit) = METRICS.into_iter().find(|(metric, _)| criterion.get("metric").is_some_and(|m| m == metric))?;
    let op = ["<=", ">="].into_iter().find(|op| criterion.get("op").is_some_and(|o| o == op))?;
    let value = number(criterion.get("value"), coerced)?;
    // "points par coup" are points; what is in no unit of the metric's kind is no goal.
    let written = criterion.get("unit").and_then(Value::as_str).unwrap_or(unit).trim();
    let first = written.split(|c: char| !c.is_alphabetic() && c != '%').next().unwrap_or_default();
    let value = if written == unit { value } else { Figure::converted(value, first, unit)? };
    Some(Criterion { metric, op, value, unit })
}
/// A number, also written as text and with a comma; never one that is none.
fn number(value: Option<&Value>, coerced: &mut bool) -> Option<f64> {
    let number = match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            *coerced = true;
            text.trim().replace(',', ".").parse().ok()
        }
        _ => None,
    };
    number.filter(|n| n.is_finite() && n.abs() < 1e6)
}
fn bullets(text: &str) -> Option<(Step, Vec<Draft>)> {
    // Something that wanted to be JSON and broke off is no list.
    if text.contains('{') {
        return None;
    }
    let lines = text.lines().map(str::trim).filter_map(|line| line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")));
    let draft = |line: &str| {
        let advice: String = line.replace("**", "").trim().chars().take(400).collect();
        let title = advice.split(['.', ':', ',']).next().unwrap_or_default().trim().chars().take(80).collect();
        Draft { title, advice, evidence: vec![], action: None, priority: 3 }
    };
    let drafts: Vec<Draft> = lines.take(MOST_ITEMS).map(draft).filter(|d| !d.title.is_empty()).collect();
    (!drafts.is_empty()).then_some((Step::Bullets, drafts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ITEM: &str = r#"{"title":"Régularité","advice":"Refais trois séries.","evidence":["F1"],"action":{"drill":"série lente","sets":3,"reps":5,"criterion":{"metric":"group_size","op":"<=","value":8.5,"unit":"cm"}},"priority":2}"#;
    fn whole() -> String {
        format!(r#"{{"summary":"Bien.","items":[{ITEM}],"missing_data":[]}}"#)
    }
    fn step(text: &str) -> Option<(Step, usize)> {
        parse(text).map(|(step, drafts)| (step, drafts.len()))
    }

    #[test]
    fn each_rung_holds_what_it_is_for() {
        let w = whole();
        let goal = r#""value":8.5"#;
        let cases: Vec<(String, Option<(Step, usize)>)> = vec![
            (w.clone(), Some((Step::Strict, 1))),
            (format!("\u{FEFF}{w}"), Some((Step::Strict, 1))),
            (format!("  \n{w}\n\n"), Some((Step::Strict, 1))),
            (format!("```json\n{w}\n```"), Some((Step::Extracted, 1))),
            (format!("```\n{w}\n```\nBonne séance !"), Some((Step::Extracted, 1))),
            (format!("Voici l’analyse : {w}"), Some((Step::Extracted, 1))),
            (format!("{w}{w}"), Some((Step::Extracted, 1))),
            (format!("Selon {{F1}} et {{F2, F3}} : {w} voir {{F4}}"), Some((Step::Extracted, 1))),
            ("Selon {F1} rien de plus {".into(), None),
            (w.replace("Refais", r#"Refais \"{ici}\" "#), Some((Step::Strict, 1))),
            (format!("Prose. {}", w.replace("Refais", r"Refais \\{ }} ")), Some((Step::Extracted, 1))),
            (w.replace(goal, r#""value":"8,5""#), Some((Step::Coerced, 1))),
            (w.replace(r#""sets":3"#, r#""sets":"3""#), Some((Step::Coerced, 1))),
            (w.replace(r#"["F1"]"#, r#""F1""#), Some((Step::Coerced, 1))),
            (format!(r#"{{"items":{ITEM}}}"#), Some((Step::Coerced, 1))),
            (w.replace(r#""missing_data":[]"#, r#""missing_data":[],"mood":"good""#), Some((Step::Strict, 1))),
            (format!(r#"{{"items":[{ITEM},{ITEM},{ITEM},{ITEM},{ITEM},{ITEM}]}}"#), Some((Step::Strict, 4))),
            (format!(r#"{{"items":[{ITEM},7,null,"x",[],{{}}]}}"#), Some((Step::Strict, 1))),
            ("- Refais trois séries.\n- **Souffle** avant le départ.".into(), Some((Step::Bullets, 2))),
            ("Quelques conseils :\n* Un\n* Deux\n* Trois\n* Quatre\n* Cinq".into(), Some((Step::Bullets, 4))),
            (String::new(), None),
            (" \n".repeat(20_000), None),
            ("Bonne séance !".into(), None),
            ("null".into(), None),
            ("[]".into(), None),
            ("{}".into(), None),
            (r#"{"items":[]}"#.into(), None),
            (r#"{"items":[{"title":"","advice":""}]}"#.into(), None),
            (w.chars().take(120).collect(), None),
            (format!("- un\n{}", &w[..60]), None),
            (format!("{}{w}", "x".repeat(LONGEST)), None),
            ("{".repeat(5_000), None),
            (format!("{}1{}", "[".repeat(200), "]".repeat(200)), None),
            (r#"{"wrapper":{"items":[{"title":"a","advice":"b"}]}}"#.into(), None),
        ];
        for (text, expected) in cases {
            assert_eq!(step(&text), expected, "{}", text.chars().take(200).collect::<String>());
        }
    }
    #[test]
    fn numbers_that_are_none_are_left_out() {
        for value in ["1e309", "\"NaN\"", "\"inf\"", "null", "\"huit\"", "[8]", "1e12"] {
            let text = whole().replace("8.5", value);
            let goal = parse(&text).map(|(_, drafts)| drafts[0].action.clone().unwrap().criterion);
            assert!(matches!(goal, None | Some(None)), "{value}: {goal:?}");
        }
        let (_, drafts) = parse(&whole().replace(r#""value":8.5"#, r#""value":"8,5""#)).unwrap();
        assert_eq!(drafts[0].action.as_ref().unwrap().criterion.as_ref().unwrap().value, 8.5);
    }
    #[test]
    fn a_goal_is_converted_into_our_unit_or_left_out() {
        let goal = |unit: &str| {
            let (_, drafts) = parse(&whole().replace(r#""unit":"cm""#, unit).replace("8.5", "85")).unwrap();
            drafts[0].action.clone().unwrap().criterion.map(|goal| (goal.value, goal.unit))
        };
        assert_eq!(goal(r#""unit":"mm""#), Some((8.5, "cm")));
        assert_eq!(goal(r#""unit":"cm de diamètre""#), Some((85.0, "cm")));
        for (unit, value) in [("cm", 85.0), ("centimètres", 85.0), ("CM", 85.0), ("m", 8_500.0)] {
            assert_eq!(goal(&format!(r#""unit":"{unit}""#)), Some((value, "cm")), "{unit}");
        }
        assert_eq!(goal(r#""x":0"#), Some((85.0, "cm")), "none is ours");
        for unit in ["points", "%", "", "inch", "cartons"] {
            assert_eq!(goal(&format!(r#""unit":"{unit}""#)), None, "{unit}");
        }
    }
    #[test]
    fn what_is_too_long_is_cut_and_what_is_unknown_is_left_out() {
        let (_, drafts) = parse(&whole().replace("Refais trois séries.", &"é".repeat(900)).replace("group_size", "happiness")).unwrap();
        assert_eq!((drafts[0].advice.chars().count(), drafts[0].action.as_ref().unwrap().criterion.is_none()), (400, true));
        let (_, drafts) = parse(&whole().replace(r#""priority":2"#, r#""priority":1"#)).unwrap();
        assert_eq!(drafts[0].priority, 2, "safety is not the model's to claim");
    }
    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in ".{0,400}", at in 0_usize..400, with in "[{}\\[\\]\"\\\\,:a-z0-9é\u{FEFF}]{0,12}") {
            let _ = parse(&text);
            let mut broken: Vec<char> = whole().chars().collect();
            let at = at.min(broken.len());
            broken.splice(at..(at + with.chars().count()).min(broken.len()), with.chars());
            if let Some((_, drafts)) = parse(&broken.into_iter().collect::<String>()) {
                prop_assert!(drafts.iter().all(|d| !d.title.is_empty() && d.advice.chars().count() <= 400 && d.priority >= 2));
            }
        }
    }
}
