//! Call sheets in the store: the plan of a day, what was given out of it, and who saw that.

use super::model::{Called, Group, Revision, Seen, Sheet, Slot, SlotId};
use crate::{
    people::model::{PersonId, full_name, place},
    projects::model::{Project, ProjectId, Status},
    reports,
    told::Eye,
};
use base::{
    Error, Result,
    crypto::{Keys, Sealed},
    db::{OrgTx, Query},
    entity,
    id::AccountId,
    org_sql,
    time::{Date, Interval, Timestamp, Zone},
};

/// A project that this reader may see, and the zone of its days.
pub async fn project(from: &mut impl Query, id: ProjectId, eye: Eye) -> Result<(Project, Zone)> {
    let query = org_sql!(Project, "select {cols} from projects where org_id = $1 and id = $2");
    let found: Option<Project> = from.opt(query, &[&id]).await?;
    let found = found.filter(|p| eye.is_manager() || p.status != Status::Draft).ok_or_else(|| Error::not_found(id))?;
    let own = found.time_zone.as_deref().and_then(|zone| zone.parse().ok());
    let zone = match own {
        Some(zone) => zone,
        None => reports::store::zone(from).await?,
    };
    Ok((found, zone))
}

entity! {
    struct Mission {
        id: SlotId, title: String, location: Option<String>, start_at: Timestamp, end_at: Timestamp, time_zone: Zone,
        break_minutes: i64, note: Option<String>,
    }
}
entity! {
    struct Person {
        person_id: PersonId, first_name: String, last_name: String, account_id: Option<AccountId>,
        phone_sealed: Option<Sealed<String>>, mission_id: SlotId, role: String, start_at: Timestamp, end_at: Timestamp, confirmed: bool,
    }
}

/// The day as it is planned now. Two statements, whatever its size.
pub async fn sheet(from: &mut impl Query, keys: &Keys, (project, zone): &(Project, Zone), date: Date, eye: Eye) -> Result<Sheet> {
    // A call of the small hours belongs to the evening before: hence a day on either side.
    let (first, last) = (zone.start_of(date.plus(-1)), zone.start_of(date.plus(2)));
    let missions = org_sql!(
        Mission,
        "select {cols} from missions where org_id = $1 and project_id = $2 and start_at >= $3 and start_at < $4
           and published_at is not null and cancelled_at is null order by start_at, id"
    );
    let missions: Vec<Mission> = from.all(missions, &[&project.id, &first, &last]).await?;
    let on_the_day = |m: &Mission| Interval::new(m.start_at, m.end_at).is_ok_and(|span| m.time_zone.working_day(span) == date);
    let missions: Vec<_> = missions.into_iter().filter(on_the_day).collect();
    let people = org_sql!(
        "select a.person_id, p.first_name, p.last_name, p.account_id, p.phone_sealed, a.mission_id, a.role, a.start_at, a.end_at,
           a.status = 'ACCEPTED'
         from assignments a
           join missions m on m.org_id = a.org_id and m.id = a.mission_id
           join people p on p.org_id = a.org_id and p.id = a.person_id
         where a.org_id = $1 and m.project_id = $2 and m.start_at >= $3 and m.start_at < $4
           and a.status in ('INVITED', 'ACCEPTED')
         order by a.start_at + 0, p.name_key, a.id" // sorted: an index that has this order has all of the organisation's
    );
    let people: Vec<Person> = from.all(people, &[&project.id, &first, &last]).await?;
    let org = from.org();
    let mut team: Vec<Group> = Vec::new();
    for person in people {
        let Some(mission) = missions.iter().find(|m| m.id == person.mission_id) else { continue };
        let sees = eye.is_manager() || matches!((eye, person.account_id), (Eye::Tech(own), Some(theirs)) if own == theirs);
        let phone = person.phone_sealed.filter(|_| sees).map(|p| p.open(keys, &place(org, person.person_id, "phone"))).transpose()?;
        let called = Called {
            user_id: person.person_id,
            name: full_name(&person.first_name, &person.last_name),
            mission_id: mission.id,
            mission: mission.title.clone(),
            start_at: person.start_at,
            end_at: person.end_at,
            start: mission.time_zone.time_of_day(person.start_at),
            end: mission.time_zone.time_of_day(person.end_at),
            confirmed: person.confirmed,
            phone,
        };
        match team.iter_mut().find(|group| group.role == person.role) {
            Some(group) => group.members.push(called),
            None => team.push(Group { role: person.role, members: vec![called] }),
        }
    }
    Ok(Sheet {
        project_id: project.id,
        project: project.name.clone(),
        client: project.client.clone(),
        venue: project.venue.clone(),
        date,
        schedule: missions.into_iter().map(slot).collect(),
        team,
    })
}
fn slot(m: Mission) -> Slot {
    Slot {
        mission_id: m.id,
        start: m.time_zone.time_of_day(m.start_at),
        end: m.time_zone.time_of_day(m.end_at),
        title: m.title,
        location: m.location,
        start_at: m.start_at,
        end_at: m.end_at,
        break_minutes: m.break_minutes,
        note: m.note,
    }
}

