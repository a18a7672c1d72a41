//! The score keeps its order when good advice is spoilt on purpose, and the rules never say what the figures do not.

use super::{
    figures::{Figure, figures, numbers},
    markdown::markdown,
    model::{Ai, Answer, AnswerId, by_rules},
    score::{is_grounded, score},
};
use crate::{
    disciplines::{
        Confidence, Draft,
        shooting::{self, Input, Session},
    },
    voice::{Persona, Voice},
};
use base::{id, say::Lang, time::Timestamp};

fn session(points: &[f64], group: f64, note: &str) -> Session {
    let series: Vec<_> = points
        .iter()
        .map(|p| serde_json::json!({"shot_count": 5, "distance": 25, "points": p * 5.0, "group_size_cm": group, "hand_method": "two"}))
        .collect();
    let input: Input = serde_json::from_value(serde_json::json!({"series": series, "synthese": note})).unwrap();
    input.read().unwrap()
}
fn answered(session: &Session, voice: Voice, most: usize) -> Answer {
    let look = shooting::look(session.clone(), voice);
    by_rules(AnswerId(id::v4()), look, most, Timestamp::from_micros(0), Ai::without("not_wanted"))
}
fn voices() -> [Voice; 3] {
    [(Lang::Fr, Persona::Neutral), (Lang::Fr, Persona::Cool), (Lang::En, Persona::Neutral)].map(|(lang, persona)| Voice { lang, persona })
}
fn sessions() -> Vec<Session> {
    vec![
        session(&[9.0, 8.2], 10.25, "Fatigue sur la fin"),
        session(&[9.5, 9.2, 9.0, 8.6, 8.1, 7.9], 8.0, "stress et respiration"),
        session(&[7.9, 8.1, 8.6, 9.0, 9.2, 9.5], 6.5, "lâcher hésitant"),
        session(&[9.6, 9.5, 9.7, 9.4, 9.6], 4.0, ""),
        session(&[5.0, 5.5, 4.8, 5.2, 5.1], 22.0, ""),
        session(&[9.0, 9.1, 8.9, 9.0, 6.0, 9.2], 7.0, ""),
        session(&[8.0, 9.4, 7.1, 9.0, 8.2, 7.6, 9.3], 11.0, "douleur au poignet"),
    ]
}

#[test]
fn numbers_are_read_as_people_write_them() {
    assert_eq!(
        numbers("3 séries de 5 coups à 25 m, 10,25 cm. 8.5 puis 9."),
        [(3.0, 0), (5.0, 0), (25.0, 0), (10.25, 2), (8.5, 1), (9.0, 0)]
    );
    assert_eq!(numbers("F3, a1 et cm2"), [], "names are no numbers");
    assert_eq!(
        numbers("12\u{202f}000 EUR, 1\u{a0}234\u{a0}567,5 ; 3 500 et 2\u{a0}5000"),
        [(12_000.0, 0), (1_234_567.5, 1), (3.0, 0), (500.0, 0), (2.0, 0), (5_000.0, 0)]
    );
}

