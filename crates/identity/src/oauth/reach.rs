//! Whether the providers of the settings answer, for `coulisses doctor`: nobody signs in.

use super::{
    oidc,
    provider::{Kind, Provider},
};
use base::{
    Settings,
    outbound::{Chosen, Outbound, Sent},
    time::Timestamp,
};

/// Each by its name: an issuer must describe itself under its own address, Facebook need only answer.
pub async fn all(settings: &Settings, outbound: &Outbound, now: Timestamp) -> Vec<(String, Result<(), String>)> {
    let mut found = vec![];
    for provider in Provider::all(settings) {
        let reached = match &provider.kind {
            Kind::Oidc { issuer, .. } => {
                let issuer = issuer.trim_end_matches('/');
                oidc::discovered(outbound, now, &provider, issuer).await.map(drop).map_err(|why| format!("{issuer}: {why}"))
            }
            Kind::Facebook { graph, .. } => {
                outbound.bytes(Chosen::ByOperator, graph, Sent::default()).await.map(drop).map_err(|why| format!("{graph}: {why}"))
            }
        };
        found.push((provider.name, reached));
    }
    found
}
