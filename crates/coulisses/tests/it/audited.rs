//! Everything about access that happens is in the audit: a walk that does each thing once and finds its line, with who, when,
//! from where, by which request, and how it ended.

use crate::{
    factors::unbase32,
    oauth::{browser::parameter, forger::Forger},
    stage::{PASSWORD, Person, Reply, Stage},
};
use base::{
    both_engines,
    id::{OrgId, Uuid},
    sql,
};
use coulisses::retention::sweep;
use serde_json::{Value, json};
use std::time::Duration;

const NEW: &str = "deux-Lanternes-rouges-1988";

/// A step that was taken: the line it must have left, and whose it is.
struct Step {
    action: &'static str,
    actor: Option<String>,
    request: String,
}
struct Walk {
    stage: Stage,
    steps: Vec<Step>,
}
base::entity! {
    struct Line { org_id: OrgId, action: String, actor: Option<String>, ip_sealed: Option<String>, device: Option<String>, details: Option<String> }
}
impl Walk {
    /// `who`, as they are to call, and under which name this call is found.
    fn step(&mut self, who: &Person, action: &'static str, actor: Option<&Person>) -> Person {
        let request = format!("step-{}", self.steps.len());
        self.steps.push(Step { action, actor: actor.map(|a| a.account.clone()), request: request.clone() });
        who.says("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0").says("x-request-id", request)
    }
    async fn post(&mut self, who: &Person, path: &str, body: Value, action: &'static str) -> Reply {
        let own = who.token.is_some().then_some(who);
        self.step(who, action, own).post(path, body).await
    }
    /// By somebody who has no token yet, or none any more.
    async fn alone(&mut self, path: &str, body: Value, action: &'static str, whose: Option<&Person>) -> Reply {
        let anyone = self.stage.anyone();
        self.step(&anyone, action, whose).post(path, body).await
    }
    async fn delete(&mut self, who: &Person, path: &str, action: &'static str) -> Reply {
        self.step(who, action, Some(who)).delete(path).await
    }
    async fn patch(&mut self, who: &Person, path: &str, body: Value, action: &'static str) -> Reply {
        self.step(who, action, Some(who)).patch(path, body).await
    }
    async fn put(&mut self, who: &Person, path: &str, body: Value, action: &'static str) -> Reply {
        self.step(who, action, Some(who)).put(path, body).await
    }
    async fn arrives(&self) {
        for Step { action, actor, request } in &self.steps {
            let query = sql!(all_orgs: "a test looks at every chain", Line,
                "select {cols} from audit l left join audit_origins o on o.at = l.at and o.request_id = l.request_id where l.request_id = $1");
            let lines: Vec<Line> = self.stage.app.db.all(query, &[request]).await.unwrap();
            let said: Vec<_> = lines.iter().map(|l| &l.action).collect();
            let line = lines.iter().find(|l| l.action == *action).unwrap_or_else(|| panic!("{request} left no {action}, but {said:?}"));
            assert_eq!(&line.actor, actor, "who did {action}");
            // Where members are is not their organisation's (decisions/0010): the request's id leads the operator there.
            let whence = line.ip_sealed.is_some() && line.device.as_deref() == Some("Firefox, Linux");
            assert!(whence || line.org_id.0 != Uuid::nil(), "from where {action} came");
            if *action == "login.succeeded" {
                assert!(
                    line.details.as_deref().is_some_and(|d| d.contains("\"methods\"") && d.contains("\"provider\"")),
                    "{:?}",
                    line.details
                );
            }
        }
    }
    async fn tokens(&mut self, who: &mut Person) -> Value {
        let body = json!({"email": who.email, "password": PASSWORD});
        let tokens = self.alone("/auth/login", body, "login.succeeded", Some(who)).await.is(200);
        who.token = tokens["access_token"].as_str().map(str::to_owned);
        tokens
    }