/// Every item of every session, spoilt in every way, must score lower than before.
#[test]
fn what_is_spoilt_scores_lower() {
    let (mut right, mut pairs, mut lines) = (0u32, 0u32, vec![]);
    for (name, spoil) in SPOILERS {
        let (mut class_right, mut class_pairs) = (0u32, 0u32);
        for session in sessions() {
            let facts = shooting::facts(&session);
            let context = shooting::look(session.clone(), voices()[0]).given;
            for voice in voices() {
                for draft in shooting::advice(&session, &facts, voice) {
                    let Some(worse) = spoil(&draft) else { continue };
                    let drill = draft.action.iter().flat_map(|a| figures(&a.drill)).chain(context.iter().copied()).collect::<Vec<_>>();
                    let points = |d: &Draft| score(d, &facts, &drill).map_or(-1.0, |s| s.score);
                    class_pairs += 1;
                    class_right += u32::from(points(&worse) < points(&draft));
                }
            }
        }
        assert!(class_pairs > 0, "{name} spoilt nothing");
        lines.push(format!("{name}: {class_right}/{class_pairs}"));
        (right, pairs) = (right + class_right, pairs + class_pairs);
    }
    let accuracy = f64::from(right) / f64::from(pairs);
    println!("{}", lines.join("\n"));
    assert!(pairs >= 150, "{pairs} pairs");
    assert!(accuracy >= 0.97, "{accuracy:.3}: {lines:?}");
}
type Spoiler = fn(&Draft) -> Option<Draft>;
const SPOILERS: [(&str, Spoiler); 8] = [
    ("a figure is changed", |d| {
        let (value, digits) = numbers(&d.advice).into_iter().find(|(v, digits)| *digits > 0 || *v > 12.0)?;
        let written = format!("{value:.*}", usize::try_from(digits).ok()?);
        let wrong = format!("{:.*}", usize::try_from(digits).ok()?, value * 3.7 + 41.3);
        let advice = d.advice.replacen(&written.replace('.', ","), &wrong, 1).replacen(&written, &wrong, 1);
        (advice != d.advice).then(|| Draft { advice, ..d.clone() })
    }),
    ("the goal is dropped", |d| {
        let mut action = d.action.clone()?;
        action.criterion.take()?;
        Some(Draft { action: Some(action), ..d.clone() })
    }),
    ("another series is named", |d| {
        let named = |text: &str| (1..=6).fold(text.to_owned(), |text, n| text.replace(&format!("série {n} "), "série 9 "));
        let (title, advice) = (named(&d.title), named(&d.advice));
        (advice != d.advice).then(|| Draft { title, advice, ..d.clone() })
    }),
    ("the exercise is dropped", |d| d.action.as_ref().map(|_| Draft { action: None, ..d.clone() })),
    ("a fact is invented", |d| Some(Draft { evidence: vec!["F99".to_owned()], ..d.clone() })),
    ("said to anybody", |d| {
        d.action.as_ref()?;
        Some(Draft { title: "Continuez ainsi".into(), advice: "Continuez ainsi et faites de votre mieux.".into(), ..d.clone() })
    }),
    ("out of reach", |d| {
        let mut action = d.action.clone()?;
        let goal = action.criterion.as_mut()?;
        if goal.metric == "series" {
            return None;
        }
        goal.value = if goal.op == "<=" { goal.value * 0.01 } else { goal.value * 9.0 };
        Some(Draft { action: Some(action), ..d.clone() })
    }),
    ("unsafe", |d| Some(Draft { advice: format!("{} Augmentez la charge de vos cartouches.", d.advice), ..d.clone() })),
];

