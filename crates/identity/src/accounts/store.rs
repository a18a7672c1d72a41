//! Accounts in the store.

use super::model::Account;
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
        pub email_verified_at: Option<Timestamp>, pub avatar_sealed: Option<Sealed<String>>,
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
    pub fn shown(self, app: &App, org_id: Option<OrgId>, provider: &str) -> Result<Account> {
        Ok(Account {
            email: self.email(app)?,
            avatar_url: self.avatar(app)?,
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
pub fn email_index(app: &App, email: &str) -> Result<String> {
    app.keys.blind_index("email", email)
}

pub struct New<'a> {
    pub email: &'a str,
    pub display_name: Option<&'a str>,
    pub password_phc: &'a str,
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
        "insert into accounts (id, email_index, email_sealed, display_name, password_phc, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6) returning {cols}"
    );
    tx.one(insert, &[&id, &index, &sealed, &name, &new.password_phc, &now]).await.on_conflict(taken)
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
pub async fn rename(tx: &mut Tx, id: AccountId, name: Option<&str>) -> Result<Row> {
    let now = tx.now();
    let update = sql!(Row, "update accounts set display_name = $2, version = version + 1, updated_at = $3 where id = $1 returning {cols}");
    Ok(tx.one(update, &[&id, &name.map(str::trim), &now]).await?)
}
pub async fn make_platform_admin(tx: &mut Tx, id: AccountId) -> Result<()> {
    let now = tx.now();
    tx.exec(sql!("update accounts set platform_role = 'admin', version = version + 1, updated_at = $2 where id = $1"), &[&id, &now])
        .await?;
    Ok(())
}
