//! Somebody who uses the house from inside this process, through the same router as everybody: the demo has no way around a rule.

use crate::setup::Trouble;
use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use base::http::Stack;
use serde_json::{Value, json};
use tower::ServiceExt as _;

#[derive(Clone)]
pub struct Caller {
    service: Stack,
    token: Option<String>,
}

impl Caller {
    pub const fn anyone(service: Stack) -> Self {
        Self { service, token: None }
    }
    /// Somebody new with an account; the id of the account.
    pub async fn sign_up(&self, name: &str, email: &str, password: &str) -> Result<(Self, String), Trouble> {
        let made = self.post("/auth/register", json!({"email": email, "password": password, "display_name": name})).await?;
        let signed = self.post("/auth/login", json!({"email": email, "password": password, "client": "cli"})).await?;
        Ok((self.with(&signed), text(&made, "id")?))
    }
    fn with(&self, signed: &Value) -> Self {
        Self { service: self.service.clone(), token: signed["access_token"].as_str().map(str::to_owned) }
    }
    /// The same person in an organisation.
    pub async fn switch(&self, org: &str) -> Result<Self, Trouble> {
        Ok(self.with(&self.post("/auth/switch-org", json!({"org_id": org})).await?))
    }
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, Trouble> {
        self.ask(Method::POST, path, &body).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Result<Value, Trouble> {
        self.ask(Method::PUT, path, &body).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Result<Value, Trouble> {
        self.ask(Method::PATCH, path, &body).await
    }
    /// As [`Caller::post`]; the id of what was made.
    pub async fn make(&self, path: &str, body: Value) -> Result<String, Trouble> {
        text(&self.post(path, body).await?, "id")
    }
    /// Many of a kind at once; their ids in the order given.
    pub async fn make_all(&self, path: &str, all: Vec<Value>) -> Result<Vec<String>, Trouble> {
        let made = self.post(path, all.into()).await?;
        Ok(made["ids"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value, Trouble> {
        let mut request = Request::builder().method(&method).uri(format!("/api/v1{path}")).header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_string())).map_err(|e| Trouble::Failed(format!("the demo: {e}")))?;
        let Ok(answer) = self.service.clone().oneshot(request).await;
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.map_err(|e| Trouble::Failed(format!("the demo: {e}")))?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        // A path may hold the token of a link.
        let path = path.split('?').next().unwrap_or_default();
        let (detail, errors) = (body["detail"].as_str().unwrap_or_default(), &body["errors"]);
        Err(Trouble::Failed(format!("the demo season: {method} {path} answered {status}: {detail} {errors}")))
    }
}

/// A text of an answer.
pub fn text(of: &Value, name: &str) -> Result<String, Trouble> {
    of[name].as_str().map(str::to_owned).ok_or_else(|| Trouble::Failed(format!("the demo season: an answer without `{name}`")))
}
