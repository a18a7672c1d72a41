//! Every statement of the planning goes by an index, on both engines, whatever its tables hold: what is said here is how a
//! statement is answered, never how long it takes.

use crate::planned::Plan;
use base::{both_engines, db::Db, testing::db::plans};

/// Tables that grow with every season. What is read of them is some part of an organisation's rows, never all.
const GROWING: [&str; 10] = [
    "assignments",
    "missions",
    "mission_roles",
    "invitations",
    "availabilities",
    "notifications",
    "call_sheets",
    "call_sheet_receipts",
    "person_skills",
    "person_tags",
];
/// What does read all of an organisation, by words of the statement, and why it may.
const WHOLE: [(&str, &str); 3] = [
    ("select person_id, skill_key, level from person_skills where org_id = $1", "the skills of everybody, for the conflicts of all"),
    // Asked here without knowing whether a project is said. With what is asked in hand Postgres goes by the span or the project.
    ("(cast($5 as text) is null or m.project_id = $5)", "a table of an export or a report, perhaps of one project"),
    ("(cast($7 as text) is null or m.project_id = $7)", "a calendar, perhaps of one project"),
];
/// What is asked most, by words of its statement alone.
const HOTTEST: [(&str, &str); 10] = [
    ("missions of a span", "and (m.published_at is not null or $7)\n"),
    ("one mission", "m.id = $2 and (m.published_at is not null or $3)"),
    ("assignments of a span", "a.status = 'ACCEPTED')))\n         order by a.start_at, a.id limit $8"),
    ("assignments of a person", "a.person_id = $9 and (cast($10 as text) is null or a.mission_id = $10)"),
    ("assignments of a mission", "a.mission_id = $9 order by a.start_at + 0, a.id limit $8"),
    ("the calls of a span, for conflicts and the board", "and a.status in ('INVITED', 'ACCEPTED') and m.cancelled_at is null ) call"),
    ("whom a call would clash with", "select a.person_id as user_id, a.id as assignment_id"),
    ("who is over the number wanted", "and r.quota < (select count(*) from assignments b"),
    ("invitations, the newest first", "and (i.created_at, i.id) < ($2, $3)"),
    ("people by their name", "(p.name_key, p.id) > ($2, $3) and p.search_key like $4"),
];
/// Whether a statement may do so: SQLite, which plans once, goes by an index in the last two.
fn may_read_all(sql: &str, postgres: bool) -> bool {
    sql == WHOLE[0].0 || (postgres && WHOLE[1..].iter().any(|(words, _)| sql.contains(words)))
}

/// The growing table that a step of the plan reads, by its name or by the alias that the statement gives it.
fn table<'a>(sql: &str, name: &'a str) -> Option<&'a str> {
    let of = |t: &&str| {
        let named = [format!(" {t} {name} "), format!(" {t} {name}\n"), format!(" {t} as {name} "), format!(" {t} {name})")];
        name == *t || named.iter().any(|n| sql.contains(n.as_str()))
    };
    GROWING.iter().find(|t| of(t)).map(|_| name)
}
/// What is wrong with a plan of SQLite: `SCAN a`, or `SEARCH a USING INDEX x (org_id=?)`.
fn lite(sql: &str, plan: &[String]) -> Vec<String> {
    let bad = |line: &&String| {
        let words: Vec<_> = line.split(' ').collect();
        let ["SCAN" | "SEARCH", name, ..] = words[..] else { return false };
        let whole = words[0] == "SCAN" || line.ends_with("(org_id=?)");
        whole && table(sql, name).is_some()
    };
    plan.iter().filter(bad).cloned().collect()
}
/// The same of Postgres: `Seq Scan on …`, or an index whose condition is the organisation alone.
fn postgres(sql: &str, plan: &[String]) -> Vec<String> {
    let mut bad = vec![];
    for (i, line) in plan.iter().enumerate() {
        let Some((how, on)) = line.split_once("Scan ").and_then(|(how, rest)| Some((how, rest.rsplit_once("on ")?.1))) else { continue };
        if line.contains("Bitmap Index Scan") || line.contains("Subquery") || line.contains("CTE") {
            continue; // what it finds is read by the step above it, which repeats the condition
        }
        let name = on.split(' ').find(|word| table(sql, word).is_some());
        let depth = |l: &str| l.len() - l.trim_start().len();
        let conditions: Vec<_> = plan[i + 1..].iter().take_while(|l| depth(l) > depth(line) && !l.contains("->")).collect();
        let narrow = |l: &&&String| {
            (l.contains("Index Cond:") || l.contains("Recheck Cond:")) && l.matches(" AND ").count() + l.matches("ROW(").count() > 0
        };
        if name.is_some() && (how.contains("Seq") || !conditions.iter().any(|l| narrow(&l))) {
            bad.push(format!("{line} {conditions:?}"));
        }
    }
    bad
}

