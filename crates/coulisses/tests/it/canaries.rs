//! Canaries: every secret goes through its flows once, by HTTP to the binary itself, and is then looked for where none may be:
//! in the log at its most talkative, in metrics, spans, error answers, and in the store as a thief would read it.

use crate::{
    factors::unbase32,
    missions::day,
    oauth::forger::{ACCESS_TOKEN, Forger, listener, serve},
    process::{Server, scratch},
};
use base::{
    testing::db::{Fresh, select},
    time::Clock,
};
use parking_lot::Mutex;
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};

const PASSWORD: &str = "c4n4ry-Lanternes-vertes-1987";
const NEW_PASSWORD: &str = "c4n4ry-Lanternes-rouges-1988";
const EMAIL: &str = "c4n4ry-lea@lanternes.example";
const NEW_EMAIL: &str = "c4n4ry-lea@rive-sud.example";
const SIGN_IN_TRIES: &str = "c4n4ry-a-password-that-is-wrong";
/// What somebody writes about themselves, types to the coach, or a planner keeps of them.
const TEXTS: [(&str, &str); 6] = [
    ("bio", "c4n4ry-bio-of-an-account"),
    ("bio of a planned person", "c4n4ry-bio-of-a-person"),
    ("phone", "+33 6 99 88 77 66"),
    ("social-security number", "c4n4ry-285017512345678"),
    ("goal told to the coach", "c4n4ry-goal-of-a-season"),
    ("notes of a session", "c4n4ry-notes-of-a-session"),
];
const SETTINGS: [(&str, &str); 5] = [
    ("SECRET_KEY", "c4n4ry-master-key-material"),
    ("METRICS_TOKEN", "c4n4ry-metrics-token"),
    ("OIDC_FORGE_CLIENT_SECRET", "c4n4ry-client-secret"),
    ("GOOGLE_CLIENT_SECRET", "c4n4ry-google-secret"),
    ("GOOGLE_CLIENT_ID", "crew-google"),
];

struct House {
    server: Server,
    client: reqwest::Client,
    mails: std::path::PathBuf,
    spans: Arc<Mutex<String>>,
    forger: Forger,
    /// What it is, and how it reads.
    secrets: Vec<(String, String)>,
}
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}
impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}
fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field} in {body}")).to_owned()
}

