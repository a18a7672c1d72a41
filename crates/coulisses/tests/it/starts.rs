//! Five servers that start at once, on a new database and on old ones with data: each migration is applied once, and everybody serves.
//! One SQLite file has one server: the others say so and leave.

use crate::process::{Server, coulisses, run, scratch};
use base::{db::migrate::HISTORY, testing::db::Fresh};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    process::{Output, Stdio},
    time::Duration,
};

/// Settings of one installation, gone with the test.
struct House(Vec<(String, String)>, std::path::PathBuf, Option<Fresh>);
impl House {
    fn on_sqlite() -> Self {
        let dir = scratch();
        Self(vec![("DATA_DIR".to_owned(), dir.display().to_string())], dir, None)
    }
    fn on_postgres() -> Option<Self> {
        let store = tokio::runtime::Runtime::new().unwrap().block_on(Fresh::empty_postgres())?;
        let mut house = Self::on_sqlite();
        house.0.push(("DATABASE_URL".to_owned(), store.url.clone()));
        house.2 = Some(store);
        Some(house)
    }
    fn env(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
    fn run(&self, args: &[&str]) -> String {
        let (code, said, complaint) = run(args, &self.env());
        assert_eq!(code, 0, "{args:?}: {complaint}");
        said
    }
    /// Somebody works here.
    fn has_data(&self) {
        let server = Server::start(&self.env());
        let token = server.owner();
        server.call("POST", "/api/v1/projects", &token, &json!({"name": "Gala"})).unwrap();
    }
    /// What was there still is, for whoever signs in.
    fn still_has_it(&self, server: &Server) {
        let projects = server.call("GET", "/api/v1/projects", &server.sign_in(|_| ()), &Value::Null).unwrap().1;
        assert_eq!(projects[0]["name"], "Gala", "{projects}");
    }
    /// Goes back to an older version, as the release of that time left it.
    fn goes_back_to(&self, version: i64) {
        self.run(&["migrate", "down", "--to", &version.to_string(), "--force"]);
    }
}
impl Drop for House {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.1);
    }
}

/// The steps after this one, each with a one: how often it was applied.
fn once_each_after(version: i64) -> BTreeMap<String, usize> {
    HISTORY.0.iter().filter(|step| step.version > version).map(|step| (step.name.to_owned(), 1)).collect()
}
/// How often each step was applied, by the logs of all of them.
fn applied(logs: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in logs.iter().flat_map(|log| log.lines()) {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        if line["message"] == "migration applied" {
            *counts.entry(line["step"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Five servers, all of them ready, and none of them gone.
fn five_serve(house: &House) -> Vec<Server> {
    let start = || Server::start(&house.env());
    let mut servers: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..5).map(|_| scope.spawn(start)).collect();
        starting.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for server in &mut servers {
        assert_eq!(server.call("GET", "/readyz", "", &Value::Null).unwrap().0, 200);
        assert_eq!(server.0.try_wait().unwrap(), None, "none of them has left");
    }
    servers
}
/// What they applied together, once all has been said: the log comes a little after what it tells.
fn applied_by(servers: &[Server], least: usize) -> BTreeMap<String, usize> {
    for _ in 0..1_000 {
        let applied = applied(&servers.iter().map(|server| server.2.lock().clone()).collect::<Vec<_>>());
        if applied.values().sum::<usize>() >= least {
            return applied;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the logs do not tell of {least} steps");
}

#[test]
fn five_servers_at_once_on_postgres_apply_each_step_once() {
    let Some(house) = House::on_postgres() else { return };
    let servers = five_serve(&house);
    assert_eq!(applied_by(&servers, HISTORY.0.len()), once_each_after(0));
    drop(servers);
    house.has_data();
    // The oldest version that knew projects, and the one before this.
    for old in [3, HISTORY.newest() - 1] {
        house.goes_back_to(old);
        let servers = five_serve(&house);
        let expected = once_each_after(old);
        assert_eq!(applied_by(&servers, expected.len()), expected);
        house.still_has_it(&servers[0]);
    }
}

#[test]
fn of_five_servers_at_once_on_one_file_one_serves_and_the_others_say_why_not() {
    let house = House::on_sqlite();
    let dir = house.1.to_str().unwrap();
    house.has_data();
    for old in [3, HISTORY.newest() - 1] {
        house.goes_back_to(old);
        let serve = || {
            let all: Vec<_> = [("BIND", "127.0.0.1:0")].into_iter().chain(house.env()).collect();
            coulisses(&["serve"], &all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let mut five: Vec<_> = (0..5).map(|_| serve()).collect();
        let mut left = vec![];
        while left.len() < 4 {
            let gone = five.iter_mut().position(|one| one.try_wait().unwrap().is_some());
            match gone {
                Some(at) => left.push(five.remove(at).wait_with_output().unwrap()),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        for Output { status, stdout, stderr } in left {
            let said = String::from_utf8(stderr).unwrap();
            assert_eq!((status.code(), said.lines().count()), (Some(1), 1), "{said}");
            assert!(said.contains("another server already serves") && said.contains(dir), "{said}");
            assert_eq!(applied(&[String::from_utf8(stdout).unwrap()]), BTreeMap::new(), "whoever may not serve migrates nothing");
        }
        let mut last = five.remove(0);
        assert_eq!(last.try_wait().unwrap(), None, "the first one serves");
        last.kill().unwrap();
        last.wait().unwrap();
        let server = Server::start(&house.env());
        house.still_has_it(&server);
    }
}

#[test]
fn five_commands_at_once_apply_each_step_once() {
    migrate_at_once(&House::on_sqlite());
}
#[test]
fn five_commands_at_once_apply_each_step_once_on_postgres() {
    if let Some(house) = House::on_postgres() {
        migrate_at_once(&house);
    }
}
/// `migrate up` may run beside others on either engine.
fn migrate_at_once(house: &House) {
    assert_eq!(five_commands(house), HISTORY.0.len());
    house.has_data();
    house.goes_back_to(HISTORY.newest() - 1);
    assert_eq!(five_commands(house), 1, "the one step that an older version had not");
    house.still_has_it(&Server::start(&house.env()));
}
/// Five processes migrate at once and none fails; how many steps they applied together.
fn five_commands(house: &House) -> usize {
    let migrate = || coulisses(&["migrate", "up"], &house.env()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started: Vec<_> = (0..5).map(|_| migrate()).collect();
    let applied = |child: std::process::Child| {
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).lines().filter(|l| l.starts_with("up: ")).count()
    };
    started.into_iter().map(applied).sum()
}
