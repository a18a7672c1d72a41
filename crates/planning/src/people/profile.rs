//! The profile of a person, as the published front end reads and writes it.

use super::{
    model::{self, Employment, Person, PersonId, Seen, SkillWritten},
    routes::NOUN,
    store,
};
use crate::{
    rates::{
        self,
        model::{NewRate, Unit},
    },
    told::Eye,
};
use base::{
    App, Error, Faults, Result,
    auth::{
        Member, Role,
        grant::{AssignmentsRespond, PeopleRead, PeopleWrite},
    },
    db::{OrgTx, Query},
    http::{Answer, Json, Path},
    id::AccountId,
    say,
    time::{Date, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Euros (or the like) by unit: `{"jour": 250}`.
type RateProfile = BTreeMap<String, f64>;
/// The seed's words for the units of the store.
const UNITS: [(&str, Unit); 4] = [("heure", Unit::Hour), ("jour", Unit::Day), ("cachet", Unit::Cachet), ("forfait", Unit::Flat)];

/// A profile, whole for managers and for the person.
#[derive(Serialize, ToSchema)]
pub struct Profile {
    pub user_id: PersonId,
    pub name: String,
    pub skills: Vec<String>,
    pub skill_levels: BTreeMap<String, i64>,
    pub tags: Vec<String>,
    #[serde(flatten)]
    pub own: Option<Own>,
}
/// What team mates do not see.
#[derive(Serialize, ToSchema)]
pub struct Own {
    pub employment_type: Employment,
    #[schema(value_type = BTreeMap<String, f64>)]
    pub rate_profile: RateProfile,
    pub bio: Option<String>,
}

/// A profile as somebody writes it. What a person is employed as and paid is the managers' to say.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PeopleWritten)]
#[serde(deny_unknown_fields)]
pub struct Written {
    #[serde(default)]
    pub skills: Vec<SkillWritten>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub employment_type: Option<Employment>,
    #[schema(value_type = Option<BTreeMap<String, f64>>)]
    pub rate_profile: Option<RateProfile>,
    pub bio: Option<String>,
}
impl Written {
    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        model::check_own_words(&mut faults, &self.skills, &self.tags, self.bio.as_deref());
        let rates = self.rate_profile.iter().flatten();
        let known = rates.clone().all(|(unit, amount)| UNITS.iter().any(|(fr, _)| fr == unit) && (0.0..=1_000_000.0).contains(amount));
        faults.require(known && rates.count() <= 1, "rate_profile", "invalid_rate", || {
            say!(
                "Give one amount by its unit: heure, jour, cachet or forfait. Several rates go to /rates/user/{{id}}.",
                "Indiquez un seul montant par son unité : heure, jour, cachet ou forfait. Plusieurs tarifs : /rates/user/{{id}}."
            )
        });
        faults.none()
    }
}

fn today(now: Timestamp) -> Result<Date> {
    now.to_string().get(..10).and_then(|day| day.parse().ok()).ok_or_else(|| Error::internal("an instant without a day"))
}

impl Profile {
    async fn of(from: &mut impl Query, seen: Seen, today: Date) -> Result<Self> {
        Ok(match seen {
            Seen::Teammate(t) => Self::words(t.id, t.name, &t.skills, t.tags, None),
            Seen::Whole(p) => {
                let rate = rates::snapshot(from, p.id, "", today).await?;
                let name = |unit| UNITS.iter().find(|(_, ours)| *ours == unit).map_or("jour", |(fr, _)| fr).to_owned();
                let rate_profile = rate.into_iter().map(|r| (name(r.unit), r.cents as f64 / 100.0)).collect();
                let Person { id, name, skills, tags, employment_type, bio, .. } = *p;
                Self::words(id, name, &skills, tags, Some(Own { employment_type, rate_profile, bio }))
            }
        })
    }
    fn words(user_id: PersonId, name: String, skills: &[model::Skill], tags: Vec<String>, own: Option<Own>) -> Self {
        let skill_levels = skills.iter().map(|s| (s.skill.clone(), s.level)).collect();
        Self { user_id, name, skills: skills.iter().map(|s| s.skill.clone()).collect(), skill_levels, tags, own }
    }
}

async fn answer(from: &mut impl Query, app: &App, eye: Eye, id: PersonId) -> Result<Answer> {
    let seen = store::find(from, id).await?.seen_by(eye, &app.keys, from.org())?;
    Answer::ok(&Profile::of(from, seen, today(app.now())?).await?)
}
async fn write(app: &App, mut tx: OrgTx, id: PersonId, manager: bool, new: Written) -> Result<Answer> {
    new.check()?;
    store::lock(&mut tx, id).await?;
    let old = store::find(&mut tx, id).await?;
    let employment = new.employment_type.unwrap_or(old.employment_type);
    if !manager && (employment != old.employment_type || new.rate_profile.is_some()) {
        let say = say!(
            "Only a manager changes the employment type and the rates. Leave them out.",
            "Seul un responsable change le type de contrat et les tarifs. Ne les envoyez pas."
        );
        return Err(Error::forbidden("role_too_low", say).with("needed", Role::Manager));
    }
    let account = old.account_id;
    let (row, today) = (store::write_profile(&mut tx, id, &new, employment).await?, today(tx.now())?);
    for (unit, amount) in new.rate_profile.iter().flatten() {
        let unit = UNITS.iter().find(|(fr, _)| fr == unit).map_or(Unit::Day, |(_, ours)| *ours);
        let new = NewRate { unit, cents: (amount * 100.0).round() as i64, currency: None, valid_from: None, role: None };
        rates::store::set(&mut tx, id, &new, today).await?;
    }
    NOUN.told(&mut tx, "person.changed", id, None).await?;
    let eye = account.filter(|_| !manager).map_or(Eye::Manager, Eye::Tech);
    let seen = row.seen_by(eye, &app.keys, tx.org())?;
    let profile = Profile::of(&mut tx, seen, today).await?;
    tx.commit().await?;
    Answer::ok(&profile)
}

/// The profile of a person; team mates see skills and tags.
#[utoipa::path(get, path = "/users/{id}/profile", operation_id = "read_profile", tag = "people", params(("id" = PersonId, Path, description = "The person")),
    responses((status = 200, description = "The profile", body = Profile)))]
