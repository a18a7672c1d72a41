//! When a mission moves, everybody on it moves along, or nobody; when it goes, they are told.

use super::{
    accept::{cancel, follow as tell_status, obstacle, schedule_conflict, walled},
    law::Wanted,
    model::{Row, Status},
    store::{self, Clash},
};
use crate::{
    letters::{self, News},
    missions::model::{MissionId, Ready},
    people,
};
use base::{Error, Result, db::OrgTx, say};

/// The mission's row is held. Who accepted is locked and checked again, in the order of their ids; clashes refuse the
/// move, or (`release`) set those people back to INVITED. Everybody as they were, and what they are to be told once the mission
/// is written: see [`tell`].
pub async fn follow(tx: &mut OrgTx, mission: MissionId, new: &Ready, release: bool) -> Result<Vec<(Row, News)>> {
    let span = new.span;
    let with_it: Vec<Row> = store::active_of(tx, mission).await?.into_iter().filter(|r| !r.own_times).collect();
    let (mut clashes, mut refusal, mut released) = (vec![], None, vec![]);
    for row in with_it.iter().filter(|r| r.status == Status::Accepted) {
        people::store::lock(tx, row.person_id).await?;
        // What was accepted against a conflict stays so.
        let (zone, role_key) = (new.zone.clone(), row.role_key.clone());
        let wanted = Wanted { person: row.person_id, span, zone, break_minutes: new.break_minutes, role_key, but: Some(row.id) };
        let Some(error) = obstacle(tx, &wanted).await?.filter(|_| row.override_reason.is_none()) else { continue };
        clashes.extend(store::clashes(tx, row.person_id, span, Some(row.id)).await?);
        refusal = Some(error);
        released.push(row);
    }
    if let Some(error) = refusal.filter(|_| !release) {
        return Err(all_of(error, &clashes));
    }
    for row in &released {
        store::set(tx, row.id, Status::Invited, None).await?;
        tell_status(tx, row, "assignment.released", Status::Invited, false).await?;
    }
    walled(store::move_with_mission(tx, mission, span).await)?;
    let released: Vec<_> = released.iter().map(|r| r.id).collect();
    let news = |row: Row| {
        let before = row.span()?;
        let news = if released.contains(&row.id) { News::Released { before } } else { News::Moved { before } };
        Ok((row, news))
    };
    with_it.into_iter().map(news).collect()
}
/// Tells those who moved along.
pub async fn tell(tx: &mut OrgTx, moved: &[(Row, News)]) -> Result<()> {
    for (row, news) in moved {
        letters::tell(tx, row, *news).await?;
    }
    Ok(())
}
fn all_of(one: Error, clashes: &[Clash]) -> Error {
    if clashes.is_empty() { one } else { schedule_conflict(clashes) }
}

/// This mission, whose row is held, is called off: nobody is needed any more. How many are told.
pub async fn call_off(tx: &mut OrgTx, mission: MissionId) -> Result<usize> {
    let all = store::active_of(tx, mission).await?;
    for row in &all {
        people::store::lock(tx, row.person_id).await?;
        cancel(tx, row, None).await?;
    }
    Ok(all.len())
}
/// These missions, whose rows are held, are about to go with their assignments: whoever is asked or booked is told. While
/// somebody accepted it takes `force`.
pub async fn dismiss(tx: &mut OrgTx, missions: &[MissionId], force: bool) -> Result<()> {
    for mission in missions {
        for row in store::active_of(tx, *mission).await? {
            if row.status == Status::Accepted && !force {
                let say = say!(
                    "Somebody has accepted. Cancel that first, or say force=true: then they are told.",
                    "Quelqu’un a accepté. Annulez d’abord, ou indiquez force=true : les personnes seront prévenues."
                );
                return Err(Error::conflict("has_accepted", say));
            }
            letters::tell(tx, &row, News::Deleted).await?;
            tell_status(tx, &row, "assignment.cancelled", Status::Cancelled, false).await?;
        }
    }
    Ok(())
}
