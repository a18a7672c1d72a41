//! Templates in the store.

use super::model::{Draft, Missions, Template, TemplateId};
use base::{
    Error, Result,
    db::{self, OnConflict as _, OrgTx, Query},
    id, org_sql, say,
};

/// Where a page of the list begins: by folded name, which no two share.
pub async fn list(from: &mut impl Query, after: &str, rows: i64) -> Result<Vec<Template>> {
    let query = org_sql!(Template, "select {cols} from templates where org_id = $1 and name_key > $2 order by name_key limit $3");
    Ok(from.all(query, &[&after, &rows]).await?)
}
pub async fn find(from: &mut impl Query, id: TemplateId) -> Result<Template> {
    let query = org_sql!(Template, "select {cols} from templates where org_id = $1 and id = $2");
    from.opt(query, &[&id]).await?.ok_or_else(|| Error::not_found(id))
}
/// The same, held until the end of the transaction.
pub async fn lock(tx: &mut OrgTx, id: TemplateId) -> Result<Template> {
    let query = org_sql!(Template, "select {cols} from templates where org_id = $1 and id = $2 {for_update}");
    tx.opt(query, &[&id]).await?.ok_or_else(|| Error::not_found(id))
}
pub async fn create(tx: &mut OrgTx, new: &Draft) -> Result<Template> {
    let (id, now) = (TemplateId(id::v7(tx.now())), tx.now());
    let insert = org_sql!(
        Template,
        "insert into templates (org_id, id, name, name_key, missions, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6) returning {cols}"
    );
    named(tx.one(insert, &[&id, &new.name.trim(), &new.key(), &Missions(new.missions.clone()), &now]).await)
}
pub async fn update(tx: &mut OrgTx, id: TemplateId, new: &Draft) -> Result<Template> {
    let now = tx.now();
    let update = org_sql!(
        Template,
        "update templates set name = $3, name_key = $4, missions = $5, version = version + 1, updated_at = $6
         where org_id = $1 and id = $2 returning {cols}"
    );
    named(tx.one(update, &[&id, &new.name.trim(), &new.key(), &Missions(new.missions.clone()), &now]).await)
}
pub async fn remove(tx: &mut OrgTx, id: TemplateId) -> Result<()> {
    tx.exec(org_sql!("delete from templates where org_id = $1 and id = $2"), &[&id]).await?;
    Ok(())
}

#[track_caller]
fn named(outcome: db::Result<Template>) -> Result<Template> {
    outcome.on_conflict(|| {
        let say = say!("A template of this name exists. Choose another name.", "Un modèle porte déjà ce nom. Choisissez-en un autre.");
        let field = say!("This name is taken.", "Ce nom est déjà pris.");
        Error::conflict("template_name_taken", say).and_field("name", "template_name_taken", field)
    })
}
