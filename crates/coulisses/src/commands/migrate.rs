//! `migrate up | down | status`.

use super::{End, Outcome, say};
use crate::{secret::may_open, setup::connect};
use base::{Settings, db::migrate::HISTORY, time::Clock};

pub async fn run(settings: Settings, step: &str, to: Option<String>, force: bool) -> Outcome {
    let to = match to.map(|n| n.parse::<i64>()).transpose() {
        Ok(to) => to,
        Err(_) => return Err(End::Usage("--to takes the number of a step".to_owned())),
    };
    let (db, now) = (connect(&settings).await?, Clock::real().now());
    if step != "status" {
        may_open(&settings, &db).await?;
    }
    let done = match step {
        "up" => HISTORY.up(&db, now, to).await?,
        "down" => HISTORY.down(&db, now, to, force).await?,
        _ => vec![],
    };
    done.iter().for_each(|version| say(&format!("{step}: {version:04}")));
    for step in HISTORY.status(&db).await? {
        let when = step.applied_at.map_or_else(|| "not applied".to_owned(), |at| format!("applied {at}"));
        say(&format!("{:04} {}: {when}", step.version, step.name));
    }
    Ok(())
}
