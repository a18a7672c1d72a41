//! A session as it was sent: its figures and what the rules say, and for a model also the series themselves and what was written.

use super::{Input, Session, look};
use crate::{
    advice::figures::Figure,
    disciplines::{Look, goal, visible},
    voice::Voice,
};
use base::Result;
use serde_json::{Value, json};

/// Of a name of a weapon or an exercise, and of exercises.
const LONGEST: usize = 120;
const MOST: usize = 10;

/// A session with what is wanted of it, or a goal alone.
pub fn sent(input: &Input, wanted: Vec<String>, voice: Voice) -> Result<Look> {
    let mut session = input.read()?;
    session.notes.extend(wanted.iter().cloned());
    let series = series(&session);
    // The rules hear notes and goal alike; a model is told which is which.
    let mut look = look(session.clone(), voice);
    if look.facts.all().is_empty() && !wanted.is_empty() {
        return Ok(goal::look(session.notes, voice));
    }
    look.given.extend(session.series.iter().flat_map(|one| {
        let (points, group) = (one.points.map(|value| (value, "points")), one.group_cm.map(|value| (value, "cm")));
        [points, group].into_iter().flatten().map(|(value, unit)| Figure::of(value, unit))
    }));
    Ok(Look { series, notes: quoted(input), goal: wanted, ..look })
}
/// What was shot, without what cannot be.
fn series(session: &Session) -> Vec<Value> {
    let one = |s: &super::Series| json!({"series": s.number, "shots": s.shots, "distance_m": s.distance, "points": s.points, "group_cm": s.group_cm, "hand": s.hand});
    session.series.iter().map(one).collect()
}
/// What was written, each with what it is about; the shortest first, because the end is cut.
fn quoted(input: &Input) -> Vec<String> {
    let kit = [("weapon", &input.weapon), ("caliber", &input.caliber), ("category", &input.category)];
    let kit = kit.into_iter().filter_map(|(what, text)| Some((what.to_owned(), visible(text.as_deref()?))));
    let exercises = input.exercises.iter().take(MOST).map(|text| ("exercise".to_owned(), visible(text)));
    let short = kit.chain(exercises).map(|(what, text)| (what, text.chars().take(LONGEST).collect()));
    let summary = input.synthese.iter().map(|text| ("summary".to_owned(), visible(text)));
    let comments =
        input.series.iter().enumerate().filter_map(|(n, one)| Some((format!("series {}", n + 1), visible(one.comment.as_deref()?))));
    let all = short.chain(summary).chain(comments).filter(|(_, text)| !text.is_empty());
    all.map(|(what, text): (String, String)| format!("{what}: {text}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Persona;
    use base::say::Lang;

    #[test]
    fn a_model_reads_the_series_and_what_was_written_of_them() {
        let input = json!({"weapon": "CZ Shadow 2", "caliber": "9mm", "category": "match", "exercises": ["tir à sec", ""], "synthese": "Fatigue", "series": [
            {"shot_count": 5, "distance": 25, "points": 45, "group_size_cm": 8.5, "hand_method": "two", "comment": "stable"},
            {"shot_count": 5, "distance": 25, "points": 900, "group_size_cm": 0, "comment": ""}]});
        let input: Input = serde_json::from_value(input).unwrap();
        let look = sent(&input, vec!["Tenir".into()], Voice { lang: Lang::Fr, persona: Persona::Neutral }).unwrap();
        assert_eq!(
            look.notes,
            ["weapon: CZ Shadow 2", "caliber: 9mm", "category: match", "exercise: tir à sec", "summary: Fatigue", "series 1: stable"]
        );
        assert_eq!(look.goal, ["Tenir"]);
        assert_eq!(look.series[0], json!({"series": 1, "shots": 5, "distance_m": 25.0, "points": 45.0, "group_cm": 8.5, "hand": "two"}));
        assert_eq!(look.series[1], json!({"series": 2, "shots": 5, "distance_m": 25.0, "points": null, "group_cm": null, "hand": null}));
        let unmeasured: Input =
            serde_json::from_value(json!({"synthese": "stress", "series": [{"shot_count": 5, "distance": 25, "points": 900}]})).unwrap();
        let voice = Voice { lang: Lang::Fr, persona: Persona::Neutral };
        assert_eq!(sent(&unmeasured, vec![], voice).unwrap().domain, "shooting");
        let wanted = sent(&unmeasured, vec!["Tenir".into()], voice).unwrap();
        assert_eq!(
            (wanted.domain, wanted.drafts.len(), wanted.goal.as_slice()),
            ("goal", 3, ["stress", "Tenir"].map(str::to_owned).as_slice())
        );
        let given = |value: f64, unit: &str| look.given.contains(&Figure::of(value, unit));
        assert!(given(45.0, "points") && given(8.5, "cm") && !given(900.0, "points"));
    }
}
