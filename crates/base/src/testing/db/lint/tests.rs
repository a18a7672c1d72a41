//! The lint sees what it should: statements that stay in their org pass, every known way out is caught.

use super::*;

fn judged(scope: Scope, sql: &str) -> Vec<String> {
    let tables = ["projects", "missions", "audit"].map(str::to_owned).into();
    faults(scope, sql, &tables)
}

#[test]
fn the_tenants_tables_come_from_the_schema() {
    let tables = tenant_tables();
    assert!(tables.contains("projects") && tables.contains("memberships") && tables.contains("audit"), "{tables:?}");
    assert!(!tables.contains("accounts") && !tables.contains("sessions"), "{tables:?}");
}
#[test]
fn no_statement_of_this_crate_reaches_another_tenant() {
    assert_eq!(tenant_lint(), Vec::<String>::new());
    assert!(all_orgs_reasons().iter().any(|r| r.contains("outbox")));
}
#[test]
fn statements_that_stay_in_their_org_pass() {
    for sql in [
        "select id, name from projects where org_id = $1 and id = $2 for update",
        "select p.id from projects p where $1 = p.org_id and (p.name = $2 or p.client is distinct from $3) order by p.id limit $4",
        "select p.id from projects as p join missions m on m.org_id = p.org_id and m.project_id = p.id where p.org_id = $1",
        "select p.id from projects p join missions m on m.org_id = p.org_id where m.org_id = $1",
        "select p.id, m.id from projects p left join missions m on p.org_id = m.org_id and m.at between $2 and $3 where p.org_id = $1",
        "select p.id, a.name from projects p, accounts a where p.org_id = $1 and a.id = p.owner",
        "select id from projects p where org_id = $1 and exists (select 1 from missions m where m.org_id = p.org_id and m.project_id = p.id)",
        "select count(*) from projects where org_id = $1 union all select count(*) from missions where org_id = $1",
        "with live as (select id from projects where org_id = $1) select m.id from missions m join live on live.id = m.project_id where m.org_id = $1",
        "select d.n from (select count(*) as n from projects where org_id = $1 group by status) d",
        "insert into projects (org_id, id, name) values ($1, $2, $3), ($1, $4, 'it''s (one')",
        "insert into projects (id, org_id) select id, $1 from missions where org_id = $1 and at < $2",
        "insert into projects (org_id, id) values ($1, $2) on conflict (org_id, id) do update set name = excluded.name returning id",
        "insert into projects (org_id, id) values ($1, $2) on conflict do nothing",
        "update projects set name = $2, version = version + 1 where org_id = $1 and id = $3 returning id",
        "update missions m set name = p.name from projects p where p.org_id = m.org_id and m.org_id = $1 and p.id = m.project_id",
        "insert into projects (org_id, missions) values ($1, $2) returning id, missions",
        "update projects set missions = $2 where org_id = $1 and missions <> $2",
        "update projects set n = (select count(*) from missions m where m.org_id = projects.org_id) where org_id = $1",
        "delete from projects where org_id = $1 and id = $2 -- not or",
        "delete from projects p using missions m where p.org_id = $1 and m.org_id = $1 and m.project_id = p.id",
    ] {
        assert_eq!(judged(Scope::Org, sql), Vec::<String>::new(), "{sql}");
    }
}
#[test]
fn statements_that_could_leave_their_org_are_caught() {
    for sql in [
        "select id from projects where id = $2",
        "select id from projects where org_id = $2 and id = $1",
        "select id from projects where org_id <> $1",
        "select id from projects where not org_id = $1",
        "select id from projects where org_id = $10",
        "select id from projects where org_id = $1 or true",
        "select id from projects where id is distinct from $2 and org_id = $1 or true",
        "select id from projects where a = b or c and org_id = $1",
        "select id from projects where x between $2 and org_id = $1",
        "select id from projects where case when a and org_id = $1 and b then c end",
        "select id from projects where (org_id = $1 or id = $2)",
        "select id from projects /* where org_id = $1 */",
        "select id from projects where name = 'org_id = $1' -- and org_id = $1",
        "select p.id from projects p join missions m on m.project_id = p.id where p.org_id = $1",
        "select p.id from projects p join missions m on m.project_id = p.id where org_id = $1",
        "select p.id from projects p left join missions m on p.org_id = $1 and m.org_id = $1",
        "select p.id from missions m left join projects p on m.org_id = p.org_id where p.id = $2 and $1 = $1 and org_id",
        "select p.id from projects p full join missions m on m.org_id = p.org_id where p.org_id = $1",
        "select p.id from projects p natural join missions m where p.org_id = $1",
        "select p.id from projects p, missions m where p.org_id = $1",
        "select p.id from public.projects p where p.org_id = $1",
        "select \"p\".id from \"Projects\" p where p.id = $1 and org_id is null",
        "select id from projects where org_id = $1 and exists (select 1 from missions m where m.project_id = projects.id)",
        "select (select count(*) from missions) from projects where org_id = $1",
        "select id from projects where org_id = $1 union select id from missions",
        "with all_of_them as (select id from missions) select id from projects where org_id = $1",
        "select d.n from (select count(*) as n from projects) d where d.org_id = $1",
        "select id from (projects p join missions m on true) where org_id = $1",
        "insert into projects (org_id, id) values ($2, $1)",
        "insert into projects (id) values ($1)",
        "insert into projects values ($1, $2)",
        "insert into projects (org_id, id) values ($1, $2), ($3, $4)",
        "insert into projects (org_id, id) select org_id, id from missions where org_id = $1",
        "insert into projects (org_id, id) select $1, id from missions",
        "insert into projects (org_id, id) select $1, id from missions where org_id = $1 union select $2, $3",
        "insert into projects (org_id, id) values ($1, $2) on conflict (name) do update set name = $3",
        "insert into projects (org_id, id) values ($1, $2) on conflict (org_id, id) do update set org_id = $3",
        "insert into projects (org_id, id) values ($1, (select id from missions limit 1))",
        "insert or replace into projects (org_id, id) values ($1, $2)",
        "update projects set name = $2 where id = $3 and $1 = org_id || ''",
        "update projects set name = $1",
        "update projects set org_id = $1",
        "update projects set (org_id, name) = ($2, $3) where org_id = $1",
        "update or ignore projects set name = $2 where org_id = $1",
        "update missions m set name = p.name from projects p where m.org_id = $1 and p.id = m.project_id",
        "delete from projects",
        "delete from projects p using missions m where p.org_id = $1 and m.project_id = p.id",
    ] {
        assert!(!judged(Scope::Org, sql).is_empty(), "not caught: {sql}");
    }
}
#[test]
fn a_global_statement_may_not_name_a_tenants_table() {
    assert!(judged(Scope::Global, "select id from accounts where email_index = $1").is_empty());
    for sql in ["select id from projects", "select 1 from accounts where exists (select 1 from Projects)", "delete from \"audit\""] {
        assert!(!judged(Scope::Global, sql).is_empty(), "not caught: {sql}");
    }
    assert!(judged(Scope::AllOrgs("on purpose"), "select id from projects").is_empty());
}
