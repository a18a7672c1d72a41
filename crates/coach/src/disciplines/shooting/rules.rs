//! Advice by rules: each is a condition on facts with the least it must be measured, a sentence in the coach's voice, and what to do.

use super::{
    Session,
    facts::{Comparable, comparable},
    notes::{breathing, exhaustion, pain, stress, trigger},
};
use crate::{
    disciplines::{Action, Confidence, Criterion, Draft, Fact, Facts, many},
    voice::Voice,
};

/// What a rule looks at.
pub(super) struct Look<'a> {
    pub session: &'a Session,
    pub facts: &'a Facts,
    pub voice: Voice,
    /// The largest class of comparable series: drills are for it.
    class: Option<Comparable<'a>>,
}
impl Look<'_> {
    pub fn fact(&self, metric: &str) -> Option<(&Fact, f64)> {
        let fact = self.facts.of(metric).next()?;
        Some((fact, fact.value?))
    }
    fn number(&self, value: f64) -> String {
        self.voice.number(value, 2)
    }
    /// The distance and the shots of the drills: nearer than today, where there was nothing to learn.
    fn ground(&self) -> (String, u32) {
        let distance = |c: &Comparable<'_>| if is_too_far(self) { nearer(c.distance) } else { c.distance };
        self.class.as_ref().map_or_else(|| ("25".to_owned(), 5), |c| (self.number(distance(c)), c.shots.clamp(3, 10)))
    }
}

