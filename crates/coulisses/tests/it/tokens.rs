//! Tokens by HTTP: the forged are refused, and every kind is of use in its own place alone.

use crate::{
    assignments::{ask, mission},
    factors::unbase32,
    missions::day,
    oauth::{
        browser::{parameter, path_of},
        forger::Forger,
    },
    people::{USERS, id},
    stage::{PASSWORD, Person, Reply, Stage},
};
use axum::http::Method;
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
        for (name, value) in [("exp", json!(9_999_999_999_i64)), ("exp", json!("9999999999")), ("exp", json!(-1)), ("sub", json!(base::id::v4().to_string())), ("scope", json!("admin:write"))] {
            forged.push(format!("{header}.{}.{signature}", changed(payload, |p| p[name] = value.clone())));
        }
        for token in &forged {
            let refused = bearer(&stage, token).get(ME).await;
            assert_eq!(refused.header("www-authenticate"), r#"Bearer realm="coulisses", error="invalid_token""#, "{token}");
            refused.fails(401, "invalid_token");
        }
        lea.get(ME).await.is(200);
    }

    async fn every_kind_of_token_has_one_door(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "off", &[("OAUTH_APP_REDIRECT", "nextarget")]).await;
        let owner = stage.org("Lanternes").await;
        let kinds = kinds(&stage, &forger, &owner).await;
        for (kind, token) in &kinds {
            for door in DOORS.iter().filter(|door| !door.own.contains(kind)) {
                let refused = door.knock(&stage, &owner, token).await;
                let seen = (refused.status.as_u16(), refused.body["code"].as_str().unwrap_or_default());
                assert_eq!(seen, door.refusal, "{kind} at {}: {:?}", door.path, refused.body);
            }
        }
        for door in &DOORS {
            assert!(door.own.iter().all(|own| kinds.iter().any(|(kind, _)| kind == own)), "{}", door.path);
        }
        // Nothing above used any of them up: each opens its own.
        for door in &DOORS {
            for (kind, token) in kinds.iter().filter(|(kind, _)| door.own.contains(kind)) {
                let opened = door.knock(&stage, &owner, token).await;
                // The invitation is for another mailbox, and what comes beside some of them is wrong: the token itself was known.
                let code = opened.body["code"].as_str().unwrap_or_default();
                let known = ["wrong_account", "wrong_code", "weak_password"].contains(&code) || opened.body["reason"] == "nonce";
                assert!(opened.status.is_success() || known, "{kind} at {}: {opened:?}", door.path);
            }
        }
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

