//! Several sessions over time: what can honestly be said of them, which is mostly that more are needed.

use super::{
    Input, Session, comparable,
    stats::{self, Trend},
};
use crate::{
    advice::figures::Figure,
    disciplines::{About, Action, Confidence, Criterion, Draft, Fact, Facts, Kind, Look, indication, many},
    voice::Voice,
};
use base::{Error, Result, say};

/// Stamped on every answer that the rules gave.
pub const RULES: &str = "rules/progress@1";
const MOST: usize = 30;
/// So many sessions make a trend that can be judged at all.
const ENOUGH: usize = 5;

/// A session as progress looks at it: its mean on the ground that most sessions share, and what its groups say of the shooter.
struct Point {
    mean: f64,
    sigma: Option<f64>,
    shots: u32,
}

/// Sessions in the order of their dates, or as they came where one has none.
pub fn read(sessions: &[Input]) -> Result<Vec<Session>> {
    if !(2..=MOST).contains(&sessions.len()) {
        let say = say!("Send 2 to {MOST} sessions.", "Envoyez de 2 à {MOST} séances.");
        return Err(Error::field("sessions", "out_of_range", say));
    }
    let mut order: Vec<&Input> = sessions.iter().collect();
    if order.iter().all(|one| one.date.is_some()) {
        order.sort_by(|a, b| a.date.cmp(&b.date));
    }
    order.into_iter().map(Input::read).collect()
}

pub fn look(sessions: &[Session], voice: Voice) -> Look {
    let Some((distance, shots, hand)) = ground(sessions) else {
        let missing = vec![voice.say("des séries avec leurs points", "series with their points")];
        return Look { domain: "progress", rules: RULES, missing, ..Look::default() };
    };
    let points: Vec<Point> = sessions.iter().filter_map(|session| point(session, distance, shots, hand)).collect();
    let left_out = sessions.len() - points.len();
    let facts = facts(&points, distance, voice).of_kind(Kind { shots, hand: super::Hand::name(hand) });
    let drafts = advice(&facts, distance, shots, voice);
    let mut missing = vec![];
    if points.len() < ENOUGH {
        missing.push(voice.say(
            &format!("au moins {ENOUGH} séances comparables pour juger une progression ({} ici)", points.len()),
            &format!("at least {ENOUGH} comparable sessions to judge progress ({} here)", points.len()),
        ));
    }
    if left_out > 0 {
        let at = voice.number(distance, 1);
        missing.push(voice.say(
            &format!(
                "{} sans série de {shots} coups à {at} m {}",
                many(left_out, "séance", "séances"),
                if left_out == 1 { "n’a pas été comparée" } else { "n’ont pas été comparées" }
            ),
            &format!("{} without a series of {shots} shots at {at} m left out", many(left_out, "session", "sessions")),
        ));
    }
    let given = [(distance, "m"), (f64::from(shots), "shots"), (ENOUGH as f64, "sessions")];
    let given = given.map(|(value, unit)| Figure::of(value, unit)).to_vec();
    let occasion = sessions.last().map(|session| session.occasion.clone());
    Look { domain: "progress", rules: RULES, occasion, facts, drafts, given, missing, indication: indication(voice), ..Look::default() }
}

/// Distance, shots and hands.
type Ground = (f64, u32, Option<super::Hand>);

