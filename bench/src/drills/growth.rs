//! Does it stay as fast when the years go by? The same month, the same two hundred people and the same requests on an organisation
//! with 10³ assignments, with 10⁴, and with half a million beside another half million of other organisations'. What is compared is
//! the time of one request after another, in one run: the last with the second, for both have the twelve weeks that the labour
//! rules look back, and the first has five.
//!
//! The rows are laid down by SQL in a migrated database, by the engines' own tools (`sqlite3`, `psql`).

use super::{Check, Ground, check};
use crate::{
    Result,
    histogram::Histogram,
    load::{Client, request},
    server::Server,
    stage::{Stage, environment},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt as _, process::Command};

const SIZES: [u64; 3] = [1_000, 10_000, 1_000_000];
const PEOPLE: u64 = 200;
/// How many times longer the median of a request may take.
const MOST: f64 = 2.0;
/// Requests of each kind at each size.
const TIMES: usize = 150;

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (engine, url) in ground.engines() {
        let mut by_size = Vec::new();
        for size in SIZES {
            by_size.push(on(ground, url.as_deref(), size).await?);
        }
        for (what, fewest) in &by_size[0] {
            let named = |times: &Times| times.iter().find(|(name, _)| name == what).map(|(_, times)| (times.at(0.5), times.at(0.99)));
            let (Some((few, few_99)), Some((many, many_99))) = (named(&by_size[1]), named(&by_size[2])) else { continue };
            let ratio = many as f64 / few.max(1) as f64;
            let first = fewest.at(0.5);
            checks.push(check(
                ratio <= MOST,
                format!("{engine}: {what}: {ratio:.2} times the median (<= {MOST}): {first}, {few}, {many} µs; p99 of the last two {few_99}, {many_99} µs"),
            ));
        }
    }
    Ok(checks)
}

type Times = Vec<(&'static str, Histogram)>;

async fn on(ground: &Ground, url: Option<&str>, size: u64) -> Result<Times> {
    let dir = ground.dir.join(format!("{}-{size}", if url.is_some() { "postgres" } else { "sqlite" }));
    std::fs::create_dir_all(&dir)?;
    let own = url.map(|url| of_its_own(url, size)).transpose()?;
    if let (Some(url), Some((_, name))) = (url, &own) {
        psql(url, &format!("drop database if exists {name} with (force);\ncreate database {name};\n")).await?;
    }
    let mut env = environment(&dir, own.as_ref().map(|(url, _)| url.clone()));
    env.push(("CACHE_TTL_SECONDS", "0".to_owned()));
    let server = Server::start(&ground.program, &["serve"], &env).await?;
    let token = Stage::set(&server.address).await?.token;
    server.stop().await?;
    match &own {
        Some((url, _)) => psql(url, &rows(size, true)).await?,
        None => sqlite(&dir, &rows(size, false)).await?,
    }
    let server = Server::start(&ground.program, &["serve"], &env).await?;
    let times = measured(&server.address, &token).await;
    server.stop().await?;
    if let (Some(url), Some((_, name))) = (url, &own) {
        psql(url, &format!("drop database {name} with (force);\n")).await?;
    }
    std::fs::remove_dir_all(dir)?;
    times
}
/// The same Postgres, a database of its own: its URL and its name.
fn of_its_own(url: &str, size: u64) -> Result<(String, String)> {
    let (base, query) = url.split_once('?').map_or((url, String::new()), |(b, q)| (b, format!("?{q}")));
    let (host, _) = base.rsplit_once('/').filter(|(host, _)| !host.ends_with('/')).unwrap_or((base, ""));
    let name = format!("growth_{size}");
    Ok((format!("{host}/{name}{query}"), name))
}
async fn psql(url: &str, script: &str) -> Result<()> {
    fed(Command::new("psql").args(["-q", "-v", "ON_ERROR_STOP=1", url]), script).await
}
pub(super) async fn sqlite(dir: &Path, script: &str) -> Result<()> {
    let file =
        std::fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.extension().is_some_and(|e| e == "db"));
    fed(Command::new("sqlite3").arg("-bail").arg(file.ok_or("the server left no database")?), script).await
}
async fn fed(command: &mut Command, script: &str) -> Result<()> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().map_err(|e| format!("{command:?}: {e}"))?;
    child.stdin.take().ok_or("no input")?.write_all(script.as_bytes()).await?;
    if child.wait().await?.success() { Ok(()) } else { Err(format!("{command:?} did not take the rows").into()) }
}

