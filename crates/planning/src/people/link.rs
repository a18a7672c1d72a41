//! Whoever joins the organisation by an address that a person of the plan has is that person: they find their calls at once.

use super::{model::PersonId, routes::NOUN, store};
use base::{
    App, Error, Result,
    db::{Actor, OrgTx, Query as _},
    id::{AccountId, Id as _},
    jobs::Joined,
    org_sql,
};
use serde_json::{Value, json};

pub async fn link(app: App, payload: Value) -> Result<()> {
    let Joined { org, account, email } = serde_json::from_value(payload).map_err(Error::internal)?;
    let mut tx = app.begin_org(org, Actor { account: Some(account), ..Actor::default() }).await?;
    for index in app.keys.blind_indexes("email", &email)? {
        if let Some(person) = nobodys(&mut tx, &index).await? {
            take(&mut tx, person, account).await?;
            break;
        }
    }
    tx.commit().await
}
/// The person with this address, while no account is theirs.
async fn nobodys(tx: &mut OrgTx, index: &str) -> Result<Option<PersonId>> {
    let query = org_sql!("select id from people where org_id = $1 and email_index = $2 and account_id is null {for_update}");
    Ok(tx.opt::<(PersonId,)>(query, &[&index]).await?.map(|(id,)| id))
}
/// A manager who said otherwise, or a member who left again in the meantime, is not overruled.
async fn take(tx: &mut OrgTx, person: PersonId, account: AccountId) -> Result<()> {
    if store::may_link(tx, person, Some(account)).await.is_err() {
        return Ok(());
    }
    let now = tx.now();
    let update = org_sql!("update people set account_id = $3, version = version + 1, updated_at = $4 where org_id = $1 and id = $2");
    tx.exec(update, &[&person, &account, &now]).await?;
    NOUN.told(tx, "person.linked", person, Some(json!({"account_id": account.uuid()}))).await
}
