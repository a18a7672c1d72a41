//! What is given away once and comes back once: the state of a flow, a callback token, a link token, a nonce.
//!
//! Only its hash is stored; what it stands for is sealed. Kinds do not mix.

use base::{
    Result,
    crypto::{self, Sealed},
    db::Tx,
    entity,
    id::AccountId,
    sql,
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// What it is for, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Flow,
    Callback,
    Link,
    Challenge,
}
impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Callback => "callback",
            Self::Link => "link",
            Self::Challenge => "challenge",
        }
    }
    pub const fn life(self) -> Duration {
        Duration::from_secs(match self {
            Self::Flow | Self::Link | Self::Challenge => 600,
            Self::Callback => 300,
        })
    }
}

entity! {
    pub struct Ticket {
        pub hash: String, pub provider: String, pub account_id: Option<AccountId>, payload_sealed: Sealed<String>, pub expires_at: Timestamp,
        pub used_at: Option<Timestamp>,
    }
}
impl Ticket {
    pub fn payload<T: DeserializeOwned>(&self, tx: &Tx) -> Result<T> {
        let text = self.payload_sealed.open(&tx.app().keys, &place(&self.hash))?;
        serde_json::from_str(&text).map_err(base::Error::internal)
    }
    pub async fn use_up(&self, tx: &mut Tx) -> Result<()> {
        let now = tx.now();
        tx.exec(sql!("update oauth_tickets set used_at = $2 where hash = $1"), &[&self.hash, &now]).await?;
        Ok(())
    }
}
fn place(hash: &str) -> String {
    format!("oauth_tickets|payload|{hash}")
}

pub async fn give(tx: &mut Tx, kind: Kind, provider: &str, account: Option<AccountId>, payload: &impl Serialize) -> Result<String> {
    let (token, now) = (crypto::token(), tx.now());
    // What is over goes when something new comes: nobody needs to sweep.
    tx.exec(sql!("delete from oauth_tickets where expires_at < $1"), &[&now]).await?;
    let hash = crypto::sha256_hex(token.as_bytes());
    let text = serde_json::to_string(payload).map_err(base::Error::internal)?;
    let sealed = Sealed::seal(&tx.app().keys, &place(&hash), &text)?;
    let insert =
        sql!("insert into oauth_tickets (hash, kind, provider, account_id, payload_sealed, expires_at) values ($1, $2, $3, $4, $5, $6)");
    tx.exec(insert, &[&hash, &kind.name(), &provider, &account, &sealed, &now.plus(kind.life())]).await?;
    Ok(token)
}

/// Locked, so that of two who bring it at once the second finds it used.
pub async fn find(tx: &mut Tx, kind: Kind, token: &str) -> Result<Option<Ticket>> {
    let hash = crypto::sha256_hex(token.as_bytes());
    let query = sql!(Ticket, "select {cols} from oauth_tickets where hash = $1 and kind = $2 {for_update}");
    Ok(tx.opt(query, &[&hash, &kind.name()]).await?)
}
/// The same, used up by this, if it was still good.
pub async fn take(tx: &mut Tx, kind: Kind, token: &str) -> Result<Option<Ticket>> {
    let now = tx.now();
    let Some(ticket) = find(tx, kind, token).await?.filter(|t| t.used_at.is_none() && t.expires_at > now) else { return Ok(None) };
    ticket.use_up(tx).await?;
    Ok(Some(ticket))
}

/// Remembers a foreign token until it is over; false when it was seen before.
pub async fn first_use(tx: &mut Tx, provider: &str, token: &str, until: Timestamp) -> Result<bool> {
    let hash = crypto::sha256_hex(token.as_bytes());
    let sealed = Sealed::seal(&tx.app().keys, &place(&hash), &String::new())?;
    let insert = sql!(
        "insert into oauth_tickets (hash, kind, provider, payload_sealed, expires_at) values ($1, 'seen', $2, $3, $4) on conflict (hash) do nothing"
    );
    Ok(tx.exec(insert, &[&hash, &provider, &sealed, &until]).await? == 1)
}
