//! What a session is, how long it lasts, and what a refresh token that comes again means.

use base::{
    id::{AccountId, OrgId, SessionId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};
use utoipa::ToSchema;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// Two requests of one honest client may cross for this long.
const CROSSING: Duration = Duration::from_secs(10);

/// What signs in: it decides where the tokens go and how long the session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// A browser: cookies only.
    Web,
    /// An app: JSON only.
    Mobile,
    Cli,
    /// Did not say: JSON, and cookies besides.
    Api,
}
impl Client {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Mobile => "mobile",
            Self::Cli => "cli",
            Self::Api => "api",
        }
    }
    pub const fn takes_cookies(self) -> bool {
        matches!(self, Self::Web | Self::Api)
    }
    pub const fn takes_json(self) -> bool {
        !matches!(self, Self::Web)
    }
}
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
impl FromStr for Client {
    type Err = base::id::NotAnId;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        [Self::Web, Self::Mobile, Self::Cli, Self::Api].into_iter().find(|c| c.name() == s).ok_or(base::id::NotAnId)
    }
}
base::text_column!(Client);

/// How long a session lasts: unused, and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub idle: Duration,
    pub most: Duration,
}
impl Life {
    pub fn of(client: Client, remembered: bool, platform_admin: bool, refresh_days: u32) -> Self {
        let stay = DAY * refresh_days.max(1);
        match (client, remembered) {
            _ if platform_admin => Self { idle: HOUR / 2, most: HOUR * 12 },
            (Client::Mobile | Client::Cli, _) => Self { idle: stay, most: (DAY * 180).max(stay) },
            (Client::Web, false) => Self { idle: HOUR * 12, most: DAY },
            (Client::Web, true) | (Client::Api, _) => Self { idle: stay, most: (DAY * 30).max(stay) },
        }
    }
}

/// What a refresh token means, by the counter in it and the one in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The newest: renew it.
    Renew,
    /// The one before, whose answer may have got lost: the same answer again.
    Again,
    /// Older, or its successor is in use: two hold this session.
    Reused,
    /// Newer than any we made.
    Forged,
}
/// The row that a refresh token speaks of.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    pub counter: i64,
    pub rotated_at: Timestamp,
    /// Whether an access token of the newest generation has been used.
    pub confirmed: bool,
}
impl Counted {
    pub fn judge(self, presented: i64, now: Timestamp) -> Verdict {
        match self.counter - presented {
            0 => Verdict::Renew,
            1 if !self.confirmed || now <= self.rotated_at.plus(CROSSING) => Verdict::Again,
            behind if behind < 0 => Verdict::Forged,
            _ => Verdict::Reused,
        }
    }
}

/// Tokens, as OAuth2 answers them; a browser gets cookies instead of the tokens themselves.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    pub token_type: &'static str,
    /// Life of the access token, in seconds.
    pub expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// How long the refresh token stays good unused, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_expires_in: Option<i64>,
    /// The end of the session, whatever is done with it.
    pub session_expires_at: Timestamp,
    pub scope: String,
    pub user_id: AccountId,
    pub email: String,
    /// How this session was signed in: `local`, `google`, ….
    pub provider: String,
    pub org_id: Option<OrgId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchOrg {
    pub org_id: OrgId,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Left out by browsers: theirs is in a cookie.
    pub refresh_token: Option<base::crypto::Secret>,
}
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshToken {
    pub refresh_token: base::crypto::Secret,
}
/// The body of the OAuth2 token endpoint.
#[derive(Deserialize, ToSchema)]
pub struct TokenForm {
    /// `password` or `refresh_token`.
    pub grant_type: Option<String>,
    pub username: Option<String>,
    pub password: Option<base::crypto::Secret>,
    pub refresh_token: Option<base::crypto::Secret>,
    /// The scopes wanted, with spaces between; all that the role holds when left out.
    pub scope: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<base::crypto::Secret>,
}

/// A session as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct Session {
    pub id: SessionId,
    pub client: Client,
    /// `Firefox, Linux`: as far as the device says.
    pub device: String,
    /// Where it signed in from, not to the last digit.
    pub address: Option<String>,
    pub provider: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whether it is the session of this request.
    pub current: bool,
}
