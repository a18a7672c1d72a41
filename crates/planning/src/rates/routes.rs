//! The routes of rates.

use super::{
    model::{NewRate, Rate, RateId, Unit},
    money, store,
};
use crate::people::model::PersonId;
use axum::{
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use base::{
    App, Error, Result,
    audit::Entry,
    auth::{
        Member, Role,
        grant::{RatesRead, RatesWrite},
    },
    db::OrgTx,
    http::{Answer, Json, Op, Part, Path, etag},
    id::Id as _,
    say,
    time::Zone,
};
use serde_json::json;

/// The rate that somebody sends: as JSON, or as the published clients do, `?daily_eur=250` without a body.
pub struct Sent(NewRate);
impl FromRequest<App> for Sent {
    type Rejection = Error;
    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let Some(query) = request.uri().query().filter(|q| !q.is_empty()) else {
            return Json::from_request(request, app).await.map(|Json(new)| Self(new));
        };
        let Some(("daily_eur", amount)) = query.split_once('=') else {
            let name = query.split('=').next().unwrap_or_default();
            return Err(Error::field(
                name,
                "unknown_field",
                say!("There is no such field here. Remove it.", "Ce champ n’existe pas ici. Retirez-le."),
            ));
        };
        let cents = money::cents(amount).ok_or_else(|| {
            let say = say!("Write the amount like 250 or 250.50.", "Écrivez le montant comme 250 ou 250.50.");
            Error::field("daily_eur", "wrong_value", say)
        })?;
        Ok(Self(NewRate { unit: Unit::Day, cents, currency: None, valid_from: None, role: None }))
    }
}
impl Part for Sent {
    fn describe(op: &mut Op<'_>) {
        op.query("daily_eur", "Instead of a body: the rate of a day in euros, from today on");
        op.answers(&[400, 415, 422]);
    }
}

async fn audited(tx: &mut OrgTx, action: &'static str, person: PersonId, unit: Option<Unit>) -> Result<()> {
    tx.audit(Entry { action, subject: Some(person.uuid()), details: unit.map(|unit| json!({"unit": unit})) }).await
}

/// A person's rates, the latest to begin first. A technician sees their own; who looks at another's stands in the audit log.
#[utoipa::path(get, path = "/rates/user/{user_id}", operation_id = "list_rates", tag = "rates",
    params(("user_id" = PersonId, Path, description = "The person")),
    responses((status = 200, description = "The rates", body = Vec<Rate>),
        (status = 304, description = "Nothing changed since the ETag you have")))]
pub async fn list(app: App, member: Member<RatesRead>, Path(person): Path<PersonId>) -> Result<Answer> {
    let mut read = member.read(&app);
    let own = store::account_of(&mut read, person).await? == Some(member.account);
    if own {
        return Answer::tagged(&store::list(&mut read, person).await?);
    }
    if member.role < Role::Manager {
        let say = say!(
            "You can see your own rates. Others’ are for managers.",
            "Vous pouvez voir vos propres tarifs. Ceux des autres sont réservés aux responsables."
        );
        return Err(Error::forbidden("not_yours", say));
    }
    let mut tx = member.begin(&app).await?;
    let rates = store::list(&mut tx, person).await?;
    audited(&mut tx, "rate.read", person, None).await?;
    tx.commit().await?;
    Answer::tagged(&rates)
}

/// Adds a rate. One for the same role and day is replaced.
#[utoipa::path(post, path = "/rates/user/{user_id}", operation_id = "add_rate", tag = "rates", request_body = Option<NewRate>,
    params(("user_id" = PersonId, Path, description = "The person")),
    responses((status = 201, description = "The rate", body = Rate)))]
pub async fn add(app: App, member: Member<RatesWrite>, Path(person): Path<PersonId>, sent: Sent) -> Result<Answer> {
    write(&app, &member, person, sent, StatusCode::CREATED).await
}

/// Sets the rate for a role from a day on.
#[utoipa::path(put, path = "/rates/user/{user_id}", operation_id = "set_rate", tag = "rates", request_body = Option<NewRate>,
    params(("user_id" = PersonId, Path, description = "The person")),
    responses((status = 200, description = "The rate", body = Rate)))]
pub async fn set(app: App, member: Member<RatesWrite>, Path(person): Path<PersonId>, sent: Sent) -> Result<Answer> {
    write(&app, &member, person, sent, StatusCode::OK).await
}

async fn write(app: &App, member: &Member<RatesWrite>, person: PersonId, Sent(new): Sent, status: StatusCode) -> Result<Answer> {
    new.check()?;
    let mut tx = member.begin(app).await?;
    store::account_of(&mut tx, person).await?;
    let today = Zone::UTC.date(tx.now());
    let rate = store::set(&mut tx, person, &new, today).await?;
    audited(&mut tx, "rate.set", person, Some(rate.unit)).await?;
    let answer = Answer::json(status, &rate)?.with(header::ETAG, etag::of_version(rate.version))?;
    let answer =
        if status == StatusCode::CREATED { answer.with(header::LOCATION, format!("/api/v1/rates/user/{person}"))? } else { answer };
    tx.answer(answer).await
}

/// Takes a rate away. What was accepted under it keeps it.
#[utoipa::path(delete, path = "/rates/{id}", operation_id = "remove_rate", tag = "rates",
    params(("id" = RateId, Path, description = "The rate")), responses((status = 204, description = "Gone")))]
pub async fn remove(app: App, member: Member<RatesWrite>, Path(id): Path<RateId>) -> Result<Answer> {
    let mut tx = member.begin(&app).await?;
    let person = store::remove(&mut tx, id).await?;
    audited(&mut tx, "rate.removed", person, None).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
