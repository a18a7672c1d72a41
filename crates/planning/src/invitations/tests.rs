//! What a token says, and how an invitation stands.

use super::model::{InvitationId, Row, State, Token};
use crate::assignments::model::Status;
use base::{
    id::{OrgId, Uuid},
    time::Timestamp,
};
use proptest::prelude::*;

fn row(status: Status, answer: Option<Status>, revoked: bool) -> Row {
    let at = Timestamp::from_micros;
    Row {
        id: InvitationId(Uuid::nil()),
        assignment_id: Uuid::nil().into(),
        status,
        token_hash: String::new(),
        expires_at: at(100),
        revoked_at: revoked.then(|| at(50)),
        answer,
        sent_at: None,
        created_at: at(0),
        person_id: Uuid::nil().into(),
        first_name: String::new(),
        last_name: String::new(),
        mission_title: String::new(),
    }
}

#[test]
fn each_reason_has_its_code() {
    use Status::{Accepted, Cancelled, Declined, Invited};
    for (status, answer, revoked, now, state, code) in [
        (Invited, None, false, 99, State::Open, None),
        (Invited, None, false, 100, State::Expired, Some("invitation_expired")),
        (Invited, None, true, 99, State::Revoked, Some("invitation_revoked")),
        (Accepted, Some(Accepted), false, 999, State::Accepted, None),
        (Declined, Some(Declined), false, 99, State::Declined, Some("invitation_declined")),
        (Declined, Some(Accepted), false, 99, State::Declined, Some("invitation_declined")),
        (Cancelled, Some(Accepted), false, 99, State::Cancelled, Some("invitation_cancelled")),
        (Cancelled, None, true, 99, State::Cancelled, Some("invitation_cancelled")),
        (Invited, Some(Declined), false, 99, State::Declined, Some("invitation_declined")),
        (Invited, Some(Accepted), false, 99, State::Revoked, Some("invitation_revoked")),
    ] {
        let found = row(status, answer, revoked).state(Timestamp::from_micros(now));
        assert_eq!(found, state, "{status} {answer:?} {revoked} {now}");
        assert_eq!(found.answerable().err().map(|e| e.code()), code);
    }
}

#[test]
fn tokens_are_read_whole_or_not_at_all() {
    let token = Token::new(OrgId(Uuid::max()), InvitationId(Uuid::nil()));
    let text = token.text();
    assert_eq!(Token::read(&text), Some(token));
    assert_ne!(Token::new(token.org, token.id).hash(), token.hash(), "256 bits of chance");
    for cut in 0..text.len() {
        assert_eq!(Token::read(&text[..cut]), None, "{cut}");
    }
    assert_eq!(Token::read(&text.replacen("inv_", "cal_", 1)), None);
}
proptest! {
    #[test]
    fn nothing_else_is_a_token(text in "\\PC{0,140}") {
        prop_assert_eq!(Token::read(&text), None);
    }
}