/// Three missions of ten people a day, back from the end of June 2031, in the organisation that the stage made; where there are
/// more than a thousand assignments, half of them in others of a thousand each. Nobody has two calls on one day, every tenth is
/// only asked, and for every ten calls there is an absence and an invitation.
fn rows(size: u64, postgres: bool) -> String {
    let own = if size > 1_000 { size / 2 } else { size };
    let others = (size - own) / 1_000;
    let hex = |n: &str| if postgres { format!("lpad(to_hex({n}), 12, '0')") } else { format!("printf('%012x', {n})") };
    let id = |kind: char, n: &str| format!("'00000000-0000-7000-{kind}000-' || {}", hex(n));
    // Microseconds: the start of the last day, and an hour.
    let (end, hour) = (1_940_544_000_000_000_i64, 3_600_000_000_i64);
    let start = |mission: &str| format!("({end} - ({mission} / 3) * 24 * {hour} + 8 * {hour})");
    let mut sql = String::from("begin;\n");
    let mut lay = |org: &str, count: u64| {
        let upto = |n: u64| format!("with recursive n(i) as (select 0 union all select i + 1 from n where i < {})", n - 1);
        let (person, mission, call) = (id('8', "i"), id('9', "i"), id('a', "i"));
        let (his, its) = (id('8', &format!("(i % {PEOPLE})")), id('9', "(i / 10)"));
        let (at, of_call) = (start("i"), start("(i / 10)"));
        let status = "case when i % 10 = 9 then 'INVITED' else 'ACCEPTED' end";
        let t = end;
        sql += &format!(
            "insert into people (org_id, id, first_name, last_name, name_key, search_key, created_at, updated_at)
               {n} select {org}, {person}, 'Personne', cast(i as text), 'personne ' || {key}, 'personne ' || {key}, {t}, {t} from n;
             insert into missions (org_id, id, title, start_at, end_at, time_zone, published_at, created_at, updated_at)
               {m} select {org}, {mission}, 'Montage', {at}, {at} + 8 * {hour}, 'Europe/Paris', {t}, {t}, {t} from n;
             insert into mission_roles (org_id, mission_id, role_key, role, quota, place) {m} select {org}, {mission}, 'son', 'Son', 10, 0 from n;
             insert into assignments (org_id, id, mission_id, person_id, role_key, role, status, start_at, end_at, invited_at, created_at, updated_at)
               {a} select {org}, {call}, {its}, {his}, 'son', 'Son', {status}, {of_call}, {of_call} + 8 * {hour}, {t}, {t}, {t} from n;
             insert into availabilities (org_id, id, person_id, start_at, end_at, time_zone, kind, status, created_at, updated_at)
               {m} select {org}, {away}, {off}, {at} + i, {at} + i + {hour}, 'Europe/Paris', 'unavailable', 'APPROVED', {t}, {t} from n;
             insert into invitations (org_id, id, assignment_id, token_hash, expires_at, created_at, updated_at)
               {m} select {org}, {invitation}, {asked}, 'x', {t}, {t} - i, {t} from n;\n",
            n = upto(PEOPLE),
            m = upto(count / 10),
            a = upto(count),
            key = hex("i"),
            away = id('8', "(i + 1000000)"),
            off = id('8', &format!("((i * 7 + 3) % {PEOPLE})")),
            invitation = id('9', "(i + 1000000)"),
            asked = id('a', "(i * 10 + 9)"),
        );
    };
    lay("(select org_id from projects limit 1)", own);
    for n in 0..others {
        lay(&format!("'00000000-0000-7000-b000-{n:012}'"), 1_000);
    }
    // As a running database does by itself, later.
    sql += "commit;\n";
    if postgres {
        sql += "analyze;\n";
    }
    sql
}

/// The requests that a planner's day is made of, and one that writes.
async fn measured(address: &str, token: &str) -> Result<Times> {
    let mut client = Client::connect(address).await?;
    let month = "from=2031-06-01&to=2031-06-30";
    let first = |list: Value, name: &str| list[0][name].as_str().unwrap_or_default().to_owned();
    let (_, body) = client.call(&request("GET", &format!("/api/v1/assignments?{month}&status=INVITED&limit=1"), token, "")).await?;
    let asked: Value = serde_json::from_slice(&body)?;
    let (call, mission, person) = (first(asked.clone(), "id"), first(asked.clone(), "mission_id"), first(asked, "user_id"));
    if call.is_empty() {
        return Err(format!("no call was found: {}", String::from_utf8_lossy(&body)).into());
    }
    let asks = [
        ("board of a month", format!("/api/v1/board?{month}")),
        ("missions of a month", format!("/api/v1/missions?{month}&limit=100")),
        ("one mission", format!("/api/v1/missions/{mission}")),
        ("assignments of a month", format!("/api/v1/assignments?{month}&limit=100")),
        ("assignments of a mission", format!("/api/v1/assignments?mission={mission}")),
        ("a person's month", format!("/api/v1/assignments?user={person}&{month}")),
        ("one assignment", format!("/api/v1/assignments/{call}")),
        ("a person's calendar", format!("/api/v1/users/{person}/calendar?{month}")),
        ("conflicts of a month", format!("/api/v1/conflicts?{month}")),
        ("conflicts of a person", format!("/api/v1/conflicts/user/{person}?{month}")),
        ("absences of a month", format!("/api/v1/availabilities?{month}&limit=100")),
        ("newest invitations", "/api/v1/invitations?limit=50".to_owned()),
    ];
    let mut times = Times::new();
    for (what, path) in asks {
        let ask = request("GET", &path, token, "");
        times.push((what, timed(&mut client, &[(ask, 200)], what).await?));
    }
    let set = |status: &str| {
        request("POST", &format!("/api/v1/assignments/{call}:status"), token, &json!({"status": status, "reason": "x"}).to_string())
    };
    let round = [(set("ACCEPTED"), 200), (set("CANCELLED"), 200), (set("INVITED"), 200)];
    times.push(("a yes, taken back and asked again", timed(&mut client, &round, "yes").await?));
    Ok(times)
}
async fn timed(client: &mut Client, asks: &[(Vec<u8>, u16)], what: &str) -> Result<Histogram> {
    let (mut times, start) = (Histogram::default(), Instant::now());
    for n in 0..TIMES {
        let sent = Instant::now();
        for (ask, expected) in asks {
            let (status, body) = client.call(ask).await?;
            if status != *expected {
                return Err(format!("{what}: {status} {}", String::from_utf8_lossy(&body)).into());
            }
        }
        // The first ones fill caches.
        if n >= 10 {
            times.record(sent.elapsed().as_micros() as u64);
        }
        if start.elapsed() > Duration::from_secs(20) && n > 20 {
            break;
        }
    }
    Ok(times)
}
