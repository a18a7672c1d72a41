//! Two replicas over one store and one Redis: what ends at one is over at the other, as soon as the bus has said so.

use crate::stage::{PASSWORD, Person, Stage};
use axum::http::Method;
use base::{
    both_engines,
    db::Db,
    testing::redis::{self, until},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

struct Two {
    here: Stage,
    there: Stage,
    owner: Person,
    /// What the owner hears at the other replica.
    ear: axum::body::Body,
    said: u32,
    worst: Duration,
    _redis: redis::Server,
}
impl Two {
    async fn start(db: Db) -> Option<Self> {
        let redis = redis::Server::start()?;
        let url = redis.url();
        let (here, there) = (Stage::with(db.clone(), &[("REDIS_URL", &url)]).await, Stage::with(db, &[("REDIS_URL", &url)]).await);
        until("both replicas hear each other", || here.app.bus.up() && there.app.bus.up()).await;
        let owner = here.org("Lanternes").await;
        let ear = Person::of(&there, &owner).open(&Method::GET, "/api/v1/events", None).await.into_body();
        let mut two = Self { here, there, owner, ear, said: 0, worst: Duration::ZERO, _redis: redis };
        two.later().await;
        Some(two)
    }
    /// Until the other replica has heard something that was said after all the rest. The bus keeps the order, so that
    /// what was said before has been heard, and no clock has to be asked.
    async fn later(&mut self) {
        self.said += 1;
        let project = self.owner.post("/api/v1/projects", json!({"name": format!("Gala {}", self.said)})).await.is(201);
        let id = project["id"].as_str().unwrap();
        let hear = async {
            loop {
                let frame = self.ear.frame().await.expect("the stream goes on").unwrap();
                if String::from_utf8_lossy(frame.data_ref().unwrap()).contains(id) {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), hear).await.expect("the other replica hears of it");
    }
    /// The other replica knows this person well, until `end` has been done here.
    async fn over(&mut self, who: &Person, path: &str, end: impl Future<Output = u16>, status: u16, code: &str) {
        let far = Person::of(&self.there, who);
        far.get(path).await.is(200);
        far.get(path).await.is(200);
        assert!(end.await < 300, "{code}");
        let ended = Instant::now();
        self.later().await;
        self.worst = self.worst.max(ended.elapsed());
        far.get(path).await.fails(status, code);
    }
    /// The same person, signed in once more here.
    async fn again(&self, who: &Person) -> Person {
        let mut again = who.clone();
        again.sign_in().await;
        again
    }
}
fn status(reply: crate::stage::Reply) -> u16 {
    reply.status.as_u16()
}
#[expect(clippy::print_stderr, reason = "a figure of this run, for whoever reads its output")]
fn tell(worst: Duration) {
    eprintln!("the other replica had heard of every end at most {worst:?} after it was answered");
}
const ME: &str = "/api/v1/me";
const PROJECTS: &str = "/api/v1/projects";
const NEW: &str = "deux-Lanternes-rouges-1988";

both_engines! {
    async fn what_ends_at_one_replica_is_over_at_the_other(db: Db) {
        let Some(mut two) = Two::start(db).await else { return };
        let stage = two.here.clone();
        let (admin, lea) = (stage.admin().await, stage.person().await);
        let owner = two.owner.clone();
        let one = two.again(&lea).await;
        two.over(&one, ME, async { status(one.post("/auth/logout", json!({})).await) }, 401, "invalid_token").await;
        let (one, other) = (two.again(&lea).await, two.again(&lea).await);
        two.over(&one, ME, async { status(other.delete("/api/v1/auth/sessions").await) }, 401, "invalid_token").await;
        let (one, other) = (two.again(&lea).await, two.again(&lea).await);
        let listed = one.get("/api/v1/auth/sessions").await.is(200);
        let own = listed.as_array().unwrap().iter().find(|s| s["current"] == true).unwrap()["id"].as_str().unwrap().to_owned();
        two.over(&one, ME, async { status(other.delete(&format!("/api/v1/auth/sessions/{own}")).await) }, 401, "invalid_token").await;
        let one = two.again(&lea).await;
        let tokens = stage.anyone().post("/auth/login", json!({"email": lea.email, "password": PASSWORD})).await.is(200);
        let mut phone = lea.clone();
        phone.token = tokens["access_token"].as_str().map(str::to_owned);
        let revoke = json!({"refresh_token": tokens["refresh_token"]});
        two.over(&phone, ME, async { status(stage.anyone().post("/auth/token/revoke", revoke).await) }, 401, "invalid_token").await;
        two.over(&one, ME, async { status(admin.delete(&format!("/api/v1/admin/accounts/{}/sessions", lea.account)).await) }, 401, "invalid_token").await;
        let one = two.again(&lea).await;
        two.over(&one, ME, async { status(admin.patch(&format!("/api/v1/admin/accounts/{}", lea.account), json!({"is_active": false})).await) }, 401, "invalid_token").await;
        admin.patch(&format!("/api/v1/admin/accounts/{}", lea.account), json!({"is_active": true})).await.is(200);
        let (one, other) = (two.again(&lea).await, two.again(&lea).await);
        let change = json!({"current_password": PASSWORD, "new_password": NEW});
        two.over(&one, ME, async { status(other.put("/auth/password", change).await) }, 401, "invalid_token").await;
        other.delete(ME).await.is(202);
        two.later().await;
        Person::of(&two.there, &other).get(ME).await.fails(401, "invalid_token");

        let hugo = owner.brings("manager").await;
        two.over(&hugo, "/api/v1/orgs/members", async { status(owner.patch(&format!("/api/v1/orgs/members/{}", hugo.account), json!({"role": "tech"})).await) }, 403, "role_too_low").await;
        two.over(&hugo, PROJECTS, async { status(owner.delete(&format!("/api/v1/orgs/members/{}", hugo.account)).await) }, 403, "not_a_member").await;
        let made = owner.post("/api/v1/keys", json!({"name": "x", "scopes": ["projects:read"]})).await.is(201);
        let mut program = stage.anyone();
        program.token = made["key"].as_str().map(str::to_owned);
        two.over(&program, PROJECTS, async { status(owner.delete(&format!("/api/v1/keys/{}", made["id"].as_str().unwrap())).await) }, 401, "invalid_token").await;
        let closed = stage.org("Rive Sud").await;
        two.over(&closed, PROJECTS, async { status(admin.post(&format!("/api/v1/admin/orgs/{}:suspend", closed.org), json!({})).await) }, 403, "org_suspended").await;
        let mut second = stage.admin().await;
        second.sign_in().await;
        two.over(&second, "/api/v1/admin/stats", async { status(admin.patch(&format!("/api/v1/admin/accounts/{}", second.account), json!({"platform_role": Value::Null})).await) }, 403, "insufficient_scope").await;
        tell(two.worst);
        stage.outbox().await;
    }
}
