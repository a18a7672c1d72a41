//! The rules of arriving and linking, without a server.

use super::model::{Bound, First, Holder, Person, challenge_of, first_time, is_challenge, with_pair};
use base::{crypto::Secret, settings::LinkPolicy};

#[test]
fn what_is_done_about_an_address_that_somebody_has() {
    use First::{Confirm, Link, New, TakeOver};
    use LinkPolicy::{Auto, Confirm as Ask, Separate};
    let holder = |verified, owns| Some(Holder { verified, owns });
    for (trusted, who, policy, expected) in [
        (true, None, Ask, New { with_address: true }),
        (false, None, Ask, New { with_address: false }),
        (false, None, Auto, New { with_address: false }),
        (false, holder(true, false), Ask, Confirm),
        (false, holder(false, false), Auto, Confirm),
        (false, holder(true, true), Separate, New { with_address: false }),
        (true, holder(true, true), Ask, Confirm),
        (true, holder(true, false), Auto, Link),
        (true, holder(true, false), Separate, New { with_address: false }),
        (true, holder(false, false), Ask, TakeOver),
        (true, holder(false, false), Auto, TakeOver),
        (true, holder(false, true), Auto, New { with_address: false }),
        (true, holder(false, true), Ask, New { with_address: false }),
        (true, holder(false, false), Separate, New { with_address: false }),
    ] {
        assert_eq!(first_time(trusted, who, policy), expected, "{trusted} {who:?} {policy:?}");
    }
}
#[test]
fn a_bound_token_needs_its_verifier() {
    // The example of RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let bound = Bound(Some(challenge_of(verifier)));
    assert!(bound.fits(Some(&Secret::new(verifier))).is_ok());
    assert!(bound.fits(None).is_err() && bound.fits(Some(&Secret::new("another"))).is_err());
    assert!(Bound(None).fits(None).is_ok() && Bound(None).fits(Some(&Secret::new("x"))).is_ok());
    assert!(is_challenge(&challenge_of("x")) && !is_challenge("x") && !is_challenge(""));
}
#[test]
fn only_what_can_be_shown_is_taken_over() {
    let person = |name: &str, picture: &str| {
        let (name, picture) = (Some(name.to_owned()), Some(picture.to_owned()));
        Person { issuer: String::new(), subject: String::new(), email: String::new(), trusted: false, name, picture }.presentable()
    };
    let good = person("  Léa \n Martin ", "https://pictures.example/lea.png");
    assert_eq!((good.name.as_deref(), good.picture.is_some()), (Some("Léa Martin"), true));
    assert_eq!(person("a\u{202e}b", "").name, None);
    assert_eq!(person(&"x".repeat(300), "").name.unwrap().len(), 100);
    for bad in ["javascript:alert(1)", "http://pictures.example/x", "data:image/png;base64,x", "https://pictures.example/a b"] {
        assert_eq!(person("", bad).picture, None, "{bad}");
    }
}
#[test]
fn a_pair_joins_a_query() {
    assert_eq!(with_pair("nextarget://callback", "token", "a b&c"), "nextarget://callback?token=a+b%26c");
    assert_eq!(with_pair("https://x.example/?y=1", "error", "z"), "https://x.example/?y=1&error=z");
}
