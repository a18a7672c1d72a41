//! `doctor`: looks at what the server will need, changes nothing, and says what to do.

use super::{End, Outcome, say};
use crate::setup::Trouble;
use base::{
    Settings,
    db::{Db, Durability, migrate::HISTORY},
    redis::Redis,
};
use std::{fs, io, path::Path};

/// What a look at one thing gave.
enum Finding {
    Good(String),
    /// Works, but somebody should know.
    Look(String),
    Bad(String),
}
use Finding::{Bad, Good, Look};

pub async fn run(settings: Settings, hints: Vec<String>) -> Outcome {
    let mut findings = vec![Good(format!("settings: they fit together ({:?})", settings.env()))];
    findings.extend(hints.into_iter().map(|hint| Look(format!("settings: {hint}"))));
    findings.push(folder(&settings.data_dir));
    findings.push(database(&settings).await);
    findings.push(key(&settings));
    findings.extend(redis(&settings).await);
    findings.extend(address(&settings));
    let mut bad = false;
    for finding in findings {
        let (mark, text) = match &finding {
            Good(text) => ("good", text),
            Look(text) => ("look", text),
            Bad(text) => ("BAD ", text),
        };
        bad |= matches!(finding, Bad(_));
        say(&format!("{mark}  {text}"));
    }
    if bad { Err(End::Trouble(Trouble::Failed("something needs your hand; see above".to_owned()))) } else { Ok(()) }
}

fn folder(path: &Path) -> Finding {
    let shown = path.display();
    match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Look(format!("DATA_DIR {shown}: is not there yet; the first start makes it")),
        Err(e) => Bad(format!("DATA_DIR {shown}: {e}")),
        Ok(meta) if !meta.is_dir() => Bad(format!("DATA_DIR {shown}: is not a folder; name another")),
        Ok(meta) if meta.permissions().readonly() => {
            Bad(format!("DATA_DIR {shown}: cannot be written; give it to the user who runs the server"))
        }
        Ok(_) => Good(format!("DATA_DIR {shown}: is there")),
    }
}
/// Opening a SQLite file makes it, so one that is not there is left so.
async fn database(settings: &Settings) -> Finding {
    let url = settings.database_url();
    let file = url.expose().strip_prefix("sqlite:").map(|path| path.strip_prefix("///").unwrap_or(path));
    if file.is_some_and(|path| !Path::new(path).exists()) {
        return Look("database: is not there yet; the first start makes it".to_owned());
    }
    let state = async {
        let db = Db::connect(url.expose(), Durability::Disk).await.map_err(|e| e.to_string())?;
        HISTORY.status(&db).await.map_err(|e| e.to_string())
    };
    match state.await {
        Err(e) => Bad(format!("database: {e}; is DATABASE_URL right, and the server up?")),
        Ok(steps) => match steps.iter().filter(|step| step.applied_at.is_none()).count() {
            0 => Good("database: answers, and is up to date".to_owned()),
            n => Look(format!("database: answers; {n} migrations are waiting for `coulisses migrate up` or the next start")),
        },
    }
}
fn key(settings: &Settings) -> Finding {
    let file = settings.data_dir.join("secret.key");
    match &settings.secret_key {
        Some(_) => Good("SECRET_KEY: is given; keep a copy away from this machine".to_owned()),
        None if file.exists() => Look(format!("SECRET_KEY: is in {}; a backup without it cannot be read", file.display())),
        None => Look(format!("SECRET_KEY: the first start makes {}; back it up", file.display())),
    }
}
async fn redis(settings: &Settings) -> Option<Finding> {
    let url = settings.redis_url.as_ref()?;
    Some(match Redis::connect(url).await {
        Ok(Some(redis)) if !redis.up() => Bad("REDIS_URL: does not answer; the server runs without it, each replica for itself".to_owned()),
        Ok(_) => Good("REDIS_URL: answers".to_owned()),
        Err(why) => Bad(format!("REDIS_URL: {why}")),
    })
}
/// What others meet: only worth a word when they can.
fn address(settings: &Settings) -> Option<Finding> {
    if settings.bind.ip().is_loopback() {
        return None;
    }
    Some(match &settings.public_url {
        None => Look(format!("PUBLIC_URL: is not given; links will lead to {}", settings.public_url())),
        Some(url) if url.starts_with("http:") => Look("PUBLIC_URL: is plain http; passwords travel readable, put TLS in front".to_owned()),
        Some(_) => Good("PUBLIC_URL: is https".to_owned()),
    })
}
