//! People who can be planned, by people.

use crate::stage::{Person, Stage};
use base::both_engines;
use serde_json::{Value, json};

pub const USERS: &str = "/api/v1/users";

/// A person of the planning who is this member.
pub async fn planned(manager: &Person, member: &Person, first_name: &str) -> String {
    let body = json!({"first_name": first_name, "last_name": "Test", "email": member.email, "account_id": member.account});
    id(&manager.post(USERS, body).await.is(201))
}
pub fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id in {body}")).to_owned()
}
fn names(list: Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
}

both_engines! {
    async fn whoever_joins_by_their_address_is_the_person_of_the_plan(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let guest = stage.person().await;
        let lea = id(&owner.post(USERS, json!({"name": "Léa", "email": guest.email.to_uppercase()})).await.is(201));
        let hugo = id(&owner.post(USERS, json!({"name": "Hugo", "email": "hugo@lanternes.example"})).await.is(201));
        let gala = crate::assignments::mission(&owner, crate::missions::day(10, "Gala")).await;
        crate::assignments::ask(&owner, &gala, &lea).await;
        let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": guest.email, "role": "tech"})).await.is(201);
        let mut guest = guest;
        guest.post("/api/v1/orgs/members:join", json!({"token": invited["token"]})).await.is(200);
        guest.switch(&owner.org).await;
        stage.outbox().await;
        let own = guest.get("/api/v1/assignments?me=1").await.is(200);
        assert_eq!(own.as_array().unwrap().iter().map(|a| a["mission_title"].clone()).collect::<Vec<_>>(), ["Gala"]);
        assert_eq!(owner.get(&format!("{USERS}/{lea}")).await.is(200)["account_id"], json!(guest.account));
        assert_eq!(owner.get(&format!("{USERS}/{hugo}")).await.is(200)["account_id"], Value::Null);
        let audit = owner.get("/api/v1/audit?action=person.linked").await.is(200);
        assert_eq!((audit.as_array().unwrap().len(), &audit[0]["subject"]), (1, &json!(lea)), "{audit}");
    }

    async fn a_link_that_a_manager_made_is_not_overruled(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (hugo, guest) = (owner.brings("tech").await, stage.person().await);
        let body = json!({"name": "Léa", "email": guest.email, "account_id": hugo.account});
        let lea = id(&owner.post(USERS, body).await.is(201));
        let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": guest.email, "role": "tech"})).await.is(201);
        guest.post("/api/v1/orgs/members:join", json!({"token": invited["token"]})).await.is(200);
        stage.outbox().await;
        assert_eq!(owner.get(&format!("{USERS}/{lea}")).await.is(200)["account_id"], json!(hugo.account));
    }

    async fn a_manager_keeps_people(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let manager = owner.brings("manager").await;
        let lea = json!({"first_name": "Léa", "last_name": "Marchetti", "email": "Lea@Lanternes.example", "phone": "+33 6 00 00 00 00",
            "skills": [{"skill": "poursuite", "level": 4}, "son"], "tags": ["équipe A"], "legal_ids": {"conges": "12"}});
        let made = manager.post(USERS, lea).await;
        let (at, etag) = (made.header("location").to_owned(), made.header("etag").to_owned());
        let made = made.is(201);
        assert_eq!((made["email"].as_str(), made["skills"][1]["level"].as_i64(), made["employment_type"].as_str()), (Some("lea@lanternes.example"), Some(3), Some("CDI")));
        assert_eq!(manager.get(&at).await.is(200), made);
        let changed = manager.says("if-match", &etag).patch(&at, json!({"phone": null, "employment_type": "INTERMITTENT", "tags": []})).await.is(200);
        assert_eq!((&changed["phone"], &changed["skills"], &changed["tags"]), (&Value::Null, &made["skills"], &json!([])));
        manager.says("if-match", &etag).patch(&at, json!({"phone": "1"})).await.fails(412, "version_mismatch");
        let seed = manager.put(&at, json!({"name": "Léa M."})).await.is(200);
        assert_eq!((seed["first_name"].as_str(), seed["last_name"].as_str(), &seed["skills"], &seed["email"]), (Some("Léa M."), Some(""), &json!([]), &Value::Null));
        manager.delete(&at).await.is(204);
        manager.get(&at).await.fails(404, "not_found");
        stage.outbox().await;
    }

    async fn people_are_found_by_name_skill_and_tag(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        for (first, last, skill, tag) in [("Léa", "Marchetti", "Poursuite", "A"), ("Samir", "Belkacem", "lumière", "A"), ("Noé", "Été_100%", "poursuite", "B")] {
            owner.post(USERS, json!({"first_name": first, "last_name": last, "skills": [skill], "tags": [tag]})).await.is(201);
        }
        let found = async |query: &str| names(owner.get(&format!("{USERS}?{query}")).await.is(200));
        assert_eq!(found("").await, ["Samir Belkacem", "Noé Été_100%", "Léa Marchetti"]);
        assert_eq!(found("q=LEA%20mar").await, ["Léa Marchetti"]);
        assert_eq!(found("q=marchetti%20l").await, ["Léa Marchetti"]);
        assert_eq!(found("q=_").await, ["Noé Été_100%"]);
        assert_eq!(found("q=%25").await, ["Noé Été_100%"]);
        assert_eq!(found("skill=POURSUITE").await, ["Noé Été_100%", "Léa Marchetti"]);
        assert_eq!(found("skill=lumiere&tag=a").await, ["Samir Belkacem"]);
        assert_eq!(found("active=false").await, Vec::<String>::new());
        let first = owner.get(&format!("{USERS}?limit=2")).await;
        let next = first.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
        assert_eq!(names(first.is(200)), ["Samir Belkacem", "Noé Été_100%"]);
        assert_eq!(names(owner.get(&next).await.is(200)), ["Léa Marchetti"]);
        owner.get(&format!("{USERS}?colour=red")).await.fails(422, "validation_failed");
    }

    async fn a_tech_sees_names_and_no_contact(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (hugo, lea) = (owner.brings("tech").await, owner.brings("tech").await);
        let (his, hers) = (planned(&owner, &hugo, "Hugo").await, planned(&owner, &lea, "Léa").await);
        owner.put(&format!("{USERS}/{hers}/profile"), json!({"skills": ["son"], "rate_profile": {"jour": 918273.5}, "bio": "canary"})).await.is(200);
        for path in [USERS.to_owned(), format!("{USERS}/{hers}"), format!("{USERS}/{hers}/profile")] {
            let seen = hugo.get(&path).await.is(200).to_string();
            for secret in [lea.email.as_str(), "918273", "canary", "employment_type\":\"FREE"] {
                assert!(!seen.contains(secret), "{path} shows {secret}: {seen}");
            }
        }
        assert_eq!(hugo.get(&format!("{USERS}/{his}")).await.is(200)["email"], hugo.email, "one's own");
        let own = lea.get(&format!("{USERS}/me/profile")).await.is(200);
        assert_eq!((&own["skills"], &own["rate_profile"], &own["bio"]), (&json!(["son"]), &json!({"jour": 918273.5}), &json!("canary")));
        hugo.post(USERS, json!({"name": "x"})).await.fails(403, "role_too_low");
        hugo.put(&format!("{USERS}/{hers}/profile"), json!({})).await.fails(403, "role_too_low");
        stage.outbox().await;
    }

    async fn a_tech_writes_their_own_profile_but_not_their_pay(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let hugo = owner.brings("tech").await;
        let own = format!("{USERS}/me/profile");
        hugo.get(&own).await.fails(404, "not_planned");
        planned(&owner, &hugo, "Hugo").await;
        let mine = hugo.put(&own, json!({"skills": ["son", "plateau"], "tags": [], "employment_type": "CDI", "bio": "Bonjour"})).await.is(200);
        assert_eq!((&mine["skills"], &mine["bio"]), (&json!(["plateau", "son"]), &json!("Bonjour")));
        hugo.put(&own, json!({"rate_profile": {"jour": 900}})).await.fails(403, "role_too_low");
        hugo.put(&own, json!({"employment_type": "CDD"})).await.fails(403, "role_too_low");
        hugo.put(&own, json!({"email": "x@y.example"})).await.fails(422, "validation_failed");
        stage.outbox().await;
    }

    async fn what_is_taken_or_foreign_is_refused(db: Db) {
        let stage = Stage::new(db).await;
        let (ours, theirs) = (stage.org("Lanternes").await, stage.org("Rive Sud").await);
        ours.post(USERS, json!({"name": "Léa", "email": "lea@lanternes.example", "account_id": ours.account})).await.is(201);
        ours.post(USERS, json!({"name": "Other", "email": "LEA@lanternes.example"})).await.fails(409, "email_taken");
        ours.post(USERS, json!({"name": "Other", "account_id": ours.account})).await.fails(409, "account_linked");
        let foreign = ours.post(USERS, json!({"name": "Other", "account_id": theirs.account})).await.fails(422, "validation_failed");
        assert_eq!(foreign["errors"][0]["field"], "account_id");
        theirs.post(USERS, json!({"name": "Léa", "email": "lea@lanternes.example"})).await.is(201);
        assert_eq!(names(theirs.get(USERS).await.is(200)), ["Léa"]);
    }
}
