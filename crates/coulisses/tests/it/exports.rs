//! Reports and exports, by people.

use crate::{
    people::planned,
    planned::Plan,
    stage::{Person, Reply, Stage},
};
use base::both_engines;
use serde_json::{Value, json};

/// Léa: two accepted days (one under a kept rate, one under the present), one asked, one declined. Samir: nothing that counts.
async fn season(db: &base::db::Db, owner: &Person, tech: &Person) -> (String, String) {
    let lea = planned(owner, tech, "Léa").await;
    let samir = owner.post("/api/v1/users", json!({"name": "=Samir"})).await.is(201)["id"].as_str().unwrap().to_owned();
    let project = owner.post("/api/v1/projects", json!({"name": "Gala", "status": "ACTIVE", "budget_cents": 1_000_000})).await.is(201);
    let project = project["id"].as_str().unwrap().to_owned();
    owner.post(&format!("/api/v1/rates/user/{lea}"), json!({"unit": "hour", "cents": 2_000, "valid_from": "2026-01-01"})).await.is(201);
    let plan = Plan { db, org: &owner.org };
    for (day, status, rate) in
        [(10, "ACCEPTED", Some(("day", 25_000))), (11, "ACCEPTED", None), (12, "INVITED", None), (13, "DECLINED", None)]
    {
        let (start, end) = (format!("2026-09-{day}T07:00:00Z"), format!("2026-09-{day}T16:00:00Z"));
        let mission = plan.mission(Some(&project), "Montage, salle", &start, &end).await;
        plan.assignment(&mission, &lea, status, rate).await;
    }
    let mission = plan.mission(None, "Ailleurs", "2026-09-20T07:00:00Z", "2026-09-20T08:30:00Z").await;
    plan.assignment(&mission, &samir, "ACCEPTED", Some(("cachet", 18_000))).await;
    (lea, project)
}
fn text(reply: Reply) -> String {
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    String::from_utf8(reply.bytes).unwrap()
}
const SEPTEMBER: &str = "date_from=2026-09-01&date_to=2026-09-30";

