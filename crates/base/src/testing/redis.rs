//! Redis for tests: the server that `TEST_REDIS_URL` names, or a private one that can be killed and paused.
#![expect(clippy::expect_used, clippy::panic, reason = "what a test stands on may fail only loudly")]

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

#[expect(clippy::disallowed_methods, reason = "tests have no settings: where the servers are is told by the environment")]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped() -> bool {
    let skip = env("TEST_REDIS").is_some_and(|v| v == "skip");
    if skip {
        eprintln!("TEST_REDIS=skip: not tested with Redis");
    }
    skip
}

/// The server shared by all tests; None when they are to be skipped. Use keys of your own.
pub fn url() -> Option<String> {
    if skipped() {
        return None;
    }
    let Some(url) = env("TEST_REDIS_URL") else {
        panic!("this test needs a Redis server: run `cargo xtask test`, which sets TEST_REDIS_URL, or say TEST_REDIS=skip");
    };
    Some(url)
}

/// Waits until it is so; fails when it is not after ten seconds.
pub async fn until(what: &str, so: impl Fn() -> bool) {
    let asked = Instant::now();
    while !so() {
        assert!(asked.elapsed() < Duration::from_secs(10), "{what}: still not so after 10 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A `redis-server` of one test's own, stopped when it is dropped.
pub struct Server {
    child: Child,
    port: u16,
}
impl Server {
    /// None when tests with Redis are to be skipped.
    pub fn start() -> Option<Self> {
        if skipped() {
            return None;
        }
        // Another process can take a free port before the server does: then another one is tried.
        (0..5).find_map(|_| {
            let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
            Self::start_on(port)
        })
    }
    fn start_on(port: u16) -> Option<Self> {
        let (port_text, none) = (port.to_string(), Stdio::null);
        let child = Command::new("redis-server")
            .args(["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(none())
            .stderr(none())
            .spawn()
            .expect("this test starts `redis-server`: install it, or say TEST_REDIS=skip");
        let mut server = Self { child, port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if !matches!(server.child.try_wait(), Ok(None)) {
                return None;
            }
            assert!(started.elapsed() < Duration::from_secs(10), "redis-server does not listen after 10 s");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(server)
    }
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }
    /// As `kill -9`: connections break.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
    /// Back on the same port.
    pub fn restart(&mut self) {
        self.stop();
        *self = Self::start_on(self.port).expect("the port is still free");
    }
    /// It goes silent: connections stay, nothing answers.
    pub fn pause(&self) {
        self.signal("-STOP");
    }
    pub fn resume(&self) {
        self.signal("-CONT");
    }
    fn signal(&self, signal: &str) {
        let done = Command::new("sh").args(["-c", &format!("kill {signal} {}", self.child.id())]).status();
        assert!(done.is_ok_and(|s| s.success()), "kill {signal}");
    }
}
impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
