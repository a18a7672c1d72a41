//! API keys: `clk_` and, in base64url, version, org, key and 256 random bits. The store keeps a hash.
//!
//! A key acts as its account, in one org, with its own scopes as far as the account's live role holds them.

use super::{Role, Scopes};
use crate::{
    App,
    crypto::{self, tagged},
    db::Actor,
    error::Result,
    id::{AccountId, Id as _, KeyId, OrgId, Uuid},
    sql,
    time::Timestamp,
};
use std::time::Duration;

const PREFIX: &str = "clk_";
const VERSION: u8 = 1;
/// That a key is in use is written down this often at most.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// A token that has the shape of one of ours.
pub struct ApiKey {
    pub org: OrgId,
    pub id: KeyId,
    /// What the store keeps instead of the token.
    pub digest: String,
}

impl ApiKey {
    /// A new one, and the token that its holder is shown once.
    pub fn make(org: OrgId, id: KeyId) -> (Self, String) {
        let random = crypto::random::<32>();
        let bytes = [&[VERSION], org.uuid().as_bytes().as_slice(), id.uuid().as_bytes(), &random].concat();
        (Self { org, id, digest: crypto::sha256_hex(&bytes) }, tagged::write(PREFIX, &bytes))
    }
    pub fn read(token: &str) -> Option<Self> {
        let bytes = tagged::read(PREFIX, token)?;
        let (version, rest) = bytes.split_first()?;
        let (org, rest) = rest.split_first_chunk::<16>()?;
        let (id, random) = rest.split_first_chunk::<16>()?;
        let ours = *version == VERSION && random.len() == 32;
        ours.then(|| Self { org: OrgId(Uuid::from_bytes(*org)), id: KeyId(Uuid::from_bytes(*id)), digest: crypto::sha256_hex(&bytes) })
    }
}

/// What stands now of a key and of the account it acts as.
#[derive(Clone, Debug)]
pub struct KeyStanding {
    pub account: AccountId,
    pub role: Option<Role>,
    pub scopes: Scopes,
    pub expires_at: Timestamp,
    /// Whether the org is closed for the time being.
    pub suspended: bool,
    digest: String,
    last_used_at: Option<Timestamp>,
    /// Nobody has taken it away, and its account is still in the org.
    pub(super) open: bool,
}
impl KeyStanding {
    /// Whether this is the key, and it opens something.
    pub(super) fn is(&self, key: &ApiKey) -> bool {
        self.open && crypto::same(self.digest.as_bytes(), key.digest.as_bytes())
    }
}

crate::entity! {
    struct Row {
        acts_as: AccountId, status: String, role: Option<Role>, digest: String, scopes: String, expires_at: Timestamp,
        last_used_at: Option<Timestamp>, revoked_at: Option<Timestamp>, suspended_at: Option<Timestamp>,
    }
}

pub(super) async fn read(app: &App, org: OrgId, key: KeyId) -> Result<Option<KeyStanding>> {
    let query = sql!(all_orgs: "the org is part of the key that its holder presents", Row,
        "select {cols} from api_keys k join accounts a on a.id = k.acts_as join orgs o on o.org_id = k.org_id
         left join memberships m on m.org_id = k.org_id and m.account_id = k.acts_as
         where k.org_id = $1 and k.id = $2");
    let found: Option<Row> = app.db.opt(query, &[&org, &key]).await?;
    Ok(found.map(|row| KeyStanding {
        account: row.acts_as,
        role: row.role,
        scopes: Scopes::parse(&row.scopes),
        expires_at: row.expires_at,
        suspended: row.suspended_at.is_some(),
        digest: row.digest,
        last_used_at: row.last_used_at,
        open: row.status == "active" && row.revoked_at.is_none() && row.role.is_some(),
    }))
}

/// Once a minute: the lists of keys show which ones are not used any more.
pub(super) async fn seen(app: &App, key: &ApiKey, standing: &KeyStanding) -> Result<()> {
    let now = app.now();
    let before = now.minus(SEEN_EVERY);
    if standing.last_used_at.is_some_and(|at| at > before) {
        return Ok(());
    }
    let account = standing.account;
    let mut tx = app.begin(Actor::default()).await?;
    let update = sql!(all_orgs: "the org is part of the key that its holder presents",
        "update api_keys set last_used_at = $3 where org_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $4)");
    tx.exec(update, &[&key.org, &key.id, &now, &before]).await?;
    tx.after_commit(move |app| app.rights.forget(account));
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::v4;

    #[test]
    fn a_key_names_its_org_and_every_byte_counts() {
        let (org, id) = (OrgId(v4()), KeyId(v4()));
        let (made, token) = ApiKey::make(org, id);
        let read = ApiKey::read(&token).unwrap();
        assert_eq!((read.org, read.id, &read.digest), (org, id, &made.digest));
        assert!(token.starts_with("clk_") && token.len() < 128 && !token.contains(&made.digest));
        assert_ne!(ApiKey::make(org, id).1, token);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(ApiKey::read(&String::from_utf8(bytes).unwrap()).is_none(), "byte {at} does not matter");
        }
        for nonsense in ["", "clk_", "clk_é", "clk_AAAAAAAAAAAA", &token[4..], &token.replace("clk_", "crt_")] {
            assert!(ApiKey::read(nonsense).is_none(), "{nonsense}");
        }
    }
}
