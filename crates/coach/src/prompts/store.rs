//! Versions of prompts in the store, and which of them is in use.

use super::model::{New, Place, Row, Used, Version, names};
use base::{
    Error, Result,
    db::{self, Db, Tx},
    id::AccountId,
    say::Lang,
    sql,
};

/// What a model is asked with for answers in this language: read for every call, so that what was activated holds at once,
/// on every replica.
pub async fn in_use(db: &Db, name: &str, lang: Lang) -> Result<Used> {
    let query = sql!(
        "select name, version, body, sha256 from ai_prompts where name = $1 and active = true and locale in ('', $2)
         order by locale desc limit 1"
    );
    let found: Option<(String, i64, String, String)> = db.opt(query, &[&name, &lang.tag()]).await?;
    let found = found.map(|(name, version, body, sha256)| Used { name, version, body, sha256 });
    found.or_else(|| Used::builtin(name)).ok_or_else(|| Error::internal("a discipline without a prompt"))
}

/// After this name and version, in their order; those of the binary among them.
pub async fn list(db: &Db, after: &(String, i64), rows: i64) -> Result<Vec<Version>> {
    let query = sql!(Row, "select {cols} from ai_prompts where (name, version) > ($1, $2) order by name, version limit $3");
    let stored: Vec<Row> = db.all(query, &[&after.0, &after.1, &rows]).await?;
    let mut all: Vec<Version> = stored.into_iter().map(Version::from).collect();
    for name in names().filter(|name| (*name, 1) > (after.0.as_str(), after.1)) {
        all.extend(builtin(db, name).await?);
    }
    all.sort_by(|a, b| (&a.name, a.version).cmp(&(&b.name, b.version)));
    all.truncate(usize::try_from(rows).unwrap_or_default());
    Ok(all)
}
pub async fn find(db: &Db, place: &Place) -> Result<Version> {
    let found = if place.version == 1 {
        builtin(db, &place.name).await?
    } else {
        let query = sql!(Row, "select {cols} from ai_prompts where name = $1 and version = $2");
        db.opt::<Row>(query, &[&place.name, &place.version]).await?.map(Version::from)
    };
    found.ok_or_else(|| place.missing())
}
/// The binary's own is in use wherever no other is.
async fn builtin(db: &Db, name: &str) -> Result<Option<Version>> {
    let query = sql!("select count(*) from ai_prompts where name = $1 and active = true and locale = ''");
    let (others,): (i64,) = db.one(query, &[&name]).await?;
    Ok(Version::builtin(name, others == 0))
}

/// Adds the next version of its name.
pub async fn add(tx: &mut Tx, new: New, by: AccountId) -> Result<Version> {
    let now = tx.now();
    let insert = sql!(
        Row,
        "insert into ai_prompts (name, version, locale, body, sha256, created_by, created_at)
         select cast($1 as text), coalesce(max(version), 1) + 1, cast($2 as text), cast($3 as text), cast($4 as text), cast($5 as text), cast($6 as bigint)
         from ai_prompts where name = $1 returning {cols}"
    );
    let (sha256, locale) = (new.sha256(), new.locale.unwrap_or_default());
    let row: Row = tx.one(insert, &[&new.name, &locale, &new.body, &sha256, &by, &now]).await.map_err(again)?;
    Ok(row.into())
}
/// Puts a version to use: one for a language in that language's place, one for all in everybody's.
pub async fn activate(tx: &mut Tx, place: &Place) -> Result<Version> {
    let find = sql!(Row, "select {cols} from ai_prompts where name = $1 and version = $2 {for_update}");
    let own: Option<Row> = tx.opt(find, &[&place.name, &place.version]).await?;
    let version = match own {
        Some(row) => Version { active: true, ..row.into() },
        None => Version::builtin(&place.name, true).filter(|_| place.version == 1).ok_or_else(|| place.missing())?,
    };
    let locale = version.locale.as_deref().unwrap_or_default();
    let rest = sql!("update ai_prompts set active = false where name = $1 and active = true and $2 in ('', locale)");
    tx.exec(rest, &[&place.name, &locale]).await?;
    let use_it = sql!("update ai_prompts set active = true where name = $1 and version = $2");
    tx.exec(use_it, &[&place.name, &place.version]).await.map_err(again)?;
    Ok(version)
}
/// Two administrators at once: one of them goes second.
fn again(error: db::Error) -> Error {
    match error {
        db::Error::Conflict => db::Error::Retry.into(),
        other => other.into(),
    }
}
