//! One try at a password: allowed or not, before anything costly is done; then right or wrong.

use super::{device, model::FREE, store};
use crate::sessions::Device;
use base::{
    App, Error, Result,
    crypto::patiently,
    db::Tx,
    error::Kind,
    http::Cookie,
    limits::{self, Rule, Turn},
    say,
};
use std::{net::IpAddr, time::Duration};

/// Failures from one network: at once and for long.
const BURST: (&str, Rule) = ("login", Rule::Per { count: 10, span: Duration::from_secs(60), burst: 20 });
const HOURLY: (&str, Rule) = ("login_hour", Rule::per(100, Duration::from_secs(3_600)));

pub struct Attempt {
    email: String,
    /// Where a failure counts.
    place: String,
    device: Option<String>,
    client: IpAddr,
    /// However many come at once, no more are under way than may fail before the first wait.
    _turn: Turn,
}

impl Attempt {
    /// Refuses before a hash is made. A network pays here and gets it back when the password fits.
    pub async fn begin(app: &App, from: &Device, email: &str) -> Result<Self> {
        for (name, rule) in [BURST, HOURLY] {
            app.limit_address(name, rule, from.ip).await.map_err(slower)?;
        }
        let device = trusted(app, from, email).await?;
        let place = match &device {
            Some(id) => store::at_device(app, id)?,
            None => store::at_address(app, email)?,
        };
        let turn = patiently(app.limits.turn(&place, 1)).await?;
        let turn = match store::count(app, &place).await? {
            // Once somebody was wrong the others come one by one, each seeing what became of the one before.
            Some(_) => {
                drop(turn);
                patiently(app.limits.turn(&place, FREE)).await?
            }
            None => turn,
        };
        if device.is_none()
            && let Some(count) = store::count(app, &place).await?
            && let Some(wait) = count.wait(app.now())
        {
            return Err(slow_down(wait));
        }
        Ok(Self { email: email.to_owned(), place, device, client: from.ip, _turn: turn })
    }
    pub async fn wrong(&self, tx: &mut Tx) -> Result<()> {
        store::one_more(tx, &self.place).await
    }
    /// What was guessed wrong from here is forgiven; what strangers guess at an owner's address is not, by her known device.
    pub async fn right(&self, tx: &mut Tx) -> Result<()> {
        self.called_off(&tx.app().clone()).await;
        store::none(tx, &self.place).await
    }
    /// Neither right nor wrong: we had no time to look.
    pub async fn called_off(&self, app: &App) {
        for (name, rule) in [BURST, HOURLY] {
            app.limits.give_back(name, rule, &limits::address(self.client), app.now()).await;
        }
    }
    /// The cookie by which this device is known from now on.
    pub fn remember(self, app: &App) -> Result<String> {
        device::remember(app, &self.email, self.device)
    }
}

/// The id of a device that is known and has not guessed too often.
async fn trusted(app: &App, from: &Device, email: &str) -> Result<Option<String>> {
    let Some(cookie) = from.cookie(app, Cookie::Device)? else { return Ok(None) };
    let Some(id) = device::known(app, &cookie, email)? else { return Ok(None) };
    let count = store::count(app, &store::at_device(app, &id)?).await?;
    Ok(count.is_none_or(|count| count.trusted(app.now())).then_some(id))
}

#[track_caller]
fn slow_down(wait: Duration) -> Error {
    let s = wait.as_millis().div_ceil(1_000);
    let say = say!(
        "Too many wrong passwords. Try again in {s} s, or ask for a link by mail.",
        "Trop de mots de passe erronés. Réessayez dans {s} s, ou demandez un lien par e-mail."
    );
    Error::new(Kind::RateLimited { after: wait }, "slow_down", say)
}
fn slower(error: Error) -> Error {
    match error.kind() {
        Kind::RateLimited { after } => slow_down(after),
        _ => error,
    }
}
