//! What every feature stands on. It knows no feature and holds no route.
//!
//! [`App`] is the one shared handle; [`db`] the store on two engines; [`auth`] permissions as types;
//! [`http`] the kit around the handlers; the rest stands beside them.

pub mod audit;
pub mod auth;
pub mod backup;
pub mod bus;
pub mod cache;
pub mod crypto;
pub mod db;
pub mod disk;
pub mod error;
pub mod events;
pub mod holdings;
pub mod http;
pub mod id;
pub mod jobs;
pub mod limits;
pub mod mail;
pub mod metrics;
pub mod origin;
pub mod outbound;
pub mod patch;
pub mod redis;
pub mod retention;
pub mod rooms;
pub mod say;
pub mod settings;
pub mod stops;
pub mod table;
pub mod telemetry;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod time;

#[doc(hidden)]
pub use db::db_types;
pub use error::{Error, Faults, Result};
pub use settings::Settings;

use std::sync::Arc;

/// Everything shared, once per process. A test double is a variant of a field's own enum.
pub struct Shared {
    pub settings: Settings,
    pub db: db::Db,
    pub clock: time::Clock,
    /// Master key material and what is derived from it.
    pub keys: crypto::Keys,
    /// The bounded pool in which passwords are hashed.
    pub hasher: crypto::Hasher,
    /// Access tokens: issuing keys, verification, and what was verified lately.
    pub tokens: auth::Tokens,
    /// What stands now of the accounts, sessions and roles that tokens speak of.
    pub rights: auth::Rights,
    /// The idempotency keys at work in this process.
    pub running: http::Running,
    /// What its owner may end from any replica.
    pub stops: stops::Stops,
    /// What replicas tell each other.
    pub bus: bus::Bus,
    pub cache: Arc<cache::Cache>,
    /// Live events of every org to whoever listens.
    pub events: events::Events,
    pub limits: limits::Limits,
    pub metrics: metrics::Metrics,
    pub mailer: mail::Mailer,
    /// Calls to other servers.
    pub outbound: outbound::Outbound,
    /// What a room keeps for the life of the process.
    pub rooms: rooms::Rooms,
    /// Wakes the outbox worker when a transaction left work.
    pub jobs: jobs::Bell,
    /// What the rooms hold of an account.
    pub holdings: holdings::Holdings,
    /// What the probes and the drain want to know of the process.
    pub state: http::State,
    /// Where spans go, when somebody collects them.
    pub traces: telemetry::Traces,
}

/// The handle that every handler takes; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

impl App {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
    pub fn now(&self) -> time::Timestamp {
        self.clock.now()
    }
    /// Something of this account changed: here it is felt on the next request, on other replicas within a second.
    pub fn forget_rights(&self, account: id::AccountId) {
        self.rights.forget(account);
        self.bus.publish(bus::Message::Rights(account));
    }
}
impl axum::extract::FromRequestParts<App> for App {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(_: &mut axum::http::request::Parts, app: &App) -> std::result::Result<Self, Self::Rejection> {
        Ok(app.clone())
    }
}
impl std::ops::Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