    async fn an_account(&mut self) {
        let stage = self.stage.clone();
        let mut lea = stage.person().await;
        let nobody = json!({"email": "nobody@lanternes.example", "password": PASSWORD});
        self.alone("/auth/login", nobody, "login.failed", None).await.fails(401, "invalid_credentials");
        self.alone("/auth/login", json!({"email": lea.email, "password": "wrong"}), "login.failed", None)
            .await
            .fails(401, "invalid_credentials");
        let first = self.tokens(&mut lea).await["refresh_token"].clone();
        let second = stage.anyone().post("/auth/token/refresh", json!({"refresh_token": first})).await.is(200)["refresh_token"].clone();
        stage.anyone().post("/auth/token/refresh", json!({"refresh_token": second})).await.is(200);
        self.alone("/auth/token/refresh", json!({"refresh_token": first}), "refresh.reused", Some(&lea)).await.fails(401, "refresh_reused");
        self.tokens(&mut lea).await;
        self.post(&lea, "/auth/logout", json!({}), "logout").await.is(200);
        let tokens = self.tokens(&mut lea).await;
        self.alone("/auth/token/revoke", json!({"refresh_token": tokens["refresh_token"]}), "logout", Some(&lea)).await.is(204);
        self.tokens(&mut lea).await;
        let other =
            lea.get("/api/v1/auth/sessions").await.is(200).as_array().unwrap().iter().find(|s| s["current"] == false).unwrap()["id"]
                .clone();
        self.delete(&lea, &format!("/api/v1/auth/sessions/{}", other.as_str().unwrap()), "session.ended").await.is(204);
        self.delete(&lea, "/api/v1/auth/sessions", "sessions.ended").await.is(204);
        self.patch(&lea, "/api/v1/me/profile", json!({"pseudo": "lulu"}), "profile.changed").await.is(200);
        let wrong = json!({"current_password": "wrong", "new_password": NEW});
        self.put(&lea, "/auth/password", wrong, "password.wrong").await.fails(403, "wrong_password");
        self.post(&lea, "/api/v1/auth/step-up", json!({"password": "wrong"}), "step_up.failed").await.fails(403, "wrong_password");
        let stepped = self.post(&lea, "/api/v1/auth/step-up", json!({"password": PASSWORD}), "step_up.succeeded").await.is(200);
        lea.token = stepped["access_token"].as_str().map(str::to_owned);
        self.step(&lea, "account.exported", Some(&lea)).get("/api/v1/me/export").await.is(200);
        self.put(&lea, "/auth/password", json!({"current_password": PASSWORD, "new_password": NEW}), "password.changed").await.is(204);
        self.put(&lea, "/api/v1/me/email", json!({"email": "lea@rive-sud.example"}), "email.change_asked").await.is(202);
        let token = stage.mailed("lea@rive-sud.example", "new-address").await;
        let confirmed = self.post(&stage.anyone(), "/api/v1/auth/email/confirm", json!({"token": token}), "email.changed").await;
        self.steps.last_mut().unwrap().actor = Some(lea.account.clone());
        assert!(confirmed.status.is_success(), "{confirmed:?}");
    }
    async fn by_mail(&mut self) {
        let stage = self.stage.clone();
        let lea = stage.person().await;
        lea.post("/api/v1/auth/verify/request", json!({})).await.is(202);
        let token = stage.mailed(&lea.email, "verify").await;
        self.alone("/api/v1/auth/verify/confirm", json!({"token": token}), "email.verified", Some(&lea)).await.is(200);
        let asked = json!({"email": lea.email});
        let reset = self.alone("/auth/reset/request", asked.clone(), "password.reset_asked", None).await.is(202)["reset_token"].clone();
        self.alone("/auth/reset/confirm", json!({"token": reset, "new_password": NEW}), "password.reset", Some(&lea)).await.is(200);
        stage.anyone().post("/auth/magic/request", asked).await.is(202);
        let token = stage.mailed(&lea.email, "magic").await;
        self.alone("/auth/magic/consume", json!({"token": token}), "login.succeeded", Some(&lea)).await.is(200);
    }
    async fn with_a_second_factor(&mut self) {
        let stage = self.stage.clone();
        let lea = stage.person().await;
        let enrolment = lea.post("/api/v1/auth/mfa/totp", json!({})).await.is(200);
        let secret = unbase32(enrolment["secret"].as_str().unwrap());
        let code = identity::factors::totp::shown(&secret, stage.app.now());
        let codes = self.post(&lea, "/api/v1/auth/mfa/totp:confirm", json!({"code": code}), "second_factor.added").await.is(200);
        let login = json!({"email": lea.email, "password": PASSWORD});
        let asked =
            self.alone("/auth/login", login.clone(), "login.second_factor_asked", Some(&lea)).await.fails(403, "second_factor_required");
        let with = |code: Value| json!({"challenge": asked["challenge"], "recovery_code": code});
        self.alone("/api/v1/auth/mfa/verify", with(json!("wrong")), "second_factor.failed", Some(&lea)).await.fails(401, "wrong_code");
        self.alone("/api/v1/auth/mfa/verify", with(codes["recovery_codes"][0].clone()), "recovery_code.used", Some(&lea)).await.is(200);
        self.steps.push(Step {
            action: "login.succeeded",
            actor: Some(lea.account.clone()),
            request: format!("step-{}", self.steps.len() - 1),
        });
        self.post(&lea, "/api/v1/auth/mfa/recovery-codes", json!({}), "recovery_codes.made").await.is(200);
        self.delete(&lea, "/api/v1/auth/mfa/totp", "second_factor.removed").await.is(204);
    }
    async fn with_a_provider(&mut self, forger: &Forger) {
        let stage = self.stage.clone();
        let begun = stage.anyone().get("/auth/forge/start").await.is(200);
        let nonce = parameter(begun["auth_url"].as_str().unwrap(), "nonce").unwrap();
        let claims = forger.claims(&stage, &nonce, "zoe@lanternes.example");
        let mut forged = claims.clone();
        forged["nonce"] = json!("another");
        forger.will_say(&forger.sign(&claims));
        let at = format!("/auth/forge/callback?code=x&state={}", begun["state"].as_str().unwrap());
        let anyone = stage.anyone();
        let back = self.step(&anyone, "account.created", None).get(&at).await;
        let token = parameter(back.header("location"), "token").unwrap();
        let exchange = json!({"callback_token": token});
        let tokens = self.alone("/auth/token/exchange", exchange.clone(), "login.succeeded", None).await.is(200);
        let mut zoe = stage.anyone();
        (zoe.token, zoe.account) = (tokens["access_token"].as_str().map(str::to_owned), tokens["user_id"].as_str().unwrap().to_owned());
        for step in self.steps.iter_mut().rev().take(2) {
            step.actor = Some(zoe.account.clone());
        }
        self.alone("/auth/token/exchange", exchange, "callback_token.reused", Some(&zoe)).await.fails(401, "token_used");

        let lea = stage.person().await;
        let asked = forger.honest(&stage, &stage.anyone(), "/auth/forge/start", &lea.email).await;
        let link = parameter(asked.header("location"), "link_token").unwrap_or_else(|| panic!("{asked:?}"));
        let linked = self.post(&lea, "/api/v1/auth/identities", json!({"link_token": link}), "identity.linked").await.is(201);
        self.delete(&lea, &format!("/api/v1/auth/identities/{}", linked["id"].as_str().unwrap()), "identity.unlinked").await.is(204);

        let begun = stage.anyone().get("/auth/forge/start").await.is(200);
        forger.will_say(&forger.sign(&forged));
        let at = format!("/auth/forge/callback?code=x&state={}", begun["state"].as_str().unwrap());
        self.step(&stage.anyone(), "login.failed", None).get(&at).await;
    }
    async fn an_organisation(&mut self) {
        let stage = self.stage.clone();
        let mut owner = stage.person().await;
        let (mut admin, mut hugo, rest) = (stage.person().await, stage.person().await, stage.person().await);
        let org = self.post(&owner, "/api/v1/orgs", json!({"name": "Lanternes"}), "org.created").await.is(201);
        let id = org["id"].as_str().unwrap().to_owned();
        let at = format!("/api/v1/orgs/{id}");
        owner.switch(&id).await;
        self.patch(&owner, &at, json!({"name": "Lanternes bleues"}), "org.changed").await.is(200);
        let invite = async |walk: &mut Self, who: &Person, role: &str| {
            walk.post(&owner, "/api/v1/orgs/members:invite", json!({"email": who.email, "role": role}), "member.invited").await.is(201)
        };
        let (for_admin, for_hugo, for_rest) =
            (invite(self, &admin, "admin").await, invite(self, &hugo, "tech").await, invite(self, &rest, "tech").await);
        for (who, invited) in [(&mut admin, &for_admin), (&mut hugo, &for_hugo)] {
            self.post(who, "/api/v1/orgs/members:join", json!({"token": invited["token"]}), "member.joined").await.is(200);
            who.switch(&id).await;
        }
        let invitation = format!("/api/v1/orgs/invitations/{}", for_rest["id"].as_str().unwrap());
        self.delete(&owner, &invitation, "member.invitation_revoked").await.is(204);
        let hugo_at = format!("/api/v1/orgs/members/{}", hugo.account);
        self.patch(&owner, &hugo_at, json!({"role": "manager"}), "member.role_changed").await.is(200);
        self.delete(&owner, &hugo_at, "member.removed").await.is(204);
        let key = self.post(&owner, "/api/v1/keys", json!({"name": "x", "scopes": ["projects:read"]}), "key.created").await.is(201);
        self.delete(&owner, &format!("/api/v1/keys/{}", key["id"].as_str().unwrap()), "key.revoked").await.is(204);
        let service = json!({"name": "Ticketing", "role": "tech"});
        let service = self.post(&owner, "/api/v1/service-accounts", service, "service_account.created").await.is(201);
        self.delete(&owner, &format!("/api/v1/service-accounts/{}", service["id"].as_str().unwrap()), "service_account.removed")
            .await
            .is(204);
        self.step(&owner, "export.created", Some(&owner)).get("/api/v1/exports/csv?type=assignments").await.is(200);
        self.post(&owner, &format!("{at}:transfer"), json!({"account_id": admin.account}), "org.transferred").await.is(200);
        admin.sign_in().await;
        admin.switch(&id).await;
        self.delete(&admin, &at, "org.deleted").await.is(204);
    }
    async fn an_administrator(&mut self) {
        let stage = self.stage.clone();
        let (admin, lea, owner) = (stage.admin().await, stage.person().await, stage.org("Rive Sud").await);
        let at = format!("/api/v1/admin/accounts/{}", lea.account);
        self.patch(&admin, &at, json!({"platform_role": "admin"}), "account.platform_role_changed").await.is(200);
        self.patch(&admin, &at, json!({"platform_role": null}), "account.platform_role_changed").await.is(200);
        self.delete(&admin, &format!("{at}/sessions"), "sessions.ended").await.is(204);
        self.patch(&admin, &at, json!({"is_active": false}), "account.disabled").await.is(200);
        self.alone("/auth/login", json!({"email": lea.email, "password": PASSWORD}), "login.failed", None)
            .await
            .fails(401, "invalid_credentials");
        self.patch(&admin, &at, json!({"is_active": true}), "account.enabled").await.is(200);
        for (verb, action) in [("suspend", "org.suspended"), ("resume", "org.resumed")] {
            self.post(&admin, &format!("/api/v1/admin/orgs/{}:{verb}", owner.org), json!({}), action).await.is(204);
        }
        self.delete(&admin, &at, "account.deletion_asked").await.is(202);
        let prompts = "/api/v1/admin/ai/prompts";
        let prompt = json!({"name": "shooting", "body": "You coach beginners. One drill an item."});
        self.post(&admin, prompts, prompt, "ai.prompt_added").await.is(201);
        self.post(&admin, &format!("{prompts}/shooting/versions/2:activate"), json!({}), "ai.prompt_activated").await.is(200);
    }
    async fn a_goodbye(&mut self) {
        let stage = self.stage.clone();
        let mut lea = stage.person().await;
        let left = self.delete(&lea, "/api/v1/me", "account.deletion_asked").await.is(202);
        self.alone("/api/v1/me:restore", json!({"token": left["restore_token"]}), "account.restored", Some(&lea)).await.is(204);
        lea.sign_in().await;
        self.delete(&lea, "/api/v1/me", "account.deletion_asked").await.is(202);
    }
}

