//! What stands on a call sheet, and what changed since it was last given out. Pure.

use crate::{people::model::PersonId, projects::model::ProjectId, words::words};
use base::{
    id,
    id::AccountId,
    time::{Date, TimeOfDay, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

id!(pub SlotId "mission" "mission");

/// One day of a project. It holds no contact: that is added for whoever may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sheet {
    pub project_id: ProjectId,
    pub project: String,
    pub client: Option<String>,
    pub venue: Option<String>,
    pub date: Date,
    /// By when it begins.
    pub schedule: Vec<Slot>,
    /// By role, as the missions name them.
    pub team: Vec<Group>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CallsheetSlot)]
pub struct Slot {
    pub mission_id: SlotId,
    pub title: String,
    pub location: Option<String>,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    /// On the clock of the place.
    pub start: TimeOfDay,
    pub end: TimeOfDay,
    pub break_minutes: i64,
    pub note: Option<String>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    pub role: String,
    pub members: Vec<Called>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Called {
    pub user_id: PersonId,
    pub name: String,
    pub mission_id: SlotId,
    pub mission: String,
    /// Their own call and end.
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    pub start: TimeOfDay,
    pub end: TimeOfDay,
    /// Accepted; else asked, and not answered yet.
    pub confirmed: bool,
    /// For managers, and one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl Sheet {
    pub fn called(&self) -> impl Iterator<Item = (&str, &Called)> {
        self.team.iter().flat_map(|group| group.members.iter().map(|called| (&*group.role, called)))
    }
    /// As it is kept and compared.
    pub fn without_contact(mut self) -> Self {
        self.team.iter_mut().flat_map(|group| &mut group.members).for_each(|called| called.phone = None);
        self
    }
}

words! {
    #[schema(as = CallsheetChangeKind)]
    pub enum Kind {
        MissionAdded = "mission_added",
        MissionRemoved = "mission_removed",
        MissionChanged = "mission_changed",
        PersonAdded = "person_added",
        PersonRemoved = "person_removed",
        PersonChanged = "person_changed",
        VenueChanged = "venue_changed",
    }
}

/// One thing that is not as it was: `08:00–17:00` became `07:00–17:00`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = CallsheetChange)]
pub struct Change {
    pub kind: Kind,
    /// The mission, or the person and their role.
    pub what: String,
    pub user_id: Option<PersonId>,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What is not on `after` as it was on `before`.
pub fn changes(before: &Sheet, after: &Sheet) -> Vec<Change> {
    let venue = |sheet: &Sheet| BTreeMap::from([((), (sheet.project.clone(), None, sheet.venue.clone().unwrap_or_default()))]);
    let missions = |sheet: &Sheet| sheet.schedule.iter().map(|s| (s.mission_id.0, (s.title.clone(), None, s.words()))).collect();
    let people = |sheet: &Sheet| {
        let one = |(role, c): (&str, &Called)| {
            ((c.user_id, c.mission_id, role.to_owned()), (format!("{} · {role}", c.name), Some(c.user_id), c.words()))
        };
        sheet.called().map(one).collect()
    };
    let mut all = differences(&venue(before), &venue(after), [Kind::VenueChanged; 3]);
    all.extend(differences(&missions(before), &missions(after), [Kind::MissionAdded, Kind::MissionRemoved, Kind::MissionChanged]));
    all.extend(differences(&people(before), &people(after), [Kind::PersonAdded, Kind::PersonRemoved, Kind::PersonChanged]));
    all
}

/// By its key: what it is called, whose it is, and what is said of it.
type Said<K> = BTreeMap<K, (String, Option<PersonId>, String)>;
fn differences<K: Ord>(before: &Said<K>, after: &Said<K>, [added, removed, changed]: [Kind; 3]) -> Vec<Change> {
    let said = |side: Option<&(String, Option<PersonId>, String)>| side.map(|s| s.2.clone());
    let mut all = Vec::new();
    for (key, now) in after {
        let was = before.get(key);
        if was.is_none_or(|was| was.2 != now.2 || was.0 != now.0) {
            let kind = if was.is_some() { changed } else { added };
            all.push(Change { kind, what: now.0.clone(), user_id: now.1, before: said(was), after: said(Some(now)) });
        }
    }
    for (_, was) in before.iter().filter(|(key, _)| !after.contains_key(key)) {
        all.push(Change { kind: removed, what: was.0.clone(), user_id: was.1, before: said(Some(was)), after: None });
    }
    all
}
impl Slot {
    fn words(&self) -> String {
        let parts = [Some(format!("{}–{}", self.start, self.end)), self.location.clone(), self.note.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}
impl Called {
    fn words(&self) -> String {
        format!("{}–{}{}", self.start, self.end, if self.confirmed { "" } else { " ?" })
    }
}

/// A state of the sheet that was given out.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Revision {
    pub number: i64,
    pub published_at: Timestamp,
}
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = CallsheetSeen)]
pub struct Seen {
    pub account_id: AccountId,
    /// Null for a member who is not planned.
    pub name: Option<String>,
    pub seen_at: Timestamp,
}
/// The call sheet as it would be given out now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallSheet {
    #[serde(flatten)]
    pub sheet: Sheet,
    /// The last one that was given out.
    pub revision: Option<Revision>,
    /// Since that one.
    pub changes: Vec<Change>,
    /// Who has seen that one; for managers, for others themselves.
    pub seen: Vec<Seen>,
}