/// The last revision that was given out, and what it said.
pub async fn last(from: &mut impl Query, project: ProjectId, date: Date) -> Result<Option<(Revision, Sheet)>> {
    let query = org_sql!(
        "select revision, created_at, content from call_sheets where org_id = $1 and project_id = $2 and day = $3
         order by revision desc limit 1"
    );
    let found: Option<(i64, Timestamp, String)> = from.opt(query, &[&project, &date]).await?;
    found
        .map(|(number, published_at, content)| {
            let sheet = serde_json::from_str(&content).map_err(Error::internal)?;
            Ok((Revision { number, published_at }, sheet))
        })
        .transpose()
}
/// Who has seen a revision; `only` themselves for those who are no managers.
pub async fn seen(from: &mut impl Query, project: ProjectId, date: Date, revision: i64, eye: Eye) -> Result<Vec<Seen>> {
    let only = if let Eye::Tech(own) = eye { Some(own) } else { None };
    let query = org_sql!(
        "select r.account_id, p.first_name, p.last_name, r.seen_at from call_sheet_receipts r
           left join people p on p.org_id = r.org_id and p.account_id = r.account_id
         where r.org_id = $1 and r.project_id = $2 and r.day = $3 and r.revision = $4 and (cast($5 as text) is null or r.account_id = $5)
         order by r.seen_at, r.account_id"
    );
    type Found = (AccountId, Option<String>, Option<String>, Timestamp);
    let found: Vec<Found> = from.all(query, &[&project, &date, &revision, &only]).await?;
    let name = |first: Option<String>, last: Option<String>| first.zip(last).map(|(first, last)| full_name(&first, &last));
    Ok(found.into_iter().map(|(account_id, first, last, seen_at)| Seen { account_id, name: name(first, last), seen_at }).collect())
}

/// Holds the project, so that two revisions do not get one number.
pub async fn lock(tx: &mut OrgTx, project: ProjectId) -> Result<()> {
    let query = org_sql!("select id from projects where org_id = $1 and id = $2 {for_update}");
    let held: Option<(ProjectId,)> = tx.opt(query, &[&project]).await?;
    held.map(drop).ok_or_else(|| Error::not_found(project))
}
pub async fn publish(tx: &mut OrgTx, sheet: &Sheet, number: i64) -> Result<Revision> {
    let (content, by, now) = (serde_json::to_string(sheet).map_err(Error::internal)?, tx.actor().account, tx.now());
    let insert = org_sql!(
        "insert into call_sheets (org_id, project_id, day, revision, content, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7)"
    );
    tx.exec(insert, &[&sheet.project_id, &sheet.date, &number, &content, &by, &now]).await?;
    Ok(Revision { number, published_at: now })
}
/// Once is enough.
pub async fn saw(tx: &mut OrgTx, project: ProjectId, date: Date, revision: i64, account: AccountId) -> Result<()> {
    let now = tx.now();
    let insert = org_sql!(
        "insert into call_sheet_receipts (org_id, project_id, day, revision, account_id, seen_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (org_id, project_id, day, revision, account_id) do nothing"
    );
    tx.exec(insert, &[&project, &date, &revision, &account, &now]).await?;
    Ok(())
}
