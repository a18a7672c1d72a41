//! What an invitation is, what its token says, and how it stands.

use crate::{
    assignments::model::{AssignmentId, Status},
    people::model::PersonId,
    words::words,
};
use base::{
    Error, Result, crypto, entity, id,
    id::{Id as _, OrgId, Uuid},
    say,
    time::Timestamp,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde::Serialize;
use utoipa::ToSchema;

id!(pub InvitationId "invitation" "invitation");

words! {
    /// How an invitation stands.
    pub enum State {
        Open = "OPEN", Accepted = "ACCEPTED", Declined = "DECLINED",
        /// The assignment was cancelled.
        Cancelled = "CANCELLED",
        /// Taken back, or followed by a newer one.
        Revoked = "REVOKED",
        Expired = "EXPIRED",
    }
}

entity! {
    /// An invitation as the store reads one, with the status of its assignment.
    #[derive(Clone, Debug)]
    pub struct Row {
        pub id: InvitationId, pub assignment_id: AssignmentId, pub status: Status, pub token_hash: String, pub expires_at: Timestamp,
        pub revoked_at: Option<Timestamp>, pub answer: Option<Status>, pub sent_at: Option<Timestamp>, pub created_at: Timestamp,
        pub person_id: PersonId, pub first_name: String, pub last_name: String, pub mission_title: String,
    }
}

/// An invitation as managers see it: its link is not among what can be read.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    pub id: InvitationId,
    pub assignment_id: AssignmentId,
    pub user_id: PersonId,
    pub user_name: String,
    pub mission_title: String,
    pub state: State,
    pub expires_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub created_at: Timestamp,
}
impl Row {
    pub fn state(&self, now: Timestamp) -> State {
        match (self.status, self.answer) {
            (Status::Accepted, Some(Status::Accepted)) => State::Accepted,
            (Status::Cancelled, _) => State::Cancelled,
            (_, Some(Status::Declined)) | (Status::Declined, _) => State::Declined,
            // Answered, and asked again since: the new question has a new link.
            (_, Some(_)) => State::Revoked,
            (_, None) if self.revoked_at.is_some() => State::Revoked,
            (_, None) if self.expires_at <= now => State::Expired,
            (_, None) => State::Open,
        }
    }
    pub fn shown(self, now: Timestamp) -> Invitation {
        Invitation {
            state: self.state(now),
            user_name: crate::people::model::full_name(&self.first_name, &self.last_name),
            id: self.id,
            assignment_id: self.assignment_id,
            user_id: self.person_id,
            mission_title: self.mission_title,
            expires_at: self.expires_at,
            sent_at: self.sent_at,
            created_at: self.created_at,
        }
    }
}

impl State {
    /// An answer can be given (again) with this link, or the code says why not.
    pub fn answerable(self) -> Result<()> {
        let (code, say) = match self {
            Self::Open | Self::Accepted => return Ok(()),
            Self::Declined => (
                "invitation_declined",
                say!(
                    "You have declined. Ask the manager to invite you again.",
                    "Vous avez décliné. Demandez au responsable de vous réinviter."
                ),
            ),
            Self::Cancelled => (
                "invitation_cancelled",
                say!("You are no longer needed for this mission.", "On n’a plus besoin de vous pour cette mission."),
            ),
            Self::Revoked => (
                "invitation_revoked",
                say!(
                    "This link is no longer valid. Use the newest one, or ask for another.",
                    "Ce lien n’est plus valable. Utilisez le plus récent, ou demandez-en un autre."
                ),
            ),
            Self::Expired => (
                "invitation_expired",
                say!("This invitation has expired. Ask for a new one.", "Cette invitation a expiré. Demandez-en une nouvelle."),
            ),
        };
        Err(Error::malformed(code, say))
    }
}

/// What a link carries: where it belongs, and 256 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    pub org: OrgId,
    pub id: InvitationId,
    secret: [u8; 32],
}
/// Other tokens of the house begin otherwise: none passes for another.
const KIND: &str = "inv_";

impl Token {
    pub fn new(org: OrgId, id: InvitationId) -> Self {
        Self { org, id, secret: crypto::random() }
    }
    pub fn text(&self) -> String {
        let bytes = [&self.org.uuid().as_bytes()[..], &self.id.uuid().as_bytes()[..], &self.secret[..]].concat();
        format!("{KIND}{}", B64.encode(bytes))
    }
    pub fn read(text: &str) -> Option<Self> {
        let bytes = B64.decode(text.strip_prefix(KIND)?).ok()?;
        let (org, rest) = bytes.split_first_chunk::<16>()?;
        let (id, secret) = rest.split_first_chunk::<16>()?;
        Some(Self { org: OrgId(Uuid::from_bytes(*org)), id: InvitationId(Uuid::from_bytes(*id)), secret: secret.try_into().ok()? })
    }
    pub fn hash(&self) -> String {
        crypto::sha256_hex(self.text().as_bytes())
    }
}
pub fn invalid_token() -> Error {
    Error::malformed(
        "invalid_token",
        say!(
            "This invitation link is not valid. Check that it is whole.",
            "Ce lien d’invitation n’est pas valable. Vérifiez qu’il est complet."
        ),
    )
}