impl House {
    async fn open(dir: &Path, database: Option<&str>) -> Self {
        let (forger, (sink, collector), spans) = (Forger::start().await, listener().await, Arc::<Mutex<String>>::default());
        let heard = spans.clone();
        let hear = axum::routing::post(async move |body: axum::body::Bytes| *heard.lock() += &String::from_utf8_lossy(&body));
        serve(sink, axum::Router::new().fallback(hear)).await;
        let mails = dir.join("mails");
        let (data, mail_url) = (dir.join("data").display().to_string(), format!("file:{}", mails.display()));
        let own = forger.settings("off");
        let mut env: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        env.extend(SETTINGS);
        env.extend([("DATA_DIR", data.as_str()), ("MAIL_URL", &mail_url), ("SIGNUP", "open"), ("LOG_LEVEL", "TRACE")]);
        env.extend([("OTEL_EXPORTER_OTLP_ENDPOINT", collector.as_str()), ("OAUTH_APP_REDIRECT", "nextarget")]);
        env.extend(database.map(|url| ("DATABASE_URL", url)));
        // It brings the TLS that every client in this process needs, even one that uses none.
        drop(base::telemetry::Traces::otlp(&collector, "canaries"));
        let redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirect).timeout(Duration::from_secs(60)).no_proxy().build().unwrap();
        let mut house = Self { server: Server::start(&env), client, mails, spans, forger, secrets: vec![] };
        let chosen = [
            ("password", PASSWORD),
            ("new password", NEW_PASSWORD),
            ("wrong password", SIGN_IN_TRIES),
            ("token at the issuer", ACCESS_TOKEN),
        ];
        let addresses = [("address", EMAIL), ("new address", NEW_EMAIL)];
        let settings = SETTINGS.iter().filter(|(name, _)| *name != "GOOGLE_CLIENT_ID").copied();
        for (name, value) in chosen.into_iter().chain(addresses).chain(TEXTS).chain(settings) {
            house.keep(name, value);
        }
        house
    }
    fn keep(&mut self, name: &str, value: &str) -> String {
        assert!(value.len() >= 6, "{name} is {value}");
        self.secrets.push((name.to_owned(), value.to_owned()));
        value.to_owned()
    }
    fn keep_field(&mut self, body: &Value, field: &str) -> String {
        self.keep(field, &text(body, field))
    }
    /// No refusal repeats a secret that was known before it.
    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let mut request = self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("http://{}{path}", self.server.1));
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.unwrap_or_default()).send().await.unwrap();
        let (status, headers, text) = (answer.status().as_u16(), answer.headers().clone(), answer.text().await.unwrap());
        assert!(status < 500, "{method} {path}: {status} {text}");
        if status >= 400 {
            let said = format!("{headers:?} {text}");
            let told: Vec<_> = self.secrets.iter().filter(|(_, secret)| said.contains(secret)).map(|(name, _)| name).collect();
            assert!(told.is_empty(), "{method} {path} answered {status} and repeats {told:?}: {said}");
        }
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }
    async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send("POST", path, token, body).await
    }
    async fn send(&self, method: &str, path: &str, token: &str, body: Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = if token.is_empty() { vec![] } else { vec![("authorization", bearer.as_str())] };
        self.call(method, path, &headers, Some(body.to_string())).await
    }
    async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, &[("authorization", &format!("Bearer {token}"))], None).await
    }
    fn tokens(&mut self, whose: &str, body: &Value) -> String {
        if let Some(refresh) = body["refresh_token"].as_str() {
            self.keep(&format!("refresh token of {whose}"), refresh);
        }
        self.keep(&format!("access token of {whose}"), &text(body, "access_token"))
    }
    async fn sign_in(&mut self, email: &str, password: &str) -> String {
        let tokens = self.post("/auth/login", "", json!({"email": email, "password": password})).await.is(200);
        self.tokens("a sign-in", &tokens)
    }
    /// What stands in a mail to this address between these two texts.
    async fn mailed(&mut self, to: &str, name: &str, begin: &str) -> String {
        for _ in 0..600 {
            for file in std::fs::read_dir(&self.mails).into_iter().flatten().flatten() {
                let mail = std::fs::read_to_string(file.path()).unwrap_or_default();
                // A planner's invitation leads to a page of nearly the same name.
                let found = mail.split_once(begin).filter(|(before, _)| mail.contains(to) && !before.ends_with("invitations"));
                if let Some(token) =
                    found.map(|(_, rest)| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next().unwrap())
                {
                    let _ = std::fs::remove_file(file.path());
                    return self.keep(name, token);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no mail to {to} with {begin}");
    }

    async fn signs_in_every_way(&mut self) -> String {
        let account = json!({"email": EMAIL, "password": PASSWORD});
        self.post("/api/v1/auth/register", "", account.clone()).await.is(201);
        self.post("/api/v1/auth/login", "", json!({"email": EMAIL, "password": SIGN_IN_TRIES})).await.is(401);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let typed = format!("grant_type=password&username={}&password={PASSWORD}", EMAIL.replace('@', "%40"));
        let tokens = self.call("POST", "/auth/token", &form, Some(typed)).await.is(200);
        self.keep_field(&tokens, "access_token");
        let web = self.post("/api/v1/auth/login", "", json!({"email": EMAIL, "password": PASSWORD, "client": "web"})).await;
        let cookies: Vec<_> =
            web.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
        for cookie in &cookies {
            let (name, value) = cookie.split_once('=').unwrap();
            self.keep(&format!("cookie {name}"), value);
        }
        let jar = cookies.join("; ");
        self.call("POST", "/api/v1/auth/refresh", &[("cookie", &jar)], Some("{}".to_owned())).await.is(200);
        self.call("POST", "/api/v1/auth/refresh", &[("cookie", &jar), ("sec-fetch-site", "cross-site")], Some("{}".to_owned()))
            .await
            .is(403);
        let tokens = self.post("/auth/login", "", account).await.is(200);
        let renewed = self.post("/auth/token/refresh", "", json!({"refresh_token": text(&tokens, "refresh_token")})).await.is(200);
        self.tokens("the first use", &tokens);
        let token = self.tokens("a refresh", &renewed);
        self.get(&format!("/api/v1/me?access_token={token}"), "").await.is(401);
        self.get("/api/v1/me", "").await.is(401);
        token
    }
    async fn reads_its_mail(&mut self, token: &str) {
        self.post("/api/v1/auth/verify/request", token, json!({})).await.is(202);
        let verify = self.mailed(EMAIL, "verify token", "/verify#token=").await;
        self.post("/auth/magic/consume", "", json!({"token": verify})).await.is(400);
        self.post("/api/v1/auth/verify/confirm", "", json!({"token": verify})).await.is(200);
        self.post("/auth/magic/request", "", json!({"email": EMAIL})).await.is(202);
        let magic = self.mailed(EMAIL, "magic token", "/magic#token=").await;
        let signed = self.post("/auth/magic/consume", "", json!({"token": magic})).await.is(200);
        let token = self.tokens("a magic link", &signed);
        self.post("/auth/magic/consume", "", json!({"token": magic})).await.is(400);
        self.send("PUT", "/api/v1/me/email", &token, json!({"email": NEW_EMAIL})).await.is(202);
        let agreed = self.mailed(EMAIL, "token of the old address", "/new-address#token=").await;
        self.post("/api/v1/auth/email/confirm", "", json!({"token": agreed})).await.is(200);
        let change = self.mailed(NEW_EMAIL, "token for a new address", "/new-address#token=").await;
        self.post("/api/v1/auth/email/confirm", "", json!({"token": change})).await.is(200);
        let told = self.post("/auth/reset/request", "", json!({"email": NEW_EMAIL})).await.is(202);
        let reset = self.keep_field(&told, "reset_token");
        self.post("/auth/reset/confirm", "", json!({"token": reset, "new_password": NEW_PASSWORD})).await.is(200);
        self.sign_in(NEW_EMAIL, NEW_PASSWORD).await;
    }
    async fn proves_twice(&mut self) {
        let account = json!({"email": "careful@lanternes.example", "password": PASSWORD});
        self.post("/auth/register", "", account.clone()).await.is(201);
        let token = self.sign_in("careful@lanternes.example", PASSWORD).await;
        let enrolment = self.post("/api/v1/auth/mfa/totp", &token, json!({})).await.is(200);
        let secret = unbase32(&self.keep_field(&enrolment, "secret"));
        let code = identity::factors::totp::shown(&secret, Clock::real().now());
        let confirmed = self.post("/api/v1/auth/mfa/totp:confirm", &token, json!({"code": code})).await.is(200);
        for code in confirmed["recovery_codes"].as_array().unwrap() {
            self.keep("recovery code", code.as_str().unwrap());
        }
        let asked = self.post("/auth/login", "", account).await;
        assert_eq!(asked.status, 403);
        let challenge = self.keep_field(&asked.body, "challenge");
        self.post("/api/v1/auth/mfa/verify", "", json!({"challenge": challenge, "code": "000000"})).await.is(401);
        let recovery = json!({"challenge": challenge, "recovery_code": confirmed["recovery_codes"][0]});
        let tokens = self.post("/api/v1/auth/mfa/verify", "", recovery.clone()).await.is(200);
        let token = self.tokens("a second factor", &tokens);
        self.post("/api/v1/auth/mfa/verify", "", recovery).await.is(401);
        self.post("/api/v1/auth/step-up", &token, json!({"password": PASSWORD})).await.is(403);
    }
    async fn comes_by_an_issuer(&mut self) {
        let verifier = "c4n4ry-verifier-that-only-the-app-knows-43-letters";
        self.keep("code verifier", verifier);
        let challenge = {
            use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
            B64.encode(base::crypto::sha256(verifier.as_bytes()))
        };
        let begun = self.get(&format!("/auth/forge/start?code_challenge={challenge}&code_challenge_method=S256"), "").await.is(200);
        let (to, state) = (text(&begun, "auth_url"), self.keep_field(&begun, "state"));
        let parameter = |name| crate::oauth::browser::parameter(&to, name).unwrap();
        let nonce = self.keep("nonce", &parameter("nonce"));
        let mut claims = self.forger.claims_at(Clock::real().now().seconds(), &nonce, "c4n4ry-zoe@issuer.example");
        claims["sub"] = json!("an-opaque-subject");
        self.keep("address at the issuer", "c4n4ry-zoe@issuer.example");
        let id_token = self.keep("id_token", &self.forger.sign(&claims));
        self.forger.will_say(&id_token);
        let code = self.keep("code of the issuer", "c4n4ry-code-of-the-issuer");
        let back = self.get(&format!("/auth/forge/callback?code={code}&state={state}"), "").await;
        let location = back.headers["location"].to_str().unwrap().to_owned();
        let callback =
            self.keep("callback token", &crate::oauth::browser::parameter(&location, "token").unwrap_or_else(|| panic!("{location}")));
        self.post("/auth/token/exchange", "", json!({"callback_token": callback})).await.is(400);
        let tokens = self.post("/auth/token/exchange", "", json!({"callback_token": callback, "code_verifier": verifier})).await.is(200);
        let token = self.tokens("an issuer's guest", &tokens);
        self.get(&format!("/auth/forge/callback?code={code}&state={state}"), "").await.is(400);
        self.post("/auth/native/forge", "", json!({"id_token": id_token, "challenge_id": state})).await.is(400);
        self.post("/api/v1/auth/step-up:mail", &token, json!({})).await;
        self.post("/auth/token/revoke", "", json!({"refresh_token": text(&tokens, "refresh_token")})).await.is(204);
    }
    /// An organisation, its keys, its people, and what they write.
    async fn works(&mut self, token: &str) -> String {
        let told = |n: usize| TEXTS[n].1;
        self.send("PATCH", "/api/v1/me/profile", token, json!({"bio": told(0)})).await.is(200);
        let org = self.post("/api/v1/orgs", token, json!({"name": "Plain Lanternes"})).await.is(201);
        let switched = self.post("/api/v1/auth/switch-org", token, json!({"org_id": org["id"]})).await.is(200);
        let token = self.keep_field(&switched, "access_token");
        let invited = self
            .post("/api/v1/orgs/members:invite", &token, json!({"email": "c4n4ry-hugo@lanternes.example", "role": "tech"}))
            .await
            .is(201);
        self.keep("address of a guest", "c4n4ry-hugo@lanternes.example");
        self.keep("membership invitation", &text(&invited, "token"));
        self.post("/api/v1/orgs/members:join", &token, json!({"token": invited["token"]})).await.is(403);
        let made = self.post("/api/v1/keys", &token, json!({"name": "Ticketing", "scopes": ["projects:read"]})).await.is(201);
        let key = self.keep("API key", &text(&made, "key"));
        self.get("/api/v1/projects", &key).await.is(200);
        self.get("/api/v1/me", &key).await.is(403);
        let person = json!({"name": "Léa", "email": EMAIL, "phone": told(2), "legal_ids": {"secu": told(3)}});
        let person = text(&self.post("/api/v1/users", &token, person).await.is(201), "id");
        self.send("PUT", &format!("/api/v1/users/{person}/profile"), &token, json!({"bio": told(1)})).await.is(200);
        let mission = self.post("/api/v1/missions", &token, day(10, "Gala")).await.is(201);
        let assignment = self.post("/api/v1/assignments", &token, json!({"mission_id": mission["id"], "user_id": person})).await.is(201);
        let invitation = self.post("/api/v1/invitations", &token, json!({"assignment_id": assignment["id"]})).await.is(201);
        let (id, link) = (text(&invitation, "id"), self.keep("invitation to a mission", &text(&invitation, "token")));
        self.get(&format!("/api/v1/invitations/verify?token={link}"), "").await.is(200);
        self.call("POST", &format!("/api/v1/invitations/{id}/accept?token={link}"), &[], None).await.is(200);
        let feed = self.post("/api/v1/calendar/feeds", &token, json!({"scope": "person", "id": person})).await.is(201);
        let url = text(&feed, "url");
        let at = url[url.find("/calendar/").unwrap()..].to_owned();
        let secret = self.keep("calendar address", at.trim_start_matches("/calendar/").trim_end_matches(".ics"));
        self.get(&at, "").await.is(200);
        // Mistyped, it leads nowhere; in a wrong place it is no id; with a wrong method it is still secret.
        for wrong in [
            format!("/calender/{secret}.ics"),
            format!("/api/v1/projects/{link}"),
            format!("/api/v1/invitations/{link}/accept"),
            format!("/{key}"),
        ] {
            self.get(&wrong, &token).await;
        }
        self.call("DELETE", &at, &[], None).await.is(405);
        let session = json!({"weapon": "CZ", "caliber": "9mm", "date": "2026-07-04", "synthese": told(5),
            "series": [{"shot_count": 5, "distance": 25, "points": 45, "comment": told(5)}]});
        self.post("/api/v1/coach/advice", &token, json!({"goal": told(4)})).await.is(200);
        self.post("/api/v1/coach/advice", &token, json!({"session": session, "locale": "en"})).await.is(200);
        self.post("/coach/analyze-session", &token, json!({"session": session, "prompt_variant": "c4n4ry-goal-of-a-season"})).await;
        token
    }
    /// Every writing route gets secrets where none belong.
    async fn blunders(&self, token: &str) {
        let document: Value = self.get("/openapi.json", token).await.is(200);
        let wrong = |secret: &str| {
            [
                json!(secret).to_string(),
                json!([secret]).to_string(),
                format!(r#"{{"password":"{secret}""#),
                format!(r#"{{"password":"{secret}","password":"{secret}"}}"#),
                json!({"email": {"x": secret}, "password": [secret], "token": {"y": secret}, "name": [secret]}).to_string(),
                json!({"email": EMAIL, "password": 7, "token": 8, "unknown": secret}).to_string(),
                json!({"email": secret, "client": secret, "locale": secret, "role": secret, "scopes": [secret], "status": secret})
                    .to_string(),
            ]
        };
        let mut tried = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            let at = path.replace("{provider}", "forge").replace(['{', '}'], "");
            for method in ["post", "put", "patch"].iter().filter(|method| operations.get(method).is_some()) {
                for body in wrong(PASSWORD).into_iter().chain([json!({"token": TEXTS[4].1}).to_string()]) {
                    let path = format!("{at}?token={PASSWORD}&secret={token}");
                    let path = if tried % 2 == 0 { at.clone() } else { path };
                    let answer = self.send_raw(&method.to_uppercase(), &path, token, body).await;
                    tried += 1;
                    assert!(!(300..400).contains(&answer.status), "{path}");
                }
            }
        }
        assert!(tried > 300, "{tried}");
        for header in [
            ("authorization", format!("Basic {PASSWORD}")),
            ("authorization", format!("Bearer {PASSWORD}")),
            ("cookie", format!("access_token={PASSWORD}; refresh_token={PASSWORD}; known_device={PASSWORD}")),
            ("if-match", format!("\"{PASSWORD}")),
            ("user-agent", format!("{PASSWORD} Firefox/{PASSWORD}")),
            ("x-forwarded-for", PASSWORD.to_owned()),
            ("traceparent", format!("00-{PASSWORD}-x-01")),
            ("accept-language", PASSWORD.to_owned()),
            ("accept", PASSWORD.to_owned()),
            ("origin", format!("https://{PASSWORD}.example")),
            ("content-type", PASSWORD.to_owned()),
        ] {
            self.call("POST", "/api/v1/auth/refresh", &[(header.0, &header.1)], Some("{}".to_owned())).await;
            self.call("PATCH", "/api/v1/me", &[(header.0, &header.1)], Some("{}".to_owned())).await;
        }
        for query in ["limit", "email", "status", "name", "cursor"] {
            self.get(&format!("/api/v1/admin/accounts?{query}={PASSWORD}"), token).await;
            self.get(&format!("/api/v1/audit?{query}={PASSWORD}"), token).await;
        }
    }
    async fn send_raw(&self, method: &str, path: &str, token: &str, body: String) -> Answer {
        // Signing out would end what the rest is tried with; asking for a change is enough.
        let bearer = format!("Bearer {token}");
        let headers = if path.contains("/auth/") { vec![] } else { vec![("authorization", bearer.as_str())] };
        self.call(method, path, &headers, Some(body)).await
    }
}

#[test]
fn no_secret_is_left_lying_on_sqlite() {
    run(async {
        let dir = scratch();
        let found = flows(&dir, None).await;
        let mut stored = String::new();
        for file in std::fs::read_dir(dir.join("data")).unwrap().flatten().filter(|file| file.path().is_file()) {
            stored += &String::from_utf8_lossy(&std::fs::read(file.path()).unwrap());
        }
        let _ = std::fs::remove_dir_all(&dir);
        found.nowhere_in("the files of the store", &stored, "Plain Lanternes");
    });
}
#[test]
fn no_secret_is_left_lying_on_postgres() {
    run(async {
        let Some(store) = Fresh::postgres().await else { return };
        let dir = scratch();
        let found = flows(&dir, Some(&store.url)).await;
        let _ = std::fs::remove_dir_all(&dir);
        let tables = "select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'";
        let mut stored = String::new();
        for table in select(&store.db, tables.to_owned()).await {
            stored.extend(select(&store.db, format!("select t::text from \"{table}\" t")).await);
        }
        found.nowhere_in("the rows of the store", &stored, "Plain Lanternes");
    });
}
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

struct Secrets(Vec<(String, String)>);
impl Secrets {
    /// Something that does belong there proves that the right place was read.
    #[track_caller]
    fn nowhere_in(&self, place: &str, text: &str, belongs: &str) {
        assert!(text.contains(belongs), "{place} has no {belongs}: {text}");
        let found = self.0.iter().filter_map(|(name, secret)| {
            let at = text.find(secret)?;
            let around = &text[text.floor_char_boundary(at.saturating_sub(200))..text.ceil_char_boundary(at + secret.len() + 50)];
            Some(format!("{name} in {place}: …{around}…"))
        });
        let found: Vec<_> = found.collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}
async fn flows(dir: &Path, database: Option<&str>) -> Secrets {
    let mut house = House::open(dir, database).await;
    let token = house.signs_in_every_way().await;
    let working = house.works(&token).await;
    house.blunders(&working).await;
    house.comes_by_an_issuer().await;
    house.proves_twice().await;
    house.reads_its_mail(&token).await;
    let metrics = house.get("/metrics", SETTINGS[1].1).await.is(200);
    let (secrets, spans, log) = (Secrets(house.secrets), house.spans, house.server.2.clone());
    let mut server = house.server;
    assert_eq!(server.ends(), Some(0));
    secrets.nowhere_in("the metrics", metrics.as_str().unwrap(), "/api/v1/auth/login");
    secrets.nowhere_in("the spans", &spans.lock(), "/api/v1/auth/login");
    let log = log.lock().clone();
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "every line is JSON");
    secrets.nowhere_in("the log", &log, "\"path\":\"/api/v1/auth/login\"");
    secrets
}
