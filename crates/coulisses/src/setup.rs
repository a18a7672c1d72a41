//! From settings to a running house: the key, the store, the signing keys, and everything shared.

use crate::secret::{another, may_open, secret_key};
use base::{
    App, Error, Settings, Shared,
    auth::{Rights, Tokens, signing},
    backup,
    bus::Bus,
    cache::Cache,
    crypto::{Hasher, Keys, Secret},
    db::{
        Db, Durability, ServeLock, file_of, lock_file,
        migrate::{HISTORY, MigrateError},
    },
    events::Events,
    holdings::Holdings,
    http::State,
    jobs::{self, Bell, Worker},
    limits::Limits,
    mail::Mailer,
    metrics::Metrics,
    outbound::Outbound,
    redis::Redis,
    rooms::Rooms,
    say,
    settings::{Fault, JwtAlg},
    sql,
    stops::Stops,
    telemetry::Traces,
    time::Clock,
};
use std::{fmt, fs, sync::Arc};

/// Why the house cannot open, by exit code.
#[derive(Debug)]
pub enum Trouble {
    /// 78: a setting does not fit.
    Setting(Fault),
    /// 3: the database was written by a newer version.
    Newer(String),
    /// 4: the audit of a backup does not prove itself.
    Unproved(String),
    /// 1: anything else.
    Failed(String),
}
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(fault) => fault.fmt(f),
            Self::Newer(words) | Self::Unproved(words) | Self::Failed(words) => f.write_str(words),
        }
    }
}
impl std::error::Error for Trouble {}
impl Trouble {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Setting(_) => 78,
            Self::Newer(_) => 3,
            Self::Unproved(_) => 4,
            Self::Failed(_) => 1,
        }
    }
}
impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Setting(fault)
    }
}
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Failed(error.to_string())
    }
}
impl From<base::db::Error> for Trouble {
    fn from(error: base::db::Error) -> Self {
        Self::Failed(error.to_string())
    }
}
impl From<MigrateError> for Trouble {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Newer { .. } => Self::Newer(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<backup::Fault> for Trouble {
    fn from(fault: backup::Fault) -> Self {
        let words = fault.to_string();
        match fault {
            backup::Fault::Newer(_) => Self::Newer(words),
            backup::Fault::Audit(_) => Self::Unproved(words),
            backup::Fault::Refused(_) | backup::Fault::Failed(_) => Self::Failed(words),
        }
    }
}

pub async fn connect(settings: &Settings) -> Result<Db, Trouble> {
    if file_of(settings.database_url().expose()).is_some() {
        make_folder(settings)?;
    }
    Ok(Db::connect(settings.database_url().expose(), Durability::Disk).await?)
}

fn make_folder(settings: &Settings) -> Result<(), Trouble> {
    fs::create_dir_all(&settings.data_dir).map_err(|e| Trouble::Failed(format!("DATA_DIR {}: {e}", settings.data_dir.display())))
}
/// Held by the one server of an SQLite file, from before it is opened: who serves it already may be of an older version. Postgres
/// serves several.
pub fn only_server(settings: &Settings) -> Result<Option<ServeLock>, Trouble> {
    let Some(file) = file_of(settings.database_url().expose()) else { return Ok(None) };
    make_folder(settings)?;
    Ok(Some(lock_file(&file)?))
}

/// A migrated store and everything that stands on it. The key comes first: with another one nothing is made, nor migrated.
pub async fn open(settings: Settings) -> Result<App, Trouble> {
    let db = connect(&settings).await?;
    may_open(&settings, &db).await?;
    let (secret, clock) = (secret_key(&settings)?, Clock::real());
    let applied = HISTORY.up(&db, clock.now(), None).await?;
    if !applied.is_empty() {
        tracing::info!(steps = ?applied, "migrated");
    }
    let scheme = settings.password_scheme;
    // One core stays with everybody else: with two of two hashing, others waited 46 ms (p99) instead of 6.
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().saturating_sub(1));
    assemble(settings, db, clock, &secret, Hasher::new(threads)?.making(scheme)).await
}

/// The shared handle over a store that is migrated already.
pub async fn assemble(settings: Settings, db: Db, clock: Clock, secret: &Secret, hasher: Hasher) -> Result<App, Trouble> {
    let (redis, traces) = (reach_redis(&settings).await?, traces(&settings)?);
    let (bus, ear) = match &redis {
        Some(redis) => Some(Bus::over(redis)).unzip(),
        None => (None, None),
    };
    let bus = bus.unwrap_or(Bus::Memory);
    let mailer = Mailer::new(&settings.mail_url(), &settings.mail_from).map_err(|why| Fault::of("MAIL_URL", why))?;
    let app = App::new(Shared {
        keys: Keys::new(secret),
        hasher,
        tokens: Tokens::new(settings.public_url()),
        rights: Rights::default(),
        running: base::http::Running::default(),
        stops: Stops::default(),
        cache: Arc::new(Cache::new(settings.cache_ttl, bus.clone())),
        events: Events::new(bus.clone()),
        limits: redis.clone().map_or_else(Limits::default, Limits::shared),
        metrics: Metrics::default(),
        traces,
        mailer,
        outbound: Outbound::default(),
        rooms: Rooms::default(),
        jobs: Bell::default(),
        holdings: Holdings::default().with("planning", planning::held::of).with("coach", coach::held),
        state: State::default(),
        bus,
        clock,
        db,
        settings,
    });
    if app.settings.planning {
        app.rooms.get(crate::plans::source);
    }
    if let Some(ear) = ear {
        tokio::spawn(ear.listen(app.clone()));
    }
    same_secret(&app).await?;
    identity::passwords::kinds::note_own(&app).await?;
    match app.settings.jwt_alg {
        JwtAlg::Hs256 => app.tokens.use_hs256(secret.expose().as_bytes()),
        JwtAlg::EdDsa => signing::refresh(&app).await?,
    }
    crate::ops::register_metrics(&app, redis);
    Ok(app)
}

async fn reach_redis(settings: &Settings) -> Result<Option<Redis>, Trouble> {
    match &settings.redis_url {
        Some(url) => Ok(Redis::connect(url).await.map_err(|why| Fault::of("REDIS_URL", why))?),
        None => Ok(None),
    }
}
fn traces(settings: &Settings) -> Result<Traces, Trouble> {
    match &settings.otlp_endpoint {
        Some(url) => Ok(Traces::otlp(url, &settings.replica).map_err(|e| Fault::of("OTEL_EXPORTER_OTLP_ENDPOINT", e))?),
        None => Ok(Traces::default()),
    }
}

/// The first who opens a database leaves the fingerprint of its key; of two with different keys, one is first.
async fn same_secret(app: &App) -> Result<(), Trouble> {
    let ours = app.keys.fingerprint()?;
    let mut tx = app.db.begin().await?;
    let keep = sql!(
        "insert into instance (name, value) values ('secret_fingerprint', $1) on conflict (name) do update set value = instance.value returning value"
    );
    let (known,): (String,) = tx.one(keep, &[&ours]).await?;
    tx.commit().await?;
    if app.keys.recognise(&known)? { Ok(()) } else { Err(another()) }
}

/// Who does which kind of job.
pub fn worker(app: &App) -> Worker {
    planning::jobs(identity::jobs(Worker::new(app.clone()).with(jobs::MAIL, jobs::send_mail)))
}

/// What a route of a module that is off answers.
pub fn module_off(setting: &'static str) -> Error {
    Error::missing("module_off", say!("This module is switched off here ({setting}=off).", "Ce module est désactivé ici ({setting}=off)."))
}
