//! The stage of the HTTP tests: a whole server in process, and people who call it.
//!
//! Every answer is compared with the document: a status that its operation does not declare fails the test.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
};
use base::{
    App, Settings,
    crypto::{Hasher, Secret},
    db::Db,
    http::{Stack, stack},
    settings::Source,
    time::Clock,
};
use coulisses::{
    router::{document, router},
    setup::{assemble, worker},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tower::ServiceExt as _;

pub const PASSWORD: &str = "trois-Lanternes-vertes-1987";

#[derive(Clone)]
pub struct Stage {
    pub app: App,
    pub document: Arc<Value>,
    service: Stack,
    people: Arc<AtomicUsize>,
}
#[derive(Clone)]
pub struct Person {
    stage: Stage,
    pub token: Option<String>,
    pub email: String,
    pub account: String,
    pub org: String,
    headers: Vec<(&'static str, String)>,
}
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    /// The body as it came, where it is no text.
    pub bytes: Vec<u8>,
}

impl Stage {
    pub async fn new(db: Db) -> Self {
        Self::with(db, &[]).await
    }
    pub async fn with(db: Db, settings: &[(&str, &str)]) -> Self {
        Self::keyed(db, settings, "a secret of the tests").await
    }
    /// Where it is that time, until somebody moves the clock.
    pub async fn at(db: Db, time: base::time::Timestamp) -> Self {
        Self::made(db, &[], "a secret of the tests", Clock::frozen(time)).await
    }
    pub async fn keyed(db: Db, settings: &[(&str, &str)], secret: &str) -> Self {
        Self::made(db, settings, secret, Clock::real()).await
    }
    async fn made(db: Db, settings: &[(&str, &str)], secret: &str, clock: Clock) -> Self {
        let fixed = [("MAIL_URL", "memory:"), ("API_LIMIT", "off")];
        let all = fixed.iter().chain(settings).map(|(n, v)| (n.to_string(), v.to_string()));
        let settings = Settings::load(&Source::of(all)).unwrap();
        let app = assemble(settings, db, clock, &Secret::new(secret), Hasher::for_tests()).await.unwrap();
        let document = Arc::new(serde_json::to_value(document(&app)).unwrap());
        Self { service: stack(&app, router(&app)), document, people: Arc::default(), app }
    }
    pub fn anyone(&self) -> Person {
        Person { stage: self.clone(), token: None, email: String::new(), account: String::new(), org: String::new(), headers: vec![] }
    }
    /// Somebody with an account and no organisation.
    pub async fn person(&self) -> Person {
        let n = self.people.fetch_add(1, Ordering::Relaxed);
        let mut person = self.anyone();
        person.email = format!("person{n}@lanternes.example");
        let account = json!({"email": person.email, "password": PASSWORD});
        let made = person.post("/api/v1/auth/register", account.clone()).await.is(201);
        person.account = made["id"].as_str().unwrap().to_owned();
        person.sign_in().await;
        person
    }
    /// Somebody who administers the whole instance.
    pub async fn admin(&self) -> Person {
        let mut admin = self.person().await;
        let mut tx = self.app.begin(Default::default()).await.unwrap();
        identity::accounts::store::make_platform_admin(&mut tx, admin.account.parse().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        admin.sign_in().await;
        admin
    }
    /// The owner of a new organisation.
    pub async fn org(&self, name: &str) -> Person {
        let mut owner = self.person().await;
        let org = owner.post("/api/v1/orgs", json!({"name": name})).await.is(201);
        owner.switch(org["id"].as_str().unwrap()).await;
        owner
    }
    /// Does what the outbox holds; a test that sends mail ends with it empty.
    pub async fn outbox(&self) -> usize {
        worker(&self.app).run_due().await.unwrap()
    }
    /// The operation that answers here, by its template.
    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let fits = |template: &str| {
            let (mut a, mut b) = (template.split('/'), path.split('/'));
            loop {
                match (a.next(), b.next()) {
                    (None, None) => return true,
                    (Some(t), Some(p)) if t == p => {}
                    (Some(t), Some(p)) if t.starts_with('{') => {
                        let verb = t.split_once(':').map(|(_, v)| v);
                        if verb != p.split_once(':').map(|(_, v)| v) {
                            return false;
                        }
                    }
                    _ => return false,
                }
            }
        };
        let paths = self.document["paths"].as_object()?;
        let mut found: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
        found.sort_by_key(|(template, _)| template.matches('{').count());
        found.first()?.1.get(method.as_str().to_lowercase())
    }
}

impl Person {
    /// The same person with the same token, at another replica.
    pub fn of(stage: &Stage, person: &Self) -> Self {
        Self { stage: stage.clone(), ..person.clone() }
    }
    /// The same person with the access token of this answer.
    pub fn holding(mut self, tokens: &Value) -> Self {
        self.token = tokens["access_token"].as_str().map(str::to_owned);
        self
    }
    /// The clock of the server that this person calls.
    pub fn clock(&self) -> &Clock {
        &self.stage.app.clock
    }
    pub async fn sign_in(&mut self) {
        let login = self.post("/api/v1/auth/login", json!({"email": self.email, "password": PASSWORD})).await.is(200);
        self.token = login["access_token"].as_str().map(str::to_owned);
    }
    pub async fn switch(&mut self, org: &str) {
        let switched = self.post("/api/v1/auth/switch-org", json!({"org_id": org})).await.is(200);
        self.token = switched["access_token"].as_str().map(str::to_owned);
        self.org = org.to_owned();
    }
    /// A new member of this person's organisation.
    pub async fn brings(&self, role: &str) -> Person {
        let mut guest = self.stage.person().await;
        let invited = self.post("/api/v1/orgs/members:invite", json!({"email": guest.email, "role": role})).await.is(201);
        guest.post("/api/v1/orgs/members:join", json!({"token": invited["token"]})).await.is(200);
        guest.switch(&self.org).await;
        guest
    }
    /// The same person, saying one thing more.
    pub fn says(&self, name: &'static str, value: impl Into<String>) -> Person {
        let mut person = self.clone();
        person.headers.push((name, value.into()));
        person
    }
    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body.to_string())).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body.to_string())).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, Some(body.to_string())).await
    }
    pub async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }
    pub async fn call(&self, method: Method, path: &str, body: Option<String>) -> Reply {
        let response = self.open(&method, path, body).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
        let reply = Reply { status: parts.status, headers: parts.headers, body, bytes: bytes.into() };
        self.is_declared(&method, path, &reply);
        reply
    }
    /// The answer before its body has come: a stream, say.
    pub async fn open(&self, method: &Method, path: &str, body: Option<String>) -> axum::response::Response {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if body.is_some() && !self.headers.iter().any(|(n, _)| *n == "content-type") {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        self.stage.service.clone().oneshot(request).await.unwrap()
    }
    fn is_declared(&self, method: &Method, path: &str, reply: &Reply) {
        let status = reply.status.as_u16();
        let Some(operation) = self.stage.operation(method, path.split('?').next().unwrap()) else { return };
        let declared = operation["responses"].as_object().unwrap();
        assert!(
            declared.contains_key(&status.to_string()),
            "{method} {path} answered {status}, which its operation does not declare: {reply:?}"
        );
    }
}

impl Reply {
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.body);
        self.body
    }
    /// An error with this status and code, in the one shape that errors have.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{:?}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        for member in ["type", "title", "detail", "request_id"] {
            assert!(self.body[member].is_string(), "{member} of {:?}", self.body);
        }
        assert_eq!(self.body["request_id"], self.headers["x-request-id"].to_str().unwrap());
        self.body
    }
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }
}
