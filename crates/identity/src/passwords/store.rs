//! A new password, and everything that ends with the old one.

use crate::{
    accounts::store::{self as accounts, Row as Account},
    notices::{self, Notice},
    one_time, sessions,
};
use base::{
    Result,
    audit::Entry,
    db::Tx,
    id::{Id as _, SessionId},
};

/// Every session but `kept` and every link that is on its way end with the old password; its owner is told.
pub async fn replace(tx: &mut Tx, account: &Account, phc: &str, kept: Option<SessionId>, how: &'static str) -> Result<()> {
    accounts::set_password(tx, account.id, Some(phc)).await?;
    sessions::store::end_all(tx, account.id, kept, "password_changed").await?;
    one_time::void(tx, account.id).await?;
    notices::tell(tx, account, Notice::PasswordChanged).await?;
    tx.audit(Entry { action: how, subject: Some(account.id.uuid()), details: None }).await
}
