//! The floors: a bare axum handler with the same number of bytes, and a bare relay of a model's answers. Nothing that answers HTTP here,
//! and with these libraries, can be faster.

use crate::Result;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::any,
};
use bytes::Bytes;

pub async fn serve(bytes: usize) -> Result<()> {
    let body = Bytes::from(vec![b'x'; bytes]);
    let answer = any(move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], body) }
    });
    listen(Router::new().fallback(answer)).await
}
/// Asks the model what it is asked, and passes on what comes: no account, no limit, no history.
pub async fn relay(model: &str) -> Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default(); // nobody chose another one
    let (client, url) = (reqwest::Client::builder().tcp_nodelay(true).build()?, format!("http://{model}/v1/chat/completions"));
    let answer = any(move |headers: HeaderMap, asked: Bytes| {
        let key = headers.get(header::AUTHORIZATION).cloned().unwrap_or(HeaderValue::from_static(""));
        let sent = client.post(&url).header(header::CONTENT_TYPE, "application/json").header(header::AUTHORIZATION, key).body(asked).send();
        async move {
            let answered = sent.await.map(|answer| axum::http::Response::from(answer).map(Body::new));
            answered.unwrap_or_else(|_| {
                let mut failed = Response::default();
                *failed.status_mut() = StatusCode::BAD_GATEWAY;
                failed
            })
        }
    });
    listen(Router::new().fallback(answer)).await
}
#[expect(clippy::disallowed_methods, reason = "a floor is what axum itself serves, nothing of ours")]
async fn listen(router: Router) -> Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening: http://{}", listener.local_addr()?);
    use axum::serve::ListenerExt as _;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}
