//! What each room holds of an account. Whoever hands it out asks all of them, and knows none.

use crate::{App, error::Result, id::AccountId};
use serde_json::{Map, Value};
use std::pin::Pin;

type Telling = Pin<Box<dyn Future<Output = Result<Value>> + Send>>;
type Teller = Box<dyn Fn(App, AccountId) -> Telling + Send + Sync>;

#[derive(Default)]
pub struct Holdings(Vec<(&'static str, Teller)>);

impl Holdings {
    /// The room of this name tells what it holds.
    #[must_use]
    pub fn with<F: Future<Output = Result<Value>> + Send + 'static>(
        mut self,
        room: &'static str,
        tell: impl Fn(App, AccountId) -> F + Send + Sync + 'static,
    ) -> Self {
        self.0.push((room, Box::new(move |app, account| Box::pin(tell(app, account)))));
        self
    }
    /// By room.
    pub async fn of(&self, app: &App, account: AccountId) -> Result<Map<String, Value>> {
        let mut all = Map::new();
        for (room, tell) in &self.0 {
            all.insert((*room).to_owned(), tell(app.clone(), account).await?);
        }
        Ok(all)
    }
}
