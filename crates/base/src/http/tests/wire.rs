//! Real sockets: silent, dripping, greedy and deaf clients, and those who are none of that.

use super::*;
use axum::body::Bytes;
use hyper::body::Frame;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// The defaults, a hundred times as impatient.
fn limits() -> Limits {
    let patience = serve::Patience { first_byte: 150 * MS, head: 300 * MS, idle: 1500 * MS, stall: 400 * MS, linger: 500 * MS };
    Limits { patience, ..Limits::default() }
}
fn routes() -> Router {
    Router::new()
        .route("/hi", get(async || "hi"))
        .route("/echo", post(async |body: Bytes| body))
        .route("/events", get(async || Body::new(Events(0, false))))
        .route("/big", get(async || vec![b'x'; BIG]))
}
const BIG: usize = 24 * 1024 * 1024;
/// A hundred events, each sent on its own.
struct Events(u32, bool);
impl axum::body::HttpBody for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.1 = !self.1;
        if self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.0 += 1;
        Poll::Ready((self.0 <= 100).then(|| Ok(Frame::data(format!("data: {}\n\n", self.0).into()))))
    }
}
async fn open() -> (House, Open) {
    let body = BodyLimits { grace: 300 * MS, ..BodyLimits::default() };
    let house = house(Config { body, ..Config::default() }, routes());
    let open = house.open(limits()).await;
    (house, open)
}
fn code(response: &str) -> String {
    let body = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{response:?}")).1;
    serde_json::from_str::<serde_json::Value>(body).unwrap()["code"].as_str().unwrap().to_owned()
}
const HI: &[u8] = b"GET /hi HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn the_silent_and_the_dripping_are_let_go_and_slow_nobody_down() {
    let (house, open) = open().await;
    let start = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(open.connect().await);
    }
    let address = open.address;
    let dripping = (0..100).map(move |_| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        for byte in b"GET /hi HTTP/1.1\r\nx-slow: ".iter().cycle() {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(50 * MS).await;
        }
    });
    let dripping: tokio::task::JoinSet<()> = dripping.collect();
    for _ in 0..50 {
        let mut stream = open.connect().await;
        stream.write_all(HI).await.unwrap();
        assert!(answer(&mut stream).await.ends_with("hi"));
    }
    for stream in &mut silent {
        assert_eq!(rest(stream).await, "");
    }
    tokio::time::timeout(Duration::from_secs(10), dripping.join_all()).await.unwrap();
    assert!(start.elapsed() >= limits().patience.head);
    while house.value("app_connections") > 0.0 {
        tokio::time::sleep(10 * MS).await;
    }
}

#[tokio::test]
async fn a_kept_connection_idles_longer_than_a_head_may_take() {
    let (_, open) = open().await;
    let mut stream = open.connect().await;
    for _ in 0..2 {
        stream.write_all(HI).await.unwrap();
        assert!(answer(&mut stream).await.ends_with("hi"));
        // Longer than the first byte and the head may take, shorter than a connection may idle.
        tokio::time::sleep(600 * MS).await;
    }
    // A head that begins after idling has its own, shorter time.
    stream.write_all(b"GET /hi").await.unwrap();
    let start = Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    assert!((200 * MS..1200 * MS).contains(&start.elapsed()), "{:?}", start.elapsed());
    // And idling has an end.
    let mut stream = open.connect().await;
    stream.write_all(HI).await.unwrap();
    answer(&mut stream).await;
    let start = Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    assert!(start.elapsed() >= 1200 * MS, "{:?}", start.elapsed());
}

#[tokio::test]
async fn who_never_reads_is_let_go_and_who_reads_slowly_is_not() {
    let house = house(Config::default(), routes());
    let mut limits = limits();
    limits.patience.idle = Duration::from_secs(60);
    let open = house.open(limits).await;
    let mut deaf = open.connect().await;
    deaf.write_all(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    while house.value("app_connections") == 0.0 {
        tokio::time::sleep(10 * MS).await;
    }
    let end = Instant::now() + Duration::from_secs(10);
    while house.value("app_connections") > 0.0 {
        assert!(Instant::now() < end, "still open");
        tokio::time::sleep(10 * MS).await;
    }
    // Slower than a connection may idle, but reading.
    limits.patience.idle = 200 * MS;
    let mut slow = house.open(limits).await.connect().await;
    slow.write_all(b"GET /big HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut buffer, mut got) = (vec![0; 256 * 1024], 0);
    while let n @ 1.. = slow.read(&mut buffer).await.unwrap() {
        got += n;
        tokio::time::sleep(5 * MS).await;
    }
    assert!(got > BIG, "{got}");
}

#[tokio::test]
async fn a_dripping_body_is_408() {
    let (_, open) = open().await;
    let mut stream = open.connect().await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n").await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let drip = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(30 * MS).await;
        }
    });
    let mut got = String::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), read.read_to_string(&mut got)).await.unwrap();
    assert!(got.starts_with("HTTP/1.1 408") && got.contains("connection: close"), "{got}");
    assert_eq!(code(&got), "body_too_slow");
    drip.abort();
}

