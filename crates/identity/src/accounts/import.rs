//! Accounts from another system: a CSV with their hashes. All of them or none; nobody who has an account here is touched.

use super::{
    model::normal_email,
    store::{self, New},
};
use crate::{passwords::kinds, profiles::model::check_name};
use base::{
    App, Faults, Result,
    audit::Entry,
    crypto::hash_kind,
    id::Id as _,
    say,
    table::{Column, Problem, Row, Table, csv},
};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &[Column] = &[
    ("email", &["e mail", "courriel", "mail"]),
    ("password_hash", &["hash", "hashed password", "password phc"]),
    ("display_name", &["name", "nom", "nom complet", "full name"]),
    ("email_verified", &["verified", "verifie"]),
];
/// More are several imports.
const MOST: usize = 10_000;

struct Newcomer {
    email: String,
    name: Option<String>,
    /// None: they ask for a password by mail.
    phc: Option<String>,
    proved: bool,
}
pub struct Report {
    pub rows: usize,
    pub created: usize,
    pub problems: Vec<Problem>,
}

/// Reads a file and, unless it is only looked at or something does not fit, makes its accounts.
pub async fn run(app: &App, file: &[u8], dry_run: bool) -> Result<Report> {
    let (table, mut problems) = Table::new(csv::read(file)?, COLUMNS, &["email"], MOST)?;
    let newcomers = read(app, &table, &mut problems).await?;
    problems.sort_by_key(|problem| problem.row);
    let mut report = Report { rows: table.count(), created: 0, problems };
    if report.problems.is_empty() && !dry_run {
        create(app, &newcomers).await?;
        report.created = newcomers.len();
    }
    Ok(report)
}

async fn read(app: &App, table: &Table, problems: &mut Vec<Problem>) -> Result<Vec<Newcomer>> {
    let (mut newcomers, mut first) = (Vec::new(), BTreeMap::new());
    for row in table.rows() {
        problems.extend(row.overflow());
        let one = newcomer(app, &row, problems);
        if one.email.is_empty() {
            continue;
        }
        if let Some(other) = first.insert(one.email.clone(), row.number) {
            let say = say!("Row {other} has the same address.", "La ligne {other} a la même adresse.");
            problems.push(row.problem("email", "duplicate", say));
        } else if store::by_email(app, &one.email).await?.is_some() {
            let say =
                say!("This address has an account here, which stays as it is.", "Cette adresse a déjà un compte ici, qui reste tel quel.");
            problems.push(row.problem("email", "email_taken", say));
        }
        newcomers.push(one);
    }
    Ok(newcomers)
}
fn newcomer(app: &App, row: &Row<'_>, problems: &mut Vec<Problem>) -> Newcomer {
    let email = row.get("email").and_then(normal_email);
    let phc = row.get("password_hash").map(str::to_owned);
    let name = row.get("display_name").map(str::to_owned);
    let mut faults = Faults::default();
    faults
        .require(email.is_some(), "email", "invalid_email", || say!("This is not an e-mail address.", "Ce n’est pas une adresse e-mail."));
    faults.require(phc.as_deref().is_none_or(|phc| hash_kind(phc).is_some()), "password_hash", "unknown_hash", || {
        say!(
            "This is neither a bcrypt hash ($2b$…) nor an argon2id hash ($argon2id$…). Leave it empty: the owner asks for a password by mail.",
            "Ce n’est ni un condensat bcrypt ($2b$…) ni argon2id ($argon2id$…). Laissez vide : son propriétaire demandera un mot de passe par e-mail."
        )
    });
    faults.require(phc.is_none() || app.settings.local_sign_in, "password_hash", "local_sign_in_off", || {
        say!(
            "There are no passwords here (LOCAL_SIGN_IN=off). Leave it empty.",
            "Il n’y a pas de mots de passe ici (LOCAL_SIGN_IN=off). Laissez vide."
        )
    });
    check_name(&mut faults, "display_name", name.as_deref());
    if let Err(error) = faults.none() {
        problems.extend(row.problems(&error));
    }
    let proved = row.yes("email_verified").map_err(|problem| problems.push(problem)).ok().flatten().unwrap_or(false);
    Newcomer { email: email.unwrap_or_default(), name, phc, proved }
}

async fn create(app: &App, newcomers: &[Newcomer]) -> Result<()> {
    let mut tx = app.begin(Default::default()).await?;
    for one in newcomers {
        let new = New { email: &one.email, display_name: one.name.as_deref(), password_phc: one.phc.as_deref() };
        let account = store::create(&mut tx, new).await?;
        if one.proved {
            store::mailbox_proved(&mut tx, account.id).await?;
        }
        tx.audit(Entry { action: "account.imported", subject: Some(account.id.uuid()), details: None }).await?;
    }
    for kind in newcomers.iter().filter_map(|one| hash_kind(one.phc.as_deref()?)).collect::<BTreeSet<_>>() {
        kinds::note(&mut tx, &kind).await?;
    }
    tx.commit().await
}
