//! What planning holds of an account, in every organisation: the person it is there, where they work, when they can, what they earn.

use crate::{assignments, availability, people, people::model::PersonId, rates};
use base::{
    App, Error, Result,
    id::{AccountId, OrgId},
    sql,
    time::Timestamp,
};
use serde_json::{Value, json};

/// Rows of a list at a time.
const ROWS: i64 = 500;
const EVER: (Timestamp, Timestamp) = (Timestamp::from_micros(0), Timestamp::from_micros(i64::MAX));

pub async fn of(app: App, account: AccountId) -> Result<Value> {
    let query = sql!(all_orgs: "everything of one account", "select org_id, id from people where account_id = $1 order by org_id");
    let mut all = Vec::new();
    for (org, person) in app.db.all::<(OrgId, PersonId)>(query, &[&account]).await? {
        all.push(in_org(&app, org, person).await?);
    }
    json(&all)
}
async fn in_org(app: &App, org: OrgId, person: PersonId) -> Result<Value> {
    let mut read = app.read_org(org);
    let row = people::store::find(&mut read, person).await?.whole(&app.keys, org)?;
    Ok(json!({
        "org_id": org,
        "person": json(&row)?,
        "assignments": assignments(app, org, person).await?,
        "availability": availability(app, org, person).await?,
        "rates": json(&rates::store::list(&mut read, person).await?)?,
    }))
}
async fn assignments(app: &App, org: OrgId, person: PersonId) -> Result<Vec<Value>> {
    use assignments::store::{FIRST, Of, Page, list};
    let (mut read, mut after, mut all) = (app.read_org(org), FIRST, Vec::new());
    let (from, to) = EVER;
    loop {
        let page = Page { after, rows: ROWS, of: Of::Person(person), mission: None, status: None, from, to, eye: None };
        let rows = list(&mut read, page).await?;
        let Some(last) = rows.last() else { return Ok(all) };
        after = (last.start_at, last.id);
        for row in rows {
            all.push(json(&row.whole())?);
        }
    }
}
async fn availability(app: &App, org: OrgId, person: PersonId) -> Result<Vec<Value>> {
    use availability::store::{FIRST, Page, list};
    let (mut read, mut after, mut all) = (app.read_org(org), FIRST, Vec::new());
    let (from, to) = EVER;
    loop {
        let page = Page { after, rows: ROWS, person: Some(person), status: None, kind: None, from, to };
        let rows = list(&mut read, page).await?;
        let Some(last) = rows.last() else { return Ok(all) };
        after = (last.start_at, last.id);
        for row in rows {
            all.push(json(&row.shown(&app.keys, org)?)?);
        }
    }
}
fn json(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::internal)
}
