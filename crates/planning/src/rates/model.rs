//! What a rate is, what may be one, and which one applies.

use crate::{check, words::words};
use base::{
    Faults, Result, entity, id, say, text,
    time::{Date, Timestamp},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

id!(pub RateId "rate" "tarif");

words! {
    #[schema(as = RateUnit)]
    pub enum Unit {
        Hour = "hour",
        /// As long as DAY_HOURS; part of a day is paid in part.
        Day = "day",
        /// One for each engagement; it counts 12 hours toward the 507.
        Cachet = "cachet",
        /// One for each engagement.
        Flat = "flat",
    }
}

entity! {
    #[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
    pub struct Rate {
        pub id: RateId,
        #[serde(skip)]
        pub role_key: String,
        /// For this role only; every role when null.
        pub role: Option<String>,
        pub unit: Unit, pub cents: i64, pub currency: String, pub valid_from: Date,
        pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp,
    }
}

/// A rate as somebody writes it. One for the same role and day takes the other's place.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRate {
    pub unit: Unit,
    #[schema(example = 25000)]
    pub cents: i64,
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// Today when left out.
    pub valid_from: Option<Date>,
    pub role: Option<String>,
}
impl NewRate {
    pub fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        faults.require((0..=100_000_000).contains(&self.cents), "cents", "out_of_range", || {
            say!("Give the amount in cents, 0 or more.", "Indiquez le montant en centimes, 0 ou plus.")
        });
        let code = |c: &str| c.len() == 3 && c.bytes().all(|b| b.is_ascii_uppercase());
        faults.require(self.currency.as_deref().is_none_or(code), "currency", "invalid_currency", || {
            say!("Use a three-letter currency code like EUR.", "Utilisez un code de devise à trois lettres, comme EUR.")
        });
        check::line(&mut faults, "role", self.role.as_deref(), 80);
        faults.none()
    }
    /// Empty for every role.
    pub fn role_key(&self) -> String {
        self.role.as_deref().map(text::fold).unwrap_or_default()
    }
    pub fn currency(&self) -> &str {
        self.currency.as_deref().unwrap_or("EUR")
    }
}

/// What of a rate is copied onto an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub unit: Unit,
    pub cents: i64,
    pub currency: String,
}
impl From<&Rate> for Snapshot {
    fn from(rate: &Rate) -> Self {
        Self { unit: rate.unit, cents: rate.cents, currency: rate.currency.clone() }
    }
}

/// The rate for this (folded) role on this day: one for the role before one for all, then the latest to begin.
pub fn choose<'r>(rates: impl IntoIterator<Item = &'r Rate>, role_key: &str, on: Date) -> Option<&'r Rate> {
    let fits = |rate: &&Rate| rate.valid_from <= on && (rate.role_key.is_empty() || rate.role_key == role_key);
    rates.into_iter().filter(fits).max_by_key(|rate| (!rate.role_key.is_empty(), rate.valid_from))
}
