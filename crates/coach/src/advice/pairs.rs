//! Advice ranked by hand (`pairs.json`): two pieces to the same figures, and the one a coach would rather hear. Nobody asked the score.

use super::{figures::figures, score::score};
use crate::{
    disciplines::{Action, Criterion, Draft, Look},
    evaluation::cases,
    voice::{Persona, Voice},
};
use base::say::Lang;
use serde::Deserialize;

#[derive(Deserialize)]
struct Pair {
    lang: String,
    /// Of the evaluation: whose figures they speak of.
    case: String,
    better: Piece,
    worse: Piece,
    why: String,
}
#[derive(Deserialize)]
struct Piece {
    title: String,
    advice: String,
    /// The metrics of the facts that it cites.
    cites: Vec<String>,
    action: Option<Do>,
}
#[derive(Deserialize)]
struct Do {
    drill: String,
    sets: u32,
    reps: u32,
    goal: Option<(String, String, f64, String)>,
}
fn pairs() -> Vec<Pair> {
    serde_json::from_str(include_str!("pairs.json")).unwrap()
}
/// For as long as the tests run.
fn kept(word: &str) -> &'static str {
    word.to_owned().leak()
}
impl Piece {
    fn draft(&self, look: &Look) -> Draft {
        let cited = |metric: &String| look.facts.of(metric).next().unwrap_or_else(|| panic!("no {metric} for “{}”", self.title)).id.clone();
        let goal = |(metric, op, value, unit): &(String, String, f64, String)| Criterion {
            metric: kept(metric),
            op: kept(op),
            value: *value,
            unit: kept(unit),
        };
        let action = self.action.as_ref().map(|a| Action {
            drill: a.drill.clone(),
            sets: a.sets,
            reps: a.reps,
            criterion: a.goal.as_ref().map(goal),
            link: None,
        });
        let evidence = self.cites.iter().map(cited).collect();
        Draft { title: self.title.clone(), advice: self.advice.clone(), evidence, action, priority: 3 }
    }
    /// As the coach would score it.
    fn worth(&self, look: &Look) -> f64 {
        let draft = self.draft(look);
        let drill = draft.action.iter().flat_map(|a| figures(&a.drill));
        let known: Vec<_> = look.given.iter().copied().chain(drill).collect();
        score(&draft, &look.facts, &known).map_or(0.0, |scored| scored.score)
    }
}

#[test]
fn the_score_ranks_as_a_reader_does() {
    let (cases, pairs, mut wrong) = (cases().unwrap(), pairs(), vec![]);
    assert_eq!(pairs.len(), 30);
    for Pair { lang, case, better, worse, why } in &pairs {
        let lang = if lang == "fr" { Lang::Fr } else { Lang::En };
        let look = cases.iter().find(|c| c.name == case).unwrap().look(Voice { lang, persona: Persona::Neutral }).unwrap();
        let (good, bad) = (better.worth(&look), worse.worth(&look));
        if good <= bad {
            wrong.push(format!("{case}: “{}” {good} against “{}” {bad} ({why})", better.title, worse.title));
        }
    }
    eprintln!("{} of 30 pairs as a reader ranks them; not so: {wrong:#?}", 30 - wrong.len());
    assert!(wrong.len() <= 3, "{wrong:#?}");
}