/// A place that takes a token, how it is handed over there, and what it says to every other kind.
struct Door {
    own: &'static [&'static str],
    path: &'static str,
    hand: Hand,
    refusal: (u16, &'static str),
}
enum Hand {
    Bearer,
    Cookie(&'static str),
    /// A member of the body, and what else belongs to it.
    Body(&'static str, &'static str),
    Query,
    Path,
}
const BAD_LINK: (u16, &str) = (400, "invalid_token");
const BAD_TOKEN: (u16, &str) = (401, "invalid_token");
const DOORS: [Door; 17] = [
    Door { own: &["access", "key"], path: ME, hand: Hand::Bearer, refusal: BAD_TOKEN },
    Door { own: &["access"], path: ME, hand: Hand::Cookie("access_token"), refusal: BAD_TOKEN },
    Door { own: &["refresh"], path: "/auth/token/refresh", hand: Hand::Body("refresh_token", "{}"), refusal: BAD_TOKEN },
    Door { own: &["refresh"], path: "/api/v1/auth/refresh", hand: Hand::Cookie("refresh_token"), refusal: BAD_TOKEN },
    Door {
        own: &["challenge"],
        path: "/api/v1/auth/mfa/verify",
        hand: Hand::Body("challenge", r#"{"code": "123456"}"#),
        refusal: (401, "wrong_code"),
    },
    Door { own: &["invitation"], path: "/api/v1/orgs/members:join", hand: Hand::Body("token", "{}"), refusal: BAD_LINK },
    Door {
        own: &["reset"],
        path: "/auth/reset/confirm",
        hand: Hand::Body("token", r#"{"new_password": "password1234"}"#),
        refusal: BAD_LINK,
    },
    Door { own: &["magic"], path: "/auth/magic/consume", hand: Hand::Body("token", "{}"), refusal: BAD_LINK },
    Door { own: &["verify"], path: "/api/v1/auth/verify/confirm", hand: Hand::Body("token", "{}"), refusal: BAD_LINK },
    Door { own: &["new address"], path: "/api/v1/auth/email/confirm", hand: Hand::Body("token", "{}"), refusal: BAD_LINK },
    Door { own: &[], path: "/auth/register/confirm", hand: Hand::Body("token", "{}"), refusal: BAD_LINK },
    Door { own: &["restore"], path: "/api/v1/me:restore", hand: Hand::Body("token", "{}"), refusal: BAD_LINK },
    Door { own: &["callback"], path: "/auth/token/exchange", hand: Hand::Body("callback_token", "{}"), refusal: BAD_TOKEN },
    Door { own: &["link"], path: "/api/v1/auth/identities", hand: Hand::Body("link_token", "{}"), refusal: (400, "invalid_link_token") },
    Door { own: &["id_token"], path: "/auth/native/forge", hand: Hand::Body("id_token", "{}"), refusal: (400, "invalid_id_token") },
    Door { own: &["mission"], path: "/api/v1/invitations/verify?token=", hand: Hand::Query, refusal: BAD_LINK },
    Door { own: &["calendar"], path: "/calendar/", hand: Hand::Path, refusal: (404, "not_found") },
];
impl Door {
    async fn knock(&self, stage: &Stage, owner: &Person, token: &str) -> Reply {
        match self.hand {
            Hand::Bearer => bearer(stage, token).get(self.path).await,
            Hand::Cookie(name) => {
                let browser = stage.anyone().says("cookie", format!("{name}={token}")).says("sec-fetch-site", "same-origin");
                if self.path == ME { browser.get(ME).await } else { browser.post(self.path, json!({})).await }
            }
            Hand::Body(member, rest) => {
                let mut body: Value = serde_json::from_str(rest).unwrap();
                body[member] = json!(token);
                if member == "id_token" {
                    body["challenge_id"] = stage.anyone().post("/auth/native/challenge", json!({})).await.is(200)["challenge_id"].clone();
                }
                let signed_in = self.path.contains("join") || self.path.contains("identities");
                if signed_in { owner.post(self.path, body).await } else { stage.anyone().post(self.path, body).await }
            }
            Hand::Query => stage.anyone().get(&format!("{}{token}", self.path)).await,
            Hand::Path => stage.anyone().call(Method::GET, &format!("{}{token}.ics", self.path), None).await,
        }
    }
}

/// One token of every kind there is.
async fn kinds(stage: &Stage, forger: &Forger, owner: &Person) -> Vec<(&'static str, String)> {
    let (lea, careful, leaver) = (stage.person().await, stage.person().await, stage.person().await);
    let anyone = stage.anyone();
    let login = |who: &Person| json!({"email": who.email, "password": PASSWORD});
    let tokens = anyone.post("/auth/login", login(owner)).await.is(200);
    let invited = owner.post("/api/v1/orgs/members:invite", json!({"email": "hugo@lanternes.example", "role": "tech"})).await.is(201);
    let key = owner.post("/api/v1/keys", json!({"name": "x", "scopes": ["user:read"]})).await.is(201);
    let secret = careful.post("/api/v1/auth/mfa/totp", json!({})).await.is(200);
    let code = identity::factors::totp::shown(&unbase32(&text(&secret, "secret")), stage.app.now());
    careful.post("/api/v1/auth/mfa/totp:confirm", json!({"code": code})).await.is(200);
    let asked = anyone.post("/auth/login", login(&careful)).await.fails(403, "second_factor_required");
    let reset = anyone.post("/auth/reset/request", json!({"email": leaver.email})).await.is(202);
    anyone.post("/auth/magic/request", json!({"email": lea.email})).await.is(202);
    // Each of somebody else: a mailbox that is proved voids the other links of its owner.
    let (ana, noe) = (stage.person().await, stage.person().await);
    ana.post("/api/v1/auth/verify/request", json!({})).await.is(202);
    noe.put("/api/v1/me/email", json!({"email": "lea@rive-sud.example"})).await.is(202);
    let gone = stage.person().await;
    let left = gone.delete("/api/v1/me").await.is(202);
    let back = forger.honest(stage, &anyone, "/auth/forge/start", "zoe@elsewhere.example").await;
    let claimed = forger.honest(stage, &anyone, "/auth/forge/start", &careful.email).await;
    let challenge = anyone.post("/auth/native/challenge", json!({})).await.is(200);
    let person = id(&owner.post(USERS, json!({"name": "Léa"})).await.is(201));
    let gala = mission(owner, day(10, "Gala")).await;
    let asked_for = ask(owner, &gala, &person).await;
    let mission_link = owner.post("/api/v1/invitations", json!({"assignment_id": asked_for})).await.is(201);
    let feed = owner.post("/api/v1/calendar/feeds", json!({"scope": "person", "id": person})).await.is(201);
    let feed = path_of(&text(&feed, "url"));
    let of = |reply: &Reply, name: &str| parameter(reply.header("location"), name).unwrap_or_else(|| panic!("{reply:?}"));
    vec![
        ("access", text(&tokens, "access_token")),
        ("refresh", text(&tokens, "refresh_token")),
        ("key", text(&key, "key")),
        ("invitation", text(&invited, "token")),
        ("challenge", text(&asked, "challenge")),
        ("reset", text(&reset, "reset_token")),
        ("magic", stage.mailed(&lea.email, "magic").await),
        ("verify", stage.mailed(&ana.email, "verify").await),
        ("new address", stage.mailed("lea@rive-sud.example", "new-address").await),
        ("restore", text(&left, "restore_token")),
        ("callback", of(&back, "token")),
        ("link", of(&claimed, "link_token")),
        ("id_token", forger.sign(&forger.claims(stage, &text(&challenge, "nonce"), "zoe@elsewhere.example"))),
        ("mission", text(&mission_link, "token")),
        ("calendar", feed.trim_start_matches("/calendar/").trim_end_matches(".ics").to_owned()),
    ]
}
