//! Whether a new password is among those that leaked somewhere, asked of a list that learns nothing of it (k-anonymity): it is sent
//! the first five digits of a SHA-1 and answers every ending it knows. Only where `LEAKED_PASSWORDS_URL` is set.

use base::{
    App, Error, Result,
    crypto::{self, Secret},
    outbound::{Chosen, Sent},
    say,
};
use std::time::Duration;

/// Nobody waits longer than this for a list that may be away: then the password is judged without it.
const PATIENCE: Duration = Duration::from_millis(800);
/// How much of the digest leaves.
const PREFIX: usize = 5;

pub async fn check(app: &App, field: &'static str, password: &Secret) -> Result<()> {
    let Some(list) = &app.settings.leaked_passwords_url else { return Ok(()) };
    let digest = crypto::sha1_hex(password.expose().as_bytes()).to_uppercase();
    let (begin, ending) = digest.split_at(PREFIX);
    let url = format!("{}/range/{begin}", list.to_string().trim_end_matches('/'));
    // Padded, so that the length of the answer tells an onlooker nothing either.
    let sent = Sent { header: Some(("add-padding", "true")), within: Some(PATIENCE), ..Sent::default() };
    let why = match app.outbound.bytes(Chosen::ByOperator, &url, sent).await {
        Ok((200, body)) if holds(&body, ending) => return Err(leaked(field)),
        Ok((200, _)) => return Ok(()),
        Ok((status, _)) => format!("it answered {status}"),
        Err(failure) => failure.to_string(),
    };
    tracing::warn!(%why, "the list of leaked passwords was of no help");
    app.metrics.counter("leaked_password_checks_failed_total", "New passwords that the list could not be asked about.", &[]).one();
    Ok(())
}
/// Lines of `ENDING:how often`; what only pads the answer was seen 0 times.
fn holds(body: &[u8], ending: &str) -> bool {
    let text = String::from_utf8_lossy(body);
    text.lines().filter_map(|line| line.trim().split_once(':')).any(|(its, seen)| its.eq_ignore_ascii_case(ending) && seen != "0")
}
#[track_caller]
fn leaked(field: &'static str) -> Error {
    let say = || {
        say!(
            "This password was in a data leak, so it is among the first that anybody tries. Choose another one.",
            "Ce mot de passe figure dans une fuite de données : il est parmi les premiers que l’on essaie. Choisissez-en un autre."
        )
    };
    Error::invalid("weak_password", say()).and_field(field, "leaked_password", say())
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn an_ending_that_only_pads_is_none() {
        let body = b"0018A45C4D1DEF81644B54AB7F969B88D65:21\r\n00D4F6E8FA6EECAD2A3AA415EEC418D38EC:0\r\n";
        assert!(holds(body, "0018A45C4D1DEF81644B54AB7F969B88D65"));
        assert!(!holds(body, "00D4F6E8FA6EECAD2A3AA415EEC418D38EC"));
        assert!(!holds(body, "0018A45C4D1DEF81644B54AB7F969B88D66") && !holds(b"no list", "X") && !holds(b"", ""));
    }
}