#[tokio::test]
async fn too_large_a_body_is_refused_before_it_is_read() {
    let (_, open) = open().await;
    // Announced: not a byte of it is awaited.
    let announced = open.talk("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000\r\n\r\n").await;
    assert!(announced.starts_with("HTTP/1.1 413") && announced.contains("connection: close"), "{announced}");
    assert_eq!(code(&announced), "body_too_large");
    // Chunked: at the limit. The client goes on sending all it has, and still gets to read the answer.
    let mut stream = open.connect().await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    for _ in 0..512 {
        stream.write_all(&chunk).await.unwrap();
    }
    assert_eq!(code(&rest(&mut stream).await), "body_too_large");
    // What fits is read whole, in however many pieces.
    let body = "y".repeat(1024 * 1024);
    let fits =
        open.talk(&format!("POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())).await;
    assert!(fits.starts_with("HTTP/1.1 200") && fits.ends_with(&body));
}

#[tokio::test]
async fn a_broken_body_is_the_clients_mistake() {
    let (_, open) = open().await;
    let bad = open.talk("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n").await;
    assert!(bad.starts_with("HTTP/1.1 400"), "{bad}");
    assert_eq!(code(&bad), "body_broken");
}

#[tokio::test]
async fn too_much_head_is_a_problem_too() {
    let (_, open) = open().await;
    let fields: String = (0..101).map(|i| format!("x-{i}: y\r\n")).collect();
    let wide = format!("x-wide: {}\r\n", "y".repeat(17 * 1024));
    for (head, status, expected) in
        [(fields, "431", "headers_too_large"), (wide, "431", "headers_too_large"), ("no colon\r\n".into(), "400", "bad_request")]
    {
        let refused = open.talk(&format!("GET /hi HTTP/1.1\r\n{head}\r\n")).await;
        assert!(refused.starts_with(&format!("HTTP/1.1 {status} ")), "{refused}");
        assert!(refused.contains("application/problem+json") && refused.contains("x-request-id: "));
        assert_eq!(code(&refused), expected);
    }
    let fits: String = (0..98).map(|i| format!("x-{i}: y\r\n")).collect();
    assert!(open.talk(&format!("GET /hi HTTP/1.1\r\nconnection: close\r\n{fits}\r\n")).await.ends_with("hi"));
}

#[tokio::test]
async fn a_stream_of_small_pieces_is_not_held_back() {
    let (_, open) = open().await;
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let mut stream = open.connect().await;
        for _ in 0..20 {
            // A connection in conversation delays its acknowledgements.
            stream.write_all(HI).await.unwrap();
            answer(&mut stream).await;
        }
        let start = Instant::now();
        stream.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let (mut text, mut buffer) = (String::new(), [0; 4096]);
        // The end of the connection would push out what is held back, so it is not waited for.
        while !text.contains("data: 100") {
            let n = stream.read(&mut buffer).await.unwrap();
            text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
        }
        best = best.min(start.elapsed());
    }
    // With Nagle's algorithm on, a piece waits 40 ms for a delayed acknowledgement.
    assert!(best < 35 * MS, "{best:?}");
}

#[tokio::test]
async fn beyond_so_many_connections_the_next_is_closed() {
    let house = house(Config::default(), routes());
    let open = house.open(Limits { connections: 2, ..limits() }).await;
    let (mut one, mut two) = (open.connect().await, open.connect().await);
    for stream in [&mut one, &mut two] {
        stream.write_all(HI).await.unwrap();
        answer(stream).await;
    }
    assert_eq!(rest(&mut open.connect().await).await, "");
    assert_eq!(house.value(r#"app_shed_total{reason="connections"}"#), 1.0);
    drop(one);
    tokio::time::sleep(50 * MS).await;
    let mut three = open.connect().await;
    three.write_all(HI).await.unwrap();
    assert!(answer(&mut three).await.ends_with("hi"));
}

#[tokio::test]
async fn http2_is_spoken_to_those_who_know() {
    let (_, open) = open().await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(hyper_util::rt::TokioExecutor::new(), hyper_util::rt::TokioIo::new(open.connect().await))
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let request = hyper::Request::get(format!("http://{}/hi", open.address)).body(String::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, hyper::Version::HTTP_2));
        // Longer than an HTTP/1 head may take.
        tokio::time::sleep(400 * MS).await;
    }
    let start = Instant::now();
    let _ = tokio::time::timeout(Duration::from_secs(10), connection).await.unwrap();
    assert!(start.elapsed() >= 800 * MS, "idle HTTP/2 connections end like others");
}
