//! Databases on the Postgres server that `TEST_POSTGRES_URL` names: a template for all, a clone for each test.

use super::{HISTORY, MIGRATED, unique};
use crate::db::{Db, Durability};
use tokio_postgres::NoTls;

/// The server for tests; None when they are to be skipped.
#[expect(clippy::disallowed_methods, reason = "tests have no settings: where the servers are is told by the environment")]
fn server() -> Option<String> {
    if std::env::var("TEST_POSTGRES").is_ok_and(|v| v == "skip") {
        return None;
    }
    let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
        panic!("this test needs a Postgres server: run `cargo xtask test`, which sets TEST_POSTGRES_URL, or say TEST_POSTGRES=skip");
    };
    Some(url)
}
/// The same server, another database.
pub fn url_of(database: &str) -> Option<String> {
    let url = server()?;
    let (base, query) = url.split_once('?').map_or((url.as_str(), String::new()), |(b, q)| (b, format!("?{q}")));
    let (scheme, rest) = base.split_once("://").expect("TEST_POSTGRES_URL is a URL");
    let host = rest.split('/').next().unwrap_or_default();
    Some(format!("{scheme}://{host}/{database}{query}"))
}

struct Admin(tokio_postgres::Client);
impl Admin {
    async fn connect() -> Option<Self> {
        let (client, connection) = tokio_postgres::connect(&server()?, NoTls).await.expect("the server of TEST_POSTGRES_URL answers");
        tokio::spawn(connection);
        Some(Self(client))
    }
    async fn run(&self, sql: &str) {
        self.0.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }
}

/// A new database: a clone of the migrated template, or an empty one.
pub async fn create_database(migrated: bool) -> Option<String> {
    let admin = Admin::connect().await?;
    let name = format!("coulisses_test_{}", unique());
    let template = if migrated { template(&admin).await } else { "template0".to_owned() };
    admin.run(&format!("create database {name} template {template}")).await;
    Some(name)
}

/// Drops a database from wherever a test ends, inside a runtime or not, panicking or not.
pub fn drop_database(name: &str) {
    let sql = format!("drop database if exists {name} with (force)");
    let drop = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            if let Some(admin) = Admin::connect().await {
                admin.run(&sql).await;
            }
        });
    };
    // A database that stays behind is litter on a throw-away server, no reason to fail a test.
    let _ = std::thread::spawn(drop).join();
}

/// The template of this history, made once for all test processes: whoever comes first holds the lock.
async fn template(admin: &Admin) -> String {
    let history: String = HISTORY.0.iter().map(|s| s.up).collect();
    let name = format!("coulisses_template_{}", &crate::crypto::sha256_hex(history.as_bytes())[..16]);
    admin.run("select pg_advisory_lock(7203512)").await;
    // One without the mark was left half-made by a test run that was killed.
    let made = admin.0.query("select 1 from pg_database where datname = $1 and datistemplate", &[&name]).await;
    if made.expect("pg_database can be read").is_empty() {
        admin.run(&format!("drop database if exists {name} with (force)")).await;
        admin.run(&format!("create database {name} template template0")).await;
        migrate(&url_of(&name).expect("the server is there")).await;
        admin.run(&format!("alter database {name} is_template true")).await;
    }
    admin.run("select pg_advisory_unlock(7203512)").await;
    name
}
async fn migrate(url: &str) {
    let db = Db::connect(url, Durability::Disk).await.expect("the new template answers");
    HISTORY.up(&db, MIGRATED, None).await.expect("the migrations apply");
    db.close().await.expect("the store closes");
}