type Rule = fn(&Look<'_>) -> Option<Draft>;
const RULES: [Rule; 14] = [
    exhaustion,
    fatigue,
    warm_up,
    group,
    spread_of_points,
    outlier,
    one_hand,
    too_hard,
    too_easy,
    repeat_the_best,
    trigger,
    breathing,
    stress,
    more_series,
];

/// What the figures and the notes of this session ask for. Whoever hurts is told to stop, and nothing else: no drill goes with that.
pub fn advice(session: &Session, facts: &Facts, voice: Voice) -> Vec<Draft> {
    let look = Look { session, facts, voice, class: comparable(session).into_iter().next() };
    let pain = pain(&look);
    if pain.is_some() { pain.into_iter().collect() } else { RULES.iter().filter_map(|rule| rule(&look)).collect() }
}
/// What was not measured, and would let the coach say more.
pub fn missing(session: &Session, facts: &Facts, voice: Voice) -> Vec<String> {
    let mut missing = vec![];
    if session.series.is_empty() {
        missing
            .push(voice.say("au moins une série avec ses points et sa distance", "at least one series with its points and its distance"));
        return missing;
    }
    if facts.of("trend").any(|f| f.verdict == Some("insufficient_data")) {
        missing.push(voice.say("au moins 5 séries comparables pour juger la fatigue", "at least 5 comparable series to judge fatigue"));
    }
    if session.series.iter().any(|s| s.group_cm.is_none()) {
        missing.push(voice.say("la taille du groupement de chaque série", "the group size of every series"));
    }
    if session.series.iter().any(|s| s.hand.is_none()) {
        missing.push(voice.say("la prise (une ou deux mains)", "the grip (one or two hands)"));
    }
    if !session.implausible.is_empty() {
        let which = session.implausible.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        missing.push(voice.say(&format!("des points plausibles pour la série {which}"), &format!("plausible points for series {which}")));
    }
    missing
}

fn at_most(metric: &'static str, value: f64, unit: &'static str) -> Option<Criterion> {
    Some(Criterion { metric, op: "<=", value, unit })
}
pub(super) fn at_least(metric: &'static str, value: f64, unit: &'static str) -> Option<Criterion> {
    Some(Criterion { metric, op: ">=", value, unit })
}
fn half(value: f64) -> f64 {
    (value * 2.0).round() / 2.0
}
pub(super) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn fatigue(look: &Look<'_>) -> Option<Draft> {
    let trend = look.facts.of("trend").find(|f| f.verdict == Some("falling"))?;
    let (mean_fact, mean) = look.fact("points_per_shot")?;
    let keep = (trend.n as u32).saturating_sub(2).max(3);
    let (distance, shots) = look.ground();
    let goal = tenth(mean);
    Some(Draft {
        title: look.voice.say("La séance était trop longue", "The session was too long"),
        advice: look.voice.say(
            &format!("Les points baissent de série en série, plus que le hasard ne l’explique. [Arrêtez-vous|Arrête-toi] à {keep} séries la prochaine fois, avec deux minutes de pause entre elles, et [gardez|garde] au moins {} points par coup jusqu’à la dernière.", look.number(goal)),
            &format!("Points fall from series to series, more than chance explains. Stop after {keep} series next time, with two minutes of rest between them, and keep at least {} points a shot to the last.", look.number(goal)),
        ),
        evidence: vec![trend.id.clone(), mean_fact.id.clone()],
        action: Some(Action {
            drill: look.voice.say(&format!("{keep} séries de {shots} coups à {distance} m, deux minutes de pause entre elles"), &format!("{keep} series of {shots} shots at {distance} m, two minutes of rest between them")),
            sets: keep,
            reps: shots,
            criterion: at_least("points_per_shot", goal, "points"),
            link: None,
        }),
        priority: 1,
    })
}
fn warm_up(look: &Look<'_>) -> Option<Draft> {
    let trend = look.facts.of("trend").find(|f| f.verdict == Some("rising"))?;
    let (distance, _) = look.ground();
    Some(Draft {
        title: look.voice.say("Un début à froid", "A cold start"),
        advice: look.voice.say(
            "Les points montent de série en série : les premières servent d’échauffement. [Faites|Fais] dix tirs à sec avant la première série comptée.",
            "Points rise from series to series: the first ones warm you up. Dry-fire ten times before the first series that counts.",
        ),
        evidence: vec![trend.id.clone()],
        action: Some(Action {
            drill: look.voice.say(&format!("10 tirs à sec à {distance} m avant la séance"), &format!("10 dry shots at {distance} m before the session")),
            sets: 1,
            reps: 10,
            criterion: look.fact("points_per_shot").and_then(|(_, mean)| at_least("points_per_shot", tenth(mean), "points")),
            link: None,
        }),
        priority: 2,
    })
}
fn group(look: &Look<'_>) -> Option<Draft> {
    let (fact, mean) = look.fact("group_size")?;
    let class = look.class.as_ref()?;
    if is_too_far(look) || too_easy(look).is_some() {
        return None;
    }
    // A step that is worth the cartridges; a small one where little was measured.
    let step = if fact.n < 3 { 0.97 } else { 0.9 };
    let goal = half(mean * step).min(mean).max(0.5);
    let (distance, shots) = look.ground();
    let hedge = if fact.n < 3 {
        look.voice.say(
            " C’est une indication : il faut plus de groupements pour en être sûr.",
            " Take it as an indication: it takes more groups to be sure.",
        )
    } else {
        String::new()
    };
    Some(Draft {
        title: look.voice.say(&format!("Régularité à {distance} m"), &format!("Steadiness at {distance} m")),
        advice: look.voice.say(
            &format!("[Refaites|Refais] 3 séries de {shots} coups à {distance} m et [visez|vise] un groupement de {} cm au plus (moyenne du jour : {} cm).{hedge}", look.number(goal), look.number(mean)),
            &format!("Shoot 3 more series of {shots} shots at {distance} m and aim for a group of {} cm at most (today’s mean: {} cm).{hedge}", look.number(goal), look.number(mean)),
        ),
        evidence: vec![fact.id.clone()],
        action: Some(Action {
            drill: look.voice.say(&format!("série lente à {distance} m"), &format!("slow series at {distance} m")),
            sets: 3,
            reps: class.shots.clamp(3, 10),
            criterion: at_most("group_size", goal, "cm"),
            link: None,
        }),
        priority: 2,
    })
}
/// A session that falls, rises, has one bad series or two kinds of grip is uneven for that reason, and another rule says so.
fn is_explained(look: &Look<'_>) -> bool {
    let course = look.facts.of("trend").any(|f| matches!(f.verdict, Some("falling" | "rising")));
    let one = look.facts.of("outlier").any(|f| f.verdict == Some("low"));
    course || one || one_hand(look).is_some()
}
fn spread_of_points(look: &Look<'_>) -> Option<Draft> {
    if is_explained(look) {
        return None;
    }
    let (fact, deviation) = look.fact("points_deviation").filter(|(f, d)| f.n >= 3 && *d >= 0.5)?;
    let goal = tenth(deviation * 0.8);
    let (distance, shots) = look.ground();
    Some(Draft {
        title: look.voice.say("Des séries trop inégales", "Series too uneven"),
        advice: look.voice.say(
            &format!("D’une série à l’autre, l’écart-type est de {} point par coup. [Gardez|Garde] la même routine à chaque coup (position, respiration, lâcher) et [visez|vise] {} au plus.", look.number(deviation), look.number(goal)),
            &format!("From series to series the standard deviation is {} points a shot. Keep one routine for every shot (stance, breath, release) and aim for {} at most.", look.number(deviation), look.number(goal)),
        ),
        evidence: vec![fact.id.clone()],
        action: Some(Action {
            drill: look.voice.say(&format!("4 séries de {shots} coups à {distance} m, même routine annoncée à voix basse"), &format!("4 series of {shots} shots at {distance} m, the same routine said under your breath")),
            sets: 4,
            reps: shots,
            criterion: at_most("points_deviation", goal, "points"),
            link: None,
        }),
        priority: 2,
    })
}
fn outlier(look: &Look<'_>) -> Option<Draft> {
    let fact = look.facts.of("outlier").find(|f| f.verdict == Some("low"))?;
    let (number, value) = (fact.series?, fact.value?);
    Some(Draft {
        title: look.voice.say(&format!("La série {number} est à part"), &format!("Series {number} stands apart")),
        advice: look.voice.say(
            &format!("La série {number} ({} points par coup) est nettement sous les autres. [Notez|Note] ce qui s’est passé, et après un incident [faites|fais] une pause d’une minute avant de reprendre.", look.number(value)),
            &format!("Series {number} ({} points a shot) is well below the others. Write down what happened, and after a mishap rest a minute before you go on.", look.number(value)),
        ),
        evidence: vec![fact.id.clone()],
        action: None,
        priority: 3,
    })
}
fn one_hand(look: &Look<'_>) -> Option<Draft> {
    let (fact, gap) = look.fact("hand_gap").filter(|(f, gap)| f.n >= 4 && *gap >= 0.7)?;
    let (distance, shots) = look.ground();
    let goal = tenth(gap * 0.8);
    Some(Draft {
        title: look.voice.say("Le tir à une main", "One-handed shooting"),
        advice: look.voice.say(
            &format!("Le tir à une main coûte {} point par coup. [Travaillez-le|Travaille-le] à part, en séries courtes, et [ramenez|ramène] l’écart à {} au plus.", look.number(gap), look.number(goal)),
            &format!("Shooting with one hand costs {} points a shot. Work on it apart, in short series, and bring the gap down to {} at most.", look.number(gap), look.number(goal)),
        ),
        evidence: vec![fact.id.clone()],
        action: Some(Action {
            drill: look.voice.say(&format!("3 séries de {shots} coups à une main à {distance} m"), &format!("3 one-handed series of {shots} shots at {distance} m")),
            sets: 3,
            reps: shots,
            criterion: at_most("hand_gap", goal, "points"),
            link: None,
        }),
        priority: 3,
    })
}
/// Too few points to learn from at this distance: then no drill stays there.
fn is_too_far(look: &Look<'_>) -> bool {
    too_hard(look).is_some()
}
fn nearer(distance: f64) -> f64 {
    half(distance * 0.6)
}
fn too_hard(look: &Look<'_>) -> Option<Draft> {
    let (fact, mean) = look.fact("points_per_shot").filter(|(f, mean)| *mean < 6.0 && f.n >= 2)?;
    let distance = look.class.as_ref().map(|c| c.distance).filter(|d| *d > 7.0)?;
    let nearer = nearer(distance);
    let goal = tenth((mean * 1.25).min(9.0));
    Some(Draft {
        title: look.voice.say("Se rapprocher pour progresser", "Come closer to get better"),
        advice: look.voice.say(
            &format!("{} points par coup : la cible est trop loin pour apprendre. [Rapprochez-la|Rapproche-la] à {} m, et ne l’[éloignez|éloigne] qu’une fois à {} points par coup.", look.number(mean), look.number(nearer), look.number(goal)),
            &format!("{} points a shot: the target is too far to learn from. Bring it to {} m, and move it back once you shoot {} points a shot.", look.number(mean), look.number(nearer), look.number(goal)),
        ),
        evidence: vec![fact.id.clone()],
        action: Some(Action {
            drill: look.voice.say(&format!("4 séries de 5 coups à {} m", look.number(nearer)), &format!("4 series of 5 shots at {} m", look.number(nearer))),
            sets: 4,
            reps: 5,
            criterion: at_least("points_per_shot", goal, "points"),
            link: None,
        }),
        priority: 2,
    })
}
fn too_easy(look: &Look<'_>) -> Option<Draft> {
    let (fact, mean) = look.fact("points_per_shot").filter(|(f, mean)| *mean >= 9.3 && f.n >= 3)?;
    let distance = look.class.as_ref()?.distance;
    let farther = half(distance * 1.4);
    let goal = tenth(mean * 0.95);
    Some(Draft {
        title: look.voice.say("Prêt pour plus difficile", "Ready for more"),
        advice: look.voice.say(
            &format!(
                "{} points par coup à {} m : [éloignez|éloigne] la cible à {} m et [gardez|garde] au moins {} points par coup.",
                look.number(mean),
                look.number(distance),
                look.number(farther),
                look.number(goal)
            ),
            &format!(
                "{} points a shot at {} m: move the target back to {} m and keep at least {} points a shot.",
                look.number(mean),
                look.number(distance),
                look.number(farther),
                look.number(goal)
            ),
        ),
        evidence: vec![fact.id.clone()],
        action: Some(Action {
            drill: look.voice.say(
                &format!("3 séries de 5 coups à {} m", look.number(farther)),
                &format!("3 series of 5 shots at {} m", look.number(farther)),
            ),
            sets: 3,
            reps: 5,
            criterion: at_least("points_per_shot", goal, "points"),
            link: None,
        }),
        priority: 3,
    })
}
fn repeat_the_best(look: &Look<'_>) -> Option<Draft> {
    if is_explained(look) || is_too_far(look) {
        return None;
    }
    let (fact, best) = look.fact("best_series")?;
    let (mean_fact, mean) = look.fact("points_per_shot").filter(|(f, mean)| f.n >= 3 && best - mean >= 0.3)?;
    let number = fact.series?;
    let goal = tenth((mean + best) / 2.0);
    let (distance, shots) = look.ground();
    Some(Draft {
        title: look.voice.say(&format!("Refaire la série {number}"), &format!("Do series {number} again")),
        advice: look.voice.say(
            &format!("La série {number} vaut {} points par coup. [Notez|Note] ce qui la distinguait, puis [visez|vise] {} points par coup en moyenne.", look.number(best), look.number(goal)),
            &format!("Series {number} made {} points a shot. Write down what was different about it, then aim for a mean of {} points a shot.", look.number(best), look.number(goal)),
        ),
        evidence: vec![fact.id.clone(), mean_fact.id.clone()],
        action: Some(Action {
            drill: look.voice.say(&format!("3 séries de {shots} coups à {distance} m"), &format!("3 series of {shots} shots at {distance} m")),
            sets: 3,
            reps: shots,
            criterion: at_least("points_per_shot", goal, "points"),
            link: None,
        }),
        priority: 3,
    })
}

fn more_series(look: &Look<'_>) -> Option<Draft> {
    let trend = look.facts.of("trend").find(|f| f.verdict == Some("insufficient_data"))?;
    let (distance, shots) = look.ground();
    Some(Draft {
        title: look.voice.say("Mesurer davantage", "Measure more"),
        advice: look.voice.say(
            &format!("{} pas pour juger une évolution. [Tirez|Tire] 5 séries de {shots} coups à {distance} m dans les mêmes conditions, groupements mesurés.", many(trend.n, "série ne suffit", "séries ne suffisent")),
            &format!("{} not enough to judge a trend. Shoot 5 series of {shots} shots at {distance} m under the same conditions, groups measured.", many(trend.n, "series is", "series are")),
        ),
        evidence: vec![trend.id.clone()],
        action: Some(Action {
            drill: look.voice.say(&format!("5 séries de {shots} coups à {distance} m"), &format!("5 series of {shots} shots at {distance} m")),
            sets: 5,
            reps: shots,
            criterion: at_least("series", 5.0, "series"),
            link: None,
        }),
        priority: if trend.confidence == Confidence::Low { 2 } else { 4 },
    })
}
