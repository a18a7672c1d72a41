//! The binary as a server: a sudden end, and a polite one.

use base::testing::db::Fresh;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

pub fn scratch() -> PathBuf {
    std::env::temp_dir().join(format!("coulisses-it-{}", base::crypto::token().split_at(12).0))
}
pub fn coulisses(args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coulisses"));
    command.args(args).env_clear().envs(env.iter().copied()).current_dir(std::env::temp_dir());
    command
}
pub fn run(args: &[&str], env: &[(&str, &str)]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = coulisses(args, env).output().unwrap();
    (status.code().unwrap_or(-1), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A server of its own, gone with the test; what it logs is kept.
pub struct Server(pub Child, pub String, pub Arc<Mutex<String>>);
impl Server {
    pub fn start(env: &[(&str, &str)]) -> Self {
        Self::start_with(&["serve"], env).0
    }
    /// The server, and what it said before it listened, without its log.
    pub fn start_with(args: &[&str], env: &[(&str, &str)]) -> (Self, Vec<String>) {
        let all: Vec<_> = [("BIND", "127.0.0.1:0"), ("API_LIMIT", "off")].into_iter().chain(env.iter().copied()).collect();
        let mut child = coulisses(args, &all).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut said, log) = (vec![], Arc::<Mutex<String>>::default());
        let address = loop {
            let line = lines.next().expect("the server ended").unwrap();
            match line.strip_prefix("listening: http://") {
                Some(url) => break url.to_owned(),
                None if line.starts_with('{') => *log.lock() += &format!("{line}\n"),
                None => said.push(line),
            }
        };
        let kept = log.clone();
        std::thread::spawn(move || lines.for_each(|line| *kept.lock() += &format!("{}\n", line.unwrap_or_default())));
        (Self(child, address, log), said)
    }
    pub fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> std::io::Result<(u16, Value)> {
        let (status, body) = self.send(method, path, token, body)?;
        Ok((status, serde_json::from_str(&body).unwrap_or_default()))
    }
    /// What is to be read there, as it comes.
    pub fn text(&self, path: &str) -> String {
        self.send("GET", path, "", &Value::Null).unwrap().1
    }
    fn send(&self, method: &str, path: &str, token: &str, body: &Value) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(&self.1)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let body = body.to_string();
        let auth = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{auth}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (head, body) = text.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
        Ok((status, body.to_owned()))
    }
    /// Ends at once, nothing written.
    pub fn kill(&self) {
        Command::new("kill").args(["-9", &self.0.id().to_string()]).status().unwrap();
    }
    /// Ends politely, everything written; how it ended.
    pub fn ends(&mut self) -> Option<i32> {
        Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        self.0.wait().unwrap().code()
    }
    /// The token of an owner of a fresh org.
    pub fn owner(&self) -> String {
        let account = json!({"email": "lea@lanternes.example", "password": crate::stage::PASSWORD});
        self.call("POST", "/api/v1/auth/register", "", &account).unwrap();
        self.sign_in(|token| drop(self.call("POST", "/api/v1/orgs", token, &json!({"name": "Lanternes"})).unwrap()))
    }
    pub fn sign_in(&self, then: impl FnOnce(&str)) -> String {
        let account = json!({"email": "lea@lanternes.example", "password": crate::stage::PASSWORD});
        let login = || self.call("POST", "/api/v1/auth/login", "", &account).unwrap().1["access_token"].as_str().unwrap().to_owned();
        then(&login());
        login()
    }
}
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_sudden_end_loses_no_acknowledged_project() {
    let dir = scratch();
    sudden_ends(&[("DATA_DIR", dir.to_str().unwrap())]);
    let _ = std::fs::remove_dir_all(dir);
}
#[test]
fn a_sudden_end_loses_no_acknowledged_project_on_postgres() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(store) = runtime.block_on(Fresh::postgres()) {
        let dir = scratch();
        sudden_ends(&[("DATA_DIR", dir.to_str().unwrap()), ("DATABASE_URL", &store.url)]);
        let _ = std::fs::remove_dir_all(dir);
    }
}
/// 32 writers, `kill -9`, again and again: what was answered 201 is there, with its audit row, and nothing else is.
fn sudden_ends(env: &[(&str, &str)]) {
    let mut server = Server::start(env);
    let mut token = server.owner();
    for round in 0..3 {
        let acknowledged = written_until_the_end(&server, &token, round);
        assert!(!acknowledged.is_empty(), "something was written before the end");
        drop(server);
        server = Server::start(env);
        token = server.sign_in(|_| ());
        for id in acknowledged {
            let (status, _) = server.call("GET", &format!("/api/v1/projects/{id}"), &token, &Value::Null).unwrap();
            assert_eq!(status, 200, "{id} was acknowledged and is gone");
        }
    }
    drop(server);
    let (code, words, _) = run(&["audit", "verify"], env);
    assert_eq!(code, 0, "{words}");
}
fn written_until_the_end(server: &Server, token: &str, round: i32) -> Vec<String> {
    std::thread::scope(|scope| {
        let writer = |writer: i32| {
            let write = move |n: i32| server.call("POST", "/api/v1/projects", token, &json!({"name": format!("{round}-{writer}-{n}")}));
            let ids = (0..).map_while(|n| write(n).ok().filter(|(status, _)| *status == 201));
            ids.map(|(_, project)| project["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let writers: Vec<_> = (0..32).map(|n| scope.spawn(move || writer(n))).collect();
        std::thread::sleep(Duration::from_millis(500));
        Command::new("kill").args(["-9", &server.0.id().to_string()]).status().unwrap();
        writers.into_iter().flat_map(|w| w.join().unwrap()).collect()
    })
}

#[test]
fn metrics_may_have_an_address_of_their_own() {
    let get = |at: &str, path: &str, token: &str| {
        let mut stream = TcpStream::connect(at).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer[9..12].parse::<u16>().unwrap(), answer)
    };
    for (token, without) in [(None, 200), (Some("a token of the test"), 403)] {
        let dir = scratch();
        let mut env = vec![("DATA_DIR", dir.to_str().unwrap()), ("METRICS_ADDR", "127.0.0.1:0")];
        env.extend(token.map(|token| ("METRICS_TOKEN", token)));
        let (server, said) = Server::start_with(&["serve"], &env);
        let at = said.iter().find_map(|line| line.strip_prefix("metrics: http://")?.strip_suffix("/metrics")).expect("it says where");
        let with = get(at, "/metrics", token.unwrap_or_default());
        assert!(with.0 == 200 && with.1.contains("app_outbox_pending 0"), "{}", with.1);
        assert_eq!(get(at, "/metrics", "another").0, without);
        assert_eq!(get(at, "/api/v1/me", "").0, 404, "nothing else is there");
        assert!(server.text("/metrics").contains("metrics_elsewhere"), "and it is not where everybody comes");
        drop(server);
        let _ = std::fs::remove_dir_all(dir);
    }
}

#[test]
fn one_file_one_server_and_a_polite_end() {
    let dir = scratch();
    let env = [("DATA_DIR", dir.to_str().unwrap())];
    let mut server = Server::start(&env);
    assert_eq!(run(&["healthcheck"], &[("BIND", &server.1), ("DATA_DIR", dir.to_str().unwrap())]).0, 0);
    assert_eq!(server.ends(), Some(0));
    let _ = std::fs::remove_dir_all(dir);
}