/// The kind of series that most sessions have.
fn ground(sessions: &[Session]) -> Option<Ground> {
    let mut kinds: Vec<(Ground, usize)> = vec![];
    for session in sessions {
        for class in comparable(session).into_iter().filter(|c| c.series.iter().any(|s| s.points.is_some())) {
            let kind = (class.distance, class.shots, class.hand);
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            }
        }
    }
    // The first of the most common: an order that does not depend on chance.
    let most = kinds.iter().map(|(_, count)| *count).max()?;
    kinds.into_iter().find(|(_, count)| *count == most).map(|(kind, _)| kind)
}
fn point(session: &Session, distance: f64, shots: u32, hand: Option<super::Hand>) -> Option<Point> {
    let class = comparable(session).into_iter().find(|c| (c.distance, c.shots, c.hand) == (distance, shots, hand))?;
    let means: Vec<f64> = class.series.iter().filter_map(|s| s.per_shot()).collect();
    let sizes: Vec<f64> = class.series.iter().filter_map(|s| s.group_cm).collect();
    let sigma = stats::mean(&sizes).zip(stats::spread(shots)).map(|(cm, (ratio, _))| 10.0 * cm / distance / ratio);
    Some(Point { mean: stats::mean(&means)?, sigma, shots: class.series.iter().map(|s| s.shots).sum() })
}

fn facts(points: &[Point], distance: f64, voice: Voice) -> Facts {
    let mut facts = Facts::default();
    let n = points.len();
    let shots = points.iter().map(|p| p.shots).sum();
    let confidence = match n {
        0..=4 => Confidence::Low,
        5..=9 => Confidence::Medium,
        _ => Confidence::High,
    };
    let fact = |metric, value: Option<f64>, unit, severity| Fact {
        id: String::new(),
        metric,
        value: value.map(|v| (v * 100.0).round() / 100.0),
        unit,
        n,
        shots,
        confidence,
        verdict: None,
        series: None,
        distance_m: Some(distance),
        severity,
        about: About::default(),
        text: None,
    };
    let means: Vec<f64> = points.iter().map(|p| p.mean).collect();
    let Some(mean) = stats::mean(&means) else { return facts };
    let at = voice.number(distance, 1);
    let text = voice.say(
        &format!("{} points par coup en moyenne sur {n} séances à {at} m", voice.number(mean, 2)),
        &format!("{} points a shot on average over {n} sessions at {at} m", voice.number(mean, 2)),
    );
    facts.add(Fact { text: Some(text), ..fact("points_per_shot", Some(mean), "points", (10.0 - mean) / 6.0) });
    facts.add(fact("sessions", Some(n as f64), "sessions", 0.2));
    course(&mut facts, "progress", &means, &fact, voice);
    let sigmas: Vec<f64> = points.iter().filter_map(|p| p.sigma).collect();
    if sigmas.len() == n {
        // A smaller spread is better: turned over, rising is progress here too.
        let tightness: Vec<f64> = sigmas.iter().map(|s| -s).collect();
        course(&mut facts, "group_progress", &tightness, &fact, voice);
    }
    if let Some((last, before)) = means.split_last().filter(|(_, before)| before.len() >= 4) {
        let (usual, noise) = (stats::mean(before).unwrap_or_default(), stats::deviation(before).unwrap_or_default());
        let change = last - usual;
        let (verdict, severity) = match change.abs() > 2.0 * noise && change.abs() >= 0.05 {
            true if change < 0.0 => ("below", 0.6),
            true => ("above", 0.4),
            false => ("within_noise", 0.1),
        };
        facts.add(Fact { verdict: Some(verdict), ..fact("last_change", Some(change), "points", severity) });
    }
    facts
}
fn course(
    facts: &mut Facts,
    metric: &'static str,
    values: &[f64],
    fact: &impl Fn(&'static str, Option<f64>, &'static str, f64) -> Fact,
    voice: Voice,
) {
    let (verdict, severity, said) = match stats::trend(values) {
        Trend::Rising => (
            "rising",
            0.6,
            Some(("la progression se voit, plus que le hasard ne l’explique", "the progress shows, more than chance explains")),
        ),
        Trend::Falling => {
            ("falling", 0.8, Some(("les résultats baissent, plus que le hasard ne l’explique", "results fall, more than chance explains")))
        }
        Trend::Unclear if values.len() < ENOUGH => ("insufficient_data", 0.3, None),
        Trend::Unclear => {
            ("no_evidence", 0.2, Some(("aucune évolution que le hasard n’explique", "no change that chance does not explain")))
        }
    };
    let text = said.filter(|_| metric == "progress").map(|(fr, en)| voice.say(fr, en));
    facts.add(Fact { verdict: Some(verdict), text, ..fact(metric, None, "", severity) });
}

