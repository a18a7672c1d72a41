//! Signing up as `SIGNUP` lets people, passwords that are good enough, the edition without passwords, and profiles.

use crate::stage::{PASSWORD, Stage};
use base::both_engines;
use serde_json::{Value, json};

const REGISTER: &str = "/api/v1/auth/register";

fn new(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "display_name": "Léa Moreau"})
}

both_engines! {
    async fn a_page_learns_how_people_come_in_and_what_a_password_lacks(db: Db) {
        let stage = Stage::with(db.clone(), &[("SIGNUP", "invite")]).await;
        let methods = stage.anyone().get("/api/v1/auth/methods").await.is(200);
        assert_eq!(methods, json!({"ways": [{"provider": "local", "name": "E-mail", "start": null}], "signup": "invite", "password_min_length": 12}));
        let judged = async |password: &str| {
            let body = json!({"password": password, "about": ["lea@rive-sud.example", "Léa Moreau"]});
            stage.anyone().says("accept-language", "fr").post("/api/v1/auth/password:check", body).await.is(200)
        };
        assert_eq!(judged("court").await, json!({"fits": false, "advice": ["Choisissez un mot de passe d’au moins 12 caractères."]}));
        let weak = judged("lea-moreau-2026").await;
        assert!(weak["fits"] == false && weak["advice"][0] == "Ce mot de passe est trop facile à deviner." && weak["advice"].as_array().unwrap().len() > 1, "{weak}");
        assert_eq!(judged(PASSWORD).await, json!({"fits": true, "advice": []}));
        stage.anyone().post("/api/v1/auth/password:check", json!({"password": "x", "about": ["a\nb"]})).await.fails(422, "validation_failed");
        let without = Stage::with(db, &[("LOCAL_SIGN_IN", "off"), ("SIGNUP", "closed")]).await;
        assert_eq!(without.anyone().get("/api/v1/auth/methods").await.is(200)["ways"], json!([]));
        without.anyone().post("/api/v1/auth/password:check", json!({"password": PASSWORD})).await.fails(404, "local_sign_in_off");
    }

    async fn with_a_mail_first_nobody_learns_who_is_here(db: Db) {
        let open = Stage::new(db.clone()).await;
        let known = open.person().await;
        let stage = Stage::with(db, &[("SIGNUP", "verify")]).await;
        let fresh = stage.anyone().post(REGISTER, new("lea@rive-sud.example")).await;
        let again = stage.anyone().post(REGISTER, new(&known.email)).await;
        assert_eq!((fresh.status, &fresh.body), (again.status, &again.body));
        assert_eq!(fresh.is(202), json!({"status": "accepted"}));
        let stranger = stage.anyone();
        let login = || stranger.post("/auth/login", new_login("lea@rive-sud.example"));
        login().await.fails(401, "invalid_credentials");
        let token = stage.mailed("lea@rive-sud.example", "welcome").await;
        let confirm = async || stage.anyone().post("/api/v1/auth/register/confirm", json!({"token": token})).await;
        let account = confirm().await.is(201);
        assert_eq!((account["email_verified"].as_bool(), account["display_name"].as_str()), (Some(true), Some("Léa Moreau")));
        login().await.is(200);
        confirm().await.fails(400, "token_used");
        let told = stage.app.mailer.sent().into_iter().filter(|mail| mail.to == known.email).map(|mail| mail.subject).collect::<Vec<_>>();
        assert!(told.len() == 1 && told[0].contains("You already have an account"), "{told:?}");
    }

    async fn of_two_sign_ups_that_wait_the_first_to_be_confirmed_wins(db: Db) {
        let stage = Stage::with(db, &[("SIGNUP", "verify")]).await;
        let sign_up = async || {
            stage.anyone().post(REGISTER, new("lea@rive-sud.example")).await.is(202);
            stage.mailed("lea@rive-sud.example", "welcome").await
        };
        let (one, other) = (sign_up().await, sign_up().await);
        stage.anyone().post("/auth/register/confirm", json!({"token": other})).await.is(201);
        stage.anyone().post("/auth/register/confirm", json!({"token": one})).await.fails(409, "email_taken");
    }

    async fn where_an_invitation_is_needed_it_is_for_one_address(db: Db) {
        let owner = Stage::new(db.clone()).await.org("Lanternes").await;
        let stage = Stage::with(db, &[("SIGNUP", "invite")]).await;
        stage.anyone().post(REGISTER, new("hugo@rive-sud.example")).await.fails(403, "invitation_required");
        let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": "hugo@rive-sud.example", "role": "tech"})).await.is(201);
        let with = |email: &str, token: &Value| { let mut body = new(email); body["invitation"] = token.clone(); body };
        stage.anyone().post(REGISTER, with("thief@rive-sud.example", &invited["token"])).await.fails(403, "invitation_required");
        stage.anyone().post(REGISTER, with("hugo@rive-sud.example", &json!("guess"))).await.fails(403, "invitation_required");
        stage.anyone().post(REGISTER, with("Hugo@Rive-Sud.example", &invited["token"])).await.is(201);
        stage.app.clock.advance(std::time::Duration::from_secs(8 * 86_400));
        stage.anyone().post(REGISTER, with("hugo@rive-sud.example", &invited["token"])).await.fails(403, "invitation_required");
        let closed = Stage::with(stage.app.db.clone(), &[("SIGNUP", "closed")]).await;
        closed.anyone().post(REGISTER, with("hugo@rive-sud.example", &invited["token"])).await.fails(403, "signup_closed");
        stage.outbox().await;
    }

    async fn an_edition_without_passwords_says_so(db: Db) {
        let lea = Stage::new(db.clone()).await.person().await;
        let stage = Stage::with(db, &[("LOCAL_SIGN_IN", "off")]).await;
        let email = json!({"email": lea.email});
        for path in ["/api/v1/auth/register", "/auth/register", "/api/v1/auth/login", "/auth/login"] {
            stage.anyone().post(path, json!({"email": lea.email, "password": PASSWORD})).await.fails(404, "local_sign_in_off");
        }
        for path in ["/auth/reset/request", "/auth/magic/request"] {
            stage.anyone().post(path, email.clone()).await.fails(404, "local_sign_in_off");
        }
        stage.anyone().post("/auth/reset/confirm", json!({"token": "x", "new_password": PASSWORD})).await.fails(404, "local_sign_in_off");
        let form = stage.anyone().says("content-type", "application/x-www-form-urlencoded");
        let body = format!("grant_type=password&username={}&password={PASSWORD}", lea.email);
        form.call(axum::http::Method::POST, "/auth/token", Some(body)).await.fails(404, "local_sign_in_off");
        stage.outbox().await;
    }

    async fn a_weak_password_comes_back_with_advice(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Théâtre Bobino").await;
        for (email, password) in [("lea@rive-sud.example", "azertyuiop123"), ("lea@rive-sud.example", "password1234"), ("lea@rive-sud.example", "rive-sud-2026!!")] {
            let body = json!({"email": email, "password": password});
            let problem = stage.anyone().says("accept-language", "fr").post(REGISTER, body).await.fails(422, "weak_password");
            assert_eq!(problem["errors"][0]["field"], "password");
            assert!(!problem["suggestions"].as_array().unwrap().is_empty() && !problem.to_string().contains(password), "{problem}");
        }
        let change = json!({"current_password": PASSWORD, "new_password": "bobino-2026!!"});
        owner.put("/auth/password", change).await.fails(422, "weak_password");
        let token = owner.post("/auth/reset/request", json!({"email": owner.email})).await.is(202)["reset_token"].clone();
        let reset = json!({"token": token, "new_password": "person0person0"});
        owner.post("/auth/reset/confirm", reset).await.fails(422, "weak_password");
        stage.outbox().await;
        let easy = Stage::with(stage.app.db.clone(), &[("PASSWORD_MIN_SCORE", "0"), ("PASSWORD_MIN_LENGTH", "8")]).await;
        easy.anyone().post(REGISTER, json!({"email": "lea@rive-sud.example", "password": "password"})).await.is(201);
    }

    async fn every_letter_of_a_password_counts(db: Db) {
        let stage = Stage::new(db).await;
        let long = format!("  régie 🎭 lumière {}", "girafe mandoline ".repeat(7));
        stage.anyone().post(REGISTER, json!({"email": "lea@rive-sud.example", "password": long})).await.is(201);
        let login = async |password: &str| stage.anyone().post("/auth/login", json!({"email": "lea@rive-sud.example", "password": password})).await;
        let first: String = long.chars().take(60).collect();
        for wrong in [long.trim(), &first, &long.to_lowercase().replace('é', "e")] {
            login(wrong).await.fails(401, "invalid_credentials");
        }
        login(&long.replace('é', "e\u{301}")).await.is(200);
        let most = "girafe mandoline ".repeat(20);
        let of = |n: usize| json!({"email": format!("n{n}@rive-sud.example"), "password": most.chars().take(n).collect::<String>()});
        stage.anyone().post(REGISTER, of(256)).await.is(201);
        stage.anyone().post(REGISTER, of(257)).await.fails(422, "validation_failed");
    }

    async fn a_profile_is_changed_field_by_field(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = stage.person().await;
        let bio = "Régisseuse, \u{1f3ad} et c4n4ry";
        let all = json!({"display_name": "Léa Moreau", "pseudo": "lulu", "bio": bio, "experience_level": "expert", "locale": "fr-FR", "time_zone": "Europe/Paris"});
        let told = lea.patch("/api/v1/me/profile", all.clone()).await.is(200);
        for (field, value) in all.as_object().unwrap() {
            assert_eq!(&told[field], value);
        }
        assert_eq!((told["initials"].as_str(), told["email"].as_str()), (Some("LM"), Some(lea.email.as_str())));
        assert_eq!(lea.get("/api/v1/me/profile").await.is(200), told);
        assert_eq!(lea.get("/users/me/profile").await.is(200), told);
        let rows: Vec<(Option<String>,)> = db.all(base::sql!("select bio_sealed from accounts"), &[]).await.unwrap();
        assert!(rows[0].0.as_ref().is_some_and(|sealed| sealed.starts_with("v1.") && !sealed.contains("c4n4ry")), "{rows:?}");
        let cleared = lea.patch("/api/v1/me/profile", json!({"pseudo": null, "bio": null})).await.is(200);
        assert_eq!((&cleared["pseudo"], &cleared["bio"], &cleared["experience_level"]), (&Value::Null, &Value::Null, &json!("expert")));
        for (field, bad) in [("experience_level", json!("guru")), ("time_zone", json!("Mars/Olympus")), ("locale", json!("french")), ("pseudo", json!("a\nb")), ("bio", json!("x".repeat(2_001))), ("role", json!("admin"))] {
            let problem = lea.patch("/api/v1/me/profile", json!({field: bad})).await.fails(422, "validation_failed");
            assert_eq!(problem["errors"][0]["field"], field);
        }
    }

    async fn the_published_app_may_send_more_than_we_know(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let changed = lea.patch("/users/me/profile", json!({"experience_level": "beginner", "favourite_caliber": ".22", "is_active": false})).await.is(200);
        assert_eq!((changed["experience_level"].as_str(), changed["is_active"].as_bool()), (Some("beginner"), Some(true)));
        lea.patch("/users/me/profile", json!({"experience_level": "guru"})).await.fails(422, "validation_failed");
        let same = lea.patch("/users/me/profile", json!({})).await.is(200);
        assert_eq!(same, changed, "an empty body changes nothing");
        for field in ["id", "email", "is_active", "provider", "display_name", "avatar_url", "experience_level", "created_at"] {
            assert!(same.get(field).is_some(), "{field} of {same}");
        }
    }
}
fn new_login(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}