pub async fn read(app: App, member: Member<PeopleRead>, Path(id): Path<PersonId>) -> Result<Answer> {
    answer(&mut member.read(&app), &app, Eye::of(&member), id).await
}

/// Replaces the profile of a person.
#[utoipa::path(put, path = "/users/{id}/profile", operation_id = "replace_profile", tag = "people", params(("id" = PersonId, Path, description = "The person")),
    request_body = Written, responses((status = 200, description = "The profile", body = Profile)))]
pub async fn replace(app: App, member: Member<PeopleWrite>, Path(id): Path<PersonId>, Json(new): Json<Written>) -> Result<Answer> {
    let tx = member.begin(&app).await?;
    write(&app, tx, id, true, new).await
}

/// Your own profile.
#[utoipa::path(get, path = "/users/me/profile", operation_id = "read_own_profile", tag = "people", responses(
    (status = 200, description = "The profile", body = Profile),
    (status = 404, description = "No person is linked to your account")))]
pub async fn read_own(app: App, member: Member<PeopleRead>) -> Result<Answer> {
    let mut from = member.read(&app);
    let id = store::own(&mut from, member.account).await?;
    answer(&mut from, &app, own_eye(member.account), id).await
}

/// Replaces your own profile.
#[utoipa::path(put, path = "/users/me/profile", operation_id = "replace_own_profile", tag = "people", request_body = Written, responses(
    (status = 200, description = "The profile", body = Profile),
    (status = 404, description = "No person is linked to your account")))]
pub async fn replace_own(app: App, member: Member<AssignmentsRespond>, Json(new): Json<Written>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let id = store::own(&mut tx, member.account).await?;
    write(&app, tx, id, member.role >= Role::Manager, new).await
}
fn own_eye(account: AccountId) -> Eye {
    Eye::Tech(account)
}
