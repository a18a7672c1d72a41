//! Golden plans: what each rule says, in both languages, and where it keeps still.

use super::{Candidate, Clash, Cost, Mission, Planning, Role, Waiting, look};
use crate::{
    advice::{
        model::{Ai, Analysis, Answer, AnswerId, by_rules},
        score,
    },
    voice::{Persona, Voice},
};
use base::{id, say::Lang, time::Timestamp};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

fn voice(lang: Lang) -> Voice {
    Voice { lang, persona: Persona::Neutral }
}
fn after(hours: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(hours * 3_600))
}
fn before(hours: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(hours * 3_600))
}
fn role(name: &str, quota: i64, accepted: i64) -> Role {
    Role { role: name.into(), quota, accepted, ..Role::default() }
}
fn plan(role: Role, starts_in: u64) -> Planning {
    let mission = Mission { id: id::v4(), title: "Montage du pont".into(), start: after(starts_in), published: true, roles: vec![role] };
    Planning { now: NOW, name: "Gala d’hiver".into(), missions: vec![mission], searched_all: true, ..Planning::default() }
}
/// Everything is in order.
fn calm() -> Planning {
    plan(role("son", 2, 2), 100)
}
fn asked(who: &str, hours_ago: u64, starts_in: u64) -> Planning {
    let waiting = vec![Waiting { person: who.into(), since: before(hours_ago), invitation: Some(id::v4()) }];
    plan(Role { waiting, ..role("son", 1, 0) }, starts_in)
}
fn open(starts_in: u64) -> Planning {
    let candidates = vec![Candidate { id: id::v4(), name: "Nora Petit".into() }];
    plan(Role { candidates, ..role("poursuite", 2, 1) }, starts_in)
}
fn clash(kind: &str, blocks: bool, figures: Option<(f64, f64)>) -> Planning {
    let mut plan = calm();
    let mission = Some((plan.missions[0].id, plan.missions[0].title.clone()));
    let (actual, limit) = figures.unzip();
    plan.clashes = vec![Clash { kind: kind.into(), blocks, person: "Léa Roy".into(), mission, start: after(38), actual, limit }];
    plan
}
fn draft(starts_in: u64) -> Planning {
    let mut plan = plan(role("son", 1, 1), starts_in);
    plan.missions[0].published = false;
    plan
}
fn costing(planned: f64, budget: Option<f64>, unpriced: i64) -> Planning {
    Planning { cost: Some(Cost { planned, budget, currency: "EUR".into(), unpriced }), ..calm() }
}
fn hours(all: &[(&str, i64)]) -> Planning {
    Planning { hours: all.iter().map(|(who, h)| ((*who).to_owned(), h * 60)).collect(), ..calm() }
}
fn refused(declined: i64, accepted: i64) -> Planning {
    plan(Role { declined, ..role("rigging", 3, accepted) }, 60)
}

