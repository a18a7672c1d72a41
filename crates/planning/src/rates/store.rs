//! Rates in the store.

use super::model::{NewRate, Rate, RateId, Snapshot, choose};
use crate::people::model::PersonId;
use base::{
    Error, Result,
    db::{OrgTx, Query},
    id,
    id::AccountId,
    org_sql,
    time::Date,
};

/// The account that the person is, if any; 404 when there is no such person.
pub async fn account_of(from: &mut impl Query, person: PersonId) -> Result<Option<AccountId>> {
    let query = org_sql!("select account_id from people where org_id = $1 and id = $2");
    let found: Option<(Option<AccountId>,)> = from.opt(query, &[&person]).await?;
    Ok(found.ok_or_else(|| Error::not_found(person))?.0)
}

/// The latest to begin first.
pub async fn list(from: &mut impl Query, person: PersonId) -> Result<Vec<Rate>> {
    let query = org_sql!(Rate, "select {cols} from rates where org_id = $1 and person_id = $2 order by valid_from desc, role_key");
    Ok(from.all(query, &[&person]).await?)
}

/// What somebody earns in this (folded) role on this day: to be copied onto an assignment when it is accepted.
pub async fn snapshot(from: &mut impl Query, person: PersonId, role_key: &str, on: Date) -> Result<Option<Snapshot>> {
    let rates = list(from, person).await?;
    Ok(choose(&rates, role_key, on).map(Snapshot::from))
}

/// One rate for a role and a day: the new one takes the place of the old.
pub async fn set(tx: &mut OrgTx, person: PersonId, new: &NewRate, today: Date) -> Result<Rate> {
    let (id, now) = (RateId(id::v7(tx.now())), tx.now());
    let insert = org_sql!(
        Rate,
        "insert into rates (org_id, id, person_id, role_key, role, unit, cents, currency, valid_from, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
         on conflict (org_id, person_id, role_key, valid_from) do update set role = excluded.role, unit = excluded.unit,
           cents = excluded.cents, currency = excluded.currency, version = rates.version + 1, updated_at = excluded.updated_at
         returning {cols}"
    );
    let from = new.valid_from.unwrap_or(today);
    let role = new.role.as_deref().map(str::trim);
    Ok(tx.one(insert, &[&id, &person, &new.role_key(), &role, &new.unit, &new.cents, &new.currency(), &from, &now]).await?)
}

/// The person whose it was.
pub async fn remove(tx: &mut OrgTx, id: RateId) -> Result<PersonId> {
    let delete = org_sql!("delete from rates where org_id = $1 and id = $2 returning person_id");
    let gone: Option<(PersonId,)> = tx.opt(delete, &[&id]).await?;
    Ok(gone.ok_or_else(|| Error::not_found(id))?.0)
}
