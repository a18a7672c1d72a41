//! Statements: written once, listed, so that one test can prepare and lint them all on both engines.

use super::took::{self, Running};
use crate::metrics::Histogram;

/// One statement in each engine's spelling. They differ in `{for_update}` alone, which SQLite, with its
/// single writer, does not need.
pub struct Text {
    pub pg: String,
    pub lite: String,
    /// Where its time is counted; a text made at run time (migrations, backups) is counted nowhere.
    took: Option<Histogram>,
}

impl Text {
    /// A text made at run time, which both engines spell alike. Never from what a user sent.
    pub(crate) fn same(sql: String) -> Self {
        Self::spelt(numbered(&sql), sql)
    }
    pub(super) fn spelt(lite: String, pg: String) -> Self {
        Self { pg, lite, took: None }
    }
    /// It runs from now until this is dropped. For the engines, which know when it begins: not the wait for a connection.
    pub(super) fn runs(&self) -> Option<Running<'_>> {
        self.took.as_ref().map(Running::now)
    }
}
/// A statement over global tables.
#[derive(Clone, Copy)]
pub struct Sql(#[doc(hidden)] pub &'static Text);
/// A statement over a tenant's tables: `$1` is the org.
#[derive(Clone, Copy)]
pub struct OrgSql(#[doc(hidden)] pub &'static Text);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    Global,
    Org,
    /// Touches tenants' tables across orgs on purpose; the reason is part of the statement.
    AllOrgs(&'static str),
}

/// Where a statement stands and what it says.
pub struct Statement {
    pub text: fn() -> &'static Text,
    pub scope: Scope,
    pub at: &'static str,
}
inventory::collect!(Statement);

/// Fills in `{cols}` (and `{t.cols}`: each with the alias `t`) and `{for_update}`; `file` is where it is written.
pub fn build(text: &str, columns: &[&str], file: &str) -> Text {
    let mut sql = text.replace("{cols}", &columns.join(", "));
    while let Some((head, tail)) = sql.split_once(".cols}") {
        let (before, alias) = head.rsplit_once('{').unwrap_or((head, ""));
        let aliased: Vec<_> = columns.iter().map(|c| format!("{alias}.{c}")).collect();
        sql = format!("{before}{}{tail}", aliased.join(", "));
    }
    Text {
        pg: sql.replace("{for_update}", "for update").replace("{skip_locked}", "for update skip locked"),
        lite: numbered(&sql.replace("{for_update}", "").replace("{skip_locked}", "")),
        took: Some(took::of(file)),
    }
}
/// `$2` is a *name* to SQLite, counted by where it first stands; its numbered spelling is `?2`.
fn numbered(sql: &str) -> String {
    let mut parts = sql.split('$');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |sql, part| sql + if part.starts_with(|c: char| c.is_ascii_digit()) { "?" } else { "$" } + part)
}

/// Whether a tenant's statement binds its org: checked when it is compiled.
pub const fn binds_the_org(sql: &str) -> bool {
    contains(sql.as_bytes(), b"org_id") && contains(sql.as_bytes(), b"$1")
}
const fn contains(hay: &[u8], needle: &[u8]) -> bool {
    let mut i = 0;
    while i + needle.len() <= hay.len() {
        let mut j = 0;
        while j < needle.len() && hay[i + j] == needle[j] {
            j += 1;
        }
        if j == needle.len() {
            return true;
        }
        i += 1;
    }
    false
}

#[doc(hidden)]
#[macro_export]
macro_rules! statement {
    ($kind:ident, $scope:expr, $columns:expr, $text:expr) => {{
        fn text() -> &'static $crate::db::Text {
            static TEXT: ::std::sync::LazyLock<$crate::db::Text> =
                ::std::sync::LazyLock::new(|| $crate::db::build($text, $columns, file!()));
            &TEXT
        }
        $crate::db::inventory::submit!($crate::db::Statement { text, scope: $scope, at: concat!(file!(), ":", line!()) });
        $crate::db::$kind(text())
    }};
}

/// `sql!("…")` or `sql!(Entity, "… {cols} …")`: a statement over global tables. `sql!(all_orgs: "why", …)`
/// is the loud way to touch every tenant at once (the outbox worker, retention).
#[macro_export]
macro_rules! sql {
    (all_orgs: $why:literal, $text:literal) => {
        $crate::statement!(Sql, $crate::db::Scope::AllOrgs($why), &[], $text)
    };
    (all_orgs: $why:literal, $t:ty, $text:literal) => {
        $crate::statement!(Sql, $crate::db::Scope::AllOrgs($why), <$t>::COLUMNS, $text)
    };
    ($text:literal) => {
        $crate::statement!(Sql, $crate::db::Scope::Global, &[], $text)
    };
    ($t:ty, $text:literal) => {
        $crate::statement!(Sql, $crate::db::Scope::Global, <$t>::COLUMNS, $text)
    };
}
/// `org_sql!("… where org_id = $1 …")` or `org_sql!(Entity, "…")`: a statement inside one tenant. A noun whose statements
/// begin alike may `concat!` them.
#[macro_export]
macro_rules! org_sql {
    ($text:expr) => {{
        const { assert!($crate::db::binds_the_org($text), "a tenant's statement names org_id and binds it as $1") };
        $crate::statement!(OrgSql, $crate::db::Scope::Org, &[], $text)
    }};
    ($t:ty, $text:expr) => {{
        const { assert!($crate::db::binds_the_org($text), "a tenant's statement names org_id and binds it as $1") };
        $crate::statement!(OrgSql, $crate::db::Scope::Org, <$t>::COLUMNS, $text)
    }};
}
