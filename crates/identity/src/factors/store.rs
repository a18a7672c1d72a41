//! Second factors, recovery codes and challenges in the store.

use super::model::{self, Given, RECOVERY_CODES, Wrong};
use base::{
    Error, Result,
    crypto::{self, Sealed},
    db::{Db, Tx},
    entity,
    error::Kind,
    id::{AccountId, SessionId},
    say, sql,
    time::Timestamp,
};
use std::time::Duration;

entity! {
    struct Totp {
        account_id: AccountId, secret_sealed: Sealed<String>, last_step: i64, confirmed_at: Option<Timestamp>, wrong: i64,
        wrong_since: Timestamp,
    }
}
impl Totp {
    fn step_of(&self, tx: &Tx, code: &str) -> Result<Option<i64>> {
        let secret = self.secret_sealed.open(&tx.app().keys, &place(self.account_id))?;
        let secret = crypto::unhex(&secret).ok_or_else(|| Error::internal("a damaged secret"))?;
        Ok(super::totp::step_of(&secret, code, tx.now(), self.last_step))
    }
    fn wrong(&self) -> Wrong {
        Wrong { count: self.wrong, since: self.wrong_since }
    }
}
fn place(account: AccountId) -> String {
    format!("totp|secret|{account}")
}

/// Since when signing in asks for a code, and how many recovery codes are left.
pub async fn standing(db: &Db, account: AccountId) -> Result<(Option<Timestamp>, i64)> {
    let since = sql!("select confirmed_at from totp where account_id = $1");
    let since = db.opt::<(Option<Timestamp>,)>(since, &[&account]).await?.and_then(|(at,)| at);
    let left = sql!("select count(*) from recovery_codes where account_id = $1 and used_at is null");
    Ok((since, db.one::<(i64,)>(left, &[&account]).await?.0))
}
async fn lock(tx: &mut Tx, account: AccountId) -> Result<Option<Totp>> {
    Ok(tx.opt(sql!(Totp, "select {cols} from totp where account_id = $1 {for_update}"), &[&account]).await?)
}

/// A secret that waits for its first code.
pub async fn enrol(tx: &mut Tx, account: AccountId, secret: &[u8]) -> Result<()> {
    let now = tx.now();
    let sealed = Sealed::seal(&tx.app().keys, &place(account), &crypto::hex(secret))?;
    let insert = sql!(
        "insert into totp (account_id, secret_sealed, created_at) values ($1, $2, $3)
         on conflict (account_id) do update set secret_sealed = excluded.secret_sealed, created_at = excluded.created_at, last_step = 0
         where totp.confirmed_at is null"
    );
    if tx.exec(insert, &[&account, &sealed, &now]).await? == 1 {
        return Ok(());
    }
    let say = say!(
        "There is a second factor already. Remove it first (DELETE /api/v1/auth/mfa/totp).",
        "Il y a déjà un second facteur. Retirez-le d’abord (DELETE /api/v1/auth/mfa/totp)."
    );
    Err(Error::conflict("already_enrolled", say))
}
/// The first code: if it fits, signing in asks for one from now on, and the session that proved it is as strong as the next will be.
pub async fn confirm(tx: &mut Tx, account: AccountId, session: SessionId, code: &str) -> Result<bool> {
    let waiting = lock(tx, account).await?.filter(|t| t.confirmed_at.is_none());
    let Some(step) = waiting.ok_or_else(nothing_to_confirm)?.step_of(tx, code)? else { return Ok(false) };
    let now = tx.now();
    tx.exec(sql!("update totp set confirmed_at = $2, last_step = $3 where account_id = $1"), &[&account, &now, &step]).await?;
    set_two_factor(tx, account, true).await?;
    let update = sql!("update sessions set strong = true, methods = methods || ' otp' where id = $1 and account_id = $2");
    tx.exec(update, &[&session, &account]).await?;
    Ok(true)
}
fn nothing_to_confirm() -> Error {
    let say = say!(
        "There is no second factor to confirm. Begin with POST /api/v1/auth/mfa/totp.",
        "Il n’y a pas de second facteur à confirmer. Commencez par POST /api/v1/auth/mfa/totp."
    );
    Error::conflict("nothing_to_confirm", say)
}
async fn set_two_factor(tx: &mut Tx, account: AccountId, on: bool) -> Result<()> {
    let now = tx.now();
    let update = sql!("update accounts set two_factor = $2, version = version + 1, updated_at = $3 where id = $1");
    tx.exec(update, &[&account, &on, &now]).await?;
    tx.after_commit(move |app| app.forget_rights(account));
    Ok(())
}
/// Nothing of it stays; false when there was nothing.
pub async fn remove(tx: &mut Tx, account: AccountId) -> Result<bool> {
    let had = tx.exec(sql!("delete from totp where account_id = $1"), &[&account]).await?;
    tx.exec(sql!("delete from recovery_codes where account_id = $1"), &[&account]).await?;
    tx.exec(sql!("delete from challenges where account_id = $1"), &[&account]).await?;
    set_two_factor(tx, account, false).await?;
    Ok(had == 1)
}

