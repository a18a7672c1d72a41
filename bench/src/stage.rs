//! What every scenario and drill stands on: the server's settings, and somebody with an org and fifty projects.

use crate::{
    Result,
    load::{Client, request},
};
use serde_json::{Value, json};
use std::path::Path;

pub const PASSWORD: &str = "trois-Lanternes-vertes-1987";

/// The settings of a server whose data lie in `dir`, or behind `url`.
pub fn environment(dir: &Path, url: Option<String>) -> Vec<(&'static str, String)> {
    let mut env = vec![
        ("BIND", "127.0.0.1:0".to_owned()),
        ("DATA_DIR", dir.display().to_string()),
        ("API_LIMIT", "off".to_owned()),
        ("SECRET_KEY", "a secret for the bench".to_owned()),
    ];
    env.extend(url.map(|url| ("DATABASE_URL", url)));
    env
}

/// Somebody with an org and fifty projects.
pub struct Stage {
    pub token: String,
    pub project: String,
}
impl Stage {
    pub async fn set(address: &str) -> Result<Self> {
        let mut client = Client::connect(address).await?;
        let mut call = async |path: &str, token: &str, body: Value| -> Result<Value> {
            let (status, answer) = client.call(&request("POST", path, token, &body.to_string())).await?;
            let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
            if status < 300 || status == 409 { Ok(answer) } else { Err(format!("{path}: {status} {answer}").into()) }
        };
        let account = json!({"email": "bench@lanternes.example", "password": PASSWORD});
        call("/api/v1/auth/register", "", account.clone()).await?;
        let text = |answer: &Value, name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let token = text(&call("/api/v1/auth/login", "", account.clone()).await?, "access_token");
        call("/api/v1/orgs", &token, json!({"name": "Lanternes"})).await?;
        let token = text(&call("/api/v1/auth/login", "", account).await?, "access_token");
        for n in 0..50 {
            call("/api/v1/projects", &token, json!({"name": format!("Projet {n}")})).await?;
        }
        // What an earlier run left behind serves as well.
        let (_, first) = client.call(&request("GET", "/api/v1/projects?limit=1", &token, "")).await?;
        let project = text(&serde_json::from_slice::<Value>(&first)?[0], "id");
        Ok(Self { token, project })
    }
}