both_engines! {
    async fn whatever_happens_leaves_its_line(db: Db) {
        let forger = Forger::start().await;
        let stage = forger.stage(db, "off", &[("OAUTH_APP_REDIRECT", "nextarget"), ("MOBILE_ACCESS_TOKEN_MINUTES", "60")]).await;
        let mut walk = Walk { stage: stage.clone(), steps: vec![] };
        let created = walk.alone("/auth/register", json!({"email": "first@lanternes.example", "password": PASSWORD}), "account.created", None).await.is(201);
        walk.steps[0].actor = created["id"].as_str().map(str::to_owned);
        walk.an_account().await;
        walk.by_mail().await;
        walk.with_a_second_factor().await;
        walk.with_a_provider(&forger).await;
        walk.an_organisation().await;
        walk.an_administrator().await;
        walk.a_goodbye().await;
        stage.outbox().await;
        walk.arrives().await;
        assert!(walk.steps.len() > 60, "{}", walk.steps.len());
        // What happens by itself, without a request, is there as well.
        stage.app.clock.advance(Duration::from_secs(15 * 86_400));
        sweep(&stage.app).await;
        let purged = sql!(all_orgs: "a test looks at every chain", "select count(*) from audit where action = 'account.purged'");
        assert_eq!(stage.app.db.one::<(i64,)>(purged, &[]).await.unwrap().0, 2);
        assert_eq!(base::audit::verify(&stage.app.db).await.unwrap().faults, Vec::<String>::new());
    }
}
