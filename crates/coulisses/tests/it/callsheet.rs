//! Call sheets, by people.

use crate::{people::planned, planned::Plan, stage::Stage};
use base::both_engines;
use serde_json::json;

both_engines! {
    async fn a_sheet_is_published_changes_and_is_seen(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let (manager, tech) = (owner.brings("manager").await, owner.brings("tech").await);
        let lea = planned(&owner, &tech, "Léa").await;
        owner.patch(&format!("/api/v1/users/{lea}"), json!({"phone": "+33 6 12 34 56 78"})).await.is(200);
        let samir = owner.post("/api/v1/users", json!({"name": "Samir", "phone": "+33 7 00 00 00 00"})).await.is(201)["id"].as_str().unwrap().to_owned();
        let project = owner.post("/api/v1/projects", json!({"name": "Gala", "status": "ACTIVE", "venue": "Bobino", "time_zone": "Europe/Paris"})).await.is(201);
        let project = project["id"].as_str().unwrap().to_owned();
        let plan = Plan { db: &db, org: &owner.org };
        let show = plan.mission(Some(&project), "Spectacle", "2026-09-10T18:00:00Z", "2026-09-10T21:00:00Z").await;
        // After midnight and over before six: still the evening of the 10th.
        let strike = plan.mission(Some(&project), "Démontage", "2026-09-10T22:30:00Z", "2026-09-11T02:00:00Z").await;
        plan.mission(Some(&project), "Le lendemain", "2026-09-11T07:00:00Z", "2026-09-11T09:00:00Z").await;
        plan.assignment(&show, &lea, "ACCEPTED", None).await;
        let asked = plan.assignment(&strike, &samir, "INVITED", None).await;
        let at = format!("/api/v1/projects/{project}/callsheet");
        let of = |verb: &str| format!("{at}{verb}?date=2026-09-10");
        let sheet = tech.get(&of("")).await.is(200);
        assert_eq!((sheet["project"].as_str(), sheet["venue"].as_str(), &sheet["revision"]), (Some("Gala"), Some("Bobino"), &json!(null)));
        let titles: Vec<_> = sheet["schedule"].as_array().unwrap().iter().map(|s| (s["title"].as_str().unwrap(), s["start"].as_str().unwrap())).collect();
        assert_eq!(titles, [("Spectacle", "20:00"), ("Démontage", "00:30")]);
        let members = sheet["team"][0]["members"].as_array().unwrap();
        assert_eq!((members[0]["phone"].as_str(), members[1].get("phone"), members[1]["confirmed"].as_bool()), (Some("+33 6 12 34 56 78"), None, Some(false)));
        assert_eq!(manager.get(&of("")).await.is(200)["team"][0]["members"][1]["phone"], "+33 7 00 00 00 00");
        tech.post(&of(":publish"), json!({})).await.fails(403, "role_too_low");
        tech.post(&of(":seen"), json!({})).await.fails(404, "not_published");
        assert_eq!(manager.post(&of(":publish"), json!({})).await.is(200)["number"], 1);
        assert_eq!(manager.post(&of(":publish"), json!({})).await.is(200)["number"], 1, "nothing changed");
        tech.post(&of(":seen"), json!({})).await.is(204);
        tech.post(&of(":seen"), json!({})).await.is(204);
        let sheet = manager.get(&of("")).await.is(200);
        assert_eq!((sheet["seen"].as_array().unwrap().len(), sheet["seen"][0]["name"].as_str(), &sheet["changes"]), (1, Some("Léa Test"), &json!([])));
        plan.run(&format!("update assignments set status = 'ACCEPTED', start_at = start_at + 1800000000 where id = '{asked}'")).await;
        let changes = tech.get(&of("")).await.is(200)["changes"].clone();
        assert_eq!(changes, json!([{"kind": "person_changed", "what": "Samir · Son", "user_id": samir, "before": "00:30–04:00 ?", "after": "01:00–04:00"}]));
        assert_eq!(manager.post(&of(":publish"), json!({})).await.is(200)["number"], 2);
        let sheet = manager.get(&of("")).await.is(200);
        assert_eq!((&sheet["revision"]["number"], &sheet["changes"], &sheet["seen"]), (&json!(2), &json!([]), &json!([])), "nobody has seen the new one");
        let kept = base::sql!(all_orgs: "a test looks", "select count(*) from call_sheets where content like '%+33%'");
        assert_eq!(db.one::<(i64,)>(kept, &[]).await.unwrap().0, 0, "no phone number is kept with it");
        let pdf = tech.get(&format!("{at}.pdf?date=2026-09-10")).await;
        assert_eq!((pdf.header("content-type"), pdf.header("content-disposition")), ("application/pdf", "attachment; filename=\"callsheet-2026-09-10.pdf\""));
        let etag = pdf.header("etag").to_owned();
        assert!(pdf.bytes.starts_with(b"%PDF-1.7"));
        tech.says("if-none-match", etag).get(&format!("{at}.pdf?date=2026-09-10")).await.is(304);
    }

    async fn drafts_and_other_orgs_have_no_sheet(db: Db) {
        let stage = Stage::new(db).await;
        let (owner, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let tech = owner.brings("tech").await;
        let project = owner.post("/api/v1/projects", json!({"name": "Secret"})).await.is(201)["id"].as_str().unwrap().to_owned();
        let at = format!("/api/v1/projects/{project}/callsheet");
        tech.get(&at).await.fails(404, "not_found");
        theirs.get(&at).await.fails(404, "not_found");
        theirs.post(&format!("{at}:publish"), json!({})).await.fails(404, "not_found");
        let empty = owner.get(&at).await.is(200);
        assert_eq!((&empty["schedule"], &empty["team"]), (&json!([]), &json!([])));
        owner.get(&format!("{at}?date=yesterday")).await.fails(422, "validation_failed");
    }
}