fn advice(facts: &Facts, distance: f64, shots: u32, voice: Voice) -> Vec<Draft> {
    let ground = (voice.number(distance, 1), shots);
    let last = facts.of("last_change").find(|fact| fact.verdict == Some("below"));
    on_course(facts, &ground, voice).into_iter().chain(last.map(|last| on_last(last, voice))).collect()
}
fn draft(voice: Voice, title: (&str, &str), advice: (&str, &str), action: Option<Action>, evidence: &[&Fact], priority: u8) -> Draft {
    Draft {
        title: voice.say(title.0, title.1),
        advice: voice.say(advice.0, advice.1),
        evidence: evidence.iter().map(|fact| fact.id.clone()).collect(),
        action,
        priority,
    }
}
fn points(value: f64) -> Option<Criterion> {
    Some(Criterion { metric: "points_per_shot", op: ">=", value: (value * 10.0).round() / 10.0, unit: "points" })
}
fn on_course(facts: &Facts, (at, shots): &(String, u32), voice: Voice) -> Option<Draft> {
    let (mean_fact, trend) = (facts.of("points_per_shot").next()?, facts.of("progress").next()?);
    let (mean, n) = (mean_fact.value?, trend.n);
    let shown = voice.number(mean, 2);
    let drill = |fr: &str, en: &str, sets: u32, criterion: Option<Criterion>| {
        Some(Action { drill: voice.say(fr, en), sets, reps: *shots, criterion, link: None })
    };
    let usual = |sets: u32, goal: Option<Criterion>| {
        drill(&format!("{sets} séries de {shots} coups à {at} m"), &format!("{sets} series of {shots} shots at {at} m"), sets, goal)
    };
    Some(match trend.verdict {
        Some("rising") => draft(
            voice,
            ("Ça progresse : [montez|monte] d’un cran", "It works: go one step up"),
            (
                &format!(
                    "Sur {n} séances, la progression dépasse le hasard. [Gardez|Garde] ce qui marche et [visez|vise] plus haut que {shown} points par coup à {at} m."
                ),
                &format!(
                    "Over {n} sessions the progress is more than chance. Keep what works and aim above {shown} points a shot at {at} m."
                ),
            ),
            usual(4, points(mean * 1.05)),
            &[trend, mean_fact],
            2,
        ),
        Some("falling") => draft(
            voice,
            ("Les résultats baissent", "Results are falling"),
            (
                &format!(
                    "Sur {n} séances, la baisse dépasse le hasard. [Raccourcissez|Raccourcis] les prochaines séances, [revenez|reviens] aux bases à {at} m et [retrouvez|retrouve] {shown} points par coup avant d’en ajouter."
                ),
                &format!(
                    "Over {n} sessions the fall is more than chance. Make the next sessions shorter, go back to basics at {at} m and find {shown} points a shot again before you add more."
                ),
            ),
            usual(3, points(mean)),
            &[trend, mean_fact],
            2,
        ),
        Some("insufficient_data") => draft(
            voice,
            ("Trop peu de séances pour conclure", "Too few sessions to tell"),
            (
                &format!(
                    "{} pas : il en faut {ENOUGH}. [Tirez|Tire] à chaque fois 3 séries de {shots} coups à {at} m, dans les mêmes conditions.",
                    many(n, "séance comparable ne suffit", "séances comparables ne suffisent")
                ),
                &format!(
                    "{} not enough: it takes {ENOUGH}. Each time, shoot 3 series of {shots} shots at {at} m under the same conditions.",
                    many(n, "comparable session is", "comparable sessions are")
                ),
            ),
            usual(3, Some(Criterion { metric: "sessions", op: ">=", value: ENOUGH as f64, unit: "sessions" })),
            &[trend],
            2,
        ),
        _ => draft(
            voice,
            ("Un palier", "A plateau"),
            (
                &format!(
                    "Sur {n} séances, rien ne dépasse le hasard autour de {shown} points par coup. [Changez|Change] une seule chose (la cadence, la prise ou la visée) et [gardez-la|garde-la] trois séances avant de juger."
                ),
                &format!(
                    "Over {n} sessions nothing is more than chance around {shown} points a shot. Change one thing only (the pace, the grip or the sight picture) and keep it for three sessions before you judge."
                ),
            ),
            usual(3, points(mean * 1.03)),
            &[trend, mean_fact],
            3,
        ),
    })
}
fn on_last(last: &Fact, voice: Voice) -> Draft {
    let change = voice.number(last.value.unwrap_or_default().abs(), 2);
    draft(
        voice,
        ("La dernière séance est à part", "The last session stands apart"),
        (
            &format!(
                "La dernière séance est à {change} point par coup sous les précédentes. Une seule séance ne dit rien : [refaites|refais] la même avant de changer quoi que ce soit."
            ),
            &format!(
                "The last session is {change} points a shot below those before. One session says nothing: shoot the same again before you change anything."
            ),
        ),
        None,
        &[last],
        3,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Persona;
    use base::say::Lang;

    fn sessions(means: &[f64]) -> Vec<Session> {
        let one = |(n, mean): (usize, &f64)| -> Input {
            let series = serde_json::json!({"shot_count": 5, "distance": 25, "points": mean * 5.0, "group_size_cm": 10.0});
            serde_json::from_value(
                serde_json::json!({"date": format!("2026-07-{:02}T10:00:00", 30 - n), "series": [series, series, series]}),
            )
            .unwrap()
        };
        // The newest first, as apps list them.
        read(&means.iter().rev().enumerate().map(one).collect::<Vec<_>>()).unwrap()
    }
    fn verdicts(means: &[f64]) -> (Option<&'static str>, Option<&'static str>, Vec<String>) {
        let look = look(&sessions(means), Voice { lang: Lang::En, persona: Persona::Neutral });
        let verdict = |metric: &str| look.facts.of(metric).next().and_then(|f| f.verdict);
        (verdict("progress"), verdict("last_change"), look.drafts.iter().map(|d| d.title.clone()).collect())
    }

    #[test]
    fn only_what_chance_does_not_explain_is_called_progress() {
        assert_eq!(verdicts(&[8.0, 8.2, 8.3, 8.5, 8.8, 9.0]), (Some("rising"), Some("above"), vec!["It works: go one step up".into()]));
        assert_eq!(verdicts(&[9.0, 8.8, 8.7, 8.5, 8.4, 8.3]).0, Some("falling"));
        assert_eq!(verdicts(&[8.6, 8.4, 8.7, 8.5, 8.6, 8.5]), (Some("no_evidence"), Some("within_noise"), vec!["A plateau".into()]));
        assert_eq!(verdicts(&[8.0, 9.0]).0, Some("insufficient_data"));
        let (_, last, titles) = verdicts(&[8.6, 8.5, 8.6, 8.5, 8.6, 7.0]);
        assert!(last == Some("below") && titles.contains(&"The last session stands apart".to_owned()), "{titles:?}");
    }
    #[test]
    fn another_distance_is_another_figure() {
        let mut all = sessions(&[8.6, 8.5, 8.6, 8.5, 8.6]);
        all[4].series.iter_mut().for_each(|s| s.distance = 10.0);
        let look = look(&all, Voice { lang: Lang::Fr, persona: Persona::Neutral });
        assert_eq!(look.facts.of("sessions").next().and_then(|f| f.value), Some(4.0));
        assert_eq!(look.missing.len(), 2, "{:?}", look.missing);
        assert!(look_of_nothing().facts.all().is_empty());
    }
    fn look_of_nothing() -> Look {
        super::look(&[Session::default(), Session::default()], Voice { lang: Lang::Fr, persona: Persona::Neutral })
    }
}
