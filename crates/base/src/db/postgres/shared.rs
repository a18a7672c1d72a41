//! A connection that many reads share, pipelined; replaced when it died.

use super::{
    super::{Error, FromRow, Params, Result, Text},
    ACQUIRE, Target,
    connect::too_late,
};
use deadpool_postgres::ClientWrapper;
use parking_lot::RwLock;
use std::{sync::Arc, time::Duration};

/// A read that lasts longer holds up those behind it on the same connection: it belongs into a transaction.
const ANSWER: Duration = Duration::from_secs(2);

#[derive(Default)]
pub struct Shared {
    now: RwLock<Option<Arc<ClientWrapper>>>,
    opening: tokio::sync::Mutex<()>,
}

impl Shared {
    pub fn fill(&self, client: ClientWrapper) -> Arc<ClientWrapper> {
        let client = Arc::new(client);
        *self.now.write() = Some(client.clone());
        client
    }
    fn live(&self) -> Option<Arc<ClientWrapper>> {
        self.now.read().as_ref().filter(|c| !c.is_closed()).cloned()
    }
    pub fn is_open(&self) -> bool {
        self.live().is_some()
    }
    pub fn close(&self) {
        *self.now.write() = None;
    }
    fn forget(&self, dead: &Arc<ClientWrapper>) {
        let mut now = self.now.write();
        if now.as_ref().is_some_and(|c| Arc::ptr_eq(c, dead)) {
            *now = None;
        }
    }
    /// One caller reconnects, the others wait for the result; nobody longer than [`ACQUIRE`].
    pub async fn client(&self, target: &Target) -> Result<Arc<ClientWrapper>> {
        if let Some(c) = self.live() {
            return Ok(c);
        }
        let reconnect = async {
            let _turn = self.opening.lock().await;
            match self.live() {
                Some(c) => Ok(c),
                None => target.open_within(ACQUIRE).await.map(|c| self.fill(c)),
            }
        };
        tokio::time::timeout(ACQUIRE, reconnect).await.map_err(|_| too_late())?
    }
    /// A read changes nothing, so one that met a dying connection is simply sent again on a new one.
    pub async fn rows<T: FromRow>(&self, target: &Target, text: &Text, p: Params<'_>) -> Result<Vec<T>> {
        let client = self.client(target).await?;
        match self.ask(&client, target, text, p).await? {
            Err(Error::Down(_)) => {
                self.forget(&client);
                self.ask(&self.client(target).await?, target, text, p).await?
            }
            answer => answer,
        }
    }
    /// The outer error is a silent server: asking once more would only wait once more.
    async fn ask<T: FromRow>(&self, client: &Arc<ClientWrapper>, target: &Target, text: &Text, p: Params<'_>) -> Result<Result<Vec<T>>> {
        let answer = tokio::time::timeout(ANSWER, super::rows(client, target.prepare, text, p)).await;
        answer.map_err(|_| {
            self.forget(client);
            let (cancel, tls) = (client.cancel_token(), target.tls.clone());
            // The server may be busy with it still; whether it hears us is its affair.
            tokio::spawn(async move { tokio::time::timeout(ANSWER, cancel.cancel_query(tls)).await });
            Error::Down("no answer in time".into())
        })
    }
}
