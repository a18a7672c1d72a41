//! A real Prometheus scrapes a live server with our rules loaded: every rule and every panel of the dashboards finds what it names.

use crate::process::{Server, run, scratch};
use serde_json::{Value, json};
use simulator::Simulator;
use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// What is there only after an event that this test does not bring about. It may only shrink.
const RARE: [&str; 2] = ["ai_parse_step_total", "ai_items_dropped_total"];
/// What Prometheus itself says of whom it asks.
const ITS_OWN: [&str; 1] = ["up"];

/// Gone with the test, and with its data.
struct Prometheus {
    process: Child,
    port: u16,
    folder: PathBuf,
}
impl Prometheus {
    fn watching(program: &str, server: &str) -> Self {
        let (folder, rules) = (scratch(), deploy().join("prometheus/rules.yml"));
        fs::create_dir_all(&folder).unwrap();
        let config = json!({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [rules],
            "scrape_configs": [{"job_name": "coulisses", "static_configs": [{"targets": [server]}]}],
        });
        fs::write(folder.join("prometheus.yml"), config.to_string()).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = Command::new(program);
        process.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
        process.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        process.arg(format!("--web.listen-address=127.0.0.1:{port}")).arg("--log.level=error");
        let process = process.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        Self { process, port, folder }
    }
    fn get(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        // HTTP/1.0: the answer comes whole.
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()
    }
    /// The series that an expression finds now; what is wrong with it fails the test.
    fn finds(&self, expression: &str) -> usize {
        let query: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let Some(answer) = self.get(&format!("/api/v1/query?query={query}")) else { return 0 };
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().unwrap().len()
    }
    fn rules(&self) -> Vec<Value> {
        let groups = self.get("/api/v1/rules").unwrap_or_default()["data"]["groups"].as_array().cloned().unwrap_or_default();
        groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
    }
}
impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").canonicalize().unwrap()
}
/// Title and expression of every target of every panel.
fn panels() -> Vec<(String, String)> {
    let mut found = vec![];
    for file in fs::read_dir(deploy().join("grafana/dashboards")).unwrap() {
        let board: Value = serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        for panel in board["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                // What Grafana fills in, and a test cannot wait for.
                let expression = target["expr"].as_str().unwrap().replace("$__rate_interval", "10s");
                found.push((panel["title"].as_str().unwrap().to_owned(), expression));
            }
        }
    }
    assert!(found.len() > 50, "the dashboards are read");
    found
}
/// The metrics that an expression names, without the endings of a histogram's series.
fn names(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').filter(|word| !word.contains(':'));
    let ours = words.filter(|word| ["app_", "ai_", "process_"].iter().any(|start| word.starts_with(start)) || ITS_OWN.contains(word));
    let whole = |word: &str| ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned();
    ours.map(whole).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests have no settings: where Prometheus is is told by the environment")]
fn every_rule_and_every_panel_finds_what_it_names() {
    let program = match std::env::var("TEST_PROMETHEUS") {
        Ok(skip) if skip == "skip" => return eprintln!("skipped: TEST_PROMETHEUS=skip"),
        Err(_) => return eprintln!("skipped: `cargo xtask test` installs Prometheus"),
        Ok(program) => program,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let simulator = runtime.block_on(Simulator::start(0)).unwrap();
    let (dir, url) = (scratch(), simulator.url());
    let backups = dir.join("backups");
    let env = [
        ("DATA_DIR", dir.to_str().unwrap()),
        ("BACKUP_DIR", backups.to_str().unwrap()),
        ("AI_BASE_URL", &url),
        ("MISTRAL_API_KEY", "k"),
        ("AI_MODEL", "sim-ok"),
        ("AI_LIMIT", "off"),
    ];
    let server = Server::start(&env);
    let prometheus = Prometheus::watching(&program, &server.1);
    let token = server.owner();
    // Everything that a panel shows happens while it is looked at.
    let traffic = || {
        server.call("POST", "/api/v1/projects", &token, &json!({"name": "Gala"})).unwrap();
        for _ in 0..2 {
            server.call("GET", "/api/v1/projects", &token, &Value::Null).unwrap();
        }
        server.call("POST", "/api/v1/ai/completions", &token, &json!({"prompt": "Bonjour"})).unwrap();
        let login = |password: &str| json!({"email": "lea@lanternes.example", "password": password});
        for password in [crate::stage::PASSWORD, "wrong"] {
            server.call("POST", "/api/v1/auth/login", "", &login(password)).unwrap();
        }
    };
    let mut left = panels();
    left.retain(|(_, expression)| !names(expression).iter().any(|name| RARE.contains(&name.as_str())));
    // A minute of scrapes at most: on a busy machine they come late.
    for _ in 0..60 {
        traffic();
        left.retain(|(_, expression)| prometheus.finds(expression) == 0);
        if left.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(left.is_empty(), "panels that show nothing: {left:#?}");
    let rules = prometheus.rules();
    assert!(rules.len() > 30 && rules.iter().all(|rule| rule["health"] == "ok"), "{rules:#?}");
    let firing: Vec<_> = rules.iter().filter(|rule| rule["state"] == "firing").collect();
    assert!(firing.is_empty(), "nothing is wrong here: {firing:#?}");
    let all =
        rules.iter().map(|rule| rule["query"].as_str().unwrap().to_owned()).chain(panels().into_iter().map(|(_, expression)| expression));
    for name in all.flat_map(|expression| names(&expression)).collect::<BTreeSet<_>>() {
        let series = ["", "_count"].iter().map(|end| prometheus.finds(&format!("{name}{end}{{job=\"coulisses\"}}"))).sum::<usize>();
        assert_eq!(series > 0, !RARE.contains(&name.as_str()), "{name}: what is named is exported, what is rare is listed");
    }
    let text = server.text("/metrics");
    let exported: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert_eq!(PROMISED.iter().filter(|name| !exported.contains(*name)).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(lint(&program, &text), "");
    assert!(lint(&program, &text.replace("app_requests_total", "app_requests_totals")).starts_with("refused: "), "it would say so");
    drop(server);
    assert_eq!(run(&["audit", "verify"], &env).0, 0);
    let _ = fs::remove_dir_all(dir);
}

/// What the specification promises a scraper; models' are named `ai_…` and belong to the coach, `app_circuit_state` needs Redis.
const PROMISED: [&str; 27] = [
    "app_requests_total",
    "app_request_duration_seconds",
    "app_inflight_requests",
    "app_build_info",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_start_time_seconds",
    "app_db_pool_connections",
    "app_db_acquire_seconds",
    "app_db_query_seconds",
    "app_commit_batch_size",
    "app_commit_seconds",
    "app_outbox_pending",
    "app_outbox_oldest_age_seconds",
    "app_outbox_dead_total",
    "app_cache_requests_total",
    "app_dependency_up",
    "app_shed_total",
    "app_auth_events_total",
    "app_backup_last_success_timestamp_seconds",
    "app_audit_verify_ok",
    "app_migration_version",
    "ai_requests_total",
    "ai_ttfb_seconds",
    "ai_tokens_total",
    "ai_inflight",
    "ai_overhead_seconds",
];

/// `promtool check metrics`, which lies beside Prometheus: silence is consent.
fn lint(prometheus: &str, text: &str) -> String {
    let promtool = fs::canonicalize(prometheus).unwrap().with_file_name("promtool");
    let mut lint = Command::new(promtool).args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    lint.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let done = lint.wait_with_output().unwrap();
    format!("{}{}", if done.status.success() { "" } else { "refused: " }, String::from_utf8(done.stderr).unwrap())
}

#[test]
fn the_metrics_of_an_expression_are_found() {
    let found =
        names("histogram_quantile(0.99, sum by (le) (rate(app_commit_seconds_bucket{job=\"x\"}[5m]))) > up and coulisses:errors:ratio5m");
    assert_eq!(found, BTreeSet::from(["app_commit_seconds".to_owned(), "up".to_owned()]));
}
