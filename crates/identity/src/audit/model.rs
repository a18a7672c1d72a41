//! A line of the audit log as it is shown, and what a reader may look for.

use base::{
    App, Error, Result,
    crypto::Sealed,
    entity, id,
    id::{AccountId, OrgId, Uuid},
    origin, say,
    time::{Timestamp, When, Zone},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::{IntoParams, ToSchema};

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Succeeded,
    Failed,
}
impl Outcome {
    /// By the action's last word; the store looks for the same ones.
    fn of(action: &str) -> Self {
        if [".failed", ".forged", ".reused"].iter().any(|end| action.ends_with(end)) { Self::Failed } else { Self::Succeeded }
    }
}
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Succeeded { "succeeded" } else { "failed" })
    }
}
impl FromStr for Outcome {
    type Err = id::NotAnId;
    fn from_str(s: &str) -> std::result::Result<Self, id::NotAnId> {
        [Self::Succeeded, Self::Failed].into_iter().find(|o| o.to_string() == s).ok_or(id::NotAnId)
    }
}
base::text_column!(Outcome);

entity! {
    /// A line with what was noted beside it.
    pub struct Row {
        pub org_id: OrgId, pub seq: i64, pub at: Timestamp, pub actor: Option<AccountId>, pub action: String,
        pub subject: Option<String>, pub details: Option<String>, pub request_id: Option<String>,
        pub ip_sealed: Option<Sealed<String>>, pub device: Option<String>,
    }
}

/// One thing that was done.
#[derive(Serialize, ToSchema)]
pub struct Line {
    /// Its place in its chain: without gaps.
    pub seq: i64,
    pub at: Timestamp,
    /// Who did it; null for nobody signed in, and for commands of the operator.
    pub actor: Option<AccountId>,
    #[schema(example = "member.role_changed")]
    pub action: String,
    pub outcome: Outcome,
    /// The id of what it was done to.
    pub subject: Option<String>,
    /// Before and after: ids, codes and counts.
    #[schema(value_type = Object)]
    pub details: Option<serde_json::Value>,
    pub request_id: Option<String>,
    /// The organisation it was done in, if any.
    pub org_id: Option<OrgId>,
    /// From where, in lines about signing in; after ninety days the network alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `Firefox, Linux`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

impl Row {
    /// Where it came from is for the instance's operators and for whoever did it, not for an organisation.
    pub fn shown(self, app: &App, with_origin: bool) -> Line {
        let org_id = (self.org_id.0 != Uuid::nil()).then_some(self.org_id);
        let open = |sealed: &Sealed<String>| origin::address(app, self.at, self.request_id.as_deref()?, sealed);
        let address = self.ip_sealed.as_ref().filter(|_| with_origin && org_id.is_none()).and_then(open);
        Line {
            device: self.device.filter(|_| address.is_some()),
            seq: self.seq,
            at: self.at,
            actor: self.actor,
            outcome: Outcome::of(&self.action),
            action: self.action,
            subject: self.subject,
            details: self.details.and_then(|d| serde_json::from_str(&d).ok()),
            request_id: self.request_id,
            org_id,
            address,
        }
    }
}

/// What a reader looks for; everything left out is not looked at.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Done by this account.
    pub actor: Option<AccountId>,
    /// The beginning of the action: `member.` finds all about members.
    pub action: Option<String>,
    /// The id of what it was done to.
    #[param(value_type = Option<String>)]
    pub subject: Option<Uuid>,
    /// Not before: an instant, or a day.
    #[param(value_type = Option<String>)]
    pub from: Option<When>,
    /// Before: an instant, or a day that is the last one.
    #[param(value_type = Option<String>)]
    pub to: Option<When>,
    /// `succeeded` or `failed`.
    #[param(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
}

/// The same, in the store's words.
pub struct Looked {
    pub actor: Option<AccountId>,
    pub action: String,
    pub subject: Option<String>,
    pub from: Timestamp,
    pub to: Timestamp,
    pub outcome: Option<Outcome>,
}
impl Filter {
    pub fn looked(&self, zone: &Zone) -> Result<Looked> {
        let from = self.from.map(|w| w.from(zone)).transpose().map_err(|e| e.at("from"))?.unwrap_or(Timestamp::from_micros(0));
        let to = self.to.map(|w| w.until(zone)).transpose().map_err(|e| e.at("to"))?.unwrap_or(Timestamp::from_micros(i64::MAX));
        if from > to {
            let say = say!("The end cannot come before the start.", "La fin ne peut pas précéder le début.");
            return Err(Error::field("to", "interval_invalid", say));
        }
        let subject = self.subject.map(|s| s.to_string());
        Ok(Looked { actor: self.actor, action: self.action.clone().unwrap_or_default(), subject, from, to, outcome: self.outcome })
    }
}
