//! The cases: sessions as the app sends them, several sessions over time, and plans; each with something to be said, or nothing.

use crate::{
    disciplines::{
        Look,
        shooting::{self, Session, progress},
        staffing::{self, Candidate, Clash, Cost, Mission, Planning, Role, Waiting},
    },
    voice::Voice,
};
use base::{Error, Result, id::Uuid, time::Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

pub struct Case {
    pub name: &'static str,
    input: Input,
}
enum Input {
    Session(shooting::Input),
    Progress(Vec<Session>),
    Plan(Planning),
}
impl Case {
    pub fn look(&self, voice: Voice) -> Result<Look> {
        Ok(match &self.input {
            Input::Session(session) => shooting::sent(session, vec![], voice)?,
            Input::Progress(sessions) => progress::look(sessions, voice),
            Input::Plan(plan) => staffing::look(plan, voice),
        })
    }
}
/// All of them, in one order.
pub fn cases() -> Result<Vec<Case>> {
    let mut all = vec![];
    for (name, json) in sessions() {
        all.push(Case { name, input: Input::Session(read(json)?) });
    }
    for (name, means) in seasons() {
        let inputs = means.iter().map(|points| read(json!({"series": series(5, 25, 8.0, "two", points)}))).collect::<Result<Vec<_>>>()?;
        all.push(Case { name, input: Input::Progress(progress::read(&inputs)?) });
    }
    all.extend(plans().into_iter().map(|(name, plan)| Case { name, input: Input::Plan(plan) }));
    Ok(all)
}
fn read(json: Value) -> Result<shooting::Input> {
    serde_json::from_value(json).map_err(Error::internal)
}

fn series(shots: u32, distance: u32, group: f64, hand: &str, points: &[f64]) -> Vec<Value> {
    let one = |(n, points): (usize, &f64)| {
        // Groups differ a little, as they do.
        let group = if group > 0.0 { group + [0.0, 0.6, -0.4][n % 3] } else { 0.0 };
        json!({"shot_count": shots, "distance": distance, "points": points, "group_size_cm": group, "hand_method": hand, "comment": ""})
    };
    points.iter().enumerate().map(one).collect()
}
fn session(group: f64, points: &[f64], notes: &str) -> Value {
    json!({"weapon": "CZ Shadow 2", "caliber": "9mm", "series": series(5, 25, group, "two", points), "synthese": notes})
}
fn sessions() -> Vec<(&'static str, Value)> {
    let mut hands = session(7.0, &[46.0, 45.0, 47.0], "");
    let one = series(5, 25, 11.0, "one", &[38.0, 40.0, 39.0]);
    hands["series"].as_array_mut().into_iter().for_each(|all| all.extend(one.clone()));
    vec![
        ("two series", session(10.0, &[45.0, 41.0], "Fatigue sur la fin")),
        ("falling", session(8.5, &[47.0, 46.0, 45.0, 43.0, 41.0, 40.0], "le bras tremble sur la fin")),
        ("rising", session(8.0, &[39.0, 41.0, 43.0, 45.0, 46.0, 47.0], "")),
        ("steady", session(5.0, &[48.0, 47.0, 48.0, 47.0, 48.0], "good session, nothing to report")),
        ("too far", session(22.0, &[26.0, 28.0, 24.0, 27.0, 25.0], "je ne vois pas les impacts")),
        ("one bad series", session(7.0, &[45.0, 46.0, 44.0, 45.0, 30.0, 46.0], "jam in series 5, rushed afterwards")),
        ("one hand", hands),
        ("uneven", session(10.0, &[40.0, 47.0, 35.0, 45.0, 41.0, 38.0, 46.0], "")),
        ("pain", session(9.0, &[44.0, 43.0, 40.0, 42.0, 41.0], "douleur au poignet droit depuis la série 3")),
        ("release", session(9.5, &[42.0, 44.0, 41.0, 43.0], "coups de doigt, et du stress dès que je compte les points")),
        ("unmeasured", json!({"series": series(5, 10, 0.0, "two", &[43.0, 42.0, 44.0])})),
        ("air pistol", json!({"series": series(10, 10, 3.2, "one", &[92.0, 94.0, 93.0, 91.0, 95.0]), "synthese": "breathing was calm"})),
    ]
}
fn seasons() -> Vec<(&'static str, Vec<Vec<f64>>)> {
    let of = |means: &[f64]| means.iter().map(|mean| vec![mean * 5.0 + 1.0, mean * 5.0, mean * 5.0 - 1.0]).collect();
    vec![
        ("getting better", of(&[7.9, 8.1, 8.3, 8.6, 8.8, 9.0])),
        ("standing still", of(&[8.6, 8.4, 8.7, 8.5, 8.6])),
        ("two sessions", of(&[8.2, 8.9])),
    ]
}

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3_600)
}
/// The same every time: a case is compared with itself.
fn number(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
fn mission(n: u128, title: &str, starts_in: u64, roles: Vec<Role>) -> Mission {
    Mission { id: number(n), title: title.into(), start: NOW.plus(hours(starts_in)), published: true, roles }
}
fn role(name: &str, quota: i64, accepted: i64) -> Role {
    Role { role: name.into(), quota, accepted, ..Role::default() }
}
fn who(n: u128, name: &str) -> Candidate {
    Candidate { id: number(n), name: name.into() }
}
fn asked(person: &str, hours_ago: u64) -> Waiting {
    Waiting { person: person.into(), since: NOW.minus(hours(hours_ago)), invitation: Some(number(99)) }
}
fn plan(missions: Vec<Mission>) -> Planning {
    Planning { now: NOW, name: "Gala d’hiver".into(), missions, searched_all: true, ..Planning::default() }
}
fn clash(kind: &str, person: &str, of: &Mission, figures: Option<(f64, f64)>) -> Clash {
    let (actual, limit) = figures.unzip();
    let mission = Some((of.id, of.title.clone()));
    Clash { kind: kind.into(), blocks: true, person: person.into(), mission, start: of.start, actual, limit }
}
fn plans() -> Vec<(&'static str, Planning)> {
    let open = Role { candidates: vec![who(11, "Nora Petit"), who(12, "Paul Roy")], ..role("poursuite", 2, 1) };
    let waiting = Role { waiting: vec![asked("Hugo Blanc", 50)], ..role("son", 1, 0) };
    let refused = Role { declined: 3, ..role("rigging", 3, 1) };
    let full = || mission(1, "Montage du pont", 38, vec![role("son", 2, 2)]);
    let with = |change: fn(&mut Planning)| {
        let mut plan = plan(vec![full()]);
        change(&mut plan);
        plan
    };
    let mut clashing = plan(vec![full()]);
    clashing.clashes = vec![
        clash("overlap", "Léa Roy", &clashing.missions[0], None),
        clash("rest_daily_min", "Hugo Blanc", &clashing.missions[0], Some((8.5, 11.0))),
    ];
    let mut busy = plan(vec![
        mission(1, "Montage du pont", 14, vec![open.clone(), waiting.clone()]),
        mission(2, "Balances", 38, vec![role("son", 1, 1)]),
        Mission { published: false, ..mission(3, "Concert", 62, vec![refused.clone()]) },
    ]);
    busy.clashes = vec![clash("hours_day_max", "Ana Diaz", &busy.missions[1], Some((12.0, 10.0)))];
    busy.cost = Some(Cost { planned: 12_000.0, budget: Some(10_000.0), currency: "EUR".into(), unpriced: 2 });
    vec![
        ("all in order", plan(vec![full()])),
        ("an open role", plan(vec![mission(1, "Montage du pont", 38, vec![open])])),
        ("nobody free", plan(vec![mission(1, "Montage du pont", 20, vec![role("pilote", 1, 0)])])),
        ("no answer", plan(vec![mission(1, "Montage du pont", 90, vec![waiting])])),
        ("clashes", clashing),
        ("refusals", plan(vec![mission(1, "Montage du pont", 60, vec![refused])])),
        (
            "one carries it",
            with(|plan| plan.hours = vec![("Ana Diaz".into(), 3_600), ("Bob Lang".into(), 1_200), ("Cléo Paz".into(), 1_200)]),
        ),
        ("one alone can", with(|plan| plan.alone = vec![("pupitre".into(), "Ana Diaz".into())])),
        (
            "over budget",
            with(|plan| plan.cost = Some(Cost { planned: 12_000.0, budget: Some(10_000.0), currency: "EUR".into(), unpriced: 0 })),
        ),
        ("a busy week", busy),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Persona;
    use base::say::Lang;

    #[test]
    fn every_case_has_figures_and_a_name_of_its_own() {
        let all = cases().unwrap();
        let names: std::collections::HashSet<_> = all.iter().map(|case| case.name).collect();
        assert_eq!((all.len(), names.len()), (25, 25));
        for case in &all {
            let looks = [Lang::Fr, Lang::En].map(|lang| case.look(Voice { lang, persona: Persona::Neutral }).unwrap());
            assert!(!looks[0].facts.all().is_empty(), "{}", case.name);
            assert_eq!(looks[0].facts.all().len(), looks[1].facts.all().len(), "{}", case.name);
            assert_eq!(looks[0].drafts.is_empty(), ["all in order"].contains(&case.name), "{}: {:?}", case.name, looks[0].drafts);
        }
    }
}
