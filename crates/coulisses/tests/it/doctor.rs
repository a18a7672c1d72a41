//! `coulisses doctor`: everything it looks at once as it should be, and each thing broken once.

use crate::process::{Server, run, scratch};
use base::testing::{db::Fresh, redis};
use serde_json::{Value, json};
use simulator::Simulator;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    thread,
};

/// Exit code and findings, by what they are of.
fn doctor(env: &[(&str, &str)]) -> (i32, Vec<Value>) {
    let (code, out, errors) = run(&["doctor", "--json"], env);
    let said: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {errors}"));
    assert_eq!(said["good"], json!(code == 0));
    (code, said["findings"].as_array().unwrap().clone())
}
/// State, words and advice of the findings of one thing, and how doctor ended.
fn of(env: &[(&str, &str)], thing: &str) -> (i32, Vec<(String, String)>) {
    let dir = scratch();
    let all = [&[("DATA_DIR", dir.to_str().unwrap())], env].concat();
    let (code, findings) = doctor(&all);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let ours = findings.iter().filter(|finding| finding["of"] == thing);
    (code, ours.map(|f| (text(&f["state"]), format!("{}; {}", text(&f["says"]), text(&f["advice"])))).collect())
}
#[track_caller]
fn is(found: &(i32, Vec<(String, String)>), state: &str, words: &str) {
    let there = found.1.iter().any(|(s, text)| s == state && text.contains(words));
    assert!(there && (found.0 == 1) == (state == "bad"), "{state} {words}: {found:?}");
}
/// Answers every call with these lines, one connection after the other, until the test ends.
pub fn serving(answer: impl Fn(&str) -> Option<String> + Send + 'static, greeting: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.write_all(greeting.as_bytes());
            for line in BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
                if let Some(text) = answer(&line)
                    && stream.write_all(text.as_bytes()).is_err()
                {
                    break;
                }
            }
        }
    });
    port
}
/// A server of one JSON document at every address.
fn document(of: impl Fn(u16) -> Value + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let body = of(port).to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head =
                BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            assert!(head > 0);
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    port
}

#[test]
fn a_server_that_ran_is_well() {
    let dir = scratch();
    let env = [("DATA_DIR", dir.to_str().unwrap())];
    let mut server = Server::start(&env);
    server.owner();
    assert_eq!(server.ends(), Some(0));
    let (code, findings) = doctor(&env);
    assert_eq!(code, 0, "{findings:#?}");
    for thing in ["settings", "DATA_DIR", "disk", "disk sync", "SECRET_KEY", "database", "clock", "audit", "MAIL_URL"] {
        assert!(findings.iter().any(|f| f["of"] == thing), "{thing}: {findings:#?}");
    }
    assert!(findings.iter().all(|f| f["state"] == "good" || f["advice"].is_string()), "what is not good comes with advice");
    let (code, text, _) = run(&["doctor"], &env);
    assert!(code == 0 && text.lines().count() == findings.len() && text.contains("good  database: answers, and is up to date"), "{text}");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn mail_that_cannot_go_out_is_found_and_nothing_is_sent() {
    is(&of(&[("MAIL_URL", "smtp://127.0.0.1:1")], "MAIL_URL"), "bad", "Mail waits in the outbox");
    let (said, heard) = std::sync::mpsc::channel();
    let smtp = move |refuses: bool, said: std::sync::mpsc::Sender<String>| {
        serving(
            move |line| {
                let _ = said.send(line.to_owned());
                Some(match line.split(' ').next().unwrap_or_default() {
                    "EHLO" => "250-sink\r\n250 AUTH PLAIN\r\n".to_owned(),
                    "AUTH" if refuses => "535 who are you\r\n".to_owned(),
                    "AUTH" => "235 welcome\r\n".to_owned(),
                    "QUIT" => "221 bye\r\n".to_owned(),
                    _ => "250 ok\r\n".to_owned(),
                })
            },
            "220 sink ESMTP\r\n",
        )
    };
    let good = format!("smtp://lea:canary@127.0.0.1:{}", smtp(false, said.clone()));
    is(&of(&[("MAIL_URL", &good)], "MAIL_URL"), "good", "lets us in");
    let lines: Vec<String> = heard.try_iter().collect();
    assert!(lines.iter().any(|l| l.starts_with("EHLO")) && lines.iter().any(|l| l.starts_with("AUTH")), "{lines:?}");
    assert!(!lines.iter().any(|l| l.starts_with("MAIL") || l.starts_with("RCPT") || l.starts_with("DATA")), "{lines:?}");
    let wrong = format!("smtp://lea:canary@127.0.0.1:{}", smtp(true, said));
    let refused = of(&[("MAIL_URL", &wrong)], "MAIL_URL");
    is(&refused, "bad", "password right");
    assert!(!format!("{refused:?}").contains("canary"), "a password is not repeated");
    is(&of(&[("COULISSES_ENV", "production")], "MAIL_URL"), "look", "nobody receives anything");
}

#[test]
fn providers_are_asked_who_they_are() {
    let client = [("GOOGLE_CLIENT_ID", "c"), ("GOOGLE_CLIENT_SECRET", "s")];
    let with = |port: u16| {
        let url = format!("http://127.0.0.1:{port}");
        of(&[&client[..], &[("GOOGLE_ISSUER", url.as_str())]].concat(), "sign-in")
    };
    let issuer = |of: &'static str| {
        document(move |port| {
            let url = format!("http://127.0.0.1:{port}");
            json!({"issuer": if of.is_empty() { url.as_str() } else { of }, "authorization_endpoint": url, "token_endpoint": url, "jwks_uri": url})
        })
    };
    is(&with(issuer("")), "good", "Google answers");
    is(&with(issuer("https://evil.example")), "bad", "Google");
    is(&with(1), "bad", "may this machine call it?");
    let port = document(|_| json!({}));
    let graph = format!("http://127.0.0.1:{port}");
    let facebook = [("FACEBOOK_CLIENT_ID", "c"), ("FACEBOOK_CLIENT_SECRET", "s"), ("FACEBOOK_GRAPH_URL", graph.as_str())];
    is(&of(&facebook, "sign-in"), "good", "Facebook answers");
}