/// New recovery codes instead of the old ones.
pub async fn new_recovery_codes(tx: &mut Tx, account: AccountId) -> Result<Vec<String>> {
    tx.exec(sql!("delete from recovery_codes where account_id = $1"), &[&account]).await?;
    let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| model::recovery_code()).collect();
    for code in &codes {
        let hash = model::recovery_hash(account, code);
        tx.exec(sql!("insert into recovery_codes (account_id, hash) values ($1, $2)"), &[&account, &hash]).await?;
    }
    Ok(codes)
}

/// What came of a code.
pub enum Proved {
    Otp,
    /// A recovery code, and how many are left.
    Recovery(i64),
    No,
    /// Too many were wrong: not looked at.
    Wait(Duration),
}
/// Uses the code up. A wrong one is counted in this transaction, which is to be committed whatever comes out.
pub async fn prove(tx: &mut Tx, account: AccountId, given: Given<'_>) -> Result<Proved> {
    let Some(totp) = lock(tx, account).await?.filter(|t| t.confirmed_at.is_some()) else { return Ok(Proved::No) };
    if let Some(wait) = totp.wrong().wait(tx.now()) {
        return Ok(Proved::Wait(wait));
    }
    let proved = match given {
        Given::Code(code) => match totp.step_of(tx, code.expose())? {
            Some(step) => {
                tx.exec(sql!("update totp set last_step = $2 where account_id = $1"), &[&account, &step]).await?;
                Proved::Otp
            }
            None => Proved::No,
        },
        Given::Recovery(code) => use_recovery_code(tx, account, code.expose()).await?,
    };
    if matches!(proved, Proved::No) {
        let Wrong { count, since } = totp.wrong().and_one_more(tx.now());
        tx.exec(sql!("update totp set wrong = $2, wrong_since = $3 where account_id = $1"), &[&account, &count, &since]).await?;
    }
    Ok(proved)
}
async fn use_recovery_code(tx: &mut Tx, account: AccountId, code: &str) -> Result<Proved> {
    let (now, hash) = (tx.now(), model::recovery_hash(account, code));
    let update = sql!("update recovery_codes set used_at = $3 where account_id = $1 and hash = $2 and used_at is null");
    if tx.exec(update, &[&account, &hash, &now]).await? == 0 {
        return Ok(Proved::No);
    }
    let left = sql!("select count(*) from recovery_codes where account_id = $1 and used_at is null");
    Ok(Proved::Recovery(tx.one::<(i64,)>(left, &[&account]).await?.0))
}

entity! {
    pub struct Challenge { pub hash: String, pub account_id: AccountId, pub payload: String, pub tries: i64, pub expires_at: Timestamp }
}
impl Challenge {
    /// Whether it may be tried once more.
    pub fn open(&self, now: Timestamp, kind: Kind) -> Result<()> {
        if self.expires_at <= now {
            return Err(model::wrong_code(kind));
        }
        if self.tries >= model::TRIES { Err(model::too_many_tries(self.expires_at.since(now))) } else { Ok(()) }
    }
}
/// A challenge of that name; one that there was begins anew.
pub async fn challenge(tx: &mut Tx, name: &str, account: AccountId, payload: &str, life: Duration) -> Result<()> {
    let (now, hash) = (tx.now(), crypto::sha256_hex(name.as_bytes()));
    tx.exec(sql!("delete from challenges where account_id = $1 and expires_at <= $2"), &[&account, &now]).await?;
    let insert = sql!(
        "insert into challenges (hash, account_id, payload, expires_at) values ($1, $2, $3, $4)
         on conflict (hash) do update set payload = excluded.payload, tries = 0, expires_at = excluded.expires_at"
    );
    tx.exec(insert, &[&hash, &account, &payload, &now.plus(life)]).await?;
    Ok(())
}
pub async fn lock_challenge(tx: &mut Tx, name: &str) -> Result<Option<Challenge>> {
    let query = sql!(Challenge, "select {cols} from challenges where hash = $1 {for_update}");
    Ok(tx.opt(query, &[&crypto::sha256_hex(name.as_bytes())]).await?)
}
pub async fn tried(tx: &mut Tx, challenge: &Challenge) -> Result<()> {
    tx.exec(sql!("update challenges set tries = tries + 1 where hash = $1"), &[&challenge.hash]).await?;
    Ok(())
}
pub async fn done(tx: &mut Tx, challenge: &Challenge) -> Result<()> {
    tx.exec(sql!("delete from challenges where hash = $1"), &[&challenge.hash]).await?;
    Ok(())
}