both_engines! {
    async fn months_and_projects_are_added_up(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let tech = owner.brings("tech").await;
        let (lea, project) = season(&db, &owner, &tech).await;
        let report = owner.get(&format!("/api/v1/reports/monthly-users?{SEPTEMBER}&org_id={}", owner.org)).await.is(200);
        assert_eq!((report["currency"].as_str(), report["date_from"].as_str(), report["items"].as_array().unwrap().len()), (Some("EUR"), Some("2026-09-01"), 2));
        let item = report["items"].as_array().unwrap().iter().find(|i| i["user_id"] == lea.as_str()).unwrap();
        let figures = |item: &Value| ["assignments", "planned_minutes", "confirmed_minutes", "planned_cents", "confirmed_cents", "unpriced"].map(|f| item[f].as_i64().unwrap());
        // Nine hours less one: 25,000 for the kept day, 8 × 2,000 for each other.
        assert_eq!(figures(item), [3, 1_440, 960, 57_000, 41_000, 0]);
        let costs = owner.get(&format!("/api/v1/reports/project-cost?{SEPTEMBER}")).await.is(200);
        let gala = costs.as_array().unwrap().iter().find(|c| c["project_id"] == project.as_str()).unwrap();
        assert_eq!((figures(gala), gala["budget_cents"].as_i64()), ([3, 1_440, 960, 57_000, 41_000, 0], Some(1_000_000)));
        assert_eq!(costs.as_array().unwrap().len(), 2, "and what belongs to no project");
        let only = owner.get(&format!("/api/v1/reports/monthly-users?{SEPTEMBER}&project_id={project}")).await.is(200);
        assert_eq!(only["items"].as_array().unwrap().len(), 1);
        assert_eq!(owner.get("/api/v1/reports/monthly-users?date_from=2026-10-01&date_to=2026-10-31").await.is(200)["items"], json!([]));
        owner.get("/api/v1/reports/monthly-users?date_from=2026-10-02&date_to=2026-10-01").await.fails(422, "validation_failed");
        owner.get("/api/v1/reports/monthly-users?date_from=soon").await.fails(422, "validation_failed");
        owner.get("/api/v1/reports/monthly-users?org_id=00000000-0000-0000-0000-000000000000").await.fails(403, "org_mismatch");
        owner.get("/api/v1/reports/monthly-users?project_id=00000000-0000-0000-0000-000000000000").await.fails(404, "not_found");
        tech.get("/api/v1/reports/monthly-users").await.fails(403, "role_too_low");
    }

    async fn the_507_hours_are_an_estimate_for_the_person(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let (tech, other) = (owner.brings("tech").await, owner.brings("tech").await);
        let (lea, _) = season(&db, &owner, &tech).await;
        let counter = tech.get("/api/v1/reports/hours-507?until=2026-12-31").await.is(200);
        assert_eq!((counter["minutes"].as_i64(), counter["threshold_minutes"].as_i64(), counter["estimate"].as_bool()), (Some(960), Some(30_420), Some(true)));
        assert_eq!((counter["from"].as_str(), counter["user_id"].as_str(), counter["reached"].as_bool()), (Some("2026-01-01"), Some(&*lea), Some(false)));
        assert_eq!(tech.get("/api/v1/reports/hours-507?until=2026-09-10").await.is(200)["minutes"], 480);
        assert_eq!(owner.get(&format!("/api/v1/reports/hours-507?user_id={lea}&until=2027-09-10")).await.is(200)["minutes"], 480, "the window slides");
        planned(&owner, &other, "Noé").await;
        other.get(&format!("/api/v1/reports/hours-507?user_id={lea}")).await.fails(403, "not_yours");
        owner.get("/api/v1/reports/hours-507").await.fails(404, "not_planned");
    }

    async fn tables_leave_in_every_form(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let tech = owner.brings("tech").await;
        season(&db, &owner, &tech).await;
        let csv = owner.get(&format!("/api/v1/exports/csv?{SEPTEMBER}")).await;
        assert_eq!(csv.header("content-disposition"), "attachment; filename=\"monthly-users-2026-09-01-2026-09-30.csv\"");
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        let lines = text(csv);
        assert_eq!(lines.lines().nth(1).unwrap(), "2026-09;'=Samir;1;0:30;0:30;180.00;180.00;EUR;0", "{lines}");
        assert_eq!(lines.lines().nth(2).unwrap(), "2026-09;Léa Test;3;24:00;16:00;570.00;410.00;EUR;0");
        let french = text(owner.says("accept-language", "fr").get(&format!("/api/v1/exports/csv?type=assignments&{SEPTEMBER}")).await);
        assert!(french.starts_with("\u{feff}Début;Fin;Projet;Mission;Lieu;Nom;Rôle;Statut;Heures;Montant;Devise\r\n"), "{french}");
        assert!(french.contains("2026-09-10 09:00;2026-09-10 18:00;Gala;\"Montage, salle\";Grande salle;Léa Test;Son;ACCEPTED;8:00;250,00;EUR\r\n"), "{french}");
        assert!(french.contains(";DECLINED;;;\r\n"), "who declined earns nothing: {french}");
        let missions = text(owner.get(&format!("/api/v1/exports/csv?type=missions&{SEPTEMBER}")).await);
        assert!(missions.contains("\"Montage, salle\";2026-09-10 09:00;2026-09-10 18:00;Europe/Paris;Grande salle;Gala;Son:2;60;2;1;published\r\n"), "{missions}");
        let people = text(owner.get("/api/v1/exports/csv?type=people").await);
        assert!(people.contains(&format!("Léa;Test;{};;CDI;;;yes\r\n", tech.email)), "{people}");
        for kind in ["monthly-users", "project-cost", "assignments", "missions", "people"] {
            let xlsx = owner.get(&format!("/api/v1/exports/xlsx?type={kind}&{SEPTEMBER}")).await;
            assert!(xlsx.status == 200 && xlsx.bytes.starts_with(b"PK") && xlsx.header("content-disposition").contains(".xlsx"), "{kind}");
            let pdf = owner.get(&format!("/api/v1/exports/pdf?type={kind}&{SEPTEMBER}")).await;
            assert!(pdf.status == 200 && pdf.bytes.starts_with(b"%PDF-1.7") && pdf.bytes.ends_with(b"%%EOF\n"), "{kind}");
        }
        owner.get("/api/v1/exports/csv?type=secrets").await.fails(422, "validation_failed");
    }

    async fn calendars_leave_too_and_a_tech_exports_what_is_theirs(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let tech = owner.brings("tech").await;
        let (lea, _) = season(&db, &owner, &tech).await;
        let all = text(owner.get(&format!("/api/v1/exports/ics?{SEPTEMBER}")).await);
        assert_eq!((all.matches("BEGIN:VEVENT").count(), all.matches("STATUS:CONFIRMED").count(), all.matches("STATUS:TENTATIVE").count()), (4, 3, 1), "{all}");
        assert!(all.contains("SUMMARY:=Samir · Ailleurs (Son)\r\n") && all.contains("DTSTART:20260910T070000Z\r\n"));
        let missions = text(owner.get(&format!("/api/v1/exports/ics?type=missions&{SEPTEMBER}")).await);
        assert_eq!(missions.matches("BEGIN:VEVENT").count(), 5);
        owner.get("/api/v1/exports/ics?type=people").await.fails(422, "validation_failed");
        let own = text(tech.get(&format!("/api/v1/exports/ics?{SEPTEMBER}")).await);
        assert_eq!((own.matches("BEGIN:VEVENT").count(), own.contains("Samir")), (3, false));
        assert!(own.contains("SUMMARY:Montage\\, salle (Son)\r\n"), "{own}");
        let own = text(tech.get(&format!("/api/v1/exports/csv?type=assignments&{SEPTEMBER}&user_id={lea}")).await);
        assert_eq!((own.lines().count(), own.contains("Samir")), (5, false));
        for kind in ["monthly-users", "people", "missions", "project-cost"] {
            tech.get(&format!("/api/v1/exports/csv?type={kind}")).await.fails(403, "not_yours");
        }
        let audited = base::sql!(all_orgs: "a test counts", "select count(*) from audit where action = 'export.created'");
        assert_eq!(db.one::<(i64,)>(audited, &[]).await.unwrap().0, 4, "who took what out is remembered");
    }

    async fn ten_thousand_rows_come_whole(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let owner = stage.org("Lanternes").await;
        let lea = planned(&owner, &owner, "Léa").await;
        let plan = Plan { db: &db, org: &owner.org };
        let mission = plan.mission(None, "Montage", "2026-09-10T07:00:00Z", "2026-09-10T16:00:00Z").await;
        plan.run(&format!(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
             insert into assignments (org_id, id, mission_id, person_id, role_key, role, status, start_at, end_at, invited_at, rate_unit, rate_cents, rate_currency, created_at, updated_at)
             select org_id, 'b0000000-0000-7000-8000-0000000' || cast(10000 + i as text), id, '{lea}', 'son', 'Son', 'DECLINED', start_at + (i / 3), end_at, 0, 'flat', 1, 'EUR', 0, 0
             from missions, n where org_id = '{}' and id = '{mission}'", owner.org
        )).await;
        let csv = text(owner.get(&format!("/api/v1/exports/csv?type=assignments&{SEPTEMBER}")).await);
        assert_eq!(csv.lines().count(), 10_001, "every row once, also where many begin at one instant");
        let xlsx = owner.get(&format!("/api/v1/exports/xlsx?type=assignments&{SEPTEMBER}")).await;
        assert!(xlsx.status == 200 && xlsx.bytes.len() > 100_000);
    }
}
