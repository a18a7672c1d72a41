//! The board and the calendars: one call, what each may see, a handful of statements whatever the size.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    missions::day,
    people::{USERS, id, planned},
    planned::Plan,
    stage::{Person, Stage},
};
use base::both_engines;
use serde_json::{Value, json};

const SEPTEMBER: &str = "/api/v1/board?from=2030-09-01&to=2030-09-30";

async fn yes(manager: &Person, assignment: &str) {
    manager.post(&format!("{ASSIGNMENTS}/{assignment}:status"), json!({"status": "ACCEPTED"})).await.is(200);
}
fn count(board: &Value, part: &str) -> usize {
    board[part].as_array().unwrap_or_else(|| panic!("no {part}")).len()
}

both_engines! {
    async fn one_call_shows_a_whole_board(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (owner.brings("tech").await, owner.brings("tech").await);
        let (hers, his) = (planned(&owner, &lea, "Léa").await, planned(&owner, &hugo, "Hugo").await);
        let project = id(&owner.post("/api/v1/projects", json!({"name": "Gala", "status": "ACTIVE"})).await.is(201));
        let mut body = day(10, "Gala");
        body["project_id"] = project.clone().into();
        body["roles"] = json!([{"role": "son", "quota": 2}]);
        let gala = mission(&owner, body).await;
        let other = mission(&owner, day(10, "Autre")).await;
        let mut draft = day(20, "Secret");
        draft["draft"] = true.into();
        mission(&owner, draft).await;
        let (a, b, c) = (ask(&owner, &gala, &hers).await, ask(&owner, &gala, &his).await, ask(&owner, &other, &hers).await);
        yes(&owner, &a).await;
        owner.post(&format!("{ASSIGNMENTS}/{c}:status"), json!({"status": "ACCEPTED", "override": true, "reason": "relais"})).await.is(200);
        let away = json!({"user_id": his, "kind": "unavailable", "start_at": "2030-09-12T08:00Z", "end_at": "2030-09-13T08:00Z"});
        let away = id(&owner.post("/api/v1/availabilities", away).await.is(201));
        owner.post(&format!("/api/v1/availabilities/{away}:approve"), json!({})).await.is(200);

        let board = owner.get(SEPTEMBER).await.is(200);
        let counts = |board: &Value| ["people", "projects", "missions", "assignments", "unavailability"].map(|part| count(board, part));
        assert_eq!(counts(&board), [2, 1, 3, 3, 1]);
        assert_eq!(board["open"], json!([{"mission_id": gala, "role": "son", "missing": 1, "invited": 1}, {"mission_id": board["missions"][2]["id"], "role": "tech", "missing": 1, "invited": 0}]));
        let overlap = board["conflicts"].as_array().unwrap().iter().find(|c| c["kind"] == "overlap").expect("the double booking is shown");
        assert_eq!((&overlap["user_id"], overlap["assignment_ids"].as_array().unwrap().len(), &overlap["start_at"]), (&json!(hers), 2, &json!("2030-09-10T07:00:00Z")));
        assert_eq!(board["days"][0], json!({"date": "2030-09-10", "missions": 2, "needed": 3, "accepted": 2, "invited": 1}));
        assert!(!board.to_string().contains(&lea.email), "no contact on a board");
        let only = owner.get(&format!("{SEPTEMBER}&project={project}")).await.is(200);
        assert_eq!(counts(&only), [2, 1, 1, 2, 1]);

        let seen = hugo.get(SEPTEMBER).await.is(200);
        assert_eq!(counts(&seen), [2, 1, 2, 3, 1], "published missions, who accepted, one's own");
        assert_eq!(count(&seen, "conflicts"), 0, "other people's are not his business");
        assert_eq!(count(&lea.get(SEPTEMBER).await.is(200), "unavailability"), 0);
        assert!(seen["assignments"].as_array().unwrap().iter().any(|x| x["id"] == b.as_str()));
        owner.get("/api/v1/board?from=2030-09-01").await.fails(422, "validation_failed");
        owner.get("/api/v1/board?from=2030-09-02&to=2030-09-01").await.fails(422, "validation_failed");
        owner.get("/api/v1/board?from=2030-01-01&to=2030-12-31").await.fails(422, "validation_failed");
        stage.outbox().await;
    }

    /// Who asks, the lists, the rules: the same number for one person and for two hundred.
    async fn a_board_takes_a_handful_of_statements_whatever_its_size(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let lea = id(&owner.post(USERS, json!({"name": "Léa"})).await.is(201));
        ask(&owner, &mission(&owner, day(10, "Gala")).await, &lea).await;
        owner.get(SEPTEMBER).await.is(200);
        let reads = async || {
            let before = db.stats().reads;
            let board = owner.get(SEPTEMBER).await.is(200);
            (db.stats().reads - before, count(&board, "people"), count(&board, "assignments"))
        };
        let (few, ..) = reads().await;
        let now = stage.app.now().micros();
        let (plan, mut sql) = (Plan { db: &db, org: &owner.org }, String::new());
        for n in 0..200 {
            sql += &format!("insert into people (org_id, id, first_name, last_name, name_key, search_key, created_at, updated_at)
                values ('{}', '00000000-0000-7000-8000-{n:012}', 'P', '{n}', 'p {n}', 'p {n}', {now}, {now});", owner.org);
        }
        plan.run(&sql).await;
        for n in 1..=10 {
            let shift = plan.mission(None, "Montage", &format!("2030-09-{n:02}T07:00:00Z"), &format!("2030-09-{n:02}T15:00:00Z")).await;
            plan.run(&format!("insert into assignments (org_id, id, mission_id, person_id, role_key, role, status, start_at, end_at, invited_at, created_at, updated_at)
                select m.org_id, '00000000-0000-7000-8{n:03}-' || substr(p.id, 25), m.id, p.id, 'son', 'Son', 'INVITED', m.start_at, m.end_at, {now}, {now}, {now}
                from missions m join people p on p.org_id = m.org_id and p.first_name = 'P' where m.org_id = '{}' and m.id = '{shift}'", owner.org)).await;
        }
        let (many, people, assignments) = reads().await;
        assert_eq!((people, assignments), (201, 2_001));
        assert_eq!(many, few, "the size adds no statement");
        assert!(few <= 10, "{few} statements");
    }

    async fn the_front_end_reads_its_calendar(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = id(&owner.post(USERS, json!({"name": "Léa"})).await.is(201));
        let (a, b) = (ask(&owner, &mission(&owner, day(10, "Gala")).await, &lea).await, ask(&owner, &mission(&owner, day(11, "B")).await, &lea).await);
        yes(&owner, &a).await;
        let read = async |more: Value| {
            let mut body = json!({"from": "2030-09-10T00:00:00.000Z", "to": "2030-09-30T00:00:00.000Z", "tz": "Europe/Paris"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            owner.post("/api/v1/calendar", body).await
        };
        let all = read(json!({"status": [], "userId": null, "orgId": owner.org})).await.is(200);
        assert_eq!(all[0], json!({"id": a, "title": "Gala", "start": "2030-09-10T07:00:00Z", "end": "2030-09-10T16:00:00Z", "status": "ACCEPTED",
            "userId": lea, "userName": "Léa", "orgId": owner.org, "projectId": null}));
        assert_eq!(read(json!({"status": ["INVITED"]})).await.is(200)[0]["id"], b);
        assert_eq!(read(json!({"userId": a})).await.is(200), json!([]));
        read(json!({"orgId": a})).await.fails(403, "org_mismatch");
        read(json!({"tz": "Paris"})).await.fails(422, "validation_failed");
    }

    async fn a_person_reads_their_own_calendar(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, hugo) = (owner.brings("tech").await, owner.brings("tech").await);
        let hers = planned(&owner, &lea, "Léa").await;
        ask(&owner, &mission(&owner, day(10, "Gala")).await, &hers).await;
        let free = id(&lea.post("/api/v1/availabilities", json!({"start_at": "2030-09-09T08:00Z", "end_at": "2030-09-09T12:00Z"})).await.is(201));
        let at = format!("{USERS}/{hers}/calendar?from=2030-09-01&to=2030-09-30");
        let kinds = async |who: &Person| who.get(&at).await.is(200).as_array().unwrap().iter().map(|i| i["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(kinds(&lea).await, ["assignment"], "only what is approved");
        owner.post(&format!("/api/v1/availabilities/{free}:approve"), json!({})).await.is(200);
        assert_eq!((kinds(&lea).await, kinds(&owner).await.len()), (vec!["available".to_owned(), "assignment".to_owned()], 2));
        hugo.get(&at).await.fails(403, "not_yours");
        lea.get(&format!("{USERS}/{hers}/calendar")).await.fails(422, "validation_failed");
        stage.outbox().await;
    }
}
