//! The official OpenAI SDK for Python, unchanged, with our address: whole answers, streams, models, failures.

use crate::process::{Server, scratch};
use serde_json::{Value, json};
use simulator::Simulator;
use std::{path::Path, process::Command};

#[test]
#[expect(clippy::disallowed_methods, reason = "tests have no settings: where the SDK is is told by the environment")]
fn the_openai_sdk_works_with_our_address() {
    let python = match std::env::var("TEST_OPENAI_PYTHON") {
        Ok(skip) if skip == "skip" => return eprintln!("skipped: TEST_OPENAI_PYTHON=skip"),
        Err(_) => return eprintln!("skipped: `cargo xtask test` installs the SDK"),
        Ok(python) => python,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let simulator = runtime.block_on(Simulator::start(0)).unwrap();
    let (dir, url) = (scratch(), simulator.url());
    let models = "sim-429_rate,sim-500";
    let env = [
        ("DATA_DIR", dir.to_str().unwrap()),
        ("AI_BASE_URL", &url),
        ("MISTRAL_API_KEY", "k"),
        ("AI_PROFILE", "mistral"),
        ("AI_MODEL", "sim-ok"),
        ("AI_MODELS", models),
    ];
    let server = Server::start(&env);
    let token = server.owner();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/chat.py");
    let ran = Command::new(python).arg(script).arg(format!("http://{}/api/v1/ai", server.1)).arg(token).output().unwrap();
    let words = String::from_utf8_lossy(&ran.stderr);
    let said: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{words}"));
    let text = "Réponse simulée : visez, respirez, lâchez.";
    assert_eq!((&said["whole"], &said["stream"], &said["finish"]), (&json!(text), &json!(text), &json!("stop")), "{said}");
    assert!(said["tokens"].as_u64().unwrap() > 0);
    assert_eq!(said["models"], json!(["sim-ok", "sim-429_rate", "sim-500"]));
    // The SDK finds the class of its error by the status, and its body is our problem document.
    assert_eq!(said["failures"][0], json!(["RateLimitError", 429, "upstream_rate_limited"]));
    assert_eq!(said["failures"][1], json!(["InternalServerError", 502, "upstream_unavailable"]));
    assert_eq!(said["failures"][2], json!(["AuthenticationError", 401, "invalid_token"]));
    let sent = simulator.counts();
    assert!(sent.finished >= 2 && !sent.last.to_string().contains("lanternes.example"));
    drop(server);
    let _ = std::fs::remove_dir_all(dir);
}
