//! What is good enough as a password.

use super::policy::judge;

fn weak(password: &str) -> bool {
    let about = ["lea.moreau@lanternes.example", "Léa Moreau", "Théâtre des Lanternes"].map(str::to_owned);
    judge(password, &about, 3).is_some()
}

#[test]
fn what_anybody_would_try_is_refused() {
    for bad in [
        "password1234",
        "azertyuiop123",
        "qsdfghjklm2026",
        "AZERTYuiop!!!",
        "wxcvbnwxcvbn",
        "123456789012",
        "aaaaaaaaaaaa",
        "motdepasse2026",
        "Coulisses2026!",
        "régisseur2026",
        "intermittent!",
        "lanternes2026!!",
        "Léa-Moreau-2026",
        "moreau.lea!!",
        "theatredeslanternes",
        "P@ssw0rd2026!",
        "qwertyuiop[]",
    ] {
        assert!(weak(bad), "{bad}");
    }
}
#[test]
fn what_nobody_would_guess_is_taken() {
    for good in [
        "trois-Lanternes-vertes-1987",
        "deux-Lanternes-rouges-1988",
        "  régie 🎭 lumière  bobine",
        "xK9mQzR2vLpT",
        "girafe mandoline tournevis",
        "correct horse battery staple",
    ] {
        assert!(!weak(good), "{good}: {:?}", judge(good, &[], 3));
    }
}
#[test]
fn advice_says_what_is_wrong() {
    let said = |password: &str| judge(password, &["lea@lanternes.example".to_owned()], 3).unwrap();
    assert!(said("azertyuiop123").iter().any(|say| say.en.contains("neighbouring keys") && say.fr.contains("touches voisines")));
    assert!(said("lanternes2026!!").iter().any(|say| say.en.contains("your address")));
    assert!(judge("azertyuiop123", &[], 0).is_none(), "a score of 0 asks for nothing");
}
#[test]
fn a_long_text_is_judged_by_its_beginning() {
    assert!(weak(&"a".repeat(256)));
    assert!(!weak(&"girafe mandoline tournevis ".repeat(9)));
}
