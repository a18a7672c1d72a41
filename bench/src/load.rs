//! Closed and open loop load, by an HTTP/1.1 client that does next to nothing, so that what is measured is the server.

use crate::{Result, histogram::Histogram};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Makes the bytes of request number `n`.
pub type Make = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

#[derive(Default)]
pub struct Outcome {
    pub latencies: Histogram,
    pub statuses: BTreeMap<u16, u64>,
    pub took: Duration,
}
impl Outcome {
    pub fn saw(&mut self, status: u16, took: Duration) {
        self.latencies.record(took.as_micros() as u64);
        *self.statuses.entry(status).or_default() += 1;
    }
    pub fn add(&mut self, other: Self) {
        self.latencies.add(&other.latencies);
        other.statuses.into_iter().for_each(|(status, n)| *self.statuses.entry(status).or_default() += n);
    }
    pub fn rate(&self) -> f64 {
        self.latencies.total as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

/// Closed-loop load: so many connections, each sends its next request when it has its answer.
pub async fn closed(address: &str, connections: usize, length: Duration, make: Make) -> Result<Outcome> {
    let (next, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (address, make, next) = (address.to_owned(), make.clone(), next.clone());
            tokio::spawn(async move {
                let (mut client, mut seen) = (Client::connect(&address).await?, Outcome::default());
                while start.elapsed() < length {
                    let request = make(next.fetch_add(1, Ordering::Relaxed));
                    let sent = Instant::now();
                    let (status, _) = client.call(&request).await?;
                    seen.saw(status, sent.elapsed());
                }
                Result::Ok(seen)
            })
        })
        .collect();
    gather(clients, start).await
}

/// Open-loop load: requests are due at a fixed rate, whether or not the server keeps up. A latency counts from the instant
/// a request was due, so that a stall is felt by everything that had to wait behind it.
pub async fn open(address: &str, connections: usize, rate: f64, length: Duration, make: Make) -> Result<Outcome> {
    let (next, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (address, make, next) = (address.to_owned(), make.clone(), next.clone());
            tokio::spawn(async move {
                let (mut client, mut seen) = (Client::connect(&address).await?, Outcome::default());
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let due = start + intended(n, rate);
                    if due.duration_since(start) >= length {
                        return Result::Ok(seen);
                    }
                    tokio::time::sleep_until(due.into()).await;
                    let (status, _) = client.call(&make(n)).await?;
                    seen.saw(status, due.elapsed());
                }
            })
        })
        .collect();
    gather(clients, start).await
}
/// When request `n` is due after the start.
fn intended(n: u64, rate: f64) -> Duration {
    Duration::from_secs_f64(n as f64 / rate)
}

async fn gather(clients: Vec<tokio::task::JoinHandle<Result<Outcome>>>, start: Instant) -> Result<Outcome> {
    let mut all = Outcome::default();
    for client in clients {
        all.add(client.await??);
    }
    all.took = start.elapsed();
    Ok(all)
}

/// One connection, kept alive.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}
impl Client {
    pub async fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }
    /// Sends a request and reads its whole answer.
    pub async fn call(&mut self, request: &[u8]) -> Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(parsed) = head(&self.buffer) {
                break parsed;
            }
        };
        while self.buffer.len() < head + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the answer ended early".into());
            }
        }
        let status = std::str::from_utf8(&self.buffer[9..12])?.parse()?;
        Ok((status, self.buffer[head..head + length].to_vec()))
    }
    /// Sends a request whose answer goes on and on.
    pub async fn say(&mut self, request: &[u8]) -> Result<()> {
        self.buffer.clear();
        Ok(self.stream.write_all(request).await?)
    }
    /// Waits until that answer has said this.
    pub async fn hear(&mut self, what: &[u8]) -> Result<()> {
        while !self.buffer.windows(what.len()).any(|w| w == what) {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the stream ended".into());
            }
        }
        self.buffer.clear();
        Ok(())
    }
    /// Sends a request and reads its answer in chunks: how long until the first event, and until the end.
    pub async fn stream(&mut self, request: &[u8]) -> Result<(Duration, Duration)> {
        let (sent, mut first) = (Instant::now(), None);
        self.stream.write_all(request).await?;
        self.buffer.clear();
        while !self.buffer.ends_with(b"0\r\n\r\n") {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the stream ended early".into());
            }
            if first.is_none() && self.buffer.windows(6).any(|w| w == b"data: ") {
                first = Some(sent.elapsed());
            }
        }
        if !self.buffer.starts_with(b"HTTP/1.1 200") {
            return Err("a stream was refused".into());
        }
        Ok((first.ok_or("a stream without an event")?, sent.elapsed()))
    }
    /// The same, with where the next page of a list begins.
    pub async fn page(&mut self, request: &[u8]) -> Result<(u16, Option<String>, Vec<u8>)> {
        let (status, body) = self.call(request).await?;
        let head = &self.buffer[..self.buffer.len() - body.len()];
        Ok((status, next_page(&String::from_utf8_lossy(head)), body))
    }
}

/// The cursor of the next page, from the `Link` of an answer.
fn next_page(head: &str) -> Option<String> {
    let link = head.lines().find_map(|l| l.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case("link")))?.1;
    let (_, rest) = link.split_once("cursor=")?;
    rest.split(['&', '>']).next().map(str::to_owned)
}
/// Where the body begins and how long it is, once the head is complete.
fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let length = text.lines().find_map(|l| l.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case("content-length")))?.1;
    Some((end, length.trim().parse().ok()?))
}

pub fn request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let auth = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    let length =
        if method == "GET" { String::new() } else { format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()) };
    format!("{method} {path} HTTP/1.1\r\nhost: bench\r\n{auth}{length}\r\n{body}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_a_steady_rate() {
        assert_eq!(intended(0, 500.0), Duration::ZERO);
        assert_eq!(intended(1_000, 500.0), Duration::from_secs(2));
    }
    #[test]
    fn an_answer_is_found_in_its_bytes() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: y\r\n\r\nok";
        assert_eq!(head(answer), Some((answer.len() - 2, 2)));
        assert_eq!(head(&answer[..20]), None);
        let page = "HTTP/1.1 200 OK\r\nlink: </api/v1/missions?limit=2&cursor=abc&project=x>; rel=\"next\"\r\n";
        assert_eq!((next_page(page), next_page("HTTP/1.1 200 OK\r\n")), (Some("abc".to_owned()), None));
    }
}