/// A plan, the title of what it must be told in French and English, words of each, and what is pressed.
type Golden = (Planning, [&'static str; 2], [&'static str; 2], &'static str);
#[expect(clippy::too_many_lines, reason = "a table")]
fn spoken() -> Vec<Golden> {
    vec![
        (
            open(38),
            ["Un poste à pourvoir", "A role to fill"],
            [
                "il manque 1 « poursuite », et la mission commence dans 38 h. Proposez le poste à Nora Petit",
                "1 “poursuite” still missing, and it starts in 38 h. Offer the role to Nora Petit",
            ],
            "invite",
        ),
        (open(300), ["Un poste à pourvoir", "A role to fill"], ["dans 12 jours", "in 12 days"], "invite"),
        (
            plan(role("pilote", 1, 0), 20),
            ["Personne de libre", "Nobody is free"],
            ["« pilote », à 20 h du début", "“pilote”, 20 h before it starts"],
            "add_person",
        ),
        (
            asked("Hugo Blanc", 50, 90),
            ["Une réponse se fait attendre", "An answer is overdue"],
            ["Hugo Blanc n’a pas répondu pour « son » depuis 50 h", "Hugo Blanc has not answered for “son” for 50 h"],
            "remind",
        ),
        (
            asked("Hugo Blanc", 3, 20),
            ["Une réponse se fait attendre", "An answer is overdue"],
            ["depuis 3 h, et la mission commence dans 20 h", "for 3 h, and it starts in 20 h"],
            "remind",
        ),
        (
            clash("overlap", true, None),
            ["Une personne à deux endroits", "One person in two places"],
            [
                "Léa Roy a accepté deux missions à la même heure, dont Montage du pont, dans 38 h",
                "Léa Roy accepted two calls at the same time, Montage du pont among them, in 38 h",
            ],
            "see_conflicts",
        ),
        (
            clash("unavailable", true, None),
            ["Une affectation pendant une absence", "Placed during an absence"],
            ["pendant une absence que vous avez approuvée", "during an absence that was approved"],
            "suggestions",
        ),
        (
            clash("tentative_overlap", false, None),
            ["Une invitation qui ne peut aboutir", "An invitation that cannot be"],
            ["l’accord sera refusé", "a yes would be refused"],
            "suggestions",
        ),
        (
            clash("role_mismatch", false, None),
            ["Un poste hors compétences", "A role outside the skills"],
            ["parmi ses compétences", "among their skills"],
            "suggestions",
        ),
        (
            clash("rest_daily_min", false, Some((8.5, 11.0))),
            ["Un repos trop court", "Too little rest"],
            ["repos trop court entre deux jours (8,5 h, il en faut 11)", "too little rest between two days (8.5 h, 11 are needed)"],
            "suggestions",
        ),
        (
            clash("rest_weekly_min", true, Some((30.0, 35.0))),
            ["Un repos trop court", "Too little rest"],
            ["(30 h, il en faut 35)", "(30 h, 35 are needed)"],
            "suggestions",
        ),
        (
            clash("hours_day_max", false, Some((12.0, 10.0))),
            ["Trop d’heures", "Too many hours"],
            ["trop d’heures dans la journée (12 h pour 10 au plus)", "too many hours in a day (12 h, 10 at most)"],
            "suggestions",
        ),
        (
            clash("hours_week_max", true, Some((52.0, 48.0))),
            ["Trop d’heures", "Too many hours"],
            ["(52 h pour 48 au plus)", "(52 h, 48 at most)"],
            "suggestions",
        ),
        (
            clash("night_work", false, Some((5.0, 3.0))),
            ["Trop d’heures", "Too many hours"],
            ["trop d’heures de nuit (5 h pour 3 au plus)", "too many hours at night (5 h, 3 at most)"],
            "suggestions",
        ),
        (
            clash("break_min", false, Some((0.0, 1.0 / 3.0))),
            ["Une pause trop courte", "Too short a break"],
            ["Léa Roy a 0 min de pause, il en faut 20", "Léa Roy has a break of 0 min, 20 are needed"],
            "see",
        ),
        (
            clash("consecutive_days_max", false, Some((8.0, 6.0))),
            ["Trop de jours d’affilée", "Too many days in a row"],
            ["8 jours d’affilée pour 6 au plus", "8 days in a row, 6 at most"],
            "suggestions",
        ),
        (
            draft(30),
            ["Une mission encore en brouillon", "A mission still in draft"],
            ["commence dans 30 h et n’est pas publiée", "starts in 30 h and is not published"],
            "publish",
        ),
        (
            Planning { alone: vec![("pupitre".into(), "Ana Diaz".into())], ..calm() },
            ["Tout repose sur une personne", "It all rests on one person"],
            ["Seule Ana Diaz peut tenir « pupitre »", "Only Ana Diaz can do “pupitre”"],
            "people",
        ),
        (refused(3, 1), ["Beaucoup de refus", "Many say no"], ["75 % de refus pour « rigging »", "75 % declined for “rigging”"], "see"),
        (
            hours(&[("Ana", 60), ("Bob", 20), ("Cléo", 20)]),
            ["Une charge mal répartie", "An uneven load"],
            ["Ana porte 60 % des heures", "Ana carries 60 % of the project’s hours"],
            "",
        ),
        (
            costing(12_000.0, Some(10_000.0), 0),
            ["Au-delà du budget", "Over budget"],
            ["12\u{202f}000 EUR, soit 120 % du budget de 10\u{202f}000 EUR", "12\u{202f}000 EUR, 120 % of the budget of 10\u{202f}000 EUR"],
            "costs",
        ),
        (
            costing(9_500.0, Some(10_000.0), 0),
            ["Le budget est presque atteint", "The budget is nearly used"],
            ["95 % du budget", "95 % of the budget"],
            "costs",
        ),
        (
            costing(1_000.0, None, 4),
            ["Des engagements sans tarif", "Calls without a rate"],
            ["4 engagements n’ont pas de tarif", "4 calls have no rate"],
            "people",
        ),
    ]
}
/// A plan, and what it must not be told although it comes near.
fn still() -> Vec<(Planning, &'static str)> {
    let mut told = open(38);
    told.missions[0].roles[0].quota = 1;
    let mut unsearched = plan(role("pilote", 1, 0), 20);
    unsearched.searched_all = false;
    vec![
        (told, "A role to fill"),
        (plan(role("son", 1, 0), 20), "A role to fill"),
        (unsearched, "Nobody is free"),
        (open(20), "Nobody is free"),
        // Whoever was asked may still say yes.
        (asked("Hugo", 50, 20), "Nobody is free"),
        (asked("Hugo", 20, 90), "An answer is overdue"),
        (clash("tentative_overlap", false, None), "One person in two places"),
        (clash("role_full", true, None), "Placed during an absence"),
        (clash("hours_day_max", false, Some((12.0, 10.0))), "Too little rest"),
        (clash("rest_daily_min", false, Some((8.0, 11.0))), "Too many hours"),
        (draft(200), "A mission still in draft"),
        (refused(1, 1), "Many say no"),
        (refused(2, 3), "Many say no"),
        (hours(&[("Ana", 60), ("Bob", 40)]), "An uneven load"),
        (hours(&[("Ana", 40), ("Bob", 30), ("Cléo", 30)]), "An uneven load"),
        (costing(8_900.0, Some(10_000.0), 0), "Over budget"),
        (costing(10_000.0, Some(10_000.0), 0), "Over budget"),
        (Planning { cost: None, ..calm() }, "Calls without a rate"),
    ]
}
fn answered(plan: &Planning, lang: Lang) -> Answer {
    by_rules(AnswerId(id::v4()), look(plan, voice(lang)), 10, NOW, Ai::without("not_wanted"))
}

#[test]
fn every_rule_says_its_piece_in_both_languages() {
    for (plan, titles, words, rel) in spoken() {
        for (n, lang) in [Lang::Fr, Lang::En].into_iter().enumerate() {
            let answer = answered(&plan, lang);
            let item = answer.advice.iter().find(|item| item.title == titles[n]).unwrap_or_else(|| panic!("{}: {answer:#?}", titles[n]));
            assert!(item.advice.replace('\u{a0}', " ").contains(words[n]), "{}", item.advice);
            let action = item.action.as_ref().unwrap();
            assert_eq!(action.link.as_ref().map_or("", |link| link.rel), rel, "{}", titles[n]);
            // Every figure is one of the facts, and it can be done: else it would be a poor rule.
            assert!(item.score_parts.grounding >= 0.6 && item.score_parts.actionability >= 0.8 && item.score >= 0.5, "{item:?}");
            assert!(!item.advice.contains(['[', ']', '|']) && item.advice.chars().count() <= 400, "{}", item.advice);
            assert!(item.evidence.iter().all(|id| answer.facts.iter().any(|fact| fact.id == *id)));
        }
    }
}
#[test]
fn every_rule_keeps_still_where_nothing_is_wrong() {
    let calm = answered(&calm(), Lang::En);
    assert!(calm.advice.is_empty(), "{:?}", calm.advice);
    for (plan, title) in still() {
        let answer = answered(&plan, Lang::En);
        assert!(answer.advice.iter().all(|item| item.title != title), "{title}: {:?}", answer.advice);
    }
}
#[test]
fn the_sooner_and_the_graver_comes_first() {
    let mut plan = open(300);
    plan.missions.push(open(12).missions.remove(0));
    plan.clashes = clash("overlap", true, None).clashes;
    let facts = look(&plan, voice(Lang::En)).facts;
    let severity = |metric: &str| facts.of(metric).map(|f| f.severity).collect::<Vec<_>>();
    let open = severity("unfilled_roles");
    assert!(open[1] > open[0] && severity("overlap")[0] > open[0], "{open:?}");
    let first = &answered(&plan, Lang::En).advice[0];
    assert!(first.advice.contains("in 12 h") || first.title == "One person in two places", "{first:?}");
}
#[test]
fn pay_is_told_only_where_it_may_be_seen() {
    let facts = look(&costing(12_000.0, Some(10_000.0), 2), voice(Lang::Fr)).facts;
    assert!(facts.of("crew_cost").next().is_some() && facts.of("without_rate").next().is_some());
    let blind = look(&Planning { cost: None, ..costing(12_000.0, Some(10_000.0), 2) }, voice(Lang::Fr)).facts;
    assert!(!blind.all().iter().any(|f| f.metric.contains("budget") || f.metric.contains("cost") || f.unit == "EUR"));
}
#[test]
fn no_rule_of_rest_is_advised_against() {
    let plan = clash("rest_daily_min", true, Some((8.0, 11.0)));
    let look = look(&plan, voice(Lang::En));
    let mut draft = look.drafts[0].clone();
    assert!(score::score(&draft, &look.facts, &look.given).is_some());
    draft.advice += " Skip the rest this once.";
    assert!(score::score(&draft, &look.facts, &look.given).is_none());
}
#[test]
fn what_people_call_things_is_said_as_they_call_it_and_is_no_markup() {
    let title = "![x](https://evil.example/a.png) <img src=//evil.example> Plan [A|B] : « bis » ?";
    let (job, who) = ("[son|lumière]", "Jean [Jeannot|J.] Tremblay");
    let mut plan = asked(who, 50, 20);
    let candidates = vec![Candidate { id: id::v4(), name: who.into() }];
    plan.missions[0].roles.push(Role { candidates, declined: 3, ..role(job, 3, 0) });
    plan.missions[0].published = false;
    plan.clashes = clash("rest_daily_min", true, Some((8.0, 11.0))).clashes;
    plan.clashes[0].person = who.into();
    plan.alone = vec![(job.into(), who.into())];
    plan.hours = vec![(who.into(), 600), ("Bob".into(), 60), ("Ana".into(), 60)];
    plan.missions[0].title = title.into();
    for (lang, persona) in [(Lang::Fr, Persona::Neutral), (Lang::Fr, Persona::Cool), (Lang::En, Persona::Neutral)] {
        let voice = Voice { lang, persona };
        let answer = by_rules(AnswerId(id::v4()), look(&plan, voice), 10, NOW, Ai::without("not_wanted"));
        let texts: Vec<&str> = answer.facts.iter().filter_map(|f| f.text.as_deref()).collect();
        for (name, of) in [
            (title, "unfilled_roles"),
            (job, "single_holder"),
            (who, "load_share"),
            (who, "unanswered"),
            (title, "unpublished"),
            (title, "decline_rate"),
        ] {
            let fact = answer.facts.iter().find(|fact| fact.metric == of).unwrap_or_else(|| panic!("{of}"));
            assert!(fact.text.as_ref().unwrap().contains(name), "{of}: {fact:?}");
        }
        let advice: String =
            answer.advice.iter().map(|item| format!("{} {}\n", item.advice, item.action.as_ref().unwrap().drill)).collect();
        assert!([title, job, who].iter().all(|name| advice.contains(name)), "{advice}");
        let own = advice.replace(title, "").replace(job, "").replace(who, "");
        assert!(!own.contains(['[', ']', '|', '\u{E000}']) && texts.iter().all(|t| !t.contains('\u{E000}')), "{own}");
        let analysis = Analysis::of(answer, voice).analysis;
        // What is left without what is escaped: nothing that a reader of Markdown would act on.
        let acted_on = analysis.split('\\').enumerate().map(|(n, part)| if n == 0 { part } else { &part[1..] }).collect::<String>();
        assert!(!acted_on.contains(['[', ']', '<', '>', '|', '`']) && !acted_on.contains("://"), "{acted_on}");
        assert!(analysis.contains("\\[x\\](https\\://evil.example/a.png) \\<img src=//evil.example\\> Plan \\[A\\|B\\]"), "{analysis}");
    }
}
