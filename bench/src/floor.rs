//! The floor: a bare axum handler with the same number of bytes. Nothing that answers HTTP here can be faster.

use crate::Result;
use axum::{Router, http::header, routing::any};
use bytes::Bytes;

#[expect(clippy::disallowed_methods, reason = "the floor is what axum itself serves, nothing of ours")]
pub async fn serve(bytes: usize) -> Result<()> {
    let body = Bytes::from(vec![b'x'; bytes]);
    let answer = any(move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], body) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening: http://{}", listener.local_addr()?);
    use axum::serve::ListenerExt as _;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, Router::new().fallback(answer)).await?)
}
