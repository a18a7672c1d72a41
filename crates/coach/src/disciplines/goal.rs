//! A goal in words, without figures: how to begin, and what to measure so that the next advice can stand on figures.

use super::{
    Action, Criterion, Draft, Facts, Look,
    shooting::{self, Session},
};
use crate::voice::Voice;

pub const DOMAIN: &str = "goal";
/// Stamped on every answer that the rules gave.
pub const RULES: &str = "rules/goal@1";

/// What somebody wants, and what the rules say to it. Whoever hurts is told to stop, as with a session.
pub fn look(goal: Vec<String>, voice: Voice) -> Look {
    let (session, facts) = (Session { notes: goal, ..Session::default() }, Facts::default());
    let stops = shooting::hurts(&session);
    let drafts = if stops { shooting::advice(&session, &facts, voice) } else { advice(&session.notes, voice) };
    let missing = shooting::missing(&session, &facts, voice);
    Look { domain: DOMAIN, rules: RULES, facts, drafts, missing, stops, goal: session.notes, ..Look::default() }
}

/// The beginnings of words that it listens for, and its title, advice and drill in French and English.
struct Rule {
    hears: &'static [&'static str],
    title: (&'static str, &'static str),
    advice: (&'static str, &'static str),
    drill: (&'static str, &'static str),
    sets: u32,
    reps: u32,
}
const RULES_IN_WORDS: [Rule; 6] = [
    Rule {
        hears: &["tenir", "tien", "dure", "enduran", "fatigu", "long", "serie", "hold", "stamina", "last", "tired"],
        title: ("Tenir la durée", "Last longer"),
        advice: (
            "[Ajoutez|Ajoute] une série par séance plutôt que plusieurs d’un coup, avec deux minutes de pause entre elles, et [notez|note] les points de chacune : une baisse ne se juge qu’à partir de 5 séries.",
            "Add one series a session rather than several at once, with two minutes of rest between them, and write down the points of each: a decline can be judged from 5 series on.",
        ),
        drill: ("5 séries de 5 coups, deux minutes de pause entre elles", "5 series of 5 shots, two minutes of rest between them"),
        sets: 5,
        reps: 5,
    },
    Rule {
        hears: &["group", "serr", "resserr", "precis", "dispers", "tight", "accura"],
        title: ("Resserrer les tirs", "Shoot tighter"),
        advice: (
            "[Tirez|Tire] 3 séries de 5 coups à une seule distance sans regarder les impacts, puis [mesurez|mesure] chaque groupement en cm : c’est lui qui dira ce qui change, pas une impression.",
            "Shoot 3 series of 5 shots at one distance without looking at the hits, then measure each group in cm: that will tell what changes, not an impression.",
        ),
        drill: ("3 séries de 5 coups à une seule distance, groupements mesurés", "3 series of 5 shots at one distance, groups measured"),
        sets: 3,
        reps: 5,
    },
    Rule {
        hears: &["point", "score", "match", "concours", "competi", "championn", "qualif", "contest"],
        title: ("Un point de départ", "A starting point"),
        advice: (
            "[Tirez|Tire] 5 séries de 5 coups comptées comme en match et [retenez|retiens] leur moyenne par coup : un objectif de points se fixe à partir d’elle, un peu au-dessus.",
            "Shoot 5 series of 5 shots counted as in a match and keep their mean per shot: a goal in points is set from it, a little above.",
        ),
        drill: ("5 séries de 5 coups, comptées comme en match", "5 series of 5 shots, counted as in a match"),
        sets: 5,
        reps: 5,
    },
    Rule {
        hears: &["lache", "detente", "doigt", "trigger", "flinch", "jerk", "release"],
        title: ("Le lâcher", "The release"),
        advice: (
            "[Faites|Fais] 10 tirs à sec avant chaque séance, sans surveiller le départ, et [notez|note] combien laissent les organes de visée immobiles.",
            "Fire 10 dry shots before each session without watching for the break, and write down how many leave the sights still.",
        ),
        drill: ("10 tirs à sec, une pièce posée sur le canon", "10 dry shots with a coin on the barrel"),
        sets: 1,
        reps: 10,
    },
    Rule {
        hears: &["respir", "souffle", "essouff", "breath"],
        title: ("Le souffle", "Breathing"),
        advice: (
            "[Lâchez|Lâche] le coup dans la pause après l’expiration, un seul par respiration, et [posez|pose] l’arme si cette pause dure plus de huit secondes.",
            "Fire in the pause after breathing out, one shot a breath, and lower the gun if that pause lasts more than eight seconds.",
        ),
        drill: ("2 séries de 5 coups lents, un seul par respiration", "2 series of 5 slow shots, one for each breath"),
        sets: 2,
        reps: 5,
    },
    Rule {
        hears: &["stress", "nerv", "pression", "anxi", "tension", "pressure", "calm"],
        title: ("La pression", "Pressure"),
        advice: (
            "[Annoncez|Annonce] et [comptez|compte] 2 séries de 5 coups par séance comme en match, et [comparez|compare]-les aux autres : l’écart dira ce que la pression coûte.",
            "Announce and count 2 series of 5 shots a session as in a match, and compare them with the others: the gap tells what pressure costs.",
        ),
        drill: ("2 séries de 5 coups par séance, comme en match", "2 series of 5 shots a session, as in a match"),
        sets: 2,
        reps: 5,
    },
];
/// Of those that hear something; what to send stands after them.
const MOST: usize = 3;

