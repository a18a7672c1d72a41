//! Projects, by people.

use crate::stage::Stage;
use base::both_engines;
use serde_json::{Value, json};

const PROJECTS: &str = "/api/v1/projects";

both_engines! {
    async fn a_summary_says_how_a_project_stands(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (tech, others) = (owner.brings("tech").await, stage.org("Rive Sud").await);
        let made = owner.post("/api/v1/projects", json!({"name": "Gala", "status": "ACTIVE", "budget_cents": 100_000})).await.is(201);
        let at = format!("/api/v1/projects/{}/summary", made["id"].as_str().unwrap());
        let empty = owner.get(&at).await.is(200);
        assert_eq!((&empty["staffing"]["missions"], &empty["cost"], &empty["conflicts"]), (&json!(0), &json!([]), &json!({})));
        let mut missions = vec![];
        for (start, end, quota, draft) in [("09:00", "17:00", 2, false), ("16:00", "20:00", 1, false), ("09:00", "13:00", 3, true)] {
            let mission = json!({"project_id": made["id"], "start_at": format!("2030-09-10T{start}"), "end_at": format!("2030-09-10T{end}"),
                "roles": [{"role": "son", "quota": quota}], "draft": draft});
            missions.push(owner.post("/api/v1/missions", mission).await.is(201)["id"].clone());
        }
        let lea = owner.post("/api/v1/users", json!({"name": "Léa"})).await.is(201)["id"].clone();
        owner.post(&format!("/api/v1/rates/user/{}", lea.as_str().unwrap()), json!({"unit": "day", "cents": 20_000, "valid_from": "2020-01-01"})).await.is(201);
        for (mission, status) in [(0, "ACCEPTED"), (1, "INVITED")] {
            owner.post("/api/v1/assignments", json!({"mission_id": missions[mission], "user_id": lea, "status": status})).await.is(201);
        }
        let all = owner.get(&at).await.is(200);
        let staffing = json!({"missions": 3, "drafts": 1, "filled": 0, "wanted": 6, "accepted": 1, "invited": 1, "open": 5});
        assert_eq!(all["staffing"], staffing);
        assert_eq!((&all["cost"][0]["confirmed_cents"], &all["cost"][0]["budget_cents"]), (&json!(20_000), &json!(100_000)), "{all}");
        assert_eq!(all["conflicts"]["tentative_overlap"], 1, "{all}");
        tech.get(&at).await.fails(403, "role_too_low");
        others.get(&at).await.fails(404, "not_found");
        stage.outbox().await;
    }

    async fn a_manager_keeps_projects_and_a_tech_reads_them(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (manager, tech) = (owner.brings("manager").await, owner.brings("tech").await);
        let made = manager.post(PROJECTS, json!({"name": "La Nuit des Lucioles", "status": "ACTIVE", "starts_on": "2026-09-01"})).await;
        let at = made.header("location").to_owned();
        assert_eq!(made.header("etag"), "\"v1\"");
        let made = made.is(201);
        assert_eq!(tech.get(&at).await.is(200), made);
        tech.post(PROJECTS, json!({"name": "x"})).await.fails(403, "role_too_low");
        let changed = manager.patch(&at, json!({"venue": "Bobino", "starts_on": null})).await;
        assert_eq!(changed.header("etag"), "\"v2\"");
        let changed = changed.is(200);
        assert_eq!((changed["venue"].as_str(), changed["starts_on"].is_null(), changed["name"].as_str()), (Some("Bobino"), true, Some("La Nuit des Lucioles")));
        assert_eq!(manager.post(&format!("{at}:archive"), json!({})).await.is(200)["status"], "ARCHIVED");
        assert_eq!(manager.put(&at, json!({"name": "Gala"})).await.is(200)["venue"], Value::Null);
        manager.delete(&at).await.fails(403, "role_too_low");
        assert_eq!(owner.delete(&at).await.is(200), json!({"status": "ok"}));
        owner.get(&at).await.fails(404, "not_found");
        stage.outbox().await;
    }

    async fn drafts_are_for_managers(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let tech = owner.brings("tech").await;
        let draft = owner.post(PROJECTS, json!({"name": "Secret"})).await.is(201);
        owner.post(PROJECTS, json!({"name": "Open", "status": "ACTIVE"})).await.is(201);
        tech.get(&format!("{PROJECTS}/{}", draft["id"].as_str().unwrap())).await.fails(404, "not_found");
        let names = |list: Value| list.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(tech.get(PROJECTS).await.is(200)), ["Open"]);
        assert_eq!(names(owner.get(PROJECTS).await.is(200)), ["Open", "Secret"]);
        assert_eq!(names(owner.get(&format!("{PROJECTS}?status=DRAFT")).await.is(200)), ["Secret"]);
        assert_eq!(names(tech.get(&format!("{PROJECTS}?status=DRAFT")).await.is(200)), Vec::<String>::new());
        stage.outbox().await;
    }

    async fn the_list_lies_ready_until_something_changes(db: Db) {
        let stage = Stage::new(db).await;
        let (ours, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        ours.post(PROJECTS, json!({"name": "Gala"})).await.is(201);
        assert_eq!(ours.get(PROJECTS).await.header("x-cache"), "MISS");
        let ready = ours.get(PROJECTS).await;
        assert_eq!(ready.header("x-cache"), "HIT");
        assert_eq!(theirs.get(PROJECTS).await.is(200), json!([]), "another org's list is never ours");
        ours.says("if-none-match", ready.header("etag")).get(PROJECTS).await.is(304);
        ours.post(PROJECTS, json!({"name": "Gala 2"})).await.is(201);
        let fresh = ours.says("if-none-match", ready.header("etag")).get(PROJECTS).await;
        assert_eq!(fresh.header("x-cache"), "MISS");
        assert_eq!(fresh.is(200).as_array().unwrap().len(), 2);
    }

    async fn the_pages_show_every_project_once_newest_first(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        for n in 0..7 {
            owner.post(PROJECTS, json!({"name": format!("P{n}")})).await.is(201);
        }
        let (mut at, mut seen) = (format!("{PROJECTS}?limit=3"), vec![]);
        loop {
            let page = owner.get(&at).await;
            let next = page.headers.get("link").map(|l| l.to_str().unwrap().split(['<', '>']).nth(1).unwrap().to_owned());
            seen.extend(page.is(200).as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()));
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        assert_eq!(seen, ["P6", "P5", "P4", "P3", "P2", "P1", "P0"]);
        owner.get(&format!("{PROJECTS}?cursor=nonsense")).await.fails(400, "bad_cursor");
        for query in ["limit=0", "limit=x", "status=OPEN", "colour=red"] {
            owner.get(&format!("{PROJECTS}?{query}")).await.fails(422, "validation_failed");
        }
    }

    async fn a_name_is_taken_whatever_its_case_and_accents(db: Db) {
        let stage = Stage::new(db).await;
        let (ours, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        ours.post(PROJECTS, json!({"name": "Été à la régie"})).await.is(201);
        let problem = ours.post(PROJECTS, json!({"name": "ete  a la REGIE"})).await.fails(409, "project_name_taken");
        assert_eq!(problem["errors"][0]["field"], "name");
        theirs.post(PROJECTS, json!({"name": "Été à la régie"})).await.is(201);
    }

    async fn nobody_overwrites_what_they_have_not_seen(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let at = owner.post(PROJECTS, json!({"name": "Gala"})).await.header("location").to_owned();
        owner.says("if-match", "\"v1\"").patch(&at, json!({"hue": 1})).await.is(200);
        let stale = owner.says("if-match", "\"v1\"").patch(&at, json!({"hue": 2})).await.fails(412, "version_mismatch");
        assert_eq!(stale["current"], "\"v2\"");
        owner.says("if-match", "\"v1\"").delete(&at).await.fails(412, "version_mismatch");
        assert_eq!(owner.get(&at).await.is(200)["hue"], 1);
    }

    async fn racing_changes_with_if_match_lose_none(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let at = owner.post(PROJECTS, json!({"name": "Gala", "budget_cents": 0})).await.header("location").to_owned();
        let one_more = async |who: crate::stage::Person, at: String| loop {
            let now = who.get(&at).await;
            let (etag, budget) = (now.header("etag").to_owned(), now.is(200)["budget_cents"].as_i64().unwrap());
            if who.says("if-match", etag).patch(&at, json!({"budget_cents": budget + 1})).await.status == 200 {
                return;
            }
        };
        let racers: Vec<_> = (0..10).map(|_| tokio::spawn(one_more(owner.clone(), at.clone()))).collect();
        for racer in racers {
            racer.await.unwrap();
        }
        assert_eq!(owner.get(&at).await.is(200)["budget_cents"], 10);
    }

    async fn a_repeated_key_gets_the_first_answer_and_no_second_effect(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let keyed = owner.says("idempotency-key", "k-1");
        let first = keyed.post(PROJECTS, json!({"name": "Gala"})).await;
        let at = first.header("location").to_owned();
        let first = first.is(201);
        let again = keyed.post(PROJECTS, json!({"name": "Gala"})).await;
        assert_eq!((again.header("idempotent-replayed"), again.header("location")), ("true", at.as_str()));
        assert_eq!(again.is(201), first);
        keyed.post(PROJECTS, json!({"name": "Other"})).await.fails(422, "idempotency_mismatch");
        owner.says("idempotency-key", "é").post(PROJECTS, json!({"name": "x"})).await.fails(400, "bad_idempotency_key");
        // Ten at once: one effect, and everybody gets its answer or is told to wait.
        let racing = owner.says("idempotency-key", "k-2");
        let racers: Vec<_> = (0..10).map(|_| { let r = racing.clone(); tokio::spawn(async move { r.post(PROJECTS, json!({"name": "Race"})).await.status.as_u16() }) }).collect();
        for racer in racers {
            let status = racer.await.unwrap();
            assert!(status == 201 || status == 409, "{status}");
        }
        let names: Vec<_> = owner.get(PROJECTS).await.is(200).as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
        assert_eq!(names, ["Race", "Gala"]);
        let audited = base::sql!(all_orgs: "a test counts", "select count(*) from audit where action = 'project.created'");
        assert_eq!(db.one::<(i64,)>(audited, &[]).await.unwrap().0, 2, "an audit row each, and none for what was refused");
    }

    async fn the_org_hears_what_changes(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (_, mut live) = stage.app.events.listen(owner.org.parse().unwrap(), None);
        let id = owner.post(PROJECTS, json!({"name": "Gala"})).await.is(201)["id"].clone();
        let event = live.recv().await.unwrap();
        assert_eq!((&*event.kind, &event.data["id"]), ("project.changed", &id));
        owner.post(PROJECTS, json!({"name": "gala"})).await.fails(409, "project_name_taken");
        assert!(live.try_recv().is_err(), "what was undone is not told");
    }
}
