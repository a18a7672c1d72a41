//! A call is given to somebody else, and given back.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    missions::day,
    people::{USERS, id, planned},
    stage::{Person, Stage},
};
use base::both_engines;
use serde_json::{Value, json};

async fn ghost(manager: &Person, name: &str) -> String {
    id(&manager.post(USERS, json!({"name": name})).await.is(201))
}
async fn give(who: &Person, call: &str, body: Value) -> crate::stage::Reply {
    who.post(&format!("{ASSIGNMENTS}/{call}:reassign"), body).await
}
/// Everybody who was ever on a mission, and how they stand.
async fn cast(manager: &Person, mission: &str) -> Vec<(String, String)> {
    let all = manager.get(&format!("{ASSIGNMENTS}?mission={mission}")).await.is(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut cast: Vec<_> = all.as_array().unwrap().iter().map(|a| (text(&a["user_name"]), text(&a["status"]))).collect();
    cast.sort();
    cast
}
fn stand(cast: &[(&str, &str)]) -> Vec<(String, String)> {
    cast.iter().map(|(who, status)| ((*who).to_owned(), (*status).to_owned())).collect()
}

both_engines! {
    async fn a_call_is_given_and_given_back(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (ghost(&owner, "Léa Un").await, ghost(&owner, "Hugo Deux").await);
        let gala = mission(&owner, day(10, "Gala")).await;
        let first = ask(&owner, &gala, &lea).await;
        owner.post(&format!("{ASSIGNMENTS}/{first}/accept"), json!({})).await.is(200);

        let stale = owner.says("if-match", "\"v1\"").post(&format!("{ASSIGNMENTS}/{first}:reassign"), json!({"user_id": hugo})).await;
        stale.fails(412, "version_mismatch");
        let given = give(&owner, &first, json!({"user_id": hugo})).await.is(200);
        assert_eq!((&given["user_id"], &given["status"], &given["own_times"]), (&json!(hugo), &json!("INVITED"), &json!(false)));
        assert_eq!(cast(&owner, &gala).await, stand(&[("Hugo Deux", "INVITED"), ("Léa Un", "CANCELLED")]));
        // Back again: the same row, so that it is the same entry of their calendar.
        let back = give(&owner, &id(&given), json!({"user_id": lea, "status": "ACCEPTED"})).await.is(200);
        assert_eq!((&back["id"], &back["status"]), (&json!(first), &json!("ACCEPTED")));
        assert_eq!(cast(&owner, &gala).await, stand(&[("Hugo Deux", "CANCELLED"), ("Léa Un", "ACCEPTED")]));
        // To whoever has it already: nothing changes.
        assert_eq!(give(&owner, &first, json!({"user_id": lea})).await.is(200)["version"], back["version"]);
        let other = ask(&owner, &gala, &ghost(&owner, "Awa Trois").await).await;
        give(&owner, &other, json!({"user_id": lea})).await.fails(409, "already_assigned");
        stage.outbox().await;
    }

    async fn whoever_is_booked_elsewhere_is_asked_but_not_booked(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, stranger) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let (lea, hugo) = (ghost(&owner, "Léa Un").await, ghost(&owner, "Hugo Deux").await);
        let (gala, concert) = (mission(&owner, day(10, "Gala")).await, mission(&owner, day(10, "Concert")).await);
        let call = ask(&owner, &gala, &lea).await;
        let his = ask(&owner, &concert, &hugo).await;
        owner.post(&format!("{ASSIGNMENTS}/{his}/accept"), json!({})).await.is(200);
        let booked = json!({"user_id": hugo, "status": "ACCEPTED"});
        give(&owner, &call, booked.clone()).await.fails(400, "schedule_conflict");
        assert_eq!(cast(&owner, &gala).await, stand(&[("Léa Un", "INVITED")]), "nobody lost the call");
        give(&stranger, &call, booked).await.fails(404, "not_found");
        give(&owner, &call, json!({"user_id": hugo, "status": "DECLINED"})).await.fails(422, "validation_failed");
        give(&owner, &call, json!({"user_id": hugo, "start_at": "2030-09-11T09:00"})).await.fails(422, "validation_failed");
        // At another time he can.
        let moved = json!({"user_id": hugo, "status": "ACCEPTED", "start_at": "2030-09-11T09:00", "end_at": "2030-09-11T18:00"});
        let given = give(&owner, &call, moved).await.is(200);
        assert_eq!((&given["start_at"], &given["own_times"]), (&json!("2030-09-11T07:00:00Z"), &json!(true)));
        let tech = owner.brings("tech").await;
        planned(&owner, &tech, "Noé").await;
        give(&tech, &id(&given), json!({"user_id": lea})).await.fails(403, "role_too_low");
    }

    async fn times_of_the_mission_are_nobodys_own(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = ghost(&owner, "Léa Un").await;
        let gala = mission(&owner, day(10, "Gala")).await;
        let call = ask(&owner, &gala, &lea).await;
        let before = owner.get(&format!("{ASSIGNMENTS}/{call}")).await.is(200);
        let to = async |start: &str, end: &str| owner.post(&format!("{ASSIGNMENTS}/{call}/move"), json!({"start": start, "end": end})).await.is(200)["own_times"].clone();
        assert_eq!(to("2030-09-12T09:00", "2030-09-12T18:00").await, true);
        assert_eq!(to(before["start_at"].as_str().unwrap(), before["end_at"].as_str().unwrap()).await, false);
    }
}
