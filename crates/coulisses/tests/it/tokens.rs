//! Tokens by HTTP: the forged are refused, and every kind is of use in its own place alone.

use crate::{
    factors::unbase32,
    stage::{PASSWORD, Person, Stage},
};
use base::both_engines;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use ring::hmac;
use serde_json::{Value, json};

const ME: &str = "/api/v1/me";

fn bearer(stage: &Stage, token: &str) -> Person {
    let mut person = stage.anyone();
    person.token = Some(token.to_owned());
    person
}
fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field} in {body}")).to_owned()
}
fn changed(part: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut json: Value = serde_json::from_slice(&B64.decode(part).unwrap()).unwrap();
    change(&mut json);
    B64.encode(json.to_string())
}

both_engines! {
    async fn forged_access_tokens_are_refused(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let good = lea.token.clone().unwrap();
        let [header, payload, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
        let head = |change: &dyn Fn(&mut Value)| changed(header, |h| change(h));
        let keys = stage.anyone().get("/.well-known/jwks.json").await.is(200);
        let public = B64.decode(keys["keys"][0]["x"].as_str().unwrap()).unwrap();
        let with_public = |header: String| {
            let signed = format!("{header}.{payload}");
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public), signed.as_bytes());
            format!("{signed}.{}", B64.encode(tag))
        };
        let none = head(&|h| h["alg"] = json!("none"));
        let mut forged = vec![
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
            with_public(head(&|h| h["alg"] = json!("HS256"))),
            with_public(header.to_owned()),
            format!("{header}.{payload}"),
            format!("{header}.{payload}.{signature}.x"),
            format!("{header}.{payload}.{}", &signature[..20]),
        ];
        let others: [(&str, Value); 9] = [
            ("alg", json!("RS256")), ("typ", json!("JWT")), ("typ", json!("refresh+jwt")), ("kid", json!("unknown")), ("kid", json!("../../etc/passwd")),
            ("jku", json!("https://evil.example/jwks")), ("jwk", keys["keys"][0].clone()), ("x5u", json!("https://evil.example")), ("crit", json!(["exp"])),
        ];
        forged.extend(others.iter().map(|(name, value)| format!("{}.{payload}.{signature}", head(&|h| h[*name] = value.clone()))));
        forged.push(format!("{}.{payload}.{signature}", head(&|h| drop(h.as_object_mut().unwrap().remove("kid")))));
        for (name, value) in [("exp", json!(9_999_999_999_i64)), ("exp", json!("9999999999")), ("exp", json!(-1)), ("sub", json!(id())), ("scope", json!("admin:write"))] {
            forged.push(format!("{header}.{}.{signature}", changed(payload, |p| p[name] = value.clone())));
        }
        for token in &forged {
            let refused = bearer(&stage, token).get(ME).await;
            assert_eq!(refused.header("www-authenticate"), r#"Bearer realm="coulisses", error="invalid_token""#, "{token}");
            refused.fails(401, "invalid_token");
        }
        lea.get(ME).await.is(200);
    }

    async fn every_kind_of_token_has_one_place(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let tokens = stage.anyone().post("/auth/login", json!({"email": owner.email, "password": PASSWORD})).await.is(200);
        let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": "hugo@lanternes.example", "role": "tech"})).await.is(201);
        let key = owner.post("/api/v1/keys", json!({"name": "x", "scopes": ["user:read"]})).await.is(201);
        let careful = stage.person().await;
        let secret = careful.post("/api/v1/auth/mfa/totp", json!({})).await.is(200);
        let code = identity::factors::totp::shown(&unbase32(&text(&secret, "secret")), stage.app.now());
        careful.post("/api/v1/auth/mfa/totp:confirm", json!({"code": code})).await.is(200);
        let asked = stage.anyone().post("/auth/login", json!({"email": careful.email, "password": PASSWORD})).await.fails(403, "second_factor_required");
        let kinds = [
            ("access", text(&tokens, "access_token")),
            ("refresh", text(&tokens, "refresh_token")),
            ("key", text(&key, "key")),
            ("invitation", text(&invited, "token")),
            ("challenge", text(&asked, "challenge")),
        ];
        for (kind, token) in &kinds {
            if !["access", "key"].contains(kind) {
                bearer(&stage, token).get(ME).await.fails(401, "invalid_token");
            }
            if *kind != "refresh" {
                stage.anyone().post("/auth/token/refresh", json!({"refresh_token": token})).await.fails(401, "invalid_token");
                stage.anyone().says("cookie", format!("refresh_token={token}")).post("/api/v1/auth/refresh", json!({})).await.fails(401, "invalid_token");
                stage.anyone().post("/auth/token/revoke", json!({"refresh_token": token})).await.is(204);
            }
            if *kind != "invitation" {
                owner.post("/api/v1/orgs/members:join", json!({"token": token})).await.fails(400, "invalid_token");
            }
            if *kind != "challenge" {
                stage.anyone().post("/api/v1/auth/mfa/verify", json!({"challenge": token, "code": "123456"})).await.fails(401, "wrong_code");
            }
        }
        // Nothing above used any of them up.
        bearer(&stage, &kinds[0].1).get(ME).await.is(200);
        bearer(&stage, &kinds[2].1).get(ME).await.is(200);
        stage.anyone().post("/auth/token/refresh", json!({"refresh_token": kinds[1].1})).await.is(200);
        stage.outbox().await;
    }

    async fn a_token_in_the_address_is_nobody(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let refused = stage.anyone().get(&format!("{ME}?access_token={}", lea.token.clone().unwrap())).await;
        assert_eq!(refused.header("www-authenticate"), r#"Bearer realm="coulisses""#);
        refused.fails(401, "unauthenticated");
    }
}

fn id() -> String {
    base::id::v4().to_string()
}
