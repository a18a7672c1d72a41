//! A fresh, migrated store for every test, on both engines: [`both_engines!`](crate::both_engines).
//!
//! A Postgres test gets a database of its own, cloned from a template that is migrated once for all test
//! processes; an SQLite test gets a directory of its own with a copy of a migrated file.
#![expect(clippy::expect_used, clippy::panic, reason = "what a test stands on may fail only loudly")]

mod lint;
mod postgres;

pub use lint::{all_orgs_reasons, tenant_lint};

use crate::{
    db::{Db, Durability, Statement, Text, inventory, migrate::HISTORY},
    time::Timestamp,
};
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// `both_engines! { async fn name(db: Db) { … } … }`: each becomes the tests `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: Db) $body:block)*) => { $(
        async fn $name($db: $crate::db::Db) $body
        $(#[$meta])*
        mod $name {
            #[test]
            fn sqlite() {
                $crate::testing::db::on_sqlite(super::$name);
            }
            #[test]
            fn postgres() {
                $crate::testing::db::on_postgres(super::$name);
            }
        }
    )* };
}

/// When the template was migrated: any fixed instant.
pub const MIGRATED: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// A store of one test. Dropped, also by a panic, it takes its files or its database along.
pub struct Fresh {
    pub db: Db,
    pub url: String,
    _remains: Remains,
}
enum Remains {
    Directory(PathBuf),
    Database(String),
}
impl Drop for Remains {
    fn drop(&mut self) {
        match self {
            Self::Directory(dir) => drop(std::fs::remove_dir_all(dir)),
            Self::Database(name) => postgres::drop_database(name),
        }
    }
}

impl Fresh {
    pub async fn sqlite() -> Self {
        Self::sqlite_with(Durability::Process, Some(template().await)).await
    }
    /// Nothing migrated yet, and as durable as the real thing.
    pub async fn empty_sqlite() -> Self {
        Self::sqlite_with(Durability::Disk, None).await
    }
    async fn sqlite_with(durability: Durability, content: Option<&[u8]>) -> Self {
        let dir = directory();
        let file = dir.join("test.db");
        if let Some(content) = content {
            std::fs::write(&file, content).expect("a temporary directory takes a file");
        }
        let url = format!("sqlite:{}", file.display());
        let db = Db::connect(&url, durability).await.expect("a new SQLite file opens");
        Self { db, url, _remains: Remains::Directory(dir) }
    }
    /// None when `TEST_POSTGRES=skip`.
    pub async fn postgres() -> Option<Self> {
        Self::postgres_from(true).await
    }
    pub async fn empty_postgres() -> Option<Self> {
        Self::postgres_from(false).await
    }
    async fn postgres_from(template: bool) -> Option<Self> {
        let name = postgres::create_database(template).await?;
        let url = postgres::url_of(&name)?;
        let db = Db::connect(&url, Durability::Disk).await.expect("the test's own database answers");
        Some(Self { db, url, _remains: Remains::Database(name) })
    }
}

fn directory() -> PathBuf {
    let dir = std::env::temp_dir().join(format!("coulisses-test-{}", unique()));
    std::fs::create_dir_all(&dir).expect("the temporary directory can be written");
    dir
}
fn unique() -> String {
    crate::crypto::random::<8>().iter().map(|b| format!("{b:02x}")).collect()
}

/// A migrated SQLite file, made once per process.
async fn template() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(bytes) = BYTES.get() {
        return bytes;
    }
    let dir = Remains::Directory(directory());
    let Remains::Directory(path) = &dir else { unreachable!("made just above") };
    let bytes = migrated_file(&path.join("template.db")).await;
    BYTES.get_or_init(|| bytes)
}
async fn migrated_file(file: &Path) -> Vec<u8> {
    let db = Db::connect(&format!("sqlite:{}", file.display()), Durability::Process).await.expect("a new SQLite file opens");
    HISTORY.up(&db, MIGRATED, None).await.expect("the migrations apply");
    db.close().await.expect("the store closes");
    std::fs::read(file).expect("the migrated file is there")
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a test can have a runtime").block_on(test);
}
#[doc(hidden)]
pub fn on_sqlite<F: Future<Output = ()>>(body: fn(Db) -> F) {
    run(async {
        let fresh = Fresh::sqlite().await;
        body(fresh.db.clone()).await;
    });
}
#[doc(hidden)]
#[expect(clippy::print_stderr, reason = "the one place where a skipped test says so")]
pub fn on_postgres<F: Future<Output = ()>>(body: fn(Db) -> F) {
    run(async {
        match Fresh::postgres().await {
            Some(fresh) => body(fresh.db.clone()).await,
            None => eprintln!("skipped: TEST_POSTGRES=skip"),
        }
    });
}

/// Every statement of the program that this engine does not understand, and why.
pub async fn prepare_all(db: &Db) -> Vec<String> {
    let mut faults = Vec::new();
    for statement in inventory::iter::<Statement> {
        if let Err(e) = db.prepares((statement.text)()).await {
            faults.push(format!("{}: {e}", statement.at));
        }
    }
    faults
}

/// How this engine would answer each statement of the program whose place in the code begins so: its place, its text, its plan.
pub async fn plans(db: &Db, place: &str) -> Vec<(&'static str, &'static str, Vec<String>)> {
    let mut plans = Vec::new();
    for statement in inventory::iter::<Statement>.into_iter().filter(|s| s.at.contains(place)) {
        let text = (statement.text)();
        let plan = db.plan(text).await.unwrap_or_else(|e| panic!("{}: {e}", statement.at));
        plans.push((statement.at, text.pg.as_str(), plan));
    }
    plans
}

/// One column of text, by a statement that a test puts together.
pub async fn select(db: &Db, sql: String) -> Vec<String> {
    db.rows::<(String,)>(&Text::same(sql), &[]).await.expect("the statement fits the schema").into_iter().map(|(text,)| text).collect()
}

/// Opens the audit for a test that plays the forger: its triggers would refuse to change a row.
pub async fn unlock_audit(db: &Db) {
    let script = if db.is_postgres() {
        "drop trigger audit_update on audit; drop trigger audit_truncate on audit"
    } else {
        "drop trigger audit_update; drop trigger audit_delete"
    };
    let mut tx = db.begin().await.expect("the store answers");
    tx.script(script).await.expect("the audit has its triggers");
    tx.commit().await.expect("the store commits");
}
