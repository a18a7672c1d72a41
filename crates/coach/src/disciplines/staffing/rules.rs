//! Advice on a plan by rules: each is a condition on facts, a sentence in the coach's voice, and what to press. Nothing is done by
//! the coach: a link is a call that a person makes.

use super::{
    Planning,
    facts::{many, name, span},
};
use crate::{
    disciplines::{Action, Criterion, Draft, Fact, Facts, Link},
    voice::{Voice, verbatim},
};
use serde_json::json;

/// Of one rule, so many pieces of advice at most: the gravest.
const EACH: usize = 3;

struct Look<'a> {
    plan: &'a Planning,
    facts: &'a Facts,
    voice: Voice,
}
type Rule = fn(&Look<'_>, &Fact) -> Option<Draft>;
/// The metric that each rule speaks to.
const RULES: [(&str, Rule); 23] = [
    ("overlap", overlap),
    ("unavailable", unavailable),
    ("rest_daily_min", rest),
    ("rest_weekly_min", rest),
    ("hours_day_max", hours),
    ("amplitude_day_max", hours),
    ("hours_week_max", hours),
    ("hours_week_avg12", hours),
    ("night_work", hours),
    ("break_min", pause),
    ("consecutive_days_max", days),
    ("unfilled_roles", unfilled),
    ("nobody_free", nobody_free),
    ("unanswered", unanswered),
    ("unpublished", unpublished),
    ("tentative_overlap", tentative),
    ("role_mismatch", mismatch),
    ("single_holder", single),
    ("decline_rate", declined),
    ("load_share", load),
    ("over_budget", budget),
    ("near_budget", budget),
    ("without_rate", no_rate),
];

/// What the plan asks for.
pub fn advice(plan: &Planning, facts: &Facts, voice: Voice) -> Vec<Draft> {
    let look = Look { plan, facts, voice };
    let mut all = vec![];
    for (metric, rule) in RULES {
        let mut of: Vec<&Fact> = facts.of(metric).collect();
        of.sort_by(|a, b| b.severity.total_cmp(&a.severity));
        all.extend(of.into_iter().filter_map(|fact| rule(&look, fact)).take(EACH));
    }
    all
}
pub fn missing(plan: &Planning, voice: Voice) -> Vec<String> {
    let mut missing = vec![];
    if plan.missions.is_empty() {
        missing.push(voice.say("au moins une mission à venir dans cet horizon", "at least one mission ahead within this horizon"));
    }
    if plan.missions.iter().any(|m| m.roles.is_empty()) {
        missing.push(voice.say("les postes de chaque mission", "the roles of every mission"));
    }
    if plan.cost.as_ref().is_some_and(|cost| cost.budget.is_none()) {
        missing.push(voice.say("le budget du projet", "the budget of the project"));
    }
    missing
}

fn goal(metric: &'static str, value: f64, unit: &'static str) -> Option<Criterion> {
    Some(Criterion { metric, op: "<=", value, unit })
}
fn link(rel: &'static str, method: &'static str, href: String, body: serde_json::Value) -> Option<Link> {
    Some(Link { rel, method, href, body })
}
impl Look<'_> {
    fn draft(
        &self,
        fact: &Fact,
        title: (&str, &str),
        advice: (String, String),
        drill: (String, String),
        goal: Option<Criterion>,
        link: Option<Link>,
    ) -> Draft {
        let action = Action { drill: self.voice.say(&drill.0, &drill.1), sets: 1, reps: 1, criterion: goal, link };
        Draft {
            title: self.voice.say(title.0, title.1),
            advice: self.voice.say(&advice.0, &advice.1),
            evidence: vec![fact.id.clone()],
            action: Some(action),
            priority: if fact.severity >= 0.75 { 2 } else { 3 },
        }
    }
    fn mission(&self, fact: &Fact) -> Option<&super::Mission> {
        self.plan.missions.iter().find(|m| Some(m.id.to_string()) == fact.about.mission_id)
    }
    fn number(&self, value: f64) -> String {
        self.voice.number(value, 1)
    }
}
/// The mission, the role and the person of a fact, to be said as they were written.
fn about(fact: &Fact) -> (String, String, String) {
    let text = |part: &Option<String>| verbatim(part.as_deref().unwrap_or_default());
    (text(&fact.about.mission), text(&fact.about.role), text(&fact.about.person))
}
fn see(fact: &Fact) -> Option<Link> {
    let mission = fact.about.mission_id.as_ref()?;
    link("see", "GET", format!("/api/v1/missions/{mission}"), json!(null))
}

