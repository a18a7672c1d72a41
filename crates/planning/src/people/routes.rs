//! The routes of people.

use super::{
    model::{Draft, Patch, Person, PersonId, Row, Seen},
    store,
};
use crate::told::{Eye, Noun, changes};
use axum::http::header;
use base::{
    App, Result,
    auth::{
        Member,
        grant::{PeopleRead, PeopleWrite},
    },
    db::{OrgTx, Query as _},
    http::{Answer, IfMatch, Json, List, Path, etag},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

pub const NOUN: Noun = Noun { tag: "people", event: "person.changed" };

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Part of a name; case and accents do not matter.
    q: Option<String>,
    /// Only people with this skill.
    skill: Option<String>,
    /// Only people with this tag.
    tag: Option<String>,
    /// Only who can be planned (`true`) or not any more (`false`).
    active: Option<bool>,
}

fn whole(row: Row, tx: &OrgTx) -> Result<Person> {
    row.whole(&tx.app().keys, tx.org())
}
fn tagged(answer: Answer, version: i64) -> Result<Answer> {
    answer.with(header::ETAG, etag::of_version(version))
}

/// The people, by name. Contact and contract are for managers.
#[utoipa::path(get, path = "/users", operation_id = "list_people", tag = "people", responses(
    (status = 200, description = "A page of people", body = Vec<Seen>)))]
pub async fn list(app: App, member: Member<PeopleRead>, list: List<Filter>) -> Result<Answer> {
    let f = &list.filter;
    let after = list.after()?.unwrap_or((String::new(), PersonId(base::id::Uuid::nil())));
    let page = store::Page {
        after,
        rows: list.rows(),
        q: f.q.as_deref().unwrap_or_default(),
        skill: f.skill.as_deref(),
        tag: f.tag.as_deref(),
        active: f.active,
    };
    let rows = store::list(&mut member.read(&app), page).await?;
    let keys: Vec<_> = rows.iter().map(|r| (r.name_key.clone(), r.id)).collect();
    let eye = Eye::of(&member);
    let seen = rows.into_iter().zip(keys).map(|(row, key)| Ok((key, row.seen_by(eye, &app.keys, member.org)?)));
    list.page_of(seen.collect::<Result<Vec<_>>>()?)?.answer(None)
}

/// Adds a person.
#[utoipa::path(post, path = "/users", operation_id = "create_person", tag = "people", request_body = Draft, responses(
    (status = 201, description = "The person", body = Person),
    (status = 409, description = "The e-mail address or the account is another person's")))]
pub async fn create(app: App, member: Member<PeopleWrite>, Json(new): Json<Draft>) -> Result<Answer> {
    new.check()?;
    let mut tx = member.begin(&app).await?;
    let person = store::create(&mut tx, &new).await?;
    let person = whole(person, &tx)?;
    NOUN.told(&mut tx, "person.created", person.id, None).await?;
    let created = Answer::created(format!("/api/v1/users/{}", person.id), &person)?;
    tx.answer(tagged(created, person.version)?).await
}

/// One person.
#[utoipa::path(get, path = "/users/{id}", operation_id = "read_person", tag = "people", params(("id" = PersonId, Path, description = "The person")),
    responses((status = 200, description = "The person", body = Seen)))]
pub async fn read(app: App, member: Member<PeopleRead>, Path(id): Path<PersonId>) -> Result<Answer> {
    let row = store::find(&mut member.read(&app), id).await?;
    let version = row.version;
    tagged(Answer::ok(&row.seen_by(Eye::of(&member), &app.keys, member.org)?)?, version)
}

/// Replaces a person.
#[utoipa::path(put, path = "/users/{id}", operation_id = "replace_person", tag = "people", params(("id" = PersonId, Path, description = "The person")),
    request_body = Draft, responses(
    (status = 200, description = "The person", body = Person),
    (status = 409, description = "The e-mail address or the account is another person's")))]
pub async fn replace(
    app: App,
    member: Member<PeopleWrite>,
    Path(id): Path<PersonId>,
    seen: IfMatch,
    Json(new): Json<Draft>,
) -> Result<Answer> {
    write(&app, &member, id, &seen, |_| new).await
}

/// Changes some of a person.
#[utoipa::path(patch, path = "/users/{id}", operation_id = "change_person", tag = "people", params(("id" = PersonId, Path, description = "The person")),
    request_body = Patch, responses(
    (status = 200, description = "The person", body = Person),
    (status = 409, description = "The e-mail address or the account is another person's")))]
pub async fn change(
    app: App,
    member: Member<PeopleWrite>,
    Path(id): Path<PersonId>,
    seen: IfMatch,
    Json(patch): Json<Patch>,
) -> Result<Answer> {
    write(&app, &member, id, &seen, |old| patch.onto(old)).await
}

async fn write(app: &App, member: &Member<PeopleWrite>, id: PersonId, seen: &IfMatch, new: impl FnOnce(Person) -> Draft) -> Result<Answer> {
    let mut tx = member.begin(app).await?;
    store::lock(&mut tx, id).await?;
    let old = store::find(&mut tx, id).await?;
    seen.allows(old.version)?;
    let old = whole(old, &tx)?;
    let before = json!(old);
    let new = new(old);
    new.check()?;
    let person = store::update(&mut tx, id, &new).await?;
    let person = whole(person, &tx)?;
    let details = changes(&before, &json!(person), &["active", "employment_type"]);
    NOUN.told(&mut tx, "person.changed", id, details).await?;
    tx.commit().await?;
    tagged(Answer::ok(&person)?, person.version)
}

/// Deletes a person who never stood on a mission.
#[utoipa::path(delete, path = "/users/{id}", operation_id = "delete_person", tag = "people", params(("id" = PersonId, Path, description = "The person")),
    responses(
    (status = 204, description = "Gone"),
    (status = 409, description = "The person stands on missions: set `active` to false instead")))]
pub async fn remove(app: App, member: Member<PeopleWrite>, Path(id): Path<PersonId>, seen: IfMatch) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    store::lock(&mut tx, id).await?;
    seen.allows(store::find(&mut tx, id).await?.version)?;
    store::remove(&mut tx, id).await?;
    NOUN.told(&mut tx, "person.deleted", id, None).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
