//! The demo season: an organisation in the middle of its autumn, to look around in before anything of one's own is there.
//!
//! Everything is done through the router, as people would do it, so nothing stands that the rules do not allow. The same
//! people, calls and stories every time; only the days follow the calendar.

mod bill;
mod caller;
mod cast;
mod casting;
mod season;

use crate::{
    router::router,
    setup::{Trouble, open},
};
use base::{App, Settings, http::stack, limits::Rule, settings::Signup, sql};
use caller::Caller;

/// Long enough for the policy, and known to everybody who reads this.
const PASSWORD: &str = "sept-Lucioles-sous-la-pluie";

/// Opens the house of these settings without what would hold its own demo back, and fills it. The lines to print.
pub async fn run(mut settings: Settings, force: bool) -> Result<Vec<String>, Trouble> {
    may(&settings)?;
    (settings.api_limit, settings.coach_limit, settings.signup) = (Rule::Off, Rule::Off, Some(Signup::Open));
    let app = open(settings).await?;
    if !force && !is_empty(&app).await? {
        let words = "there is data in this database already; the demo season needs an empty one (another DATA_DIR or DATABASE_URL), or --force to stand beside it";
        return Err(Trouble::Failed(words.to_owned()));
    }
    let lines = fill(&app).await?;
    app.db.close().await?;
    Ok(lines)
}
/// The same for a server that starts: nothing where there is something already.
pub async fn on_first_start(settings: Settings) -> Result<Vec<String>, Trouble> {
    if let Err(why) = may(&settings) {
        return Ok(vec![why.to_string()]);
    }
    let app = open(settings.clone()).await?;
    let empty = is_empty(&app).await?;
    app.db.close().await?;
    if empty { run(settings, false).await } else { Ok(vec![]) }
}

fn may(settings: &Settings) -> Result<(), Trouble> {
    let refused = |why: &str| Err(Trouble::Failed(format!("the demo season is not for {why}; nothing was added")));
    match () {
        () if !settings.development() => refused("production: its passwords are known to everybody"),
        () if !settings.planning => refused("a house without planning (PLANNING=off)"),
        () if !settings.local_sign_in => refused("a house without passwords (LOCAL_SIGN_IN=off)"),
        () => Ok(()),
    }
}
async fn is_empty(app: &App) -> Result<bool, Trouble> {
    Ok(app.db.one::<(i64,)>(sql!("select count(*) from accounts"), &[]).await?.0 == 0)
}

/// Fills the store of this app; what is to be printed, a line each.
pub async fn fill(app: &App) -> Result<Vec<String>, Trouble> {
    season::play(&Caller::anyone(stack(app, router(app))), app.now()).await
}
