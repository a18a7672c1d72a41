//! The figures of a plan, each with what it speaks of and how grave it is: how soon, and how bad if nothing is done.

use super::{Clash, Mission, Planning, Role};
use crate::{
    disciplines::{About, Confidence, Fact, Facts},
    voice::{Voice, verbatim},
};
use base::time::Timestamp;

/// Declined by half or more of two and more: the offer is the problem, not the people.
const DECLINED: f64 = 50.0;
/// More of all hours than this on one of three or more people.
const TOO_MUCH: f64 = 40.0;
const NEARLY: f64 = 90.0;

pub fn facts(plan: &Planning, voice: Voice) -> Facts {
    let mut facts = Facts::default();
    let open: i64 = plan.missions.iter().flat_map(|m| &m.roles).map(|r| (r.quota - r.accepted).max(0)).sum();
    let all: i64 = plan.missions.iter().flat_map(|m| &m.roles).map(|r| r.quota).sum();
    let missions = plan.missions.len() as i64;
    if all > 0 {
        let text = voice.say(
            &format!("{} à pourvoir sur {all}, en {}", many(open, "place", "places"), many(missions, "mission", "missions")),
            &format!("{} to fill of {all}, in {}", many(open, "place", "places"), many(missions, "mission", "missions")),
        );
        facts.add(Fact { text: Some(text), ..fact("open_places", open as f64, "people", plan.missions.len(), 0.1) });
        facts.add(fact("places", all as f64, "people", plan.missions.len(), 0.1));
    }
    for mission in &plan.missions {
        draft(&mut facts, plan, mission, voice);
        for role in &mission.roles {
            places(&mut facts, plan, mission, role, voice);
            declines(&mut facts, plan, mission, role, voice);
        }
    }
    plan.clashes.iter().for_each(|clash| clashes(&mut facts, plan, clash, voice));
    for (role, person) in &plan.alone {
        let (named, who) = (verbatim(role), verbatim(person));
        let text =
            voice.say(&format!("seule une personne peut tenir « {named} » : {who}"), &format!("only one person can do “{named}”: {who}"));
        let about = About { role: Some(role.clone()), person: Some(person.clone()), ..About::default() };
        facts.add(Fact { about, text: Some(text), ..fact("single_holder", 1.0, "people", 1, 0.45) });
    }
    load(&mut facts, plan, voice);
    cost(&mut facts, plan, voice);
    facts
}