/// Postgres plans by what it knows of the rows: two hundred people and five thousand calls, with their statistics. (SQLite plans
/// by the tables alone.)
async fn a_season(db: &Db) {
    let id = |n: &str| format!("lpad(to_hex({n}), 12, '0')");
    let (own, mission, person) = (id("i"), id("i / 10"), id("i % 200"));
    let plan = Plan { db, org: "o" };
    plan.run(&format!(
        "insert into people (org_id, id, first_name, last_name, name_key, search_key, created_at, updated_at)
           select 'o', {own}, 'P', 'P', 'p', 'p', i, i from generate_series(0, 199) i;
         insert into person_skills (org_id, person_id, skill_key, skill, level) select 'o', {own}, 'son', 'Son', 1 from generate_series(0, 199) i;
         insert into missions (org_id, id, title, start_at, end_at, time_zone, published_at, created_at, updated_at)
           select 'o', {own}, 'M', i * 100000000::bigint, i * 100000000::bigint + 1, 'UTC', 1, i, i from generate_series(0, 499) i;
         insert into mission_roles (org_id, mission_id, role_key, role, quota, place) select 'o', {own}, 'son', 'Son', 10, 0 from generate_series(0, 499) i;
         insert into assignments (org_id, id, mission_id, person_id, role_key, role, status, start_at, end_at, invited_at, created_at, updated_at)
           select 'o', {own}, {mission}, {person}, 'son', 'Son', case when i % 10 = 9 then 'INVITED' else 'ACCEPTED' end,
             i / 10 * 100000000::bigint, i / 10 * 100000000::bigint + 1, i, i, i from generate_series(0, 4999) i;
         insert into invitations (org_id, id, assignment_id, token_hash, expires_at, created_at, updated_at, revoked_at)
           select 'o', {own}, {own}, 'x', i, i, i, case when i % 10 > 0 then i end from generate_series(0, 4999) i;
         insert into availabilities (org_id, id, person_id, start_at, end_at, time_zone, status, recurrence, created_at, updated_at)
           select 'o', {own}, {person}, i * 100000000::bigint, i * 100000000::bigint + 1, 'UTC', 'APPROVED', case when i % 50 = 0 then 'FREQ=DAILY' end, i, i
           from generate_series(0, 4999) i;
         insert into notifications (org_id, id, person_id, kind, payload, created_at)
           select 'o', {own}, {person}, 'k', '', i from generate_series(0, 4999) i;
         analyze"
    ))
    .await;
}

both_engines! {
    async fn every_statement_goes_by_an_index(db: Db) {
        if db.is_postgres() {
            a_season(&db).await;
        }
        let (mut faults, mut seen, mut hottest) = (vec![], 0, String::new());
        for (at, sql, plan) in plans(&db, "planning/src").await {
            if let Some((what, _)) = HOTTEST.iter().find(|(_, words)| sql.contains(words)) {
                hottest += &format!("### {what}\n\n```\n{}\n```\n\n", plan.join("\n"));
            }
            if may_read_all(sql, db.is_postgres()) || sql.trim_start().starts_with("insert") {
                continue;
            }
            seen += 1;
            let bad = if db.is_postgres() { postgres(sql, &plan) } else { lite(sql, &plan) };
            faults.extend(bad.into_iter().map(|line| format!("{at}: {line}\n    {sql}")));
        }
        assert!(seen > 60, "{seen} statements were looked at");
        let named = hottest.matches("###").count();
        assert!(named >= HOTTEST.len(), "{named}: a statement was reworded, and so must be its words above");
        // For `bench/results/plans-*.md`.
        if let Some(folder) = std::env::var_os("KEEP_PLANS") {
            let engine = if db.is_postgres() { "postgres" } else { "sqlite" };
            std::fs::write(std::path::Path::new(&folder).join(format!("plans-{engine}.md")), hottest).unwrap();
        }
        assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    }
}

#[test]
fn a_scan_is_seen() {
    let sql = "select * from assignments a join missions m on m.id = a.mission_id where a.org_id = $1";
    let plan = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    for bad in ["SCAN a", "SEARCH a USING INDEX x (org_id=?)", "SCAN assignments USING COVERING INDEX y"] {
        assert_eq!(lite(sql, &plan(&[bad])).len(), 1, "{bad}");
    }
    assert!(
        lite(sql, &plan(&["SEARCH a USING INDEX x (org_id=? AND start_at>?)", "SCAN orgs", "USE TEMP B-TREE FOR ORDER BY"])).is_empty()
    );
    assert_eq!(postgres(sql, &plan(&["Seq Scan on assignments a", "  Filter: (org_id = $1)"])).len(), 1);
    assert_eq!(postgres(sql, &plan(&["Index Scan using x on assignments a", "  Index Cond: (org_id = $1)"])).len(), 1);
    assert!(postgres(sql, &plan(&["Index Scan using x on assignments a", "  Index Cond: ((org_id = $1) AND (id = $2))"])).is_empty());
}