#[test]
fn the_rules_only_say_what_the_figures_say() {
    for session in sessions() {
        for voice in voices() {
            let answer = answered(&session, voice, 10);
            assert!(!answer.advice.is_empty());
            for item in &answer.advice {
                assert!(item.score_parts.grounding >= 0.6, "{item:?}");
                assert!(item.advice.len() <= 400 && item.title.chars().count() <= 80, "{item:?}");
                assert!(!item.advice.contains(['[', ']', '|', '<']), "{item:?}");
            }
            let text = markdown(&answer, voice);
            assert!(text.starts_with("### ") && !text.contains("http") && !text.contains("!["), "{text}");
        }
    }
}
#[test]
fn pain_comes_before_any_goal() {
    let session = session(&[8.0, 9.4, 7.1, 9.0, 8.2, 7.6, 9.3], 11.0, "Douleur au poignet droit");
    let answer = answered(&session, voices()[0], 4);
    assert_eq!(answer.advice[0].title, "La douleur d’abord");
    assert_eq!(answer.advice.len(), 1, "no drill beside the advice to stop");
    let told = |note: &str| shooting::hurts(&self::session(&[9.0, 8.2], 10.0, note));
    for pain in ["J’ai mal au poignet", "ça fait mal", "mal à l’épaule", "My wrist hurts.", "sore thumb", "a little pain", "Tendinite !"]
    {
        assert!(told(pain), "{pain}");
    }
    for none in ["Mal visé aujourd’hui", "Aucune douleur", "no pain today", "malgré le vent", "mal à l’aise au début", "painted targets"]
    {
        assert!(!told(none), "{none}");
    }
}
#[test]
fn what_says_the_opposite_of_the_figures_is_never_shown() {
    let session = session(&[9.5, 9.2, 9.0, 8.6, 8.1, 7.9], 8.0, "");
    let facts = shooting::facts(&session);
    let draft =
        |advice: &str| Draft { title: "Bilan".into(), advice: advice.into(), evidence: vec!["F1".into()], action: None, priority: 2 };
    assert!(score(&draft("Vous progressez de série en série."), &facts, &[]).is_none());
    assert!(score(&draft("Les points baissent."), &facts, &[]).is_some());
    assert!(score(&draft("Tirez malgré la douleur."), &facts, &[]).is_none());
}
/// A list of words cites nothing and drills nothing: even where its figures are ours.
#[test]
fn words_without_an_exercise_are_worth_little() {
    let session = session(&[9.0, 9.1, 8.9, 9.0, 9.2], 9.0, "");
    let facts = shooting::facts(&session);
    let advice = "Série 3 : refaites-la à 25 m, groupement de 9 cm, 9,04 points par coup.".to_owned();
    let draft = Draft { title: "Régularité des séries".into(), advice, evidence: vec![], action: None, priority: 3 };
    let scored = score(&draft, &facts, &[(25.0, "m"), (3.0, "series")].map(|(value, unit)| Figure::of(value, unit))).unwrap();
    assert!(scored.parts.grounding > 0.9 && scored.score <= 0.4, "{scored:?}");
}
/// What a model may not do with our figures: put them to another unit, or write others in words.
#[test]
fn a_figure_in_another_unit_is_none_of_ours() {
    let series: Vec<_> = [(43, 9.5), (44, 10.0), (42, 10.0)]
        .map(|(points, cm)| serde_json::json!({"shot_count": 5, "distance": 25, "points": points, "group_size_cm": cm}))
        .to_vec();
    let input: Input = serde_json::from_value(serde_json::json!({"series": series})).unwrap();
    // The group is 9.83 cm, the mean 8.6 points.
    let look = shooting::look(input.read().unwrap(), voices()[0]);
    let stands = |advice: &str| {
        let draft = Draft { title: "Bilan".into(), advice: advice.into(), evidence: vec!["F1".into()], action: None, priority: 2 };
        is_grounded(&draft, &look.facts, &look.given)
    };
    for ours in [
        "Votre groupement est de 9,83 cm, soit 98 mm.",
        "Votre groupement est de 9,8 cm à 25 m.",
        "La moyenne est de 8,6 points par coup.",
        "Sur 3 séries de 5 coups, la moyenne est de 8,6.",
        "La moyenne est de neuf points, à peu près.",
        "Posez l’arme deux minutes entre les séries.",
        "Hold for no more than eight seconds.",
    ] {
        assert!(stands(ours), "{ours}");
    }
    for not in [
        "Votre groupement est de 8,6 cm.",
        "8,6 % de mieux.",
        "Le groupement moyen est de 3 cm.",
        "Le groupement moyen est de trois centimètres.",
        "La moyenne est de dix points par coup.",
        "The mean is ten points a shot.",
        "9,83 points par coup.",
        "Votre groupement est de 98 cm.",
        "La séance a duré 90 minutes.",
        "Vous tirez à 9,83 m.",
    ] {
        assert!(!stands(not), "{not}");
    }
}
#[test]
fn two_series_are_an_indication_at_most() {
    let session = session(&[9.0, 8.2], 10.25, "");
    let answer = answered(&session, voices()[0], 4);
    let says_so = |item: &super::model::Item| item.advice.contains("C’est une indication") || item.title == "Mesurer davantage";
    assert!(answer.advice.iter().all(says_so), "{:?}", answer.advice);
    assert!(answer.advice.iter().all(|item| item.confidence == Confidence::Low && item.score <= 0.6), "{:?}", answer.advice);
    assert_eq!(answer.missing_data, ["au moins 5 séries comparables pour juger la fatigue"]);
}