fn unfilled(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, role, _) = about(fact);
    let (n, soon) = (look.number(fact.value?), fact.about.hours_to_start?);
    let (soon_fr, soon_en) = span(soon);
    let found = look.mission(fact)?;
    let best = found.roles.iter().find(|r| Some(&r.role) == fact.about.role.as_ref())?.candidates.first()?;
    let who = verbatim(&best.name);
    let body = json!({"mission_id": found.id, "user_id": best.id, "role": fact.about.role});
    Some(look.draft(
        fact,
        ("Un poste à pourvoir", "A role to fill"),
        (
            format!("{mission} : il manque {n} « {role} », et la mission commence dans {soon_fr}. [Proposez|Propose] le poste à {who}, libre et en règle à cette heure."),
            format!("{mission}: {n} “{role}” still missing, and it starts in {soon_en}. Offer the role to {who}, who is free and within the rules then."),
        ),
        (format!("Inviter {who} comme {role}"), format!("Invite {who} as {role}")),
        goal("unfilled_roles", 0.0, "people"),
        link("invite", "POST", "/api/v1/assignments".into(), body),
    ))
}
fn nobody_free(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, role, _) = about(fact);
    let soon = fact.about.hours_to_start?;
    let (soon_fr, soon_en) = span(soon);
    Some(look.draft(
        fact,
        ("Personne de libre", "Nobody is free"),
        (
            format!("{mission} : personne de l’équipe n’est libre et en règle pour « {role} », à {soon_fr} du début. [Cherchez|Cherche] hors de l’équipe, ou [déplacez|déplace] l’horaire de la mission."),
            format!("{mission}: nobody of the crew is free and within the rules for “{role}”, {soon_en} before it starts. Look outside the crew, or move the mission’s times."),
        ),
        (format!("Ajouter une personne qui tient « {role} »"), format!("Add a person who can do “{role}”")),
        goal("unfilled_roles", 0.0, "people"),
        link("add_person", "POST", "/api/v1/users".into(), json!({"skills": [{"skill": fact.about.role, "level": 3}]})),
    ))
}
fn unanswered(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, role, person) = about(fact);
    let (waited, soon) = (look.number(fact.value?), fact.about.hours_to_start?);
    let (soon_fr, soon_en) = span(soon);
    // A day to think is fair, unless there is no day left.
    if fact.value? < 24.0 && soon > 48 {
        return None;
    }
    let invitation =
        look.mission(fact)?.roles.iter().flat_map(|r| &r.waiting).find(|w| Some(&w.person) == fact.about.person.as_ref())?.invitation;
    let remind = invitation.and_then(|id| link("remind", "POST", format!("/api/v1/invitations/{id}:resend"), json!({})));
    Some(look.draft(
        fact,
        ("Une réponse se fait attendre", "An answer is overdue"),
        (
            format!("{mission} : {person} n’a pas répondu pour « {role} » depuis {waited} h, et la mission commence dans {soon_fr}. [Relancez|Relance] maintenant, et [prévoyez|prévois] quelqu’un d’autre."),
            format!("{mission}: {person} has not answered for “{role}” for {waited} h, and it starts in {soon_en}. Ask again now, and have somebody else in mind."),
        ),
        (format!("Relancer {person}"), format!("Remind {person}")),
        goal("unanswered", 0.0, "h"),
        remind.or_else(|| see(fact)),
    ))
}
fn overlap(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, _, person) = about(fact);
    let soon = fact.about.hours_to_start?;
    let (soon_fr, soon_en) = span(soon);
    Some(look.draft(
        fact,
        ("Une personne à deux endroits", "One person in two places"),
        (
            format!("{person} a accepté deux missions à la même heure, dont {mission}, dans {soon_fr}. [Libérez|Libère] l’une des deux et [remplacez|remplace] cette personne."),
            format!("{person} accepted two calls at the same time, {mission} among them, in {soon_en}. Free one of the two and find somebody else for it."),
        ),
        (format!("Remplacer {person} sur l’une des deux missions"), format!("Replace {person} on one of the two")),
        goal("overlap", 0.0, "calls"),
        link("see_conflicts", "GET", "/api/v1/conflicts".into(), json!(null)),
    ))
}
fn tentative(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, _, person) = about(fact);
    Some(look.draft(
        fact,
        ("Une invitation qui ne peut aboutir", "An invitation that cannot be"),
        (
            format!("{person} a une invitation pour {mission} alors qu’un autre engagement couvre la même heure : l’accord sera refusé. [Invitez|Invite] quelqu’un d’autre."),
            format!("{person} is invited to {mission} while another call covers the same time: a yes would be refused. Invite somebody else."),
        ),
        (format!("Inviter une autre personne sur {mission}"), format!("Invite somebody else to {mission}")),
        goal("tentative_overlap", 0.0, "calls"),
        suggestions(fact),
    ))
}
fn suggestions(fact: &Fact) -> Option<Link> {
    let mission = fact.about.mission_id.as_ref()?;
    link("suggestions", "GET", format!("/api/v1/missions/{mission}/suggestions"), json!(null))
}
fn unavailable(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, _, person) = about(fact);
    let soon = fact.about.hours_to_start?;
    let (soon_fr, soon_en) = span(soon);
    Some(look.draft(
        fact,
        ("Une affectation pendant une absence", "Placed during an absence"),
        (
            format!("{person} est sur {mission} dans {soon_fr}, pendant une absence que [vous avez|tu as] approuvée. [Remplacez|Remplace] cette personne."),
            format!("{person} is on {mission} in {soon_en}, during an absence that was approved. Find somebody else."),
        ),
        (format!("Remplacer {person} sur {mission}"), format!("Replace {person} on {mission}")),
        goal("unavailable", 0.0, "calls"),
        suggestions(fact),
    ))
}
fn rest(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, _, person) = about(fact);
    let (actual, limit) = (look.number(fact.value?), look.number(fact.about.limit?));
    let rule = name(fact.metric);
    Some(look.draft(
        fact,
        ("Un repos trop court", "Too little rest"),
        (
            format!("{person} : {} ({actual} h, il en faut {limit}), autour de {mission}. [Décalez|Décale] l’arrivée ou [confiez|confie] cet appel à quelqu’un d’autre.", rule.0),
            format!("{person}: {} ({actual} h, {limit} are needed), around {mission}. Put the call later, or give it to somebody else.", rule.1),
        ),
        (format!("Donner {limit} h de repos à {person}"), format!("Give {person} {limit} h of rest")),
        Some(Criterion { metric: fact.metric, op: ">=", value: fact.about.limit?, unit: "h" }),
        suggestions(fact),
    ))
}
fn hours(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, _, person) = about(fact);
    let (actual, limit) = (look.number(fact.value?), look.number(fact.about.limit?));
    let rule = name(fact.metric);
    Some(look.draft(
        fact,
        ("Trop d’heures", "Too many hours"),
        (
            format!(
                "{person} : {} ({actual} h pour {limit} au plus), avec {mission}. [Partagez|Partage] l’appel entre deux personnes.",
                rule.0
            ),
            format!("{person}: {} ({actual} h, {limit} at most), with {mission}. Share the call between two people.", rule.1),
        ),
        (format!("Ramener {person} à {limit} h"), format!("Bring {person} down to {limit} h")),
        goal(fact.metric, fact.about.limit?, "h"),
        suggestions(fact),
    ))
}
fn pause(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, _, person) = about(fact);
    let (actual, limit) = (look.number(fact.value?), look.number(fact.about.limit?));
    Some(look.draft(
        fact,
        ("Une pause trop courte", "Too short a break"),
        (
            format!("{mission} : {person} a {actual} min de pause, il en faut {limit} à partir de six heures. [Inscrivez|Inscris] la pause dans la mission."),
            format!("{mission}: {person} has a break of {actual} min, {limit} are needed from six hours on. Write the break into the mission."),
        ),
        (format!("Prévoir {limit} min de pause sur {mission}"), format!("Plan {limit} min of break on {mission}")),
        Some(Criterion { metric: fact.metric, op: ">=", value: fact.about.limit?, unit: "min" }),
        see(fact),
    ))
}
fn days(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (_, _, person) = about(fact);
    let (actual, limit) = (look.number(fact.value?), look.number(fact.about.limit?));
    Some(look.draft(
        fact,
        ("Trop de jours d’affilée", "Too many days in a row"),
        (
            format!("{person} travaille {actual} jours d’affilée pour {limit} au plus. [Donnez|Donne] un jour de repos au milieu."),
            format!("{person} works {actual} days in a row, {limit} at most. Give a day off in between."),
        ),
        (format!("Libérer un jour de {person}"), format!("Free a day of {person}")),
        goal(fact.metric, fact.about.limit?, "days"),
        suggestions(fact),
    ))
}
fn mismatch(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, _, person) = about(fact);
    Some(look.draft(
        fact,
        ("Un poste hors compétences", "A role outside the skills"),
        (
            format!("{person} est sur {mission} à un poste qui ne figure pas parmi ses compétences. [Vérifiez|Vérifie] sa fiche, ou [échangez|échange] les postes."),
            format!("{person} is on {mission} in a role that is not among their skills. Check their profile, or swap roles."),
        ),
        (format!("Vérifier les compétences de {person}"), format!("Check the skills of {person}")),
        goal("role_mismatch", 0.0, "calls"),
        suggestions(fact),
    ))
}
fn unpublished(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, ..) = about(fact);
    let soon = fact.about.hours_to_start?;
    let (soon_fr, soon_en) = span(soon);
    let id = fact.about.mission_id.as_ref()?;
    Some(look.draft(
        fact,
        ("Une mission encore en brouillon", "A mission still in draft"),
        (
            format!(
                "{mission} commence dans {soon_fr} et n’est pas publiée : personne ne la voit ni ne peut l’accepter. [Publiez-la|Publie-la]."
            ),
            format!("{mission} starts in {soon_en} and is not published: nobody sees it or can accept it. Publish it."),
        ),
        (format!("Publier {mission}"), format!("Publish {mission}")),
        goal("unpublished", 0.0, "h"),
        link("publish", "POST", format!("/api/v1/missions/{id}:publish"), json!({})),
    ))
}
fn single(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (_, role, person) = about(fact);
    Some(look.draft(
        fact,
        ("Tout repose sur une personne", "It all rests on one person"),
        (
            format!("Seule {person} peut tenir « {role} » : une absence suffit à bloquer la mission. [Formez|Forme] ou [recrutez|recrute] une deuxième personne pour ce poste."),
            format!("Only {person} can do “{role}”: one absence stops the mission. Train or find a second person for this role."),
        ),
        (format!("Trouver une deuxième personne pour « {role} »"), format!("Find a second person for “{role}”")),
        Some(Criterion { metric: "single_holder", op: ">=", value: 2.0, unit: "people" }),
        link("people", "GET", "/api/v1/users".into(), json!(null)),
    ))
}
fn declined(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (mission, role, _) = about(fact);
    let share = look.number(fact.value?);
    Some(look.draft(
        fact,
        ("Beaucoup de refus", "Many say no"),
        (
            format!("{mission} : {share} % de refus pour « {role} ». Ce n’est plus le hasard des agendas : [revoyez|revois] l’horaire, le tarif ou la durée avant d’inviter encore."),
            format!("{mission}: {share} % declined for “{role}”. That is no accident of diaries: look at the times, the pay or the length before you invite more."),
        ),
        (format!("Revoir l’offre de « {role} »"), format!("Look again at the offer for “{role}”")),
        goal("decline_rate", 50.0_f64.min(fact.value? * 0.75).round(), "%"),
        see(fact),
    ))
}
fn load(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let (_, _, person) = about(fact);
    let share = look.number(fact.value?);
    Some(look.draft(
        fact,
        ("Une charge mal répartie", "An uneven load"),
        (
            format!("{person} porte {share} % des heures du projet. [Confiez|Confie] une de ses missions à quelqu’un de moins chargé."),
            format!("{person} carries {share} % of the project’s hours. Give one of their calls to somebody with fewer."),
        ),
        (format!("Alléger {person} d’une mission"), format!("Take one call off {person}")),
        goal("load_share", (fact.value? * 0.8).round(), "%"),
        None,
    ))
}
fn budget(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let share = look.number(fact.value?);
    let (cost, budget) = (look.facts.of("crew_cost").next()?, look.facts.of("crew_budget").next()?);
    let (spent, most, unit) = (look.number(cost.value?), look.number(budget.value?), cost.unit);
    let over = fact.metric == "over_budget";
    let title = if over { ("Au-delà du budget", "Over budget") } else { ("Le budget est presque atteint", "The budget is nearly used") };
    let mut draft = look.draft(
        fact,
        title,
        (
            format!("L’équipe prévue coûte {spent} {unit}, soit {share} % du budget de {most} {unit}. [Réduisez|Réduis] un quota ou [raccourcissez|raccourcis] un appel avant d’inviter encore."),
            format!("The planned crew costs {spent} {unit}, {share} % of the budget of {most} {unit}. Lower a quota or shorten a call before you invite more."),
        ),
        ("Revoir les quotas et les horaires".into(), "Look again at quotas and times".into()),
        goal(fact.metric, 100.0, "%"),
        link("costs", "GET", "/api/v1/reports/project-cost".into(), json!(null)),
    );
    draft.evidence.extend([cost.id.clone(), budget.id.clone()]);
    Some(draft)
}
fn no_rate(look: &Look<'_>, fact: &Fact) -> Option<Draft> {
    let n = fact.value? as i64;
    let (fr, en) =
        if n == 1 { ("n’a pas de tarif : il manque", "has no rate") } else { ("n’ont pas de tarif : ils manquent", "have no rate") };
    let (calls_fr, calls_en) = (many(n, "engagement", "engagements"), many(n, "call", "calls"));
    Some(look.draft(
        fact,
        ("Des engagements sans tarif", "Calls without a rate"),
        (
            format!("{calls_fr} {fr} au coût du projet. [Renseignez|Renseigne] les tarifs des personnes concernées."),
            format!("{calls_en} {en}: the project’s cost leaves that out. Set the rates of the people concerned."),
        ),
        ("Renseigner les tarifs manquants".into(), "Set the missing rates".into()),
        goal("without_rate", 0.0, "calls"),
        link("people", "GET", "/api/v1/users".into(), json!(null)),
    ))
}
