//! No id of one organisation is of any use to another: every id, at every address and in every body, as the owner of another org.

use crate::{
    coverage::{examples, operations, write_only},
    stage::{Person, Stage},
};
use axum::http::Method;
use base::{
    both_engines,
    db::{Db, schema},
    id,
    testing::db::select,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The tenants' tables with the columns that can be read as text.
async fn tables(db: &Db) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for column in schema::columns(db).await.unwrap() {
        tables.entry(column.table).or_default().push(column.name);
    }
    tables.retain(|_, columns| columns.iter().any(|c| c == "org_id"));
    tables
}
/// Every row of the org, table by table.
async fn rows(db: &Db, org: &str) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in tables(db).await {
        let row: Vec<_> = columns.iter().map(|c| format!("coalesce(cast({c} as text), '')")).collect();
        let found = select(db, format!("select {} from {table} where org_id = '{org}' order by 1", row.join(" || ' ' || "))).await;
        all.insert(table, found);
    }
    all
}
/// Every id that stands in one of these rows.
fn ids(rows: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let words = rows.values().flatten().flat_map(|row| row.split(|c: char| !(c.is_ascii_hexdigit() || c == '-')));
    words.filter(|word| id::parse(word).is_ok()).map(str::to_owned).collect()
}

/// A body that the schema describes, with this id wherever one belongs.
pub fn sample(document: &Value, schema: &Value, id: &str) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return sample(document, &document["components"]["schemas"][name.rsplit('/').next().unwrap()], id);
    }
    if let Some(first) = ["oneOf", "anyOf", "allOf"].iter().find_map(|of| schema[of].as_array()?.iter().find(|s| s["type"] != "null")) {
        return sample(document, first, id);
    }
    if let Some(example) = schema.get("example").filter(|_| schema["format"] != "uuid") {
        return example.clone();
    }
    let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    let kind = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default();
    match (kind, schema["format"].as_str().unwrap_or_default()) {
        ("string", "uuid") => json!(id),
        ("string", "date-time") => json!("2031-06-01T18:00:00Z"),
        ("string", "date") => json!("2031-06-01"),
        ("string", _) => schema["enum"].get(0).cloned().unwrap_or(json!("x")),
        ("integer" | "number", _) => json!(1),
        ("boolean", _) => json!(true),
        ("array", _) => json!([sample(document, &schema["items"], id)]),
        _ => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.map(|(name, field)| (name.clone(), sample(document, field, id))).collect::<serde_json::Map<_, _>>().into()
        }
    }
}
/// The path and the body of an operation with this id wherever one belongs; None when none does.
fn aimed(document: &Value, method: &Method, template: &str, id: &str) -> Option<(String, Option<Value>)> {
    let operation = &document["paths"][template][method.as_str().to_lowercase()];
    let mut path = template.to_owned();
    while let Some((head, tail)) = path.clone().split_once('{') {
        path = format!("{head}{id}{}", tail.split_once('}').unwrap().1);
    }
    let query = operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query");
    let query: Vec<_> =
        query.filter(|p| sample(document, &p["schema"], id) == id).map(|p| format!("{}={id}", p["name"].as_str().unwrap())).collect();
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let body = schema.is_object().then(|| sample(document, schema, id));
    let in_body = body.as_ref().is_some_and(|b| b.to_string().contains(id));
    if path == template && query.is_empty() && !in_body {
        return None;
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    Some((path, body))
}

async fn season(stage: &Stage) -> Person {
    let ours = stage.org("Lanternes").await;
    let known = examples(&ours).await;
    write_only(&ours, &known).await;
    ours.post("/api/v1/orgs/members:invite", json!({"email": "someone@lanternes.example", "role": "tech"})).await.is(201);
    ours.post("/api/v1/keys", json!({"name": "Ticketing", "scopes": ["projects:read"]})).await.is(201);
    ours.post("/api/v1/service-accounts", json!({"name": "Ticketing", "role": "manager"})).await.is(201);
    stage.outbox().await;
    ours
}

both_engines! {
    async fn no_id_of_one_org_is_of_use_to_another(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let (ours, thief) = (season(&stage).await, stage.org("Rive Sud").await);
        let before = rows(&db, &ours.org).await;
        let ids = ids(&before);
        assert!(ids.len() > 8 && ids.contains(&ours.org) && ids.contains(&ours.account), "{ids:?}");
        let mut tried = 0;
        for op in operations(&stage.document) {
            let guard = op.permission["guard"].as_str().unwrap();
            if guard == "anyone" || guard == "admin" || op.template.ends_with("/events") {
                continue;
            }
            for id in &ids {
                let Some((path, body)) = aimed(&stage.document, &op.method, &op.template, id) else { break };
                tried += 1;
                let reply = thief.call(op.method.clone(), &path, body.as_ref().map(Value::to_string)).await;
                let (status, said) = (reply.status.as_u16(), reply.body.to_string());
                let at = format!("{} {path} with {body:?} answered {status}: {said}", op.method);
                assert!(status < 500, "{at}");
                // A filter that finds nothing is an answer; anything else with a foreign id is a refusal.
                let refused = (400..500).contains(&status);
                assert!(refused || (op.method == Method::GET && status == 200), "{at}");
                assert!(refused || !ids.iter().any(|other| said.contains(other.as_str())), "{at}");
            }
        }
        assert!(tried > 100, "{tried}");
        assert_eq!(rows(&db, &ours.org).await, before, "nobody changed it");
        thief.get("/api/v1/projects").await.is(200);
    }
}
