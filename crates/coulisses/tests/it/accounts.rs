//! Signing up, signing in, one's own account.

use crate::stage::{PASSWORD, Stage};
use base::both_engines;
use serde_json::json;

both_engines! {
    async fn somebody_signs_up_signs_in_and_out(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let me = lea.get("/api/v1/me").await.is(200);
        assert_eq!((me["email"].as_str(), me["provider"].as_str(), me["is_active"].as_bool()), (Some(lea.email.as_str()), Some("local"), Some(true)));
        assert_eq!(lea.get("/users/me").await.is(200), me, "the published app's address is the same router");
        assert_eq!(lea.patch("/api/v1/me", json!({"display_name": "Léa"})).await.is(200)["display_name"], "Léa");
        lea.patch("/api/v1/me", json!({"display_name": "a\nb"})).await.fails(422, "validation_failed");
        lea.post("/api/v1/auth/logout", json!({})).await.is(200);
        let over = lea.get("/api/v1/me").await;
        assert_eq!(over.header("www-authenticate"), r#"Bearer realm="coulisses", error="invalid_token""#);
        over.fails(401, "invalid_token");
    }

    async fn an_address_belongs_to_one_account_whatever_its_spelling(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let again = json!({"email": format!("  {} ", lea.email.to_uppercase()), "password": PASSWORD});
        stage.anyone().post("/api/v1/auth/register", again.clone()).await.fails(409, "email_taken");
        stage.anyone().post("/api/v1/auth/login", again).await.is(200);
    }

    async fn a_wrong_password_and_an_unknown_address_look_the_same(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let answers = [(lea.email.as_str(), "wrong"), ("nobody@lanternes.example", PASSWORD), ("no address", PASSWORD)];
        let mut bodies = vec![];
        for (email, password) in answers {
            let mut body = stage.anyone().post("/auth/login", json!({"email": email, "password": password})).await.fails(401, "invalid_credentials");
            body.as_object_mut().unwrap().remove("request_id");
            bodies.push(body);
        }
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
    }

    async fn what_does_not_fit_is_named(db: Db) {
        let stage = Stage::new(db).await;
        for (body, field) in [
            (json!({"email": "x", "password": PASSWORD}), "email"),
            (json!({"email": "a@b.example", "password": "short"}), "password"),
            (json!({"email": "a@b.example"}), "password"),
            (json!({"email": "a@b.example", "password": PASSWORD, "platform_role": "admin"}), "platform_role"),
        ] {
            let problem = stage.anyone().post("/api/v1/auth/register", body).await.fails(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], field);
        }
    }

    async fn no_plain_address_and_no_password_lie_in_the_store(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = stage.person().await;
        let rows: Vec<(String, String, String)> =
            db.all(base::sql!("select email_sealed, email_index, coalesce(password_phc, '') from accounts"), &[]).await.unwrap();
        let all = format!("{rows:?}");
        assert!(!all.contains(&lea.email) && !all.contains(PASSWORD) && rows[0].2.starts_with("$argon2id$"), "{all}");
    }
}
