//! Rules on what a shooter wrote: pain before anything else, exhaustion before any figure, then hints on what the notes speak of.

use super::{
    Session,
    rules::{Look, at_least, tenth},
};
use crate::disciplines::{Action, Draft};

/// Whether somebody wrote of pain that they have; not that they have none, or that they aimed badly.
pub fn hurts(session: &Session) -> bool {
    const NONE: [&str; 9] = [
        "pas de douleur",
        "aucune douleur",
        "sans douleur",
        "plus de douleur",
        "mal a l’aise",
        "mal a l'aise",
        "no pain",
        "without pain",
        "no longer hurts",
    ];
    const PAIN: [&str; 17] = [
        "douleur",
        "douloureu",
        " mal a ",
        " mal a l",
        " mal au ",
        " mal aux ",
        " mal dans ",
        "fait mal",
        "faire mal",
        "blesse",
        "blessure",
        "tendinite",
        "crampe",
        " pain ",
        " painful",
        " hurt",
        " injur",
    ];
    let written = |note: &String| {
        let plain = format!(" {} ", base::text::fold(note).replace(|c: char| c.is_ascii_punctuation() && c != '\'', " "));
        let told = NONE.into_iter().fold(plain, |text, none| text.replace(none, ""));
        PAIN.into_iter().any(|pain| told.contains(pain)) || told.split(' ').any(|word| word == "sore")
    };
    session.notes.iter().any(written)
}
/// Before any figure: whoever hurts does not shoot on.
pub(super) fn pain(look: &Look<'_>) -> Option<Draft> {
    hurts(look.session).then(|| Draft {
        title: look.voice.say("La douleur d’abord", "Pain comes first"),
        advice: look.voice.say(
            "[Vous avez noté|Tu as noté] une douleur : [arrêtez|arrête] le tir jusqu’à ce qu’elle ait disparu, et [voyez|vois] un médecin si elle revient. Aucun objectif de points avant cela.",
            "You wrote of pain: stop shooting until it is gone, and see a doctor if it comes back. No points to aim for before that.",
        ),
        evidence: look.facts.all().first().map(|f| f.id.clone()).into_iter().collect(),
        action: None,
        priority: 1,
    })
}

/// Exhausted, not merely tired at the end: that is for the figures to say.
fn is_exhausted(session: &Session) -> bool {
    const SPENT: [&str; 16] = [
        "epuise",
        "extenue",
        "ereinte",
        "creve",
        "a bout de forces",
        "grosse fatigue",
        "grande fatigue",
        "trop fatigue",
        "tres fatigue",
        "nuit blanche",
        "exhausted",
        "exhaustion",
        "worn out",
        "very tired",
        "too tired",
        "dead tired",
    ];
    const NOT: [&str; 6] = ["pas epuise", "pas trop fatigue", "pas tres fatigue", "not exhausted", "not too tired", "not very tired"];
    let written = |note: &String| {
        let told = NOT.into_iter().fold(base::text::fold(note), |text, not| text.replace(not, ""));
        SPENT.into_iter().any(|spent| told.contains(spent))
    };
    session.notes.iter().any(written)
}
/// Whoever is exhausted holds a weapon less safely than the points tell.
pub(super) fn exhaustion(look: &Look<'_>) -> Option<Draft> {
    is_exhausted(look.session).then(|| Draft {
        title: look.voice.say("Le repos d’abord", "Rest comes first"),
        advice: look.voice.say(
            "[Vous parlez|Tu parles] d’épuisement : [terminez|termine] la séance dès qu’il revient, et [reprenez|reprends] un jour où [vous êtes reposé|tu es reposé]. La sécurité passe avant les points.",
            "You wrote of exhaustion: end the session as soon as it comes back, and go on another day, rested. Safety comes before points.",
        ),
        evidence: look.facts.all().first().map(|f| f.id.clone()).into_iter().collect(),
        action: None,
        priority: 1,
    })
}

fn written(session: &Session, words: &[&str]) -> bool {
    let written = |note: &String| {
        let note = base::text::fold(note);
        words.iter().any(|word| note.split(|c: char| !c.is_alphanumeric()).any(|w| w.starts_with(word)))
    };
    session.notes.iter().any(written)
}
/// Rules on what was written cite the session's mean: they are hints, not findings.
fn noted(look: &Look<'_>, words: &[&str], title: (&str, &str), advice: (&str, &str), drill: (&str, &str), reps: u32) -> Option<Draft> {
    if !written(look.session, words) {
        return None;
    }
    let (fact, mean) = look.fact("points_per_shot")?;
    Some(Draft {
        title: look.voice.say(title.0, title.1),
        advice: look.voice.say(advice.0, advice.1),
        evidence: vec![fact.id.clone()],
        action: Some(Action {
            drill: look.voice.say(drill.0, drill.1),
            sets: 2,
            reps,
            criterion: at_least("points_per_shot", tenth(mean), "points"),
            link: None,
        }),
        priority: 3,
    })
}
pub(super) fn trigger(look: &Look<'_>) -> Option<Draft> {
    noted(
        look,
        &["lache", "detente", "doigt", "coup de doigt", "trigger", "flinch", "jerk"],
        ("Le lâcher", "The release"),
        (
            "[Vous parlez|Tu parles] du lâcher : [pressez|presse] la détente sans la surveiller, la surprise du départ est bon signe.",
            "You wrote of the release: press the trigger without watching it; being surprised by the shot is a good sign.",
        ),
        ("10 tirs à sec, une pièce posée sur le canon", "10 dry shots with a coin on the barrel"),
        10,
    )
}
pub(super) fn breathing(look: &Look<'_>) -> Option<Draft> {
    noted(
        look,
        &["respir", "souffle", "essouff", "breath"],
        ("Le souffle", "Breathing"),
        (
            "[Vous parlez|Tu parles] du souffle : [lâchez|lâche] le coup dans la pause après l’expiration, et [posez|pose] l’arme si cette pause dure plus de huit secondes.",
            "You wrote of your breath: fire in the pause after breathing out, and lower the gun if that pause lasts more than eight seconds.",
        ),
        ("5 coups lents, un seul par respiration", "5 slow shots, one for each breath"),
        5,
    )
}
pub(super) fn stress(look: &Look<'_>) -> Option<Draft> {
    noted(
        look,
        &["stress", "nerv", "pression", "anxi", "tension", "pressure"],
        ("La pression", "Pressure"),
        (
            "[Vous parlez|Tu parles] de tension : [tirez|tire] deux séries par séance comme en match, annoncées et comptées, pour [vous y habituer|t’y habituer].",
            "You wrote of tension: shoot two series a session as in a match, announced and counted, to get used to it.",
        ),
        ("2 séries de match par séance", "2 match series a session"),
        5,
    )
}
