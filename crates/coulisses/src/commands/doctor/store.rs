//! The database: whether it answers, how far it is migrated, what its clock says, and whether its audit was whole.

use super::{Finding, key};
use crate::secret;
use base::{
    Settings, audit,
    db::{
        Db, Durability, file_of,
        migrate::{HISTORY, MigrateError, StepStatus},
    },
    time::{Clock, Timestamp},
};
use std::time::Duration;

/// Tokens bear this much.
const APART: Duration = Duration::from_secs(5);

/// Opening a SQLite file makes it, so one that is not there is left so.
pub async fn look(settings: &Settings) -> Vec<Finding> {
    let url = settings.database_url();
    if file_of(url.expose()).is_some_and(|file| !file.exists()) {
        return vec![key::look(settings, None), Finding::look("database", "is not there yet", "the first start makes it")];
    }
    let db = match Db::connect(url.expose(), Durability::Disk).await {
        Ok(db) => db,
        Err(e) => {
            return vec![key::look(settings, None), Finding::bad("database", e.to_string(), "is DATABASE_URL right, and the server up?")];
        }
    };
    // Also of a database that is newer than this binary.
    let written_with = secret::fingerprint(&db).await.ok().flatten();
    let mut all = vec![key::look(settings, written_with.as_deref())];
    let steps = match HISTORY.status(&db).await {
        Ok(steps) => steps,
        Err(e) => {
            all.push(unusable(&e));
            return all;
        }
    };
    let now = Clock::real().now();
    all.extend([migrations(&steps), clock(&db, &steps, now).await]);
    if let Ok(Some(proof)) = audit::last_proof(&db).await {
        all.push(proved(proof, now));
    }
    all
}

/// A database that answers, with a history that is not ours.
fn unusable(e: &MigrateError) -> Finding {
    let advice = match e {
        MigrateError::Newer { .. } => "install the newer binary again, or restore the backup from before it",
        MigrateError::Changed { .. } => "this binary is not of the line that made the database: install the one that did",
        _ => "is DATABASE_URL right, and the server up?",
    };
    Finding::bad("database", e.to_string(), advice)
}
fn migrations(steps: &[StepStatus]) -> Finding {
    match steps.iter().filter(|step| step.applied_at.is_none()).count() {
        0 => Finding::good("database", "answers, and is up to date"),
        n => Finding::look(
            "database",
            format!("answers; {n} migrations are waiting"),
            "`coulisses migrate up` or the next start applies them",
        ),
    }
}

/// Postgres has a clock of its own; an embedded store only knows when it was last migrated, which cannot be tomorrow.
async fn clock(db: &Db, steps: &[StepStatus], now: Timestamp) -> Finding {
    let last = steps.iter().filter_map(|step| step.applied_at).max();
    match db.clock().await {
        Ok(Some(theirs)) => compared(theirs, now),
        _ if last.is_some_and(|last| last.since(now) > APART) => Finding::bad(
            "clock",
            "stands before the last migration of this database",
            "set the machine's clock (`timedatectl set-ntp true`)",
        ),
        _ => Finding::good("clock", "is not before what the database remembers; there is no other clock here to compare with"),
    }
}
fn compared(theirs: Timestamp, ours: Timestamp) -> Finding {
    let apart = theirs.since(ours).max(ours.since(theirs));
    let says = format!("{:.1} s from the database's", apart.as_secs_f64());
    if apart > APART {
        return Finding::bad("clock", says, "set both by NTP (`timedatectl set-ntp true`): tokens and invitations end by it");
    }
    Finding::good("clock", says)
}

fn proved((whole, at): (bool, Timestamp), now: Timestamp) -> Finding {
    let hours = now.since(at).as_secs() / 3_600;
    if whole {
        return Finding::good("audit", format!("was whole {hours} hours ago, when it was proved last"));
    }
    Finding::bad(
        "audit",
        "does not prove itself",
        "`coulisses audit verify` names the rows; keep this database as it is and compare it with a backup",
    )
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }
    #[test]
    fn clocks_that_differ_are_bad_whichever_is_ahead() {
        assert_eq!(compared(at(100), at(103)).state, State::Good);
        assert_eq!((compared(at(100), at(110)).state, compared(at(110), at(100)).state), (State::Bad, State::Bad));
    }
    #[tokio::test]
    async fn an_embedded_store_remembers_tomorrow() {
        let store = base::testing::db::Fresh::sqlite().await;
        let steps = |applied| [StepStatus { version: 1, name: "0001_house", applied_at: applied }];
        assert_eq!(clock(&store.db, &steps(Some(at(100))), at(200)).await.state, State::Good);
        assert_eq!(clock(&store.db, &steps(Some(at(300))), at(200)).await.state, State::Bad);
    }
    #[test]
    fn what_waits_and_what_is_broken_is_told() {
        let step = |applied_at| StepStatus { version: 1, name: "0001_house", applied_at };
        assert_eq!(migrations(&[step(Some(at(1)))]).state, State::Good);
        assert_eq!(migrations(&[step(Some(at(1))), step(None)]).state, State::Look);
        assert_eq!((proved((true, at(0)), at(7_200)).state, proved((false, at(0)), at(7_200)).state), (State::Good, State::Bad));
        assert!(proved((true, at(0)), at(7_200)).says.contains("2 hours"));
    }
}
