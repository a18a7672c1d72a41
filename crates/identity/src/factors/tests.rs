//! The published test vectors, and the pure rules of codes and tries.

use super::{
    model::{Wrong, mail_code, recovery_code, recovery_hash},
    qr, totp,
};
use base::{
    id::{AccountId, v4},
    time::Timestamp,
};
use std::time::Duration;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

#[test]
fn the_codes_are_those_of_rfc_6238() {
    let secret = b"12345678901234567890";
    // The last six of its eight digits.
    for (seconds, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(totp::shown(secret, at(seconds)), code);
        assert_eq!(totp::step_of(secret, code, at(seconds), 0), Some(seconds / 30));
    }
}
#[test]
fn a_code_lives_three_steps_and_is_used_once() {
    let secret = b"12345678901234567890";
    let (now, step) = (at(1_234_567_890), 1_234_567_890 / 30);
    let code = totp::shown(secret, now);
    for (later, fits) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
        assert_eq!(totp::step_of(secret, &code, at(1_234_567_890 + later), 0).is_some(), fits, "{later} s later");
    }
    assert_eq!(totp::step_of(secret, &code, now, step - 1), Some(step));
    assert_eq!(totp::step_of(secret, &code, now, step), None, "used");
    assert_eq!(totp::step_of(secret, " 005 924 ", now, 0), Some(step), "as it is read out");
    for nonsense in ["", "5924", "0005924", "+05924", "00592٤", "-05924"] {
        assert_eq!(totp::step_of(secret, nonsense, now, 0), None, "{nonsense}");
    }
}
#[test]
fn base32_is_that_of_rfc_4648_without_padding() {
    for (bytes, text) in
        [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")]
    {
        assert_eq!(totp::base32(bytes.as_bytes()), text);
    }
}
#[test]
fn apps_are_told_everything_in_one_address() {
    let uri = totp::uri(b"12345678901234567890", "léa+régie@lanternes.example");
    assert_eq!(
        uri,
        "otpauth://totp/Coulisses:l%C3%A9a%2Br%C3%A9gie%40lanternes%2Eexample?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Coulisses&algorithm=SHA1&digits=6&period=30"
    );
    let image = qr::data_url(&uri).unwrap();
    assert!(image.starts_with("data:image/svg+xml;base64,") && image.len() < 60_000, "{}", image.len());
    assert!(qr::data_url(&"x".repeat(5_000)).is_err());
}
#[test]
fn a_recovery_code_is_read_however_it_was_typed() {
    let (lea, hugo) = (AccountId(v4()), AccountId(v4()));
    let code = recovery_code();
    assert!(code.len() == 19 && code.bytes().all(|b| b == b'-' || b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b)), "{code}");
    let hash = recovery_hash(lea, &code);
    assert_eq!(recovery_hash(lea, &format!(" {} ", code.to_uppercase().replace('-', " "))), hash);
    assert_ne!(recovery_hash(hugo, &code), hash, "nobody else's");
    assert_ne!(recovery_code(), code);
    assert!(mail_code().len() == 8 && mail_code().bytes().all(|b| b.is_ascii_digit()));
}
#[test]
fn ten_wrong_codes_an_hour() {
    let start = at(1_000_000);
    let minutes = |n: u64| start.plus(Duration::from_secs(60 * n));
    let mut wrong = Wrong { count: 0, since: Timestamp::default() };
    for n in 0..10 {
        assert_eq!(wrong.wait(minutes(n)), None, "{n}");
        wrong = wrong.and_one_more(minutes(n));
    }
    assert_eq!(wrong.wait(minutes(10)), Some(Duration::from_secs(50 * 60)));
    assert_eq!(wrong.wait(minutes(60)), None);
    assert_eq!(wrong.and_one_more(minutes(60)), Wrong { count: 1, since: minutes(60) });
}
