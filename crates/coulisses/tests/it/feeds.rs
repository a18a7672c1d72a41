//! Calendar feeds, by people and by calendar programs.

use crate::{
    people::planned,
    planned::Plan,
    stage::{Reply, Stage},
};
use base::both_engines;
use serde_json::json;

const FEEDS: &str = "/api/v1/calendar/feeds";

fn calendar(reply: Reply) -> String {
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "text/calendar; charset=utf-8"), "{:?}", reply.body);
    String::from_utf8(reply.bytes).unwrap()
}
fn path(made: &serde_json::Value) -> String {
    let url = made["url"].as_str().unwrap();
    url[url.find("/calendar/").unwrap()..].to_owned()
}

both_engines! {
    async fn a_feed_needs_no_session_and_ends_when_it_is_revoked(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let (tech, other) = (owner.brings("tech").await, owner.brings("tech").await);
        let lea = planned(&owner, &tech, "Léa").await;
        let plan = Plan { db: &db, org: &owner.org };
        let soon = |hours: u64| stage.app.now().plus(std::time::Duration::from_secs(hours * 3_600)).to_string();
        let (first, second, third) = (soon(24), soon(48), soon(72));
        let mission = plan.mission(None, "Montage", &first, &second).await;
        let accepted = plan.assignment(&mission, &lea, "ACCEPTED", None).await;
        let later = plan.mission(None, "Spectacle", &second, &third).await;
        plan.assignment(&later, &lea, "INVITED", None).await;
        let made = tech.post(FEEDS, json!({"scope": "person", "id": lea})).await;
        assert!(made.header("location").starts_with(FEEDS));
        let made = made.is(201);
        let at = path(&made);
        let read = stage.anyone().get(&at).await;
        let etag = read.header("etag").to_owned();
        assert_eq!((read.header("cache-control"), read.header("referrer-policy")), ("private, max-age=300", "no-referrer"));
        let text = calendar(read);
        assert!(text.contains(&format!("UID:assignment-{accepted}@coulisses\r\nSEQUENCE:0\r\n")) && text.contains("X-WR-CALNAME:Léa Test\r\n"), "{text}");
        assert!(text.contains("STATUS:CONFIRMED") && text.contains("STATUS:TENTATIVE") && text.contains("SUMMARY:Montage (Son)\r\n"));
        stage.anyone().says("if-none-match", etag.clone()).get(&at).await.is(304);
        // A new title of the mission is news for who is on it: same UID, higher SEQUENCE.
        plan.run(&format!("update missions set title = 'Montage 2', version = version + 1, updated_at = updated_at + 1 where id = '{mission}'")).await;
        let changed = stage.anyone().says("if-none-match", etag).get(&at).await;
        assert!(calendar(changed).contains(&format!("UID:assignment-{accepted}@coulisses\r\nSEQUENCE:1\r\n")));
        // Cancelled is shown for 30 days, then not at all.
        plan.run(&format!("update assignments set status = 'CANCELLED', version = version + 1 where id = '{accepted}'")).await;
        assert!(calendar(stage.anyone().get(&at).await).contains("STATUS:CANCELLED"));
        plan.run(&format!("update assignments set updated_at = updated_at - 31 * 86400000000 where id = '{accepted}'")).await;
        assert_eq!(calendar(stage.anyone().get(&at).await).matches("BEGIN:VEVENT").count(), 1);
        // Only a hash of the address is kept, and the list never shows it.
        let listed = tech.get(FEEDS).await.is(200);
        assert_eq!((listed.as_array().unwrap().len(), listed.to_string().contains("url")), (1, false));
        assert_eq!(other.get(FEEDS).await.is(200), json!([]));
        let gone = format!("{FEEDS}/{}", made["id"].as_str().unwrap());
        other.delete(&gone).await.fails(404, "not_found");
        tech.delete(&gone).await.is(204);
        stage.anyone().get(&at).await.fails(404, "not_found");
        for nowhere in ["/calendar/x.ics", "/calendar/.ics", &format!("{}0.ics", &at[..at.len() - 5])] {
            stage.anyone().get(nowhere).await.fails(404, "not_found");
        }
    }

    async fn what_runs_when_a_feed_begins_is_in_it_whole(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let tech = owner.brings("tech").await;
        let lea = planned(&owner, &tech, "Léa").await;
        let plan = Plan { db: &db, org: &owner.org };
        // A feed shows ninety days back.
        let begin = stage.app.now().minus(std::time::Duration::from_secs(90 * 86_400));
        let around = |before: i64, after: i64| [before, after].map(|hours| base::time::Timestamp::from_micros(begin.micros() + hours * 3_600_000_000).to_string());
        for (title, [start, end]) in [("Tournée", around(-100, 20)), ("À cheval", around(-2, 2)), ("Avant", around(-30, -1)), ("Après", around(1, 9))] {
            let mission = plan.mission(None, title, &start, &end).await;
            plan.assignment(&mission, &lea, "INVITED", None).await;
        }
        let made = tech.post(FEEDS, json!({"scope": "person", "id": lea})).await.is(201);
        let text = calendar(stage.anyone().get(&path(&made)).await);
        let shown: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("SUMMARY:")).map(|s| s.split(" (").next().unwrap()).collect();
        assert_eq!(shown, ["Tournée", "À cheval", "Après"], "{text}");
    }

    async fn a_feed_shows_no_more_than_its_maker_may_see(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let (owner, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let (tech, other) = (owner.brings("tech").await, owner.brings("tech").await);
        let (lea, project) = (planned(&owner, &tech, "Léa").await, owner.post("/api/v1/projects", json!({"name": "Gala"})).await.is(201)["id"].clone());
        let plan = Plan { db: &db, org: &owner.org };
        let (start, end) = (stage.app.now().to_string(), stage.app.now().plus(std::time::Duration::from_secs(3_600)).to_string());
        let mission = plan.mission(project.as_str(), "Montage", &start, &end).await;
        plan.run(&format!("update missions set published_at = null where id = '{mission}'")).await;
        let of_project = json!({"scope": "project", "id": project});
        other.post(FEEDS, json!({"scope": "person", "id": lea})).await.fails(404, "not_found");
        tech.post(FEEDS, of_project.clone()).await.fails(404, "not_found");
        theirs.post(FEEDS, of_project.clone()).await.fails(404, "not_found");
        tech.post(FEEDS, json!({"scope": "team", "id": lea})).await.fails(422, "validation_failed");
        let at = path(&owner.post(FEEDS, of_project.clone()).await.is(201));
        assert!(!calendar(stage.anyone().get(&at).await).contains("VEVENT"), "a draft is not published by a feed");
        plan.run(&format!("update missions set published_at = 1 where id = '{mission}'")).await;
        let text = calendar(stage.anyone().get(&at).await);
        assert!(text.contains(&format!("UID:mission-{mission}@coulisses")) && text.contains("DESCRIPTION:Gala\\nSon × 2"), "{text}");
        // With the project no draft any more, the crew may follow it; a maker who leaves takes the feed along.
        owner.patch(&format!("/api/v1/projects/{}", project.as_str().unwrap()), json!({"status": "ACTIVE"})).await.is(200);
        let at = path(&other.post(FEEDS, of_project).await.is(201));
        assert!(calendar(stage.anyone().get(&at).await).contains("VEVENT"));
        owner.delete(&format!("/api/v1/orgs/members/{}", other.account)).await.is(204);
        stage.anyone().get(&at).await.fails(404, "not_found");
        let at = path(&tech.post(FEEDS, json!({"scope": "person", "id": lea})).await.is(201));
        calendar(stage.anyone().get(&at).await);
        owner.patch(&format!("/api/v1/users/{lea}"), json!({"active": false})).await.is(200);
        stage.anyone().get(&at).await.fails(404, "not_found");
    }

    async fn a_thousand_edits_leave_the_same_events(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let lea = planned(&owner, &owner, "Léa").await;
        let plan = Plan { db: &db, org: &owner.org };
        let (start, end) = (stage.app.now().to_string(), stage.app.now().plus(std::time::Duration::from_secs(3_600)).to_string());
        let mut missions = vec![];
        for n in 0..5 {
            let mission = plan.mission(None, &format!("M{n}"), &start, &end).await;
            plan.assignment(&mission, &lea, "INVITED", None).await;
            missions.push(mission);
        }
        let at = path(&owner.post(FEEDS, json!({"scope": "person", "id": lea})).await.is(201));
        let uids = |text: &str| text.lines().filter(|l| l.starts_with("UID:")).map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        let sequences = |text: &str| text.lines().filter_map(|l| l.strip_prefix("SEQUENCE:")?.parse::<i64>().ok()).sum::<i64>();
        let before = calendar(stage.anyone().get(&at).await);
        for n in 0..1_000 {
            let mission = &missions[n % 5];
            plan.run(&format!("update missions set start_at = start_at + 60000000, end_at = end_at + 60000000, version = version + 1 where id = '{mission}'")).await;
        }
        let after = calendar(stage.anyone().get(&at).await);
        assert_eq!(uids(&after), uids(&before));
        assert_eq!(sequences(&after), sequences(&before) + 1_000);
    }
}