fn fact(metric: &'static str, value: f64, unit: &'static str, n: usize, severity: f64) -> Fact {
    let value = Some((value * 100.0).round() / 100.0);
    let grave = if severity >= 0.75 {
        "high"
    } else if severity >= 0.4 {
        "medium"
    } else {
        "low"
    };
    let about = About { severity: Some(grave), ..About::default() };
    // Counted, not sampled: what is in the plan is known.
    let confidence = Confidence::High;
    Fact {
        id: String::new(),
        metric,
        value,
        unit,
        n,
        shots: 0,
        confidence,
        verdict: None,
        series: None,
        distance_m: None,
        severity,
        about,
        text: None,
    }
}
pub fn hours(from: Timestamp, to: Timestamp) -> i64 {
    i64::try_from(to.since(from).as_secs() / 3_600).unwrap_or(i64::MAX)
}
pub fn many(n: i64, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
/// A time ahead as people say it in both languages: hours, and days once there are three.
pub fn span(hours: i64) -> (String, String) {
    let days = hours / 24;
    if days < 3 { (format!("{hours} h"), format!("{hours} h")) } else { (format!("{days} jours"), format!("{days} days")) }
}
/// The sooner, the nearer to one.
fn urgency(hours: i64) -> f64 {
    match hours {
        ..=24 => 1.0,
        25..=72 => 0.85,
        73..=168 => 0.65,
        _ => 0.45,
    }
}
fn of(plan: &Planning, mission: &Mission, role: Option<&Role>, severity: f64) -> About {
    let grave = if severity >= 0.75 {
        "high"
    } else if severity >= 0.4 {
        "medium"
    } else {
        "low"
    };
    About {
        mission_id: Some(mission.id.to_string()),
        mission: Some(mission.title.clone()),
        role: role.map(|r| r.role.clone()),
        hours_to_start: Some(hours(plan.now, mission.start)),
        severity: Some(grave),
        ..About::default()
    }
}

fn places(facts: &mut Facts, plan: &Planning, mission: &Mission, role: &Role, voice: Voice) {
    let (title, name) = (verbatim(&mission.title), verbatim(&role.role));
    let soon = hours(plan.now, mission.start);
    let (soon_fr, soon_en) = span(soon);
    let open = role.quota - role.accepted;
    let unasked = open - role.waiting.len() as i64;
    if unasked > 0 {
        let severity = urgency(soon);
        let text = voice.say(
            &format!("{title} : {unasked} « {name} » à trouver, début dans {soon_fr}"),
            &format!("{title}: {unasked} “{name}” to find, starts in {soon_en}"),
        );
        let candidates = role.candidates.iter().map(|c| c.name.clone()).collect();
        let about = About { candidates, ..of(plan, mission, Some(role), severity) };
        facts.add(Fact { about, text: Some(text), ..fact("unfilled_roles", unasked as f64, "people", role.quota as usize, severity) });
        if role.candidates.is_empty() && plan.searched_all {
            let text = voice.say(&format!("{title} : personne de libre pour « {name} »"), &format!("{title}: nobody is free for “{name}”"));
            let about = of(plan, mission, Some(role), severity);
            facts.add(Fact { about, text: Some(text), ..fact("nobody_free", 0.0, "people", role.quota as usize, severity) });
        }
    }
    if open > 0
        && let Some(oldest) = role.waiting.iter().min_by_key(|w| w.since)
    {
        let waited = hours(oldest.since, plan.now);
        let severity = 0.75 * urgency(soon);
        let person = verbatim(&oldest.person);
        let text = if waited < 1 {
            voice.say(
                &format!("{title} : le poste « {name} » vient d’être proposé à {person}, début dans {soon_fr}"),
                &format!("{title}: the role “{name}” was offered to {person} just now, starts in {soon_en}"),
            )
        } else {
            voice.say(
                &format!("{title} : {person} n’a pas répondu pour « {name} » depuis {waited} h, début dans {soon_fr}"),
                &format!("{title}: {person} has not answered for “{name}” for {waited} h, starts in {soon_en}"),
            )
        };
        let about = About { person: Some(oldest.person.clone()), ..of(plan, mission, Some(role), severity) };
        facts.add(Fact { about, text: Some(text), ..fact("unanswered", waited as f64, "h", role.waiting.len(), severity) });
    }
}
fn declines(facts: &mut Facts, plan: &Planning, mission: &Mission, role: &Role, voice: Voice) {
    let asked = role.declined + role.accepted + role.waiting.len() as i64;
    let share = 100.0 * role.declined as f64 / asked.max(1) as f64;
    if role.declined >= 2 && share >= DECLINED && role.accepted < role.quota {
        let (title, name) = (verbatim(&mission.title), verbatim(&role.role));
        let shown = voice.number(share, 0);
        let text =
            voice.say(&format!("{title} : {shown} % de refus pour « {name} »"), &format!("{title}: {shown} % declined for “{name}”"));
        let severity = 0.7 * urgency(hours(plan.now, mission.start));
        let about = of(plan, mission, Some(role), severity);
        facts.add(Fact { about, text: Some(text), ..fact("decline_rate", share.round(), "%", asked as usize, severity) });
    }
}
fn draft(facts: &mut Facts, plan: &Planning, mission: &Mission, voice: Voice) {
    let soon = hours(plan.now, mission.start);
    let (soon_fr, soon_en) = span(soon);
    if !mission.published && soon <= 168 {
        let title = verbatim(&mission.title);
        let text = voice
            .say(&format!("{title} : encore un brouillon, début dans {soon_fr}"), &format!("{title}: still a draft, starts in {soon_en}"));
        let severity = 0.8 * urgency(soon);
        facts.add(Fact {
            about: of(plan, mission, None, severity),
            text: Some(text),
            ..fact("unpublished", soon as f64, "h", 1, severity)
        });
    }
}

/// The metric of a clash; labour rules keep their own names.
fn metric(kind: &str) -> &'static str {
    const KNOWN: [&str; 15] = [
        "overlap",
        "tentative_overlap",
        "unavailable",
        "role_mismatch",
        "role_full",
        "rest_daily_min",
        "hours_day_max",
        "amplitude_day_max",
        "hours_week_max",
        "hours_week_avg12",
        "rest_weekly_min",
        "consecutive_days_max",
        "break_min",
        "night_work",
        "call_min",
    ];
    KNOWN.into_iter().find(|known| *known == kind).unwrap_or("other_rule")
}
fn clashes(facts: &mut Facts, plan: &Planning, clash: &Clash, voice: Voice) {
    let metric = metric(&clash.kind);
    let soon = hours(plan.now, clash.start);
    let severity = if clash.blocks { 0.95 } else { 0.6 } * urgency(soon);
    // Breaks are counted in minutes.
    let (unit, size) = match metric {
        "consecutive_days_max" => ("days", 1.0),
        "break_min" => ("min", 60.0),
        _ => ("h", 1.0),
    };
    let limit = clash.limit.map(|limit| (limit * size * 100.0).round() / 100.0);
    let (value, unit) = clash.actual.map_or((1.0, "calls"), |actual| (actual * size, unit));
    let grave = if severity >= 0.75 {
        "high"
    } else if severity >= 0.4 {
        "medium"
    } else {
        "low"
    };
    let about = About {
        mission_id: clash.mission.as_ref().map(|m| m.0.to_string()),
        mission: clash.mission.as_ref().map(|m| m.1.clone()),
        person: Some(clash.person.clone()),
        hours_to_start: Some(soon),
        limit,
        severity: Some(grave),
        ..About::default()
    };
    let who = verbatim(&clash.person);
    let figures = limit.map(|limit| (voice.number(value, 1), voice.number(limit, 1)));
    let (fr, en) = figures.map_or_else(Default::default, |(actual, limit)| {
        (
            format!(" ({actual} contre {limit} {})", if unit == "days" { "jours" } else { unit }),
            format!(" ({actual} against {limit} {unit})"),
        )
    });
    let text = voice.say(&format!("{who} : {}{fr}", name(metric).0), &format!("{who}: {}{en}", name(metric).1));
    facts.add(Fact { about, text: Some(text), ..fact(metric, value, unit, 1, severity) });
}
/// What a clash is called.
pub fn name(metric: &str) -> (&'static str, &'static str) {
    match metric {
        "overlap" => ("deux missions acceptées se chevauchent", "two accepted calls overlap"),
        "tentative_overlap" => ("une invitation chevauche une autre mission", "an invitation overlaps another call"),
        "unavailable" => ("affectation pendant une absence approuvée", "placed during an approved absence"),
        "role_mismatch" => ("affectation à un poste hors de ses compétences", "placed in a role outside their skills"),
        "role_full" => ("en trop sur un poste complet", "one too many in a full role"),
        "rest_daily_min" => ("repos trop court entre deux jours", "too little rest between two days"),
        "hours_day_max" => ("trop d’heures dans la journée", "too many hours in a day"),
        "amplitude_day_max" => ("journée trop étendue", "a day too long from start to end"),
        "hours_week_max" | "hours_week_avg12" => ("trop d’heures dans la semaine", "too many hours in a week"),
        "rest_weekly_min" => ("repos hebdomadaire trop court", "too little rest in the week"),
        "consecutive_days_max" => ("trop de jours d’affilée", "too many days in a row"),
        "night_work" => ("trop d’heures de nuit", "too many hours at night"),
        "break_min" => ("pause trop courte", "too short a break"),
        _ => ("une règle du travail est dépassée", "a labour rule is broken"),
    }
}

