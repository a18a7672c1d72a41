//! `admin create` and `admin list`: there is no default account, so the first administrator is made here.

use super::{End, Outcome, say};
use crate::setup::{Trouble, open};
use base::{App, Settings, audit::Entry, crypto::Secret, db::Actor, id::Id as _, sql};
use identity::accounts::{
    model::{NewAccount, normal_email},
    store,
};
use std::io::BufRead as _;

pub async fn create(settings: Settings, email: Option<String>, stdin: bool) -> Outcome {
    let Some(email) = email.as_deref().and_then(normal_email) else {
        return Err(End::Usage("admin create needs --email with an address".to_owned()));
    };
    let app = open(settings).await?;
    let known = store::by_email(&app, &email).await?;
    let (password, shown) = if stdin { (read_password()?, false) } else { (Secret::new(base::crypto::token()), known.is_none()) };
    let phc = match known {
        Some(_) => None,
        None => {
            NewAccount { email: email.clone(), password: password.clone(), display_name: None, invitation: None }.check(&app.settings)?;
            Some(app.hasher.hash(&password).await?)
        }
    };
    promote(&app, &email, phc).await?;
    say(&format!("{email} is a platform administrator"));
    if shown {
        say(&format!("password (shown once; change it after signing in): {}", password.expose()));
    }
    Ok(())
}

async fn promote(app: &App, email: &str, new_phc: Option<String>) -> Result<(), Trouble> {
    let mut tx = app.begin(Actor::default()).await?;
    let row = match &new_phc {
        Some(phc) => store::create(&mut tx, store::New { email, display_name: None, password_phc: Some(phc) }).await?,
        None => store::by_email(app, email).await?.ok_or_else(|| Trouble::Failed("the account is gone".to_owned()))?,
    };
    store::make_platform_admin(&mut tx, row.id).await?;
    tx.audit(Entry { action: "platform_admin.made", subject: Some(row.id.uuid()), details: None }).await?;
    Ok(tx.commit().await?)
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
