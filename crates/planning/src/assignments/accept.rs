//! The one way to a yes, whoever says it: the mission's row is locked, then the person's, then what counts is read.
//!
//! Every writer locks in this order (missions before people, each by id), so that they queue and never wait for each
//! other in a ring. Behind the locks stands a wall in the database (see `migrations/0003_planning.up.sql`).

use super::{
    law::{self, Wanted},
    model::{self, AssignmentId, Hand, Row, Status, Step},
    routes::NOUN,
    store::{self, Clash, Yes},
};
use crate::{
    availability, invitations,
    letters::{self, News},
    missions, people, rates,
};
use base::{
    Error, Result,
    db::{self, OnConflict as _, OrgTx, Query},
    say,
    time::{Interval, Timestamp},
};
use serde_json::json;

/// An assignment and its mission, with their rows and the person's locked.
pub struct Held {
    pub row: Row,
    pub mission: missions::model::Row,
}
impl Held {
    /// The call that the person is wanted for, at this span.
    pub fn wanted(&self, span: Interval) -> Wanted {
        let (row, mission) = (&self.row, &self.mission);
        Wanted {
            person: row.person_id,
            span,
            zone: mission.time_zone.clone(),
            break_minutes: mission.break_minutes,
            role_key: row.role_key.clone(),
            but: Some(row.id),
        }
    }
}
pub async fn hold(tx: &mut OrgTx, id: AssignmentId) -> Result<Held> {
    let seen = store::find(tx, id).await?;
    let mission = missions::store::lock(tx, seen.mission_id).await?;
    people::store::lock(tx, seen.person_id).await?;
    Ok(Held { row: store::find(tx, id).await?, mission })
}

/// Whose answer it is, and whether it goes against a conflict on purpose.
#[derive(Clone, Debug)]
pub struct By {
    pub hand: Hand,
    pub overrides: bool,
    pub reason: Option<String>,
}
impl By {
    /// The person, by the link they were sent.
    pub fn link(reason: Option<String>) -> Self {
        Self { hand: Hand { person: true, manager: false }, overrides: false, reason }
    }
    /// The reason of an override; nothing when none is meant.
    fn override_reason(&self) -> Result<Option<&str>> {
        match (self.overrides, self.reason.as_deref().map(str::trim).filter(|r| !r.is_empty())) {
            (false, _) => Ok(None),
            (true, _) if !self.hand.manager => Err(model::Refusal::Manager.error(Status::Invited, Status::Accepted)),
            (true, None) => Err(model::reason_required()),
            (true, reason) => Ok(reason),
        }
    }
}

/// Takes an assignment to another status, with everything that this brings.
pub async fn change(tx: &mut OrgTx, held: &Held, to: Status, by: &By) -> Result<()> {
    let row = &held.row;
    match row.status.may_become(to, by.hand).map_err(|r| r.error(row.status, to))? {
        Step::Nothing => again(tx, row, by.hand).await,
        Step::Accept => accept(tx, held, by).await,
        Step::Decline => decline(tx, row, by.reason.as_deref()).await,
        Step::Withdraw => {
            let hours = std::time::Duration::from_secs(u64::from(tx.app().settings.withdraw_hours) * 3_600);
            model::may_withdraw(tx.now(), row.start_at, hours, by.reason.as_deref())?;
            decline(tx, row, by.reason.as_deref()).await
        }
        Step::Cancel => cancel(tx, row, by.reason.as_deref()).await,
        Step::AskAgain => {
            store::set(tx, row.id, Status::Invited, None).await.on_conflict(already_assigned)?;
            follow(tx, row, "assignment.asked_again", Status::Invited, false).await
        }
    }
}
/// The same status again changes nothing, except that a yes after a change of times confirms them.
async fn again(tx: &mut OrgTx, row: &Row, hand: Hand) -> Result<()> {
    if row.status == Status::Accepted && row.reconfirm_at.is_some() && hand.person {
        store::confirm(tx, row.id).await?;
        return follow(tx, row, "assignment.confirmed", Status::Accepted, false).await;
    }
    Ok(())
}

