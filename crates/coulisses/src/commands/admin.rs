//! `admin create` and `admin list`: there is no default account, so the first administrator is made here.

use super::{End, Outcome, say};
use crate::setup::{Trouble, open};
use base::{App, Settings, audit::Entry, crypto::Secret, db::Actor, id::Id as _, sql};
use identity::{
    accounts::{
        model::{NewAccount, normal_email},
        store,
    },
    oauth, one_time,
};
use std::io::BufRead as _;

pub async fn create(settings: Settings, email: Option<String>, stdin: bool) -> Outcome {
    let Some(email) = email.as_deref().and_then(normal_email) else {
        return Err(End::Usage("admin create needs --email with an address".to_owned()));
    };
    let app = open(settings).await?;
    let known = store::by_email(&app, &email).await?;
    if known.is_none() && !app.settings.local_sign_in {
        let words = format!(
            "{email} has no account, and there are no passwords here (LOCAL_SIGN_IN=off); let them sign in once, then run this again"
        );
        return Err(Trouble::Failed(words).into());
    }
    let phc = match known {
        None if stdin => Some(hashed(&app, &email, read_password()?).await?),
        _ => None,
    };
    let link = promote(&app, &email, known, phc.as_deref()).await?;
    say(&format!("{email} is a platform administrator"));
    if let Some(link) = link {
        say(&format!("set-up link (works once, within an hour): {link}"));
    }
    Ok(())
}
async fn hashed(app: &App, email: &str, password: Secret) -> Result<String, Trouble> {
    NewAccount { email: email.to_owned(), password: password.clone(), display_name: None, invitation: None }.check(&app.settings)?;
    Ok(app.hasher.hash(&password).await?)
}

/// The link by which they choose a password, when nothing opens the account yet.
async fn promote(app: &App, email: &str, known: Option<store::Row>, phc: Option<&str>) -> Result<Option<String>, Trouble> {
    let mut tx = app.begin(Actor::default()).await?;
    let row = match known {
        Some(row) => row,
        None => store::create(&mut tx, store::New { email, display_name: None, password_phc: phc }).await?,
    };
    store::make_platform_admin(&mut tx, row.id).await?;
    tx.audit(Entry { action: "platform_admin.made", subject: Some(row.id.uuid()), details: None }).await?;
    let opens = row.password_phc.is_some() || !oauth::store::lock_all(&mut tx, row.id).await?.is_empty();
    let link = if opens || !app.settings.local_sign_in {
        None
    } else {
        // Of several that were printed the last one counts.
        one_time::void(&mut tx, row.id).await?;
        let token = one_time::make(&mut tx, one_time::Kind::SetUp, Some(row.id), &()).await?;
        Some(format!("{}/reset#token={}", app.settings.public_url(), token.expose()))
    };
    tx.commit().await?;
    Ok(link)
}

fn read_password() -> Result<Secret, Trouble> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| Trouble::Failed(format!("reading the password: {e}")))?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}

pub async fn list(settings: Settings) -> Outcome {
    let app = open(settings).await?;
    let query = sql!(store::Row, "select {cols} from accounts where platform_role = 'admin' order by created_at, id");
    for row in app.db.all::<store::Row>(query, &[]).await? {
        let account = row.shown(&app, None, "local")?;
        say(&format!("{}  {}  since {}", account.id, account.email, account.created_at));
    }
    Ok(())
}