/// Never nothing: the last piece says what figures to send.
fn advice(goal: &[String], voice: Voice) -> Vec<Draft> {
    let goal = base::text::fold(&goal.join(" "));
    let hears = |rule: &&Rule| rule.hears.iter().any(|stem| goal.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(stem)));
    let heard = RULES_IN_WORDS.iter().filter(hears).take(MOST).map(|rule| draft(rule, None, 3, voice));
    let figures = Rule {
        hears: &[],
        title: ("Envoyer des chiffres", "Send figures"),
        advice: (
            "Pour un conseil tiré de [vos|tes] chiffres, [envoyez|envoie] une séance : pour chaque série le nombre de coups, la distance et les points, et si possible le groupement en cm et la prise. Une évolution se juge à partir de 5 séries comparables.",
            "For advice from your own figures, send a session: for each series the number of shots, the distance and the points, and if you can the group in cm and the grip. A trend can be judged from 5 comparable series on.",
        ),
        drill: ("5 séries de 5 coups à une même distance, chacune notée", "5 series of 5 shots at one distance, each written down"),
        sets: 5,
        reps: 5,
    };
    let enough = Criterion { metric: "series", op: ">=", value: 5.0, unit: "series" };
    heard.chain([draft(&figures, Some(enough), 4, voice)]).collect()
}
fn draft(rule: &Rule, criterion: Option<Criterion>, priority: u8, voice: Voice) -> Draft {
    let say = |(fr, en): (&str, &str)| voice.say(fr, en);
    let action = Action { drill: say(rule.drill), sets: rule.sets, reps: rule.reps, criterion, link: None };
    Draft { title: say(rule.title), advice: say(rule.advice), evidence: vec![], action: Some(action), priority }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Persona;
    use base::say::Lang;

    fn titles(goal: &str, lang: Lang) -> Vec<String> {
        look(vec![goal.to_owned()], Voice { lang, persona: Persona::Cool }).drafts.into_iter().map(|draft| draft.title).collect()
    }

    #[test]
    fn a_goal_is_heard_and_never_left_without_a_word() {
        assert_eq!(titles("Tenir dix séries sans stress", Lang::Fr), ["Tenir la durée", "La pression", "Envoyer des chiffres"]);
        assert_eq!(titles("tighter groups at 25 m", Lang::En), ["Shoot tighter", "Send figures"]);
        assert_eq!(titles("devenir meilleur", Lang::Fr), ["Envoyer des chiffres"]);
        assert_eq!(titles("???", Lang::En), ["Send figures"]);
        for rule in &RULES_IN_WORDS {
            assert!(titles(rule.hears[0], Lang::En).contains(&rule.title.1.to_owned()), "{}", rule.title.1);
        }
    }
    #[test]
    fn whoever_hurts_has_no_goal_before_that() {
        let look = look(vec!["Tenir dix séries malgré une douleur au poignet".into()], Voice { lang: Lang::Fr, persona: Persona::Neutral });
        assert!(look.stops && look.drafts.len() == 1 && look.drafts[0].priority == 1, "{:?}", look.drafts);
    }
}
