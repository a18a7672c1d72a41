//! How a Postgres connection is made: the URL, TLS, and the bounds that keep a dead network from hanging us.
//!
//! A URL may name several hosts. The driver would give all the time there is to the first that is silent; so each has its share, and the
//! one that let us in last is asked first.

use super::{
    super::{Error, Result},
    ACQUIRE,
};
use deadpool_postgres::{ClientWrapper, Connect};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client,
    config::{Config, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long the first connection of a process may take, name lookup and TLS included.
const FIRST: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Target {
    /// One for each host that the URL names.
    hosts: Vec<Config>,
    /// Which of them let us in last.
    good: Arc<AtomicUsize>,
    pub tls: MakeRustlsConnect,
    /// Off: every statement is sent whole (`prepare=off`).
    pub prepare: bool,
    /// Commits let their locks go before the disk has them, and then wait for it.
    pub early: bool,
}

pub fn too_late() -> Error {
    Error::Down("no connection came about in time".into())
}
fn refused(what: impl std::fmt::Display) -> Error {
    Error::Refused(format!("DATABASE_URL: {what}"))
}

impl Target {
    /// Reads the URL and takes out what only we understand.
    pub fn parse(url: &str, name: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut prepare, mut roots, mut rest) = (true, None, Vec::new());
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("prepare", "on") => prepare = true,
                ("prepare", "off") => prepare = false,
                ("prepare", _) => return Err(refused("prepare is on or off")),
                ("sslrootcert", file) => roots = Some(percent_encoding::percent_decode_str(file).decode_utf8_lossy().into_owned()),
                // What we connect to by TLS is always verified.
                ("sslmode", "verify-ca" | "verify-full") => rest.push("sslmode=require"),
                _ => rest.push(pair),
            }
        }
        let tls = MakeRustlsConnect::new(tls(roots.as_deref())?);
        let hosts: Vec<_> = each_host(base).iter().map(|one| config(&format!("{one}?{}", rest.join("&")), name)).collect::<Result<_>>()?;
        Ok(Self { hosts, good: Arc::default(), tls, prepare, early: false })
    }

    /// The first connection decides what `sslmode=prefer` (the default) comes to: TLS where it can be verified.
    pub async fn first(&mut self) -> Result<ClientWrapper> {
        let refusal = match self.reach(FIRST).await.ok_or_else(too_late)? {
            Ok((client, task)) => return Ok(ClientWrapper::new(client, task)),
            Err(refusal) => refusal.into(),
        };
        if self.hosts.iter().any(|host| host.get_ssl_mode() != SslMode::Prefer) {
            return Err(refusal);
        }
        let mut plain = self.clone();
        for host in &mut plain.hosts {
            host.ssl_mode(SslMode::Disable);
        }
        let Ok(client) = plain.open_within(FIRST).await else { return Err(refusal) };
        tracing::warn!(reason = %refusal, "Postgres is reached without TLS, which it offers but does not prove: set sslrootcert, or sslmode=require or disable");
        *self = plain;
        Ok(client)
    }
    pub async fn open_within(&self, bound: Duration) -> Result<ClientWrapper> {
        let (client, task) = self.reach(bound).await.ok_or_else(too_late)??;
        Ok(ClientWrapper::new(client, task))
    }
    /// Asks one host after the other; none when nobody answered in time.
    async fn reach(&self, bound: Duration) -> Option<Reached> {
        let (all, first) = (self.hosts.len(), self.good.load(Ordering::Relaxed));
        let mut refused = None;
        for at in (0..all).map(|n| (first + n) % all) {
            let asked = tokio::time::timeout(bound / all as u32, self.hosts[at].connect(self.tls.clone())).await;
            match asked {
                Ok(Ok((client, connection))) => {
                    self.good.store(at, Ordering::Relaxed);
                    let task = tokio::spawn(async move {
                        if let Err(e) = connection.await {
                            tracing::warn!(error = %super::words(&e), "a connection to Postgres ended");
                        }
                    });
                    return Some(Ok((client, task)));
                }
                Ok(Err(e)) => refused = Some(Err(e)),
                Err(_) => {}
            }
        }
        refused
    }
    /// What the pool shows of itself; it connects through us.
    pub fn config(&self) -> Config {
        self.hosts.first().cloned().unwrap_or_default()
    }
}
type Reached = std::result::Result<(Client, JoinHandle<()>), tokio_postgres::Error>;

/// How the pool makes its connections; it gives up by itself when this takes too long.
impl Connect for Target {
    fn connect(&self, _: &Config) -> Pin<Box<dyn Future<Output = Reached> + Send + '_>> {
        Box::pin(async {
            match self.reach(ACQUIRE).await {
                Some(reached) => reached,
                None => std::future::pending().await,
            }
        })
    }
}

/// `postgres://user@a:1,b:2/name` is two.
fn each_host(base: &str) -> Vec<String> {
    let (scheme, rest) = base.split_once("://").unwrap_or(("postgres", base));
    let (user, rest) = rest.split_once('@').map_or(("", rest), |(user, rest)| (user, rest));
    let (hosts, name) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let at = if user.is_empty() { "" } else { "@" };
    hosts.split(',').map(|host| format!("{scheme}://{user}{at}{host}{name}")).collect()
}
/// A name of the operator's stands behind ours: who must know whether a server is at work looks for ours.
fn config(url: &str, name: &str) -> Result<Config> {
    let mut config: Config = url.parse().map_err(|e| refused(super::words(&e)))?;
    let name = config.get_application_name().map_or_else(|| name.to_owned(), |own| format!("{name}: {own}"));
    config.application_name(name);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(FIRST);
    }
    // A peer that vanished is noticed in about ten seconds, whether we are sending or waiting.
    config.tcp_user_timeout(Duration::from_secs(10)).keepalives_idle(Duration::from_secs(5));
    config.keepalives_interval(Duration::from_secs(2)).keepalives_retries(3);
    Ok(config)
}

fn tls(roots: Option<&str>) -> Result<ClientConfig> {
    let mut trusted = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = roots {
        trusted = RootCertStore::empty();
        let unreadable = |e: rustls::pki_types::pem::Error| refused(format_args!("sslrootcert cannot be read ({e})"));
        for cert in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
            trusted.add(cert.map_err(unreadable)?).map_err(refused)?;
        }
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions().map_err(|e| Error::Broken(e.into()))?;
    Ok(versions.with_root_certificates(trusted).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::each_host;

    #[test]
    fn a_url_is_read_host_by_host() {
        for (base, each) in [
            ("postgres://u:p@a/db", vec!["postgres://u:p@a/db"]),
            ("postgres://u:p@a:1,b:2,c/db", vec!["postgres://u:p@a:1/db", "postgres://u:p@b:2/db", "postgres://u:p@c/db"]),
            ("postgresql://a,[::1]:7", vec!["postgresql://a", "postgresql://[::1]:7"]),
            ("postgres://u@%2Frun%2Fpostgresql/db", vec!["postgres://u@%2Frun%2Fpostgresql/db"]),
            ("postgres:///db", vec!["postgres:///db"]),
        ] {
            assert_eq!(each_host(base), each, "{base}");
        }
    }
}