#[test]
fn the_models_of_the_provider_are_listed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let simulator = runtime.block_on(Simulator::start(0)).unwrap();
    let url = simulator.url();
    is(&of(&[("AI_BASE_URL", &url), ("AI_MODEL", "sim-ok")], "AI_BASE_URL"), "good", "ours among them");
    is(&of(&[("AI_BASE_URL", &url), ("AI_MODEL", "none-such")], "AI_MODEL"), "look", "does not list none-such");
    is(&of(&[("AI_BASE_URL", "http://127.0.0.1:1/v1")], "AI_BASE_URL"), "bad", "works by rules meanwhile");
    let found = of(&[("AI_BASE_URL", "http://lea:canary@127.0.0.1:1/v1")], "AI_BASE_URL");
    is(&found, "bad", "http://lea:•••@127.0.0.1:1/v1: no answer");
    assert!(!format!("{found:?}").contains("canary"), "{found:?}");
    // A refusal counts whatever it is written in.
    is(&of(&[("AI_BASE_URL", &url), ("MISTRAL_API_KEY", "sim-html_502")], "AI_BASE_URL"), "look", "its list of models is 502");
    assert_eq!(simulator.counts().finished, 0, "a list costs nothing");
}

#[test]
fn a_store_that_is_away_or_behind_is_found() {
    is(
        &of(&[("DATABASE_URL", "postgres://127.0.0.1:1/none"), ("SECRET_KEY", "0123456789abcdef")], "database"),
        "bad",
        "is DATABASE_URL right",
    );
    let dir = scratch();
    let env = [("DATA_DIR", dir.to_str().unwrap())];
    assert_eq!(run(&["migrate", "up", "--to", "3"], &env).0, 0);
    is(&of(&env, "database"), "look", "migrations are waiting");
    std::fs::remove_dir_all(dir).unwrap();
}
#[test]
fn a_newer_database_wants_the_newer_binary() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(Fresh::sqlite());
    let later = async {
        let mut tx = store.db.begin().await.unwrap();
        tx.script("insert into schema_migrations (version, name, checksum, applied_at) values (9999, 'later', 'x', 1)").await.unwrap();
        tx.commit().await.unwrap();
    };
    runtime.block_on(later);
    let found = of(&[("DATABASE_URL", &store.url)], "database");
    is(&found, "bad", "install the newer binary again");
    assert!(!format!("{found:?}").contains("server up"), "{found:?}");
}
#[test]
fn a_database_elsewhere_has_its_own_disk_looked_at() {
    let (house, elsewhere) = (scratch(), scratch());
    std::fs::create_dir_all(&elsewhere).unwrap();
    let url = format!("sqlite:{}", elsewhere.join("x.db").display());
    let env = [("DATA_DIR", house.to_str().unwrap()), ("DATABASE_URL", url.as_str())];
    is(&of(&env, "disk"), "good", elsewhere.to_str().unwrap());
    is(&of(&env, "disk sync"), "good", "until a page is safe");
    std::fs::remove_dir_all(elsewhere).unwrap();
}
#[test]
fn the_clock_of_postgres_is_compared() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(store) = runtime.block_on(Fresh::postgres()) {
        let found = of(&[("DATABASE_URL", &store.url), ("SECRET_KEY", "0123456789abcdef")], "clock");
        is(&found, "good", "from the database's");
    }
}
#[test]
fn redis_that_is_away_is_found() {
    is(&of(&[("REDIS_URL", "redis://127.0.0.1:1")], "REDIS_URL"), "bad", "does not answer");
    if let Some(server) = redis::Server::start() {
        is(&of(&[("REDIS_URL", &server.url())], "REDIS_URL"), "good", "answers");
    }
}
#[test]
fn backups_that_are_missing_or_cannot_be_read_are_told() {
    is(&of(&[("COULISSES_ENV", "production")], "BACKUP_DIR"), "look", "no backup is taken by itself");
    let backups = scratch();
    let env = [("BACKUP_DIR", backups.to_str().unwrap())];
    is(&of(&env, "BACKUP_DIR"), "look", "no backup lies in");
    std::fs::write(&backups, "not a folder").unwrap();
    is(&of(&env, "BACKUP_DIR"), "bad", "give it to the user");
    std::fs::remove_file(backups).unwrap();
    // Where not even root can make a file.
    for nowhere in ["/proc", "/proc/backups"] {
        is(&of(&[("BACKUP_DIR", nowhere)], "BACKUP_DIR"), "bad", "give it to the user");
    }
}
#[test]
fn an_audit_that_was_broken_when_it_was_proved_is_told() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(Fresh::sqlite());
    let break_it = async {
        let mut tx = store.db.begin().await.unwrap();
        tx.script("insert into instance (name, value) values ('audit_proof', '0 1767225600000000')").await.unwrap();
        tx.commit().await.unwrap();
    };
    runtime.block_on(break_it);
    is(&of(&[("DATABASE_URL", &store.url)], "audit"), "bad", "`coulisses audit verify` names the rows");
}
