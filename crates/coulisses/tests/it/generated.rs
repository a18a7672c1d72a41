//! Committed files that are made from the code: fresh, or the test says how to make them so.

use crate::{coverage::operations, stage::Stage};
use base::{
    auth::{Holder, Role, Scope, Scopes},
    testing::db::Fresh,
};
use serde_json::Value;
use std::{fmt::Write as _, fs, path::Path};

/// Compares a committed file; with `UPDATE_GENERATED=1` (cargo xtask generate) writes it.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not a setting of the server")]
fn fresh(path: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let content = format!("{}\n", content.trim_end());
    if std::env::var("UPDATE_GENERATED").is_ok() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == content, "{} is stale: run `cargo xtask generate`, read the difference, commit it", path.display());
}

async fn document() -> Value {
    let store = Fresh::sqlite().await;
    (*Stage::new(store.db.clone()).await.document).clone()
}

#[tokio::test]
async fn openapi_is_fresh() {
    fresh("crates/coulisses/generated/openapi.json", &serde_json::to_string_pretty(&document().await).unwrap());
}
/// A reader of the document stops at the first name that leads nowhere.
#[tokio::test]
async fn every_name_in_the_document_leads_somewhere() {
    fn lost(of: &Value, document: &Value, found: &mut Vec<String>) {
        match of {
            Value::Object(map) => map.iter().for_each(|(key, value)| match (key.as_str(), value.as_str()) {
                ("$ref", Some(to)) if document.pointer(to.trim_start_matches('#')).is_none() => found.push(to.to_owned()),
                _ => lost(value, document, found),
            }),
            Value::Array(all) => all.iter().for_each(|value| lost(value, document, found)),
            _ => {}
        }
    }
    let (document, mut found) = (document().await, vec![]);
    lost(&document, &document, &mut found);
    assert!(found.is_empty(), "{found:?}: is a schema not collected? `#[param(inline)]` writes it where it stands");
}
#[test]
fn settings_page_is_fresh() {
    fresh("docs/guide/settings.md", &coulisses::commands::settings_page());
}
#[test]
fn env_example_is_fresh() {
    fresh(".env.example", &coulisses::commands::env_example());
}

/// `docs/guide/scopes.md`: from the same table that guards the routes.
#[test]
fn scopes_page_is_fresh() {
    let mut out = String::from(
        "# Scopes\n\n<!-- Made from crates/base/src/auth/scope.rs by `cargo xtask generate`. -->\n\nWhat a token or a key may be used for. The right to do something is its scopes, *and* what the live role holds, *and* the rules of\nthe thing itself (one's own row, its state). `write` does not contain `read`. Ask for fewer with `scope` when signing in.\n\n| scope | held by | for API keys | lets one |\n|---|---|---|---|\n",
    );
    for scope in Scope::ALL {
        let holder = match scope.holder() {
            Holder::Account => "every account, for itself".to_owned(),
            Holder::Role(Role::Owner) => "owner".to_owned(),
            Holder::Role(role) => format!("{role} and up"),
            Holder::Platform => "platform administrators".to_owned(),
        };
        let keys = if scope.for_keys() { "yes" } else { "no" };
        let _ = writeln!(out, "| `{}` | {holder} | {keys} | {} |", scope.name(), scope.what());
    }
    fresh("docs/guide/scopes.md", &out);
}

#[tokio::test]
async fn role_matrix_is_fresh() {
    let callers: [(&str, Option<Role>, bool); 6] = [
        ("account", None, false),
        ("tech", Some(Role::Tech), false),
        ("manager", Some(Role::Manager), false),
        ("admin", Some(Role::Admin), false),
        ("owner", Some(Role::Owner), false),
        ("platform", None, true),
    ];
    let mut out =
        String::from("Who may call what. Made from the handlers' types by `cargo xtask generate`; read its changes like code.\n\n");
    let _ = writeln!(
        out,
        "{:<68}{:<16}{:>8}{:>6}{:>9}{:>7}{:>7}{:>10}{:>8}",
        "operation", "scope", "account", "tech", "manager", "admin", "owner", "platform", "anyone"
    );
    for op in operations(&document().await) {
        let scope = op.permission["scope"].as_str();
        let known = Scope::ALL.iter().find(|s| Some(s.name()) == scope);
        let guard = op.permission["guard"].as_str().unwrap();
        let least: Option<Role> = serde_json::from_value(op.permission["role"].clone()).unwrap();
        let may = |role: Option<Role>, platform: bool| {
            let in_role = guard != "member" || least.is_some_and(|least| role.is_some_and(|r| r >= least));
            guard == "anyone" || (in_role && known.is_some_and(|s| Scopes::held_by(role, platform).contains(*s)))
        };
        let mark = |yes: bool| if yes { "●" } else { "·" };
        let [account, tech, manager, admin, owner, platform] = callers.map(|(_, role, p)| mark(may(role, p)));
        let _ = writeln!(
            out,
            "{:<68}{:<16}{account:>8}{tech:>6}{manager:>9}{admin:>7}{owner:>7}{platform:>10}{:>8}",
            format!("{:<7}{}", op.method.as_str(), op.template),
            scope.unwrap_or("-"),
            mark(guard == "anyone")
        );
    }
    fresh("crates/coulisses/generated/roles.txt", &out);
}

#[tokio::test]
async fn the_document_is_complete() {
    let document = document().await;
    let mut ids = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(!path.contains('~'), "{path} shows the inner spelling of a verb");
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            ids.push(operation["operationId"].as_str().unwrap_or_else(|| panic!("{at} has no operationId")).to_owned());
            assert!(operation["summary"].is_string(), "{at} does not say what it does");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let shared = response["$ref"].as_str().map(|to| document.pointer(&to[1..]).unwrap());
                let response = shared.unwrap_or(response);
                assert!(response["description"].as_str().is_some_and(|d| !d.is_empty()), "{at}: {status} has no description");
            }
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "every operationId stands once");
}
