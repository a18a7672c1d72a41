//! Devices that signed in before: a cookie that nobody can make up, good for the one address that it was given for.

use base::{
    App, Result,
    crypto::{self, Purpose},
    http::Cookie,
};
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(180 * 86_400);

fn bound(id: &str, email: &str) -> String {
    format!("device|{id}|{email}")
}
/// The `Set-Cookie` for a device that just signed in; it keeps the id that it has.
pub fn remember(app: &App, email: &str, known: Option<String>) -> Result<String> {
    let id = known.unwrap_or_else(crypto::token);
    let mac = app.keys.mac(Purpose::Cookie, bound(&id, email).as_bytes())?;
    Ok(Cookie::Device.set(app, &format!("{id}.{}", crypto::hex(&mac)), LIFE))
}
/// The id of a device that has signed in to this address before.
pub fn known(app: &App, cookie: &str, email: &str) -> Result<Option<String>> {
    let Some((id, mac)) = cookie.split_once('.') else { return Ok(None) };
    let Some(mac) = crypto::unhex(mac) else { return Ok(None) };
    Ok(app.keys.made(Purpose::Cookie, bound(id, email).as_bytes(), &mac)?.then(|| id.to_owned()))
}
