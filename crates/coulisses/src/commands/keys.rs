//! `keys …`: what signs tokens and what seals fields, and how either is changed.

use super::{Outcome, say};
use crate::setup::open;
use base::{
    Settings,
    auth::signing::{self, Use},
    crypto::reseal,
};

pub async fn list(settings: Settings) -> Outcome {
    let app = open(settings).await?;
    for (kid, good_for) in signing::list(&app).await? {
        let words = match good_for {
            Use::SignsFrom(at) => format!("published, signs from {at}"),
            Use::Signs => "signs".to_owned(),
            Use::VerifiesUntil(at) => format!("verifies until {at}"),
        };
        say(&format!("signing {kid}: {words}"));
    }
    let left = reseal::left(&app).await?;
    let words = if left == 0 { "all fields".to_owned() } else { format!("but {left} fields are under older keys: run keys rotate-data") };
    say(&format!("master {}: seals {words}", app.keys.active()));
    Ok(())
}

pub async fn rotate_signing(settings: Settings, revoke_old: bool) -> Outcome {
    let app = open(settings).await?;
    signing::rotate(&app, revoke_old).await?;
    say(if revoke_old {
        "a new key signs; servers refuse what the old ones signed within a minute, clients renew their tokens"
    } else {
        "a new key is published; it signs in ten minutes, the old one verifies until its last token is over"
    });
    Ok(())
}

pub async fn rotate_data(settings: Settings) -> Outcome {
    let app = open(settings).await?;
    let fields = reseal::reseal(&app).await?;
    say(&format!("{fields} fields were sealed anew under the key {}; the older ones can be taken out of SECRET_KEY", app.keys.active()));
    say("whoever has not renewed their session since the key was changed signs in again then");
    Ok(())
}
