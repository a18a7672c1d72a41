//! Rates, by people.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    missions::day,
    people::planned,
    stage::Stage,
};
use axum::http::Method;
use base::both_engines;
use serde_json::json;

both_engines! {
    async fn managers_set_rates_and_everybody_sees_their_own(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (tech, other) = (owner.brings("tech").await, owner.brings("tech").await);
        let lea = planned(&owner, &tech, "Léa").await;
        let at = format!("/api/v1/rates/user/{lea}");
        let hourly = owner.post(&at, json!({"unit": "hour", "cents": 2_450, "valid_from": "2026-01-01", "role": " Régie  Son"})).await.is(201);
        assert_eq!((hourly["role"].as_str(), hourly["currency"].as_str(), hourly.get("role_key")), (Some("Régie  Son"), Some("EUR"), None));
        // For the same role and day the new one takes the place of the old.
        let dearer = owner.put(&at, json!({"unit": "hour", "cents": 2_600, "valid_from": "2026-01-01", "role": "regie son"})).await;
        assert_eq!(dearer.header("etag"), "\"v2\"");
        assert_eq!(dearer.is(200)["id"], hourly["id"]);
        owner.post(&at, json!({"unit": "cachet", "cents": 18_000, "valid_from": "2026-09-01"})).await.is(201);
        let seen = tech.get(&at).await;
        let etag = seen.header("etag").to_owned();
        let cents: Vec<_> = seen.is(200).as_array().unwrap().iter().map(|r| r["cents"].as_i64().unwrap()).collect();
        assert_eq!(cents, [18_000, 2_600], "the latest to begin first");
        tech.says("if-none-match", etag).get(&at).await.is(304);
        other.get(&at).await.fails(403, "not_yours");
        tech.post(&at, json!({"unit": "day", "cents": 1})).await.fails(403, "role_too_low");
        let gone = format!("/api/v1/rates/{}", hourly["id"].as_str().unwrap());
        owner.delete(&gone).await.is(204);
        owner.delete(&gone).await.fails(404, "not_found");
        assert_eq!(owner.get(&at).await.is(200).as_array().unwrap().len(), 1);
        let looked = owner.get("/api/v1/audit?action=rate.read").await.is(200);
        let looked: Vec<_> = looked.as_array().unwrap().iter().map(|line| (line["actor"].clone(), line["subject"].clone())).collect();
        assert_eq!(looked, [(json!(owner.account), json!(lea))], "who looked at another's rates, once a look");
    }

    async fn the_published_clients_send_a_daily_rate_in_the_address(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let lea = planned(&owner, &owner, "Léa").await;
        let at = format!("/api/v1/rates/user/{lea}");
        let set = owner.call(Method::POST, &format!("{at}?daily_eur=250.5"), None).await.is(201);
        assert_eq!((set["unit"].as_str(), set["cents"].as_i64(), set["currency"].as_str()), (Some("day"), Some(25_050), Some("EUR")));
        assert_eq!(owner.call(Method::PUT, &format!("{at}?daily_eur=260"), None).await.is(200)["id"], set["id"], "once a day");
        for (query, field) in [("daily_eur=much", "daily_eur"), ("daily_eur=-1", "daily_eur"), ("weekly_eur=1", "weekly_eur")] {
            let problem = owner.call(Method::POST, &format!("{at}?{query}"), None).await.fails(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], field);
        }
        let problem = owner.post(&at, json!({"unit": "day", "cents": -1, "currency": "euro"})).await.fails(422, "validation_failed");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
        theirs.get(&at).await.fails(404, "not_found");
        theirs.post(&at, json!({"unit": "day", "cents": 1})).await.fails(404, "not_found");
        assert_eq!(owner.get(&at).await.is(200).as_array().unwrap().len(), 1);
    }

    async fn what_was_agreed_stays_agreed(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let tech = owner.brings("tech").await;
        let lea = planned(&owner, &tech, "Léa").await;
        let at = format!("/api/v1/rates/user/{lea}");
        owner.post(&at, json!({"unit": "day", "cents": 20_000, "valid_from": "2026-01-01"})).await.is(201);
        owner.post(&at, json!({"unit": "day", "cents": 25_000, "valid_from": "2026-01-01", "role": "Tech"})).await.is(201);
        let asked = ask(&owner, &mission(&owner, day(10, "Gala")).await, &lea).await;
        let accepted = tech.post(&format!("{ASSIGNMENTS}/{asked}/accept"), json!({})).await.is(200);
        assert_eq!((accepted["rate_unit"].as_str(), accepted["rate_cents"].as_i64()), (Some("day"), Some(25_000)), "{accepted}");
        owner.put(&at, json!({"unit": "day", "cents": 30_000, "valid_from": "2026-01-01", "role": "Tech"})).await.is(200);
        let september = owner.get("/api/v1/reports/monthly-users?date_from=2030-09-01&date_to=2030-09-30").await.is(200);
        let report = &september["items"][0];
        let hours = report["confirmed_minutes"].as_i64().unwrap();
        assert_eq!(report["confirmed_cents"].as_i64().unwrap(), 25_000 * hours / 480, "a later rate does not touch it: {report}");
    }
}
