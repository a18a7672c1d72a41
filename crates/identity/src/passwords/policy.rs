//! Whether a password is hard enough to guess for somebody who knows the account: judged by zxcvbn, with the words that
//! are near at hand here and the walks over a French keyboard besides.

use super::{leaked, words};
use base::{App, Error, Result, crypto::Secret, say, say::Say, text};
use zxcvbn::{Score, zxcvbn};

/// Judging takes longer the longer the text; whatever is weak shows in its beginning.
const JUDGED: usize = 64;

/// Fewer letters besides known words are no secret.
const LEAST_REST: usize = 4;

/// An error with advice when the password is weaker than `PASSWORD_MIN_SCORE`, or leaked somewhere. `about` is what a stranger may know of the
/// account: its address, its name, its organisations.
pub async fn check(app: &App, field: &'static str, password: &Secret, about: Vec<String>) -> Result<()> {
    let (judged, least) = (password.clone(), app.settings.password_min_score);
    // Up to ten milliseconds of arithmetic: where hashes are made there is a queue with an end.
    let advice = app.hasher.run(move || judge(judged.expose(), &about, least)).await?;
    match advice {
        None => leaked::check(app, field, password).await,
        Some(advice) => Err(weak(field).suggest(advice)),
    }
}
#[track_caller]
fn weak(field: &'static str) -> Error {
    let say = || say!("This password is too easy to guess.", "Ce mot de passe est trop facile à deviner.");
    Error::invalid("weak_password", say()).and_field(field, "weak_password", say())
}

/// What to do better; none when it is good enough.
pub fn judge(password: &str, about: &[String], least: u32) -> Option<Vec<Say>> {
    let plain: String = text::fold(password).chars().take(JUDGED).collect();
    let walks = walks(&plain);
    let parts = about.iter().flat_map(|text| parts(text)).collect::<Vec<_>>();
    let mut known: Vec<&str> = words::NEAR.to_vec();
    known.extend(walks.iter().chain(&parts).map(String::as_str));
    let judged = zxcvbn(&plain, &known);
    let hollow = least > 0 && rest(&plain, &known) < LEAST_REST;
    if score(judged.score()) >= least && !hollow {
        return None;
    }
    let mut advice: Vec<Say> = Vec::new();
    if !walks.is_empty() {
        advice.push(words::keyboard());
    }
    if hollow || parts.iter().any(|part| plain.contains(part.as_str())) {
        advice.push(words::personal());
    }
    if let Some(feedback) = judged.feedback() {
        advice.extend(feedback.warning().map(words::warning));
        advice.extend(feedback.suggestions().iter().map(|one| words::suggestion(*one)));
    }
    Some(advice)
}
/// How many letters are left when the words that anybody here would try are taken away: `bobino-2026!!` has none.
fn rest(plain: &str, known: &[&str]) -> usize {
    let mut words: Vec<&str> = known.iter().copied().filter(|word| word.len() >= 3).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let left = words.iter().fold(plain.to_owned(), |left, word| left.replace(word, " "));
    left.chars().filter(|c| c.is_alphabetic()).count()
}
fn score(score: Score) -> u32 {
    match score {
        Score::Zero => 0,
        Score::One => 1,
        Score::Two => 2,
        Score::Three => 3,
        _ => 4,
    }
}

/// The words of an address or a name that are long enough to be one, and all of them together.
fn parts(text: &str) -> Vec<String> {
    let folded = text::fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= 3);
    let mut parts: Vec<String> = words.map(str::to_owned).collect();
    let together = parts.concat();
    parts.push(together);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The keys of a French keyboard, row by row as they lie; zxcvbn knows other keyboards.
const ROWS: [&str; 4] = ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"];
/// Fewer keys in a row occur in words.
const SHORTEST_WALK: usize = 4;

/// The stretches of a text that are walks from key to neighbouring key.
fn walks(text: &str) -> Vec<String> {
    let place = |c: char| ROWS.iter().enumerate().find_map(|(y, row)| Some((y, row.find(c)?)));
    let near = |a: char, b: char| match (place(a), place(b)) {
        (Some((y, x)), Some((v, w))) => a != b && y.abs_diff(v) <= 1 && x.abs_diff(w) <= 1,
        _ => false,
    };
    let (mut all, mut walk) = (Vec::new(), String::new());
    for c in text.chars() {
        if !walk.chars().last().is_some_and(|last| near(last, c)) {
            all.push(std::mem::take(&mut walk));
        }
        walk.push(c);
    }
    all.push(walk);
    all.retain(|walk| walk.len() >= SHORTEST_WALK);
    all
}
