//! Where a sign-in may end: only where the operator allowed, only in the browser that began it, only for who knows the verifier.

use super::{browser::parameter, forger::Forger};
use crate::stage::{Person, Reply, Stage};
use base::both_engines;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::json;

const START: &str = "/auth/forge/start";
const PAGE: &str = "https://crew.example/signed-in";

fn cookie_of(reply: &Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}
async fn goes(who: &Person) -> (String, String) {
    let gone = who.get(&format!("{START}?mode=redirect")).await;
    assert_eq!(gone.status, 302);
    (gone.header("location").to_owned(), cookie_of(&gone))
}
async fn token_for(forger: &Forger, stage: &Stage, start: &str) -> String {
    let back = forger.honest(stage, &stage.anyone(), start, "zoe@lanternes.example").await;
    parameter(back.header("location"), "token").unwrap_or_else(|| panic!("{back:?}"))
}

both_engines! {
    async fn only_listed_addresses_get_the_answer(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[("OAUTH_REDIRECT_ALLOWLIST", PAGE), ("OAUTH_APP_REDIRECT", "nextarget")]).await;
        let bad = [
            "https://crew.example/signed-in/", "https://crew.example/signed-in?x", "https://crew.example/signed-in#x", "https://crew.example/",
            "http://crew.example/signed-in", "https://crew.example:444/signed-in", "https://crew.example@evil.example/signed-in",
            "https://evil.example/signed-in", "https://crew.example.evil.example/signed-in", "//crew.example/signed-in", "//evil.example",
            "\\\\evil.example", "/\\evil.example", "https:evil.example", "https:/evil.example", "/signed-in", "signed-in", "", " ",
            "javascript:alert(1)", "data:text/html,x", "nextarget://callback/", "nextarget://evil", "nextarget:callback", "NEXTARGET://callback",
            "HTTPS://CREW.EXAMPLE/signed-in", "https://crew.example/%73igned-in", "https://crew.example/signed-in\r\nx: y",
            "https://crew.example/../signed-in", "https://crew.example\u{200b}/signed-in",
        ];
        for uri in bad {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("redirect_uri", uri).finish();
            stage.anyone().get(&format!("{START}?{query}")).await.fails(400, "redirect_uri_not_allowed");
        }
        let back = forger.honest(&stage, &stage.anyone(), &format!("{START}?redirect_uri={PAGE}"), "zoe@lanternes.example").await;
        assert!(back.header("location").starts_with(&format!("{PAGE}?token=")), "{back:?}");
        let console = format!("{}/signed-in", stage.app.settings.public_url());
        stage.anyone().get(&format!("{START}?redirect_uri={console}")).await.is(200);
        stage.anyone().get(&format!("{START}?colour=red")).await.fails(422, "validation_failed");
    }

    async fn a_browser_flow_ends_in_its_own_browser(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[]).await;
        let (to, cookie) = goes(&stage.anyone()).await;
        assert!(to.starts_with(forger.issuer()) && parameter(&to, "code_challenge_method").as_deref() == Some("S256"), "{to}");
        let state = parameter(&to, "state").unwrap();
        stage.anyone().get(&format!("/auth/forge/callback?code=x&state={state}")).await.fails(400, "another_browser");
        let (to, other) = goes(&stage.anyone()).await;
        let state = parameter(&to, "state").unwrap();
        assert_ne!(cookie, other);
        stage.anyone().says("cookie", &cookie).get(&format!("/auth/forge/callback?code=x&state={state}")).await.fails(400, "another_browser");
        // Two tabs of one browser do not disturb each other.
        let (_, same) = goes(&stage.anyone().says("cookie", &cookie)).await;
        assert_eq!(same, cookie);
        let (to, _) = goes(&stage.anyone().says("cookie", &cookie)).await;
        let (state, nonce) = (parameter(&to, "state").unwrap(), parameter(&to, "nonce").unwrap());
        forger.will_say(&forger.sign(&forger.claims(&stage, &nonce, "zoe@lanternes.example")));
        let back = stage.anyone().says("cookie", &cookie).get(&format!("/auth/forge/callback?code=x&state={state}")).await;
        let set: Vec<_> = back.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned()).collect();
        assert!(set.iter().any(|c| c.starts_with("access_token=") && c.contains("HttpOnly")), "{set:?}");
    }

    async fn what_begins_at_one_replica_ends_at_another(db: Db) {
        let forger = Forger::start().await;
        let more = [("OAUTH_APP_REDIRECT", "nextarget")];
        let (one, other) = (forger.stage(db.clone(), "on", &more).await, forger.stage(db, "on", &more).await);
        let begun = one.anyone().get(START).await.is(200);
        let nonce = parameter(begun["auth_url"].as_str().unwrap(), "nonce").unwrap();
        forger.will_say(&forger.sign(&forger.claims(&one, &nonce, "zoe@lanternes.example")));
        let back = other.anyone().get(&format!("/auth/forge/callback?code=x&state={}", begun["state"].as_str().unwrap())).await;
        let token = parameter(back.header("location"), "token").unwrap();
        one.anyone().post("/auth/token/exchange", json!({"callback_token": token})).await.is(200);
        other.anyone().post("/auth/token/exchange", json!({"callback_token": token})).await.fails(401, "token_used");
    }

    async fn a_closed_house_lets_in_whom_it_knows(db: Db) {
        let forger = Forger::start().await;
        let open = forger.stage(db.clone(), "on", &[]).await;
        forger.honest(&open, &open.anyone(), START, "known@lanternes.example").await.is(200);
        let closed = forger.stage(db, "on", &[("SIGNUP", "closed")]).await;
        forger.honest(&closed, &closed.anyone(), START, "known@lanternes.example").await.is(200);
        forger.honest(&closed, &closed.anyone(), START, "stranger@lanternes.example").await.fails(403, "signup_closed");
    }

    async fn an_invited_address_may_come_from_a_provider_that_vouches_for_it(db: Db) {
        let forger = Forger::start().await;
        let open = forger.stage(db.clone(), "on", &[]).await;
        let owner = open.org("Lanternes").await;
        let invite = async |email: &str| owner.post("/api/v1/orgs/members:invite", json!({"email": email, "role": "tech"})).await.is(201);
        let (zoe, late) = (invite("zoe@rive-sud.example").await, invite("late@rive-sud.example").await);
        owner.delete(&format!("/api/v1/orgs/invitations/{}", late["id"].as_str().unwrap())).await.is(204);
        let invited = forger.stage(db.clone(), "on", &[("SIGNUP", "invite")]).await;
        let claimed = forger.stage(db, "off", &[("SIGNUP", "invite")]).await;
        let comes = async |stage: &Stage, email: &str| forger.honest(stage, &stage.anyone(), START, email).await;
        comes(&claimed, "zoe@rive-sud.example").await.fails(403, "invitation_required");
        comes(&invited, "stranger@rive-sud.example").await.fails(403, "invitation_required");
        comes(&invited, "late@rive-sud.example").await.fails(403, "invitation_required");
        let tokens = comes(&invited, "zoe@rive-sud.example").await.is(200);
        let mut person = invited.anyone();
        person.token = tokens["access_token"].as_str().map(str::to_owned);
        person.post("/api/v1/orgs/members:join", json!({"token": zoe["token"]})).await.is(200);
        invited.outbox().await;
    }

    async fn without_passwords_only_providers_let_in(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[("LOCAL_SIGN_IN", "off")]).await;
        let account = json!({"email": "zoe@lanternes.example", "password": crate::stage::PASSWORD});
        for path in ["/auth/register", "/api/v1/auth/register", "/auth/login", "/api/v1/auth/login"] {
            stage.anyone().post(path, account.clone()).await.fails(404, "local_sign_in_off");
        }
        let form = Some("grant_type=password&username=zoe%40lanternes.example&password=x".to_owned());
        let typed = stage.anyone().says("content-type", "application/x-www-form-urlencoded");
        typed.call(axum::http::Method::POST, "/auth/token", form).await.fails(404, "local_sign_in_off");
        assert_eq!(stage.anyone().get("/auth/providers").await.is(200)[0]["provider"], "forge");
        let tokens = forger.honest(&stage, &stage.anyone(), START, "zoe@lanternes.example").await.is(200);
        stage.anyone().post("/auth/token/refresh", json!({"refresh_token": tokens["refresh_token"]})).await.is(200);
    }

    async fn a_token_bound_to_a_verifier_needs_it(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[("OAUTH_APP_REDIRECT", "nextarget")]).await;
        let verifier = "a verifier that only the app knows, 43 characters";
        let challenge = B64.encode(base::crypto::sha256(verifier.as_bytes()));
        let token = token_for(&forger, &stage, &format!("{START}?code_challenge={challenge}&code_challenge_method=S256")).await;
        let exchange = async |body| stage.anyone().post("/auth/token/exchange", body).await;
        exchange(json!({"callback_token": token})).await.fails(400, "code_verifier_mismatch");
        exchange(json!({"callback_token": token, "code_verifier": "another"})).await.fails(400, "code_verifier_mismatch");
        exchange(json!({"callback_token": token, "code_verifier": verifier})).await.is(200);
        for bad in ["code_challenge=short", "code_challenge_method=plain", &format!("code_challenge={challenge}&code_challenge_method=plain")] {
            stage.anyone().get(&format!("{START}?{bad}")).await.fails(422, "validation_failed");
        }
    }

    async fn a_browser_page_exchanges_for_cookies(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "on", &[("OAUTH_APP_REDIRECT", "nextarget")]).await;
        let token = token_for(&forger, &stage, START).await;
        let body = json!({"callback_token": token, "client": "web"});
        stage.anyone().says("sec-fetch-site", "cross-site").post("/api/v1/auth/token/exchange", body.clone()).await.fails(403, "cross_site");
        let reply = stage.anyone().says("sec-fetch-site", "same-origin").post("/api/v1/auth/token/exchange", body).await;
        assert!(reply.headers.get_all("set-cookie").iter().count() == 2 && reply.body["access_token"].is_null(), "{reply:?}");
        reply.is(200);
    }

    async fn what_is_not_configured_says_so(db: Db) {
        let stage = Stage::new(db).await;
        for path in ["/auth/google/login", "/auth/google/start", "/api/v1/auth/facebook/start", "/auth/google/callback?state=x&code=y"] {
            let problem = stage.anyone().get(path).await.fails(501, "provider_not_configured");
            assert!(problem["detail"].as_str().unwrap().contains("not configured"), "{problem}");
        }
        stage.anyone().get("/auth/nobody/start").await.fails(404, "unknown_provider");
        assert_eq!(stage.anyone().get("/auth/providers").await.is(200), json!([{"provider": "local", "name": "E-mail", "start": null}]));
        let forger = Forger::start().await;
        let stage = forger.stage(stage.app.db.clone(), "on", &[]).await;
        let ways = stage.anyone().get("/api/v1/auth/providers").await.is(200);
        assert_eq!(ways[1], json!({"provider": "forge", "name": "Forge", "start": "/api/v1/auth/forge/start"}));
    }
}
