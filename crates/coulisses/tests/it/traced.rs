//! A trace that began at a caller goes on at the servers that we ask on the way.

use crate::stage::Stage;
use base::both_engines;
use serde_json::json;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::mpsc::{self, Receiver},
    thread,
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// Another server: it knows nothing, and keeps what it was asked.
fn other() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, (said, heard)) = (format!("http://{}", listener.local_addr().unwrap()), mpsc::channel());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let _ = said.send(lines.collect::<Vec<_>>().join("\n"));
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
        }
    });
    (url, heard)
}
#[track_caller]
fn goes_on(heard: &Receiver<String>) {
    let head = heard.recv().unwrap();
    let parent = head.lines().find_map(|line| line.strip_prefix("traceparent: ")).unwrap_or_else(|| panic!("no traceparent: {head}"));
    assert!(parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-01"), "{parent}");
    assert!(!parent.contains(CALLER), "our span is between: {parent}");
    assert!(head.contains("tracestate: vendor=1"), "{head}");
}

both_engines! {
    async fn providers_and_models_are_told_the_trace(db: Db) {
        let (url, heard) = other();
        let base_url = format!("{url}/v1");
        let settings = [
            ("GOOGLE_CLIENT_ID", "c"), ("GOOGLE_CLIENT_SECRET", "s"), ("GOOGLE_ISSUER", url.as_str()), ("AI_BASE_URL", &base_url), ("AI_MODEL", "m"),
        ];
        let stage = Stage::with(db, &settings).await;
        let lea = stage.person().await.says("traceparent", format!("00-{TRACE}-{CALLER}-01")).says("tracestate", "vendor=1");
        lea.get("/api/v1/auth/google/start").await;
        goes_on(&heard);
        lea.post("/api/v1/ai/completions", json!({"prompt": "Qui vient samedi ?"})).await;
        goes_on(&heard);
    }
}
