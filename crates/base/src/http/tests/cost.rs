//! What the shell costs per request: `cargo test -p base --release -- --ignored cost --nocapture`.

use super::*;
use crate::telemetry::tests::quiet;

#[tokio::test]
#[ignore = "a measurement, not a test"]
async fn cost() {
    let routes = || Router::new().route("/things/{id}", get(async || "thing").post(async |b: axum::body::Bytes| b));
    let _log = quiet("info");
    let (house, bare) = (house(Config::default(), routes()), routes());
    let request = |method: &str| {
        let headers = [
            ("host", "localhost:8000"),
            ("authorization", "Bearer x"),
            ("accept-language", "fr"),
            ("user-agent", "bench"),
            ("accept", "*/*"),
        ];
        let request = headers.iter().fold(Request::builder(), |r, (k, v)| r.header(*k, *v));
        request.method(method).uri("/things/7").body(Body::empty()).unwrap()
    };
    for method in ["GET", "POST"] {
        let mut best = [f64::MAX; 3];
        for _ in 0..10 {
            const N: u32 = 20_000;
            let mut time = Vec::new();
            for which in 0..3 {
                let start = Instant::now();
                for _ in 0..N {
                    let request = request(method);
                    match which {
                        0 => drop(request),
                        1 => drop(bare.clone().call(request).await.unwrap()),
                        _ => drop(house.stack.clone().call(request).await.unwrap()),
                    }
                }
                time.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(N));
            }
            best.iter_mut().zip(time).for_each(|(b, t)| *b = b.min(t));
        }
        println!(
            "{method}: making the request {:.2} µs, bare router {:.2} µs, shell and router {:.2} µs: the shell costs {:.2} µs",
            best[0],
            best[1] - best[0],
            best[2] - best[0],
            best[2] - best[1]
        );
    }
}
