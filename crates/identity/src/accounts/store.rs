//! Accounts in the store.

use super::model::Account;
use crate::profiles::model::{Level, Profile, initials};
use base::{
    App, Error, Result,
    crypto::Sealed,
    db::{Db, OnConflict as _, Tx},
    entity,
    id::{self, AccountId, OrgId},
    say, sql,
    time::Timestamp,
};

entity! {
    pub struct Row {
        pub id: AccountId, pub email_sealed: Sealed<String>, pub display_name: Option<String>, pub password_phc: Option<String>,
        pub status: String, pub platform_role: Option<String>, pub epoch: i64, pub two_factor: bool, pub created_at: Timestamp,
        pub email_verified_at: Option<Timestamp>, pub avatar_sealed: Option<Sealed<String>>, pub display_name_custom: bool,
        pub pseudo: Option<String>, pub bio_sealed: Option<Sealed<String>>, pub experience_level: Option<Level>,
        pub locale: Option<String>, pub time_zone: Option<String>,
    }
}
impl Row {
    pub fn active(&self) -> bool {
        self.status == "active"
    }
    pub fn email(&self, app: &App) -> Result<String> {
        self.email_sealed.open(&app.keys, &email_place(self.id))
    }
    fn avatar(&self, app: &App) -> Result<Option<String>> {
        self.avatar_sealed.as_ref().map(|sealed| sealed.open(&app.keys, &avatar_place(self.id))).transpose()
    }
    fn bio(&self, app: &App) -> Result<Option<String>> {
        self.bio_sealed.as_ref().map(|bio| bio.open(&app.keys, &bio_place(self.id))).transpose()
    }
    pub fn profile(&self, app: &App) -> Result<Profile> {
        Ok(Profile {
            display_name: self.display_name.clone(),
            display_name_custom: self.display_name_custom,
            pseudo: self.pseudo.clone(),
            bio: self.bio(app)?,
            experience_level: self.experience_level,
            locale: self.locale.clone(),
            time_zone: self.time_zone.clone(),
        })
    }
    pub fn shown(self, app: &App, org_id: Option<OrgId>, provider: &str) -> Result<Account> {
        let email = self.email(app)?;
        Ok(Account {
            initials: initials(self.display_name.as_deref(), &email),
            email,
            email_verified: self.email_verified_at.is_some(),
            bio: self.bio(app)?,
            avatar_url: self.avatar(app)?,
            pseudo: self.pseudo.clone(),
            experience_level: self.experience_level,
            locale: self.locale.clone(),
            time_zone: self.time_zone.clone(),
            is_active: self.active(),
            id: self.id,
            display_name: self.display_name,
            provider: provider.to_owned(),
            platform_role: self.platform_role,
            created_at: self.created_at,
            org_id,
        })
    }
}

pub(crate) fn email_place(id: AccountId) -> String {
    format!("accounts|email|{id}")
}
pub(crate) fn avatar_place(id: AccountId) -> String {
    format!("accounts|avatar|{id}")
}
pub fn bio_place(id: AccountId) -> String {
    format!("accounts|bio|{id}")
}
pub fn email_index(app: &App, email: &str) -> Result<String> {
    app.keys.blind_index("email", email)
}

pub struct New<'a> {
    pub email: &'a str,
    pub display_name: Option<&'a str>,
    pub password_phc: Option<&'a str>,
}

pub async fn create(tx: &mut Tx, new: New<'_>) -> Result<Row> {
    let (id, now) = (AccountId(id::v4()), tx.now());
    let index = email_index(tx.app(), new.email)?;
    let app = tx.app().clone();
    if by_email(&app, new.email).await?.is_some() {
        return Err(taken());
    }
    let sealed = Sealed::seal(&tx.app().keys, &email_place(id), &new.email.to_owned())?;
    let name = new.display_name.map(str::trim);
    let insert = sql!(
        Row,
        "insert into accounts (id, email_index, email_sealed, display_name, display_name_custom, password_phc, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7) returning {cols}"
    );
    tx.one(insert, &[&id, &index, &sealed, &name, &name.is_some(), &new.password_phc, &now]).await.on_conflict(taken)
}
#[track_caller]
fn taken() -> Error {
    let say =
        say!("An account with this address exists. Sign in instead.", "Un compte existe déjà avec cette adresse. Connectez-vous plutôt.");
    Error::conflict("email_taken", say).and_field("email", "email_taken", say!("This address is taken.", "Cette adresse est déjà prise."))
}

/// Under any key that may have made its index: keys rotate, rows stay.
pub async fn by_email(app: &App, email: &str) -> Result<Option<Row>> {
    let mut found = None;
    for index in app.keys.blind_indexes("email", email)? {
        let row: Option<Row> = app.db.opt(sql!(Row, "select {cols} from accounts where email_index = $1"), &[&index]).await?;
        found = found.or(row);
    }
    Ok(found)
}
pub async fn by_id(db: &Db, id: AccountId) -> Result<Option<Row>> {
    Ok(db.opt(sql!(Row, "select {cols} from accounts where id = $1"), &[&id]).await?)
}
/// Locked, and as it stands now: what was found before a hash was made may be old.
pub async fn lock(tx: &mut Tx, id: AccountId) -> Result<Option<Row>> {
    Ok(tx.opt(sql!(Row, "select {cols} from accounts where id = $1 {for_update}"), &[&id]).await?)
}
pub async fn set_password(tx: &mut Tx, id: AccountId, phc: Option<&str>) -> Result<()> {
    let now = tx.now();
    let update = sql!("update accounts set password_phc = $2, version = version + 1, updated_at = $3 where id = $1");
    tx.exec(update, &[&id, &phc, &now]).await?;
    Ok(())
}
/// Its owner reads the mailbox, as a link that was opened shows.
pub async fn mailbox_proved(tx: &mut Tx, id: AccountId) -> Result<()> {
    let now = tx.now();
    tx.exec(sql!("update accounts set email_verified_at = $2, version = version + 1, updated_at = $2 where id = $1"), &[&id, &now]).await?;
    Ok(())
}
/// To an address that was just proved.
pub async fn change_email(tx: &mut Tx, id: AccountId, email: &str) -> Result<()> {
    let (now, app) = (tx.now(), tx.app().clone());
    if by_email(&app, email).await?.is_some() {
        return Err(taken());
    }
    let (index, sealed) = (email_index(&app, email)?, Sealed::seal(&app.keys, &email_place(id), &email.to_owned())?);
    let update = sql!(
        "update accounts set email_index = $2, email_sealed = $3, email_verified_at = $4, version = version + 1, updated_at = $4
         where id = $1"
    );
    tx.exec(update, &[&id, &index, &sealed, &now]).await.on_conflict(taken)?;
    Ok(())
}
pub async fn make_platform_admin(tx: &mut Tx, id: AccountId) -> Result<()> {
    let now = tx.now();
    tx.exec(sql!("update accounts set platform_role = 'admin', version = version + 1, updated_at = $2 where id = $1"), &[&id, &now])
        .await?;
    Ok(())
}
