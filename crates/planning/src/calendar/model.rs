//! What a feed is, and the token in its address.

use crate::words::words;
use base::{crypto, entity, id, id::OrgId, time::Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

id!(pub FeedId "calendar feed" "flux de calendrier");
id!(pub SubjectId "person or project" "personne ou projet");

words! {
    pub enum Scope {
        /// What somebody is asked for, accepted, and had to give up.
        Person = "person",
        /// The missions of a project.
        Project = "project",
    }
}

entity! {
    #[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
    pub struct Feed {
        pub id: FeedId,
        pub scope: Scope,
        /// The person or the project.
        pub subject_id: SubjectId,
        pub created_at: Timestamp,
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFeed {
    pub scope: Scope,
    /// The person or the project.
    pub id: SubjectId,
}

/// A feed with its address, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CalendarMade)]
pub struct Made {
    pub id: FeedId,
    #[schema(example = "https://crew.example.org/calendar/0198….ics")]
    pub url: String,
    pub scope: Scope,
    pub subject_id: SubjectId,
    pub created_at: Timestamp,
}

/// What stands in the address: the organisation, so that its rows alone are looked through, and 256 random bits.
#[derive(Clone)]
pub struct Token {
    pub org: OrgId,
    text: String,
}
impl Token {
    pub fn new(org: OrgId) -> Self {
        Self { org, text: format!("{}{}", org.0.simple(), crypto::token()) }
    }
    /// From the last part of an address, with or without its `.ics`.
    pub fn read(part: &str) -> Option<Self> {
        let text = part.strip_suffix(".ics").unwrap_or(part);
        let ours = text.len() == 96 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let org = ours.then(|| id::Uuid::try_parse(&text[..32]).ok()).flatten()?;
        Some(Self { org: OrgId(org), text: text.to_owned() })
    }
    /// All of it that is stored.
    pub fn hash(&self) -> String {
        crypto::sha256_hex(self.text.as_bytes())
    }
    pub fn url(&self, public: &str) -> String {
        format!("{}/calendar/{}.ics", public.trim_end_matches('/'), self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_address_and_nothing_else_is_one() {
        let token = Token::new(OrgId(id::v7(Timestamp::from_micros(1_790_000_000_000_000))));
        let url = token.url("https://crew.example.org/");
        let part = url.rsplit('/').next().unwrap();
        let read = Token::read(part).unwrap();
        assert_eq!((read.org, read.hash()), (token.org, token.hash()));
        assert_ne!(Token::new(token.org).hash(), token.hash());
        let upper = part.to_uppercase();
        for other in ["", ".ics", "abc.ics", &part[1..], upper.as_str(), &format!("{part}.ics"), &"é".repeat(48)] {
            assert!(Token::read(other).is_none(), "{other}");
        }
    }
}
