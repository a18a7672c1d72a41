//! Imports, by people with spreadsheets.

use crate::stage::{Person, Reply, Stage};
use axum::http::Method;
use base::both_engines;
use serde_json::{Value, json};

async fn import(who: &Person, noun: &str, query: &str, csv: &str) -> Reply {
    who.says("content-type", "text/csv").call(Method::POST, &format!("/api/v1/{noun}:import{query}"), Some(csv.to_owned())).await
}
fn places(problem: &Value) -> Vec<(u64, String, String)> {
    let text = |e: &Value, name: &str| e[name].as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap();
    assert!(errors.iter().all(|e| !e["reason"].as_str().unwrap().is_empty()));
    errors.iter().map(|e| (e["row"].as_u64().unwrap(), text(e, "column"), text(e, "code"))).collect()
}
fn count(list: Value) -> usize {
    list.as_array().unwrap().len()
}

both_engines! {
    async fn people_come_all_or_none(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (manager, tech) = (owner.brings("manager").await, owner.brings("tech").await);
        manager.post("/api/v1/users", json!({"name": "Awa", "email": "awa@lanternes.example"})).await.is(201);
        let faulty = "Prénom;Nom;E-mail;Contrat\nLéa;Marchetti;lea@lanternes.example;INTERMITTENT\nNoé;Été;AWA@lanternes.example;PATRON\n";
        let dry = import(&manager, "users", "?dry_run=true", faulty).await.is(200);
        assert_eq!((dry["dry_run"].as_bool(), dry["rows"].as_u64(), dry["created"].as_u64()), (Some(true), Some(2), Some(0)));
        let expected = [(3, "Contrat".to_owned(), "wrong_value".to_owned()), (3, "E-mail".to_owned(), "email_taken".to_owned())];
        assert_eq!(places(&dry), expected);
        assert_eq!(places(&import(&manager, "users", "", faulty).await.fails(422, "import_failed")), expected);
        assert_eq!(count(manager.get("/api/v1/users").await.is(200)), 1, "nothing was written");
        let good = faulty.replace("AWA@", "noe@").replace("PATRON", "cdd");
        assert_eq!(import(&manager, "users", "?dry_run=true", &good).await.is(200)["errors"], json!([]));
        assert_eq!(count(manager.get("/api/v1/users").await.is(200)), 1, "a dry run writes nothing");
        let done = import(&manager, "users", "", &good).await.is(200);
        assert_eq!((done["created"].as_u64(), done["dry_run"].as_bool()), (Some(2), Some(false)));
        let found = manager.get("/api/v1/users?q=noe").await.is(200);
        assert_eq!((found[0]["email"].as_str(), found[0]["employment_type"].as_str()), (Some("noe@lanternes.example"), Some("CDD")));
        import(&tech, "users", "", &good).await.fails(403, "role_too_low");
        import(&manager, "users", "", "name\n").await.fails(422, "empty_import");
        import(&manager, "users", "", "name\n\"Léa").await.fails(400, "malformed_csv");
        manager.post("/api/v1/users:import", json!({"name": "Léa"})).await.fails(415, "unsupported_media_type");
        import(&manager, "users", "?dry=1", &good).await.fails(422, "validation_failed");
        stage.outbox().await;
    }

    async fn what_was_exported_can_be_imported(db: Db) {
        let stage = Stage::new(db).await;
        let (ours, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        let people = "first_name,last_name,phone,skills,tags\n'=Léa,\"Marchetti; dite \"\"la\"\"\",'+33 6 00,\"poursuite:4, son:3\",tour\n";
        import(&ours, "users", "", people).await.is(200);
        ours.post("/api/v1/projects", json!({"name": "Gala", "status": "ACTIVE", "time_zone": "Europe/Paris"})).await.is(201);
        theirs.post("/api/v1/projects", json!({"name": "gala", "status": "ACTIVE", "time_zone": "Europe/Paris"})).await.is(201);
        let missions = "Titre;Début;Fin;Lieu;Projet;Rôles;Pause\nMontage;10/09/2026 09:00;10/09/2026 18:00;Grande salle;GALA;Son:2, Lumière;60\n";
        assert_eq!(import(&ours, "missions", "", missions).await.is(200)["created"], 1);
        for (noun, kind) in [("users", "people"), ("missions", "missions&date_from=2026-09-01&date_to=2026-09-30")] {
            let out = async |who: &Person| who.get(&format!("/api/v1/exports/csv?type={kind}")).await.bytes;
            let ours = out(&ours).await;
            let csv = String::from_utf8(ours.clone()).unwrap();
            assert_eq!(import(&theirs, noun, "", &csv).await.is(200)["created"], 1, "{csv}");
            assert_eq!(String::from_utf8(out(&theirs).await).unwrap().to_lowercase(), csv.to_lowercase());
        }
    }

    async fn missions_come_all_or_none(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let faulty = "title,start,end,project\nA,2026-09-10 09:00,2026-09-10 18:00,\nB,2026-09-11 09:00,2026-09-11 08:00,Nowhere\n";
        let problem = import(&owner, "missions", "", faulty).await.fails(422, "import_failed");
        assert_eq!(places(&problem), [(3, "project".into(), "unknown_project".into()), (3, "end".into(), "interval_invalid".into())]);
        assert_eq!(count(owner.get("/api/v1/missions").await.is(200)), 0);
        let thousand: String = (0..1_000).map(|n| format!("M{n},2026-09-10 09:00,2026-09-10 18:00\n")).collect();
        let done = import(&owner, "missions", "", &format!("title,start,end\n{thousand}")).await.is(200);
        assert_eq!(done["created"], 1_000);
        let more = import(&owner, "missions", "", &format!("title,start,end\n{thousand}M,2026-09-10 09:00,2026-09-10 18:00\n")).await;
        more.fails(422, "too_many_rows");
    }
}