fn load(facts: &mut Facts, plan: &Planning, voice: Voice) {
    let all: i64 = plan.hours.iter().map(|h| h.1).sum();
    let Some((person, most)) = plan.hours.iter().max_by_key(|h| h.1) else { return };
    let share = (100.0 * *most as f64 / all.max(1) as f64).round();
    if plan.hours.len() >= 3 && share > TOO_MUCH {
        let shown = voice.number(share, 0);
        let who = verbatim(person);
        let text = voice.say(&format!("{who} porte {shown} % des heures"), &format!("{who} carries {shown} % of the hours"));
        let about = About { person: Some(person.clone()), severity: Some("medium"), ..About::default() };
        facts.add(Fact { about, text: Some(text), ..fact("load_share", share, "%", plan.hours.len(), 0.4) });
    }
}
fn cost(facts: &mut Facts, plan: &Planning, voice: Voice) {
    let Some(cost) = &plan.cost else { return };
    let unit = if cost.currency == "EUR" { "EUR" } else { "" };
    if let Some(budget) = cost.budget.filter(|budget| *budget > 0.0) {
        let share = (100.0 * cost.planned / budget).round();
        if share >= NEARLY {
            let (metric, severity) = if share > 100.0 { ("over_budget", 0.8) } else { ("near_budget", 0.5) };
            let shown = voice.number(share, 0);
            let text = voice
                .say(&format!("l’équipe prévue coûte {shown} % du budget"), &format!("the planned crew costs {shown} % of the budget"));
            facts.add(Fact { text: Some(text), ..fact(metric, share, "%", 1, severity) });
            facts.add(fact("crew_cost", cost.planned, unit, 1, 0.2));
            facts.add(fact("crew_budget", budget, unit, 1, 0.2));
        }
    }
    if cost.unpriced > 0 {
        let n = cost.unpriced;
        let text = voice
            .say(&format!("{} sans tarif", many(n, "engagement", "engagements")), &format!("{} without a rate", many(n, "call", "calls")));
        facts.add(Fact { text: Some(text), ..fact("without_rate", n as f64, "calls", n as usize, 0.3) });
    }
}
