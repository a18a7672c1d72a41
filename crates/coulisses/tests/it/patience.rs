//! How long the model provider is waited for, and what bridges the silence: on a clock that runs only while nothing else does.

use crate::{
    completions::{asking, chat, prompt},
    stage::{Person, Stage},
};
use axum::http::Method;
use base::testing::db::Fresh;
use http_body_util::BodyExt as _;
use simulator::Simulator;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::{pause, timeout},
};

const PATIENCE: (&str, &str) = ("AI_TIMEOUT_SECONDS", "30");

/// A provider that says this at once, and nothing more.
async fn saying(words: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4_096]).await;
                let _ = stream.write_all(words.as_bytes()).await;
                std::future::pending::<()>().await;
                drop(stream);
            });
        }
    });
    port
}
async fn streamed(lea: &Person) -> String {
    pause();
    let response = lea.open(&Method::POST, "/api/v1/ai/chat/completions", Some(chat("hang").to_string())).await;
    assert_eq!(response.status(), 200);
    let whole = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(whole.to_vec()).unwrap()
}
#[track_caller]
fn is(stream: &str, before: &str, code: &str) {
    let (begin, error) = stream.split_once("\n\ndata: {\"error\":").unwrap_or((stream, ""));
    assert_eq!(begin, before, "{stream}");
    assert!(error.contains(code), "{stream}");
}

/// A server that asks the provider on this port for these models.
async fn asking_for(models: &str, fresh: &Fresh, port: u16) -> Person {
    let url = format!("http://127.0.0.1:{port}/v1");
    let settings = [("AI_BASE_URL", url.as_str()), ("AI_MODEL", "sim-hang"), ("AI_MODELS", models), ("AI_LIMIT", "off"), PATIENCE];
    Stage::with(fresh.db.clone(), &settings).await.person().await
}

#[tokio::test]
async fn the_wait_for_a_seat_is_part_of_the_patience() {
    // Each asks another model, so that none rests because the others failed.
    let models: Vec<String> = (0..40).map(|n| format!("sim-{n}")).collect();
    let fresh = Fresh::sqlite().await;
    let lea = asking_for(&models.join(","), &fresh, saying("").await).await;
    pause();
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let lea = lea.clone();
            tokio::spawn(async move { lea.post("/api/v1/ai/completions", prompt(&n.to_string())).await })
        })
        .collect();
    let ended = async {
        for call in calls {
            call.await.unwrap().fails(504, "upstream_timeout");
        }
    };
    timeout(Duration::from_secs(31), ended).await.expect("also those who waited for a seat have ended after thirty seconds");
}

#[tokio::test]
async fn silence_before_the_first_piece_is_bridged() {
    // Without headers: they are waited for twenty seconds.
    let (simulator, fresh) = (Simulator::start(0).await.unwrap(), Fresh::sqlite().await);
    let lea = asking(fresh.db.clone(), &simulator, &[PATIENCE]).await.person().await;
    is(&streamed(&lea).await, ": ping\n\n", "upstream_timeout");
}
async fn after(words: &'static str) -> String {
    let fresh = Fresh::sqlite().await;
    streamed(&asking_for("", &fresh, saying(words).await).await).await
}
#[tokio::test]
async fn silence_after_the_headers_is_bridged_too() {
    let stream = after("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await;
    is(&stream, ": ping\n\n", "upstream_timeout");
}
#[tokio::test]
async fn silence_after_the_first_piece_is_not() {
    let stream = after("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n9\r\ndata: {\"a\r\n").await;
    is(&stream, "data: {\"a", "upstream_timeout");
}
