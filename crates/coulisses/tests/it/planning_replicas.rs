//! Two replicas over one store, with a Redis of their own between them.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    missions::day,
    people::{USERS, id},
    stage::{Person, Stage},
};
use axum::{body::Body, http::Method};
use base::{
    both_engines,
    db::Db,
    testing::redis::{Server, until},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::time::Duration;

/// None where tests with Redis are skipped.
async fn two(db: &Db) -> Option<(Server, Stage, Stage)> {
    let redis = Server::start()?;
    let url = redis.url();
    let settings = [("REDIS_URL", url.as_str())];
    let (one, other) = (Stage::with(db.clone(), &settings).await, Stage::with(db.clone(), &settings).await);
    until("both hear each other", || one.app.bus.up() && other.app.bus.up()).await;
    Some((redis, one, other))
}

/// What somebody hears: an event by its id, its kind and its data.
struct Stream(Body, String);
impl Stream {
    async fn of(who: &Person) -> Self {
        let response = who.open(&Method::GET, "/api/v1/events", None).await;
        assert_eq!(response.status().as_u16(), 200);
        Self(response.into_body(), String::new())
    }
    /// The next event; it comes within ten seconds or never.
    async fn next(&mut self) -> (String, String, Value) {
        loop {
            if let Some((frame, rest)) = self.1.split_once("\n\n").map(|(f, r)| (f.to_owned(), r.to_owned())) {
                self.1 = rest;
                let field = |name: &str| frame.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().trim().to_owned();
                if field("event:").is_empty() {
                    continue; // a sign of life
                }
                return (field("id:"), field("event:"), serde_json::from_str(&field("data:")).unwrap());
            }
            let frame = tokio::time::timeout(Duration::from_secs(10), self.0.frame()).await.expect("an event within ten seconds");
            let data = frame.expect("the stream goes on").unwrap().into_data().unwrap();
            self.1.push_str(std::str::from_utf8(&data).unwrap());
        }
    }
}

both_engines! {
    async fn what_one_replica_does_is_heard_at_the_other(db: Db) {
        let Some((_redis, here, there)) = two(&db).await else { return };
        let owner = here.org("Lanternes").await;
        let afar = Person::of(&there, &owner);
        let mut live = Stream::of(&afar).await;
        let first = id(&owner.post("/api/v1/missions", day(10, "Gala")).await.is(201));
        let (seen, kind, data) = live.next().await;
        assert_eq!((kind.as_str(), &data["id"]), ("mission.changed", &json!(first)));
        drop(live); // the line breaks
        let second = id(&owner.post("/api/v1/missions", day(11, "Suite")).await.is(201));
        let asked = ask(&owner, &second, &id(&owner.post(USERS, json!({"name": "Léa"})).await.is(201))).await;
        // Whichever replica the browser comes back to tells what it missed, each thing once.
        for place in [&afar, &owner] {
            let mut again = Stream::of(&place.says("last-event-id", seen.clone())).await;
            let mut heard = vec![];
            while heard.len() < 3 {
                heard.push(again.next().await.2["id"].clone());
            }
            assert!(heard.contains(&json!(second)) && heard.contains(&json!(asked)) && !heard.contains(&json!(first)), "{heard:?}");
        }
        let mut lost = Stream::of(&afar.says("last-event-id", "long ago")).await;
        assert_eq!(lost.next().await.1, "resync");
        let theirs = here.org("Rive Sud").await;
        let mut elsewhere = Stream::of(&Person::of(&there, &theirs)).await;
        owner.post("/api/v1/missions", day(12, "Secret")).await.is(201);
        theirs.post("/api/v1/projects", json!({"name": "Le leur"})).await.is(201);
        assert_eq!(elsewhere.next().await.1, "project.changed", "another organisation's mission is not told");
        here.outbox().await;
    }

    async fn a_list_at_one_replica_is_fresh_when_the_other_writes(db: Db) {
        let Some((_redis, here, there)) = two(&db).await else { return };
        let owner = here.org("Lanternes").await;
        let afar = Person::of(&there, &owner);
        for list in ["/api/v1/missions", "/api/v1/missions"] {
            afar.get(list).await.is(200);
        }
        assert_eq!(afar.get("/api/v1/missions").await.header("x-cache"), "HIT");
        let (_, mut told) = there.app.events.listen(owner.org.parse().unwrap(), None);
        mission(&owner, day(10, "Gala")).await;
        told.recv().await.unwrap(); // what makes the list stale was said before it
        assert_eq!(afar.get("/api/v1/missions").await.is(200).as_array().unwrap().len(), 1);
        here.outbox().await;
    }

    /// The short version of `cargo xtask torture bookings`.
    async fn racing_at_two_replicas_books_nobody_twice(db: Db) {
        let Some((_redis, here, there)) = two(&db).await else { return };
        let owner = here.org("Lanternes").await;
        let afar = Person::of(&there, &owner);
        let lea = id(&owner.post(USERS, json!({"name": "Léa"})).await.is(201));
        let hugo = id(&owner.post(USERS, json!({"name": "Hugo"})).await.is(201));
        let mut racers = vec![];
        for n in 0..16 {
            let hour = 8 + n % 8;
            let body = json!({"start_at": format!("2030-09-10T{hour:02}:00Z"), "end_at": format!("2030-09-10T{:02}:30Z", hour + 2), "roles": [{"role": "son", "quota": 9}]});
            let gala = mission(&owner, body).await;
            for (i, person) in [&lea, &hugo].into_iter().enumerate() {
                let (who, other) = if (n + i) % 2 == 0 { (owner.clone(), afar.clone()) } else { (afar.clone(), owner.clone()) };
                let asked = ask(&owner, &gala, person).await;
                // Two at once say yes for the same person, and a third moves them.
                let yes = async move |who: Person, a: String| who.insists(&format!("{ASSIGNMENTS}/{a}/accept"), json!({})).await;
                racers.push(tokio::spawn(yes(who.clone(), asked.clone())));
                racers.push(tokio::spawn(yes(other, asked.clone())));
                racers.push(tokio::spawn(async move {
                    let to = json!({"id": asked, "start": "2030-09-10T10:15Z", "end": "2030-09-10T12:00Z"});
                    who.insists(&format!("{ASSIGNMENTS}/{asked}/move"), to).await
                }));
            }
        }
        let mut answers = std::collections::BTreeMap::<u16, usize>::new();
        for racer in racers {
            *answers.entry(racer.await.unwrap()).or_default() += 1;
        }
        assert!(answers.keys().all(|a| [200, 400, 409].contains(a)), "{answers:?}");
        let calls = owner.get(&format!("{ASSIGNMENTS}?status=ACCEPTED&limit=100")).await.is(200);
        let calls = calls.as_array().unwrap();
        let text = |c: &Value, name: &str| c[name].as_str().unwrap().to_owned();
        for (i, a) in calls.iter().enumerate() {
            for b in calls[i + 1..].iter().filter(|b| b["user_id"] == a["user_id"]) {
                let apart = text(a, "end_at") <= text(b, "start_at") || text(b, "end_at") <= text(a, "start_at");
                assert!(apart, "{a} and {b}");
            }
        }
        assert!(calls.len() >= 2, "somebody was booked: {answers:?}");
        assert_eq!(base::audit::verify(&db).await.unwrap().faults, Vec::<String>::new());
        here.outbox().await;
    }
}
