//! How a Postgres connection is made: the URL, TLS, and the bounds that keep a dead network from hanging us.

use super::super::{Error, Result};
use deadpool_postgres::ClientWrapper;
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use std::{sync::Arc, time::Duration};
use tokio_postgres::config::{Config, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long the first connection of a process may take, name lookup and TLS included.
const FIRST: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Target {
    pub config: Config,
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
    pub fn parse(url: &str) -> Result<Self> {
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
        let mut config: Config = format!("{base}?{}", rest.join("&")).parse().map_err(|e| refused(super::words(&e)))?;
        if config.get_application_name().is_none() {
            config.application_name("coulisses");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(FIRST);
        }
        // A peer that vanished is noticed in about ten seconds, whether we are sending or waiting.
        config.tcp_user_timeout(Duration::from_secs(10)).keepalives_idle(Duration::from_secs(5));
        config.keepalives_interval(Duration::from_secs(2)).keepalives_retries(3);
        Ok(Self { config, tls: MakeRustlsConnect::new(tls(roots.as_deref())?), prepare, early: false })
    }

    /// The first connection decides what `sslmode=prefer` (the default) comes to: TLS where it can be verified.
    pub async fn first(&mut self) -> Result<ClientWrapper> {
        let first = tokio::time::timeout(FIRST, self.open()).await.map_err(|_| too_late())?;
        let Err(refusal) = first else { return first };
        if self.config.get_ssl_mode() != SslMode::Prefer {
            return Err(refusal);
        }
        let mut plain = self.clone();
        plain.config.ssl_mode(SslMode::Disable);
        let Ok(client) = plain.open_within(FIRST).await else { return Err(refusal) };
        tracing::warn!(reason = %refusal, "Postgres is reached without TLS, which it offers but does not prove: set sslrootcert, or sslmode=require or disable");
        *self = plain;
        Ok(client)
    }
    pub async fn open_within(&self, bound: Duration) -> Result<ClientWrapper> {
        tokio::time::timeout(bound, self.open()).await.map_err(|_| too_late())?
    }
    async fn open(&self) -> Result<ClientWrapper> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        let task = tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::warn!(error = %super::words(&e), "a connection to Postgres ended");
            }
        });
        Ok(ClientWrapper::new(client, task))
    }
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
