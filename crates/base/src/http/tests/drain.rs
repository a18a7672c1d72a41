//! The end: announced, waited for, and it comes.

use super::*;

fn slow() -> House {
    let slow = async || {
        tokio::time::sleep(400 * MS).await;
        "done"
    };
    house(
        Config::default(),
        Router::new().route("/hi", get(async || "hi")).route("/slow", get(slow)).route("/endless", get(std::future::pending::<()>)),
    )
}
const HI: &[u8] = b"GET /hi HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn first_unready_then_closed_to_new_ones_then_finished() {
    let house = slow();
    let open = house.open(Limits { drain: 300 * MS, ..Limits::default() }).await;
    let mut kept = open.connect().await;
    kept.write_all(HI).await.unwrap();
    assert!(!answer(&mut kept).await.contains("connection: close"));
    let waiting = tokio::spawn({
        let state = house.state.clone();
        async move { state.drained().await }
    });
    open.signal.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(1), waiting).await.unwrap().unwrap();
    assert!(house.state.draining() && !open.server.is_finished());
    house.state.drained().await;
    // Whoever still comes is answered, and sent elsewhere for the next one; an idle connection is not cut.
    assert!(open.talk(std::str::from_utf8(HI).unwrap()).await.contains("connection: close"));
    kept.write_all(HI).await.unwrap();
    assert!(rest(&mut kept).await.contains("connection: close"));
    // What is at work when the doors close is finished.
    tokio::time::sleep(150 * MS).await;
    let slow = open.talk("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(slow.ends_with("done"), "{slow}");
    let address = open.address;
    tokio::time::timeout(Duration::from_secs(5), open.server).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let house = slow();
    let open = house.open(Limits::default()).await;
    let mut idle = open.connect().await;
    idle.write_all(HI).await.unwrap();
    answer(&mut idle).await;
    let _silent = open.connect().await;
    tokio::time::sleep(50 * MS).await;
    open.signal.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), open.server).await.unwrap().unwrap();
    assert_eq!(rest(&mut idle).await, "");
}

#[tokio::test]
async fn who_takes_too_long_is_cut_off_and_a_second_signal_ends_at_once() {
    let house = slow();
    let open = house.open(Limits { grace: 50 * MS, ..Limits::default() }).await;
    let mut stream = open.connect().await;
    stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(50 * MS).await;
    open.signal.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), open.server).await.unwrap().unwrap();
    assert_eq!(rest(&mut stream).await, "");
    for drain in [Duration::ZERO, Duration::from_secs(600)] {
        let house = slow();
        let open = house.open(Limits { drain, grace: Duration::from_secs(600), ..Limits::default() }).await;
        let mut stream = open.connect().await;
        stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        tokio::time::sleep(50 * MS).await;
        open.signal.send(()).unwrap();
        tokio::time::sleep(50 * MS).await;
        assert!(!open.server.is_finished());
        open.signal.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), open.server).await.unwrap().unwrap();
    }
}
