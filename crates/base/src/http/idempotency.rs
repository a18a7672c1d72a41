//! `Idempotency-Key`: the answer is a row of the same transaction as the effect, so a repeated request
//! gets the same answer and no second effect.
//!
//! Two replicas may run the same key at once: the unique key refuses the second one's answer, which undoes its
//! effect too, and the retry finds the first one's answer.

use super::{Answer, BodyDigest};
use crate::{
    db::{self, RawTx, Tx},
    error::{Error, Result},
    id::{AccountId, OrgId},
    say, sql,
    time::Timestamp,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use parking_lot::Mutex;
use std::{collections::HashSet, sync::Arc, time::Duration};

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// A longer answer is not kept (and then the key has no effect); none of ours comes near.
const LARGEST: usize = 64 << 10;
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What of the first answer's headers belongs to a replay.
const KEEP: [HeaderName; 4] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::LINK];

/// A request that says it may be repeated.
#[derive(Clone, Debug)]
pub struct Repeatable {
    scope: String,
    key: String,
    digest: String,
}

/// The keys that are being worked on in this process.
#[derive(Default, Clone)]
pub struct Running(Arc<Mutex<HashSet<(String, String)>>>);

/// A key that was seen for the first time, waiting for its answer.
pub struct Stored {
    request: Repeatable,
    running: Running,
}
impl Drop for Stored {
    fn drop(&mut self) {
        self.running.0.lock().remove(&(std::mem::take(&mut self.request.scope), std::mem::take(&mut self.request.key)));
    }
}

impl Repeatable {
    pub(crate) fn of(parts: &Parts, account: AccountId, org: Option<OrgId>) -> Result<Option<Self>> {
        let Some(key) = parts.headers.get(&KEY) else { return Ok(None) };
        let visible = |k: &&str| (1..=255).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_graphic());
        let Some(key) = key.to_str().ok().filter(visible) else {
            let say = say!(
                "Idempotency-Key must be 1 to 255 visible ASCII characters.",
                "Idempotency-Key doit compter de 1 à 255 caractères ASCII visibles."
            );
            return Err(Error::malformed("bad_idempotency_key", say));
        };
        let Some(BodyDigest(digest)) = parts.extensions.get() else { return Ok(None) };
        let org = org.map(|o| o.to_string()).unwrap_or_default();
        let route = parts.extensions.get::<axum::extract::MatchedPath>().map_or("", |p| p.as_str());
        Ok(Some(Self { scope: format!("{account} {org} {} {route}", parts.method), key: key.to_owned(), digest: digest.clone() }))
    }
    /// Goes on with a key never seen; anything else ends here, the stored answer included.
    pub(crate) async fn first_time(&self, tx: &mut Tx) -> Result<()> {
        let running = tx.app().running.clone();
        // Asked first: an answer is only repeated once it is safe, and until then its key is running.
        if !running.0.lock().insert((self.scope.clone(), self.key.clone())) {
            let say = say!(
                "The first request with this Idempotency-Key is still running. Try again in a moment.",
                "La première requête portant cette Idempotency-Key est encore en cours. Réessayez dans un instant."
            );
            return Err(Error::conflict("idempotency_running", say));
        }
        let claim = Stored { request: self.clone(), running };
        let find = sql!("select digest, status, headers, body from idempotency_keys where scope = $1 and key = $2 and expires_at > $3");
        let now = tx.now();
        if let Some((digest, status, headers, body)) =
            tx.opt::<(String, i64, String, String)>(find, &[&self.scope, &self.key, &now]).await?
        {
            if digest != self.digest {
                let say = say!(
                    "This Idempotency-Key was used for another request. Use a new key.",
                    "Cette Idempotency-Key a servi pour une autre requête. Utilisez une nouvelle clé."
                );
                return Err(Error::invalid("idempotency_mismatch", say));
            }
            return Err(Error::replay(replay(status, &headers, body)));
        }
        tx.keep_answer(claim);
        Ok(())
    }
}

impl Stored {
    pub(crate) async fn keep(&self, tx: &mut RawTx, now: Timestamp, answer: &Answer) -> Result<()> {
        let Ok(body) = std::str::from_utf8(&answer.body) else { return Ok(()) };
        if body.len() > LARGEST {
            return Ok(());
        }
        let headers = KEEP.iter().filter_map(|n| Some((n.as_str(), answer.headers.get(n)?.to_str().ok()?)));
        let headers = serde_json::to_string(&headers.collect::<Vec<_>>()).map_err(Error::internal)?;
        let Repeatable { scope, key, digest } = &self.request;
        let (status, expires) = (i64::from(answer.status.as_u16()), now.plus(KEPT));
        let forget = sql!("delete from idempotency_keys where scope = $1 and key = $2 and expires_at <= $3");
        tx.exec(forget, &[scope, key, &now]).await?;
        let insert = sql!(
            "insert into idempotency_keys (scope, key, digest, status, headers, body, expires_at) values ($1, $2, $3, $4, $5, $6, $7)"
        );
        match tx.exec(insert, &[scope, key, digest, &status, &headers, &body, &expires]).await {
            Err(db::Error::Conflict) => Err(db::Error::Retry.into()),
            other => Ok(other.map(drop)?),
        }
    }
}

fn replay(status: i64, headers: &str, body: String) -> Answer {
    let status = u16::try_from(status).ok().and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or_default();
    let pairs: Vec<(String, String)> = serde_json::from_str(headers).unwrap_or_default();
    let parsed = pairs.into_iter().filter_map(|(n, v)| Some((n.parse().ok()?, v.parse().ok()?)));
    let mut headers: HeaderMap = parsed.collect();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Answer { status, headers, body: body.into() }
}