pub async fn accept(tx: &mut OrgTx, held: &Held, by: &By) -> Result<()> {
    let Held { row, mission } = held;
    may_be_accepted(row, mission, by.hand, tx.now())?;
    let role = mission.role(Some(&row.role))?;
    if store::accepted(tx, row.mission_id, &row.role_key).await? >= role.quota {
        let say = say!("Enough people have accepted this role already.", "Assez de personnes ont déjà accepté ce rôle.");
        return Err(Error::conflict("role_full", say).with("role", &role.role));
    }
    let override_reason = free(tx, &held.wanted(row.span()?), by).await?;
    // What the person will be paid is what counts now for that day; it stays when rates change later.
    let rate = rates::snapshot(tx, row.person_id, &row.role_key, mission.time_zone.date(row.start_at)).await?;
    let yes = Yes { override_reason, rate: rate.as_ref() };
    walled(store::accept(tx, row.id, &yes).await)?;
    invitations::store::close(tx, row.id, Some(Status::Accepted)).await?;
    follow(tx, row, "assignment.accepted", Status::Accepted, override_reason.is_some()).await
}
fn may_be_accepted(row: &Row, mission: &missions::model::Row, hand: Hand, now: Timestamp) -> Result<()> {
    if mission.cancelled_at.is_some() {
        return Err(Error::conflict("mission_cancelled", say!("The mission is cancelled.", "La mission est annulée.")));
    }
    if mission.published_at.is_none() {
        let say = say!("The mission is not published yet.", "La mission n’est pas encore publiée.");
        return Err(Error::conflict("mission_not_published", say));
    }
    // A manager may still write down who was there.
    if row.end_at <= now && !hand.manager {
        return Err(Error::conflict("mission_ended", say!("The mission is over.", "La mission est terminée.")));
    }
    Ok(())
}

/// Whether the person, whose row is held, can be there. Against a conflict only with a reason, which is what comes back.
pub async fn free<'b>(tx: &mut OrgTx, wanted: &Wanted, by: &'b By) -> Result<Option<&'b str>> {
    let reason = by.override_reason()?;
    let found = obstacle(tx, wanted).await?;
    match (found, reason) {
        (None, _) => Ok(None),
        (Some(_), Some(reason)) => Ok(Some(reason)),
        (Some(error), None) => Err(error),
    }
}
/// Why somebody cannot be there, if so.
pub async fn obstacle(from: &mut impl Query, wanted: &Wanted) -> Result<Option<Error>> {
    let (person, span) = (wanted.person, wanted.span);
    let clashes = store::clashes(from, person, span, wanted.but).await?;
    if !clashes.is_empty() {
        return Ok(Some(schedule_conflict(&clashes)));
    }
    let spans = availability::store::unavailable(from, Some(person), span).await?;
    if spans.is_empty() {
        return law::broken(from, wanted).await;
    }
    let say = say!("The person is not available then.", "La personne n’est pas disponible à ce moment-là.");
    let spans: Vec<_> = spans.iter().map(|(_, s)| json!({"start_at": s.start(), "end_at": s.end()})).collect();
    Ok(Some(Error::malformed("person_unavailable", say).with("unavailable", spans)))
}
pub fn schedule_conflict(clashes: &[Clash]) -> Error {
    let say = say!(
        "The person has accepted another call at that time. See `conflicts`.",
        "La personne a déjà accepté une autre mission à ce moment-là. Voir `conflicts`."
    );
    Error::malformed("schedule_conflict", say).with("conflicts", clashes)
}
/// What the wall in the database says, in the same words.
pub fn walled(outcome: db::Result<u64>) -> Result<u64> {
    match outcome {
        Err(db::Error::Constraint(what)) if what.contains("double_booking") => Err(schedule_conflict(&[])),
        Err(db::Error::Conflict) => Err(schedule_conflict(&[])),
        other => Ok(other?),
    }
}
pub fn already_assigned() -> Error {
    let say = say!(
        "This person is already asked or booked for this mission.",
        "Cette personne est déjà sollicitée ou retenue pour cette mission."
    );
    Error::conflict("already_assigned", say)
}

pub async fn decline(tx: &mut OrgTx, row: &Row, reason: Option<&str>) -> Result<()> {
    store::set(tx, row.id, Status::Declined, reason).await?;
    invitations::store::close(tx, row.id, Some(Status::Declined)).await?;
    follow(tx, row, "assignment.declined", Status::Declined, false).await
}
pub async fn cancel(tx: &mut OrgTx, row: &Row, reason: Option<&str>) -> Result<()> {
    store::set(tx, row.id, Status::Cancelled, reason).await?;
    invitations::store::close(tx, row.id, None).await?;
    letters::tell(tx, row, News::Cancelled).await?;
    follow(tx, row, "assignment.cancelled", Status::Cancelled, false).await
}

/// What every change of status brings: audit, consoles, the lists of missions.
pub async fn follow(tx: &mut OrgTx, row: &Row, action: &'static str, after: Status, overridden: bool) -> Result<()> {
    tx.stale(missions::NOUN.tag);
    let before = (action != "assignment.created").then_some(row.status);
    let mut details = json!({"before": before, "after": after, "user_id": row.person_id, "mission_id": row.mission_id});
    if overridden {
        details["override"] = true.into();
    }
    NOUN.told(tx, action, row.id, Some(details)).await
}
