//! Whatever is sent to the planning is answered by whoever sent it: each field of each body, and each parameter of each address,
//! with values that make no sense. Nothing is a server error.

use crate::{
    coverage::{examples, operations},
    stage::Stage,
    tenants::sample,
};
use axum::http::Method;
use base::both_engines;
use serde_json::{Value, json};

/// The nouns of the planning.
const NOUNS: [&str; 16] = [
    "projects",
    "users",
    "missions",
    "assignments",
    "invitations",
    "availabilities",
    "availability",
    "conflicts",
    "rates",
    "templates",
    "calendar",
    "board",
    "reports",
    "exports",
    "me",
    "orgs",
];

fn rough() -> Vec<Value> {
    vec![
        json!(null),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("é".repeat(5_000)),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(1.5),
        json!(1e300),
        json!(true),
        json!([]),
        json!([null]),
        json!({}),
        json!("9999-12-31T23:59:59Z"),
        json!("-009999-01-01T00:00:00Z"),
        json!("0000-01-01"),
        json!("2031-02-30T10:00"),
        json!("2031-03-30T02:30"),
        json!("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        json!("FREQ=DAILY;INTERVAL=0"),
        json!("FREQ=DAILY;UNTIL=99991231"),
    ]
}
/// The body with one field set to each rough value, in the body itself or in the first thing it lists.
fn spoiled(body: &Value) -> Vec<Value> {
    let mut all = rough();
    if let Some(first) = body.get(0) {
        all.extend(spoiled(first).into_iter().map(|one| json!([one])));
    }
    for (name, field) in body.as_object().into_iter().flatten() {
        let nested = if field.is_object() || field.is_array() { spoiled(field) } else { rough() };
        for value in nested {
            let mut spoiled = body.clone();
            spoiled[name] = value;
            all.push(spoiled);
        }
    }
    all
}

both_engines! {
    async fn nothing_that_is_sent_to_the_planning_is_a_server_error(db: Db) {
        let stage = Stage::new(db).await;
        let ours = stage.org("Lanternes").await;
        let known = examples(&ours).await;
        let (mut tried, mut faults) = (0, vec![]);
        for op in operations(&stage.document) {
            let noun = op.template.split('/').nth(3).unwrap_or_default();
            // Whoever leaves or hands over the organisation is not there for the next.
            let ends = op.method == Method::DELETE || ["leave", "owner", "transfer", "switch"].iter().any(|verb| op.template.contains(verb));
            if !op.template.starts_with("/api/v1/") || !NOUNS.contains(&noun) || ends || op.template.ends_with("/events") {
                continue;
            }
            let id = known.iter().find(|(n, _)| *n == noun).map_or(known[1].1.as_str(), |(_, id)| id);
            let operation = &stage.document["paths"][&op.template][op.method.as_str().to_lowercase()];
            let path = |id: &str| match op.template.split_once('{') {
                Some((head, tail)) => format!("{head}{id}{}", tail.split_once('}').unwrap().1),
                None => op.template.clone(),
            };
            let mut requests = vec![];
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if schema.is_object() {
                let bodies = spoiled(&sample(&stage.document, schema, id));
                requests.extend(bodies.into_iter().map(|body| (path(id), Some(body.to_string()))));
            }
            for bad in ["%00", "x", "-1", "%F0%9F%8E%AD", "ffffffff-ffff-ffff-ffff-ffffffffffff"] {
                if op.template.contains('{') {
                    requests.push((path(bad), schema.is_object().then(|| "{}".to_owned())));
                }
                for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
                    for bad in [bad, "", "9223372036854775807", "-9223372036854775808", "9999-12-31", "9999-12-31T23:59:59Z", "0000-01-01"] {
                        requests.push((format!("{}?{}={bad}", path(id), parameter["name"].as_str().unwrap()), None));
                    }
                }
            }
            for (path, body) in requests {
                tried += 1;
                let reply = ours.call(op.method.clone(), &path, body.clone()).await;
                let status = reply.status.as_u16();
                let clear = status < 300 || status == 304 || (status < 500 && reply.body["code"].is_string() && reply.body["detail"].is_string());
                if !clear {
                    let body: String = body.unwrap_or_default().chars().take(300).collect();
                    faults.push(format!("{} {path} {body}: {status} {}", op.method, reply.body));
                }
            }
        }
        assert!(tried > 2_000, "{tried}");
        assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    }
}
