//! Consents and organisations' switches in the store.

use super::model::{Choice, Consent, PURPOSES, Standing, TEXT};
use base::{
    App, Result,
    db::{OrgTx, Query, Tx},
    id::{AccountId, OrgId},
    org_sql,
    settings::AiConsent,
    sql,
    time::Timestamp,
};

pub async fn read(app: &App, account: AccountId) -> Result<Consent> {
    let query = sql!("select purpose, granted_at, revoked_at from ai_consents where account_id = $1");
    let rows: Vec<(String, Option<Timestamp>, Option<Timestamp>)> = app.db.all(query, &[&account]).await?;
    let required = app.settings.ai_consent == AiConsent::Required;
    let stands = |purpose: &str| {
        let said = rows.iter().find(|(one, ..)| one == purpose).map(|(_, granted, revoked)| granted.is_some() && revoked.is_none());
        said.unwrap_or(!required)
    };
    let changed_at = rows.iter().filter_map(|(_, granted, revoked)| revoked.or(*granted)).max();
    let [ai_processing, store_content, send_notes] = PURPOSES.map(stands);
    Ok(Consent { ai_processing, store_content, send_notes, required, text_version: TEXT, changed_at })
}
pub async fn set(tx: &mut Tx, account: AccountId, choice: Choice) -> Result<()> {
    let now = tx.now();
    for purpose in PURPOSES {
        let (granted, revoked) = if choice.of(purpose) { (Some(now), None) } else { (None, Some(now)) };
        let upsert = sql!(
            "insert into ai_consents (account_id, purpose, text_version, granted_at, revoked_at) values ($1, $2, $3, $4, $5)
             on conflict (account_id, purpose) do update set text_version = excluded.text_version, revoked_at = excluded.revoked_at,
               granted_at = coalesce(excluded.granted_at, ai_consents.granted_at)"
        );
        tx.exec(upsert, &[&account, &purpose, &TEXT, &granted, &revoked]).await?;
    }
    Ok(())
}

pub async fn org_enabled(from: &mut impl Query) -> Result<bool> {
    let found: Option<(bool,)> = from.opt(org_sql!("select enabled from ai_orgs where org_id = $1"), &[]).await?;
    Ok(found.is_none_or(|(enabled,)| enabled))
}
pub async fn set_org(tx: &mut OrgTx, enabled: bool) -> Result<()> {
    let now = tx.now();
    let upsert = org_sql!(
        "insert into ai_orgs (org_id, enabled, updated_at) values ($1, $2, $3)
         on conflict (org_id) do update set enabled = excluded.enabled, updated_at = excluded.updated_at"
    );
    tx.exec(upsert, &[&enabled, &now]).await?;
    Ok(())
}

impl Standing {
    pub async fn of(app: &App, account: AccountId, org: Option<OrgId>) -> Result<Self> {
        let Consent { ai_processing, store_content, send_notes, .. } = read(app, account).await?;
        let org_enabled = match org {
            Some(org) => org_enabled(&mut app.read_org(org)).await?,
            None => true,
        };
        let store_content = store_content && app.settings.ai_content_days > 0;
        Ok(Self { ai_processing, store_content, send_notes, org_enabled })
    }
}
