//! The first proof that somebody reads an account's mailbox.

use super::store::{self, Row};
use crate::{guessing, keys, oauth, one_time, sessions};
use base::{Result, audit::Entry, db::Tx, id::Id as _};

/// Somebody came in by a link from the mailbox. Whoever made an account with an address that was not theirs must not be
/// there when its owner arrives: with the first proof, everything that they could come back with is void. A second factor stays: it lets nobody in by itself.
pub async fn came_by_mail(tx: &mut Tx, account: &Row) -> Result<()> {
    let email = account.email(tx.app())?;
    guessing::forget(tx, &email).await?;
    if account.email_verified_at.is_some() {
        return Ok(());
    }
    sessions::store::end_all(tx, account.id, None, "mailbox_proved").await?;
    oauth::store::unlink_all(tx, account.id).await?;
    keys::store::revoke_all(tx, account.id).await?;
    store::set_password(tx, account.id, None).await?;
    one_time::void(tx, account.id).await?;
    store::mailbox_proved(tx, account.id).await?;
    tx.audit(Entry { action: "email.verified", subject: Some(account.id.uuid()), details: None }).await
}
