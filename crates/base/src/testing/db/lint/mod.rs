//! The tenant lint: no statement of the program reaches another tenant's rows.
//!
//! A global statement names no tenant's table. A tenant's statement holds every tenant's table that it names to
//! `org_id = $1`, directly or through another one that is held. What the lint cannot read it refuses: write
//! the statement more plainly, or say `all_orgs:` with a reason.

#[cfg(test)]
mod tests;
mod tokens;

use crate::db::{Scope, Statement, inventory, migrate};
use std::collections::BTreeSet;
use tokens::{Node, parse};

/// Every statement that could touch another tenant's rows, and why.
pub fn tenant_lint() -> Vec<String> {
    let tables = tenant_tables();
    let of = |s: &Statement| faults(s.scope, &(s.text)().pg, &tables).into_iter().map(|f| format!("{}: {f}", s.at)).collect::<Vec<_>>();
    inventory::iter::<Statement>().flat_map(of).collect()
}
/// The statements that reach across tenants on purpose, with their reasons: to be read by a person.
pub fn all_orgs_reasons() -> Vec<String> {
    let reason = |s: &Statement| if let Scope::AllOrgs(why) = s.scope { Some(format!("{why} ({})", s.at)) } else { None };
    let reasons: BTreeSet<_> = inventory::iter::<Statement>().filter_map(reason).collect();
    reasons.into_iter().collect()
}
/// The tables that have an `org_id`, asked from the schema that the migrations make.
fn tenant_tables() -> BTreeSet<String> {
    let db = rusqlite::Connection::open_in_memory().expect("SQLite opens in memory");
    for step in migrate::HISTORY.0 {
        db.execute_batch(&migrate::dialect(step.up, false)).expect("the migrations apply");
    }
    let tables = "select t.name from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table' and c.name = 'org_id'";
    let mut tables = db.prepare(tables).expect("SQLite knows its schema");
    let names = tables.query_map([], |r| r.get(0)).expect("SQLite knows its schema");
    names.collect::<Result<_, _>>().expect("names are text")
}

fn faults(scope: Scope, sql: &str, tables: &BTreeSet<String>) -> Vec<String> {
    let mut lint = Lint { tables, seen: 0, faults: Vec::new() };
    let nodes = parse(sql);
    match scope {
        Scope::AllOrgs(_) => {}
        Scope::Global => lint.none_named(&nodes),
        Scope::Org => {
            lint.query(&nodes, &Held::new());
            if lint.named(&nodes) != lint.seen {
                lint.fault("a tenant's table is named where the lint cannot see how it is held to its org");
            }
        }
    }
    lint.faults
}

/// Tables whose name is also a column's (templates keep their missions in one). After these words it is the table.
const ALSO_COLUMNS: [&str; 1] = ["missions"];
const BEFORE_A_TABLE: [&str; 7] = ["from", "join", "into", "update", "using", "only", "table"];
const UNITED: [&str; 3] = ["union", "intersect", "except"];

/// The names that are held to `org_id = $1`.
type Held = BTreeSet<String>;

/// A table as a statement calls it, and what its `on` may prove.
struct Source<'n> {
    alias: &'n str,
    tenant: bool,
    join: Join,
    on: &'n [Node],
}
#[derive(Clone, Copy, PartialEq)]
enum Join {
    /// Its condition filters all rows, like `where`.
    Inner,
    /// Its condition filters the joined table alone.
    Left,
    /// Its condition filters nothing for sure.
    Outer,
}

/// One side or the other of a proof: `a.org_id = $1`, `a.org_id = b.org_id`.
enum Proof<'n> {
    Org(Option<&'n str>),
    Same(&'n str, &'n str),
}

struct Lint<'t> {
    tables: &'t BTreeSet<String>,
    /// How many namings of tenants' tables were understood.
    seen: usize,
    faults: Vec<String>,
}

impl Lint<'_> {
    fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }
    fn none_named(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Group(inner) => self.none_named(inner),
                Node::Word(w) if self.tables.contains(w) => self.fault(format!("a global statement names the tenant's table {w}")),
                Node::Word(_) => {}
            }
        }
    }
    /// Namings of tenants' tables, apart from `table.column`.
    fn named(&self, nodes: &[Node]) -> usize {
        let one = |(i, node): (usize, &Node)| match node {
            Node::Group(inner) => self.named(inner),
            Node::Word(w) => {
                let column = ALSO_COLUMNS.contains(&w.as_str()) && i > 0 && !BEFORE_A_TABLE.iter().any(|word| nodes[i - 1].is(word));
                usize::from(self.tables.contains(w) && !column && !nodes.get(i + 1).is_some_and(|n| n.is(".")))
            }
        };
        nodes.iter().enumerate().map(one).sum()
    }

    /// A whole query: `with` parts, then one or several bodies.
    fn query(&mut self, nodes: &[Node], outer: &Held) {
        let mut rest = nodes;
        if rest.first().is_some_and(|n| n.is("with")) {
            let body = rest.iter().position(|n| ["select", "insert", "update", "delete", "values"].iter().any(|w| n.is(w)));
            let (with, main) = rest.split_at(body.unwrap_or(rest.len()));
            self.inside(with, outer);
            rest = main;
        }
        match rest.first().and_then(Node::word) {
            Some("insert") => self.insert(rest, outer),
            Some("update") => self.change(&rest[1..], "set", outer),
            Some("delete") => self.change(rest, "using", outer),
            _ => split(rest, &UNITED).into_iter().for_each(|body| self.select(body, outer)),
        }
    }
    /// Queries within brackets, however deep.
    fn inside(&mut self, nodes: &[Node], held: &Held) {
        for group in nodes.iter().filter_map(Node::group) {
            match group.first().and_then(Node::word) {
                Some("select" | "with" | "values" | "insert" | "update" | "delete") => self.query(group, held),
                _ => self.inside(group, held),
            }
        }
    }
    fn select(&mut self, nodes: &[Node], outer: &Held) {
        let from = section(nodes, "from");
        let sources = self.sources(from);
        let held = self.hold(&sources, section(nodes, "where"), outer);
        self.inside(nodes, &held);
    }
    /// `update t set … from … where …` and `delete from t using … where …`.
    fn change(&mut self, nodes: &[Node], after_target: &str, outer: &Held) {
        let target_end = nodes.iter().position(|n| n.is(after_target) || n.is("where")).unwrap_or(nodes.len());
        let target = &nodes[..target_end];
        let target = if target.first().is_some_and(|n| n.is("delete")) { section(target, "from") } else { target };
        let mut sources = self.sources(target);
        let others = section(&nodes[target_end..], if after_target == "set" { "from" } else { "using" });
        sources.extend(self.sources(others));
        self.keeps_org(section(nodes, "set"));
        let held = self.hold(&sources, section(nodes, "where"), outer);
        self.inside(nodes, &held);
    }
    fn insert(&mut self, nodes: &[Node], outer: &Held) {
        let (Some(into), Some(table), Some(columns)) =
            (nodes.get(1), nodes.get(2).and_then(Node::word), nodes.get(3).and_then(Node::group))
        else {
            return self.fault("an insert names its table and then its columns");
        };
        if !into.is("into") || !self.tables.contains(table) {
            return self.inside(nodes, outer);
        }
        self.seen += 1;
        let place = split(columns, &[","]).iter().position(|c| matches!(c, [one] if one.is("org_id")));
        let Some(place) = place else { return self.fault(format!("an insert into {table} gives no org_id")) };
        let conflict = nodes.windows(2).position(|w| w[0].is("on") && w[1].is("conflict"));
        let end = conflict.or_else(|| nodes.iter().position(|n| n.is("returning"))).unwrap_or(nodes.len());
        let source = &nodes[4..end];
        let rows: Vec<&[Node]> = match source.first().and_then(Node::word) {
            Some("values") => source.iter().filter_map(Node::group).collect(),
            Some("select") => split(source, &UNITED).into_iter().map(|s| section(s, "select")).collect(),
            _ => return self.fault("an insert takes its rows from values or select"),
        };
        let is_org = |row: &[Node]| split(row, &[","]).get(place).is_some_and(|v| matches!(v, [one] if one.is("$1")));
        if rows.is_empty() || !rows.iter().all(|row| is_org(row)) {
            self.fault(format!("an insert into {table} gives an org_id that is not plainly $1"));
        }
        if source[0].is("select") {
            self.query(source, outer);
        }
        let held: Held = outer.iter().cloned().chain([table.to_owned(), "excluded".to_owned()]).collect();
        if source[0].is("values") {
            self.inside(source, &held);
        }
        self.on_conflict(&nodes[end..], &held);
    }
    /// A row that exists already may be another tenant's, unless the key that it shares contains the org.
    fn on_conflict(&mut self, nodes: &[Node], held: &Held) {
        let update = nodes.windows(2).any(|w| w[0].is("do") && w[1].is("update"));
        let by_org = nodes.get(2).and_then(Node::group).is_some_and(|key| key.iter().any(|n| n.is("org_id")));
        if update && !by_org {
            self.fault("on conflict … do update needs org_id in its key");
        }
        self.keeps_org(section(nodes, "set"));
        self.inside(nodes, held);
    }
    fn keeps_org(&mut self, set: &[Node]) {
        let moves = |a: &[Node]| match a.first() {
            Some(Node::Group(_)) => true,
            first => first.is_some_and(|n| n.is("org_id")),
        };
        if split(set, &[","]).into_iter().any(moves) {
            self.fault("an update gives a row another org, or sets columns in a way the lint does not read");
        }
    }

    /// The tables after `from`, with their joins.
    fn sources<'n>(&mut self, from: &'n [Node]) -> Vec<Source<'n>> {
        let mut sources = Vec::new();
        for item in split(from, &[","]) {
            let (mut at, mut join) = (0, Join::Inner);
            loop {
                let next = item[at..].iter().position(|n| n.is("join")).map(|i| at + i);
                let part = &item[at..next.unwrap_or(item.len())];
                let (part, next_join) = without_join_words(part);
                sources.extend(self.source(part, join));
                let Some(next) = next else { break };
                (at, join) = (next + 1, next_join);
            }
        }
        sources
    }
    fn source<'n>(&mut self, part: &'n [Node], join: Join) -> Option<Source<'n>> {
        let on = part.iter().position(|n| n.is("on") || n.is("using")).unwrap_or(part.len());
        let (table, on) = part.split_at(on);
        let table = if table.first().is_some_and(|n| n.is("lateral")) { &table[1..] } else { table };
        let name = table.first()?.word();
        let alias = table[1..].iter().filter_map(Node::word).find(|w| *w != "as").or(name)?;
        let tenant = name.is_some_and(|n| self.tables.contains(n)) && !table.get(1).is_some_and(|n| n.is("."));
        self.seen += usize::from(tenant);
        let on = if on.first().is_some_and(|n| n.is("on")) { &on[1..] } else { &[] };
        Some(Source { alias, tenant, join, on })
    }
    /// Which of the sources are held; those that should be and are not are faults.
    fn hold(&mut self, sources: &[Source], condition: &[Node], outer: &Held) -> Held {
        let is_here = |alias: &str| sources.iter().any(|s| s.alias == alias);
        let mut held: Held = outer.iter().filter(|a| !is_here(a)).cloned().collect();
        let mut links: Vec<(&str, &str)> = Vec::new();
        for (proof, only) in proofs(sources, condition) {
            let may = |alias: &str| only.is_none_or(|o| o == alias);
            match proof {
                Proof::Org(None) if sources.len() == 1 => held.extend([sources[0].alias.to_owned()]),
                Proof::Org(Some(a)) if is_here(a) && may(a) => held.extend([a.to_owned()]),
                Proof::Org(_) => {}
                Proof::Same(a, b) => links.extend([(a, b), (b, a)].into_iter().filter(|(_, to)| is_here(to) && may(to))),
            }
        }
        for _ in 0..links.len() {
            let reached: Vec<_> = links.iter().filter(|(from, _)| held.contains(*from)).map(|(_, to)| (*to).to_owned()).collect();
            held.extend(reached);
        }
        for loose in sources.iter().filter(|s| s.tenant && !held.contains(s.alias)) {
            self.fault(format!("{} is not held to org_id = $1", loose.alias));
        }
        held
    }
}

/// What `where` and each `on` prove; from a left join's `on` for the joined table only.
fn proofs<'n>(sources: &[Source<'n>], condition: &'n [Node]) -> Vec<(Proof<'n>, Option<&'n str>)> {
    let mut all: Vec<_> = conjuncts(condition).into_iter().filter_map(proof).map(|p| (p, None)).collect();
    for source in sources.iter().filter(|s| s.join != Join::Outer) {
        let only = (source.join == Join::Left).then_some(source.alias);
        all.extend(conjuncts(source.on).into_iter().filter_map(proof).map(|p| (p, only)));
    }
    all
}
fn proof(conjunct: &[Node]) -> Option<Proof<'_>> {
    let words: Vec<&str> = conjunct.iter().map(Node::word).collect::<Option<_>>()?;
    match words[..] {
        ["org_id", "=", "$1"] | ["$1", "=", "org_id"] => Some(Proof::Org(None)),
        [a, ".", "org_id", "=", "$1"] | ["$1", "=", a, ".", "org_id"] => Some(Proof::Org(Some(a))),
        [a, ".", "org_id", "=", b, ".", "org_id"] => Some(Proof::Same(a, b)),
        _ => None,
    }
}
/// What must all be true; nothing where `or` and `case` make that hard to say.
fn conjuncts(condition: &[Node]) -> Vec<&[Node]> {
    if condition.iter().any(|n| n.is("or") || n.is("case")) {
        return Vec::new();
    }
    let mut all = Vec::new();
    let mut between = false;
    for part in split(condition, &["and"]) {
        // `x between a and b`: the second part belongs to the first.
        let belongs_to_between = std::mem::replace(&mut between, part.iter().any(|n| n.is("between")));
        match part {
            _ if belongs_to_between => {}
            [Node::Group(inner)] => all.extend(conjuncts(inner)),
            part => all.push(part),
        }
    }
    all
}

fn split<'n>(nodes: &'n [Node], at: &[&str]) -> Vec<&'n [Node]> {
    nodes.split(|n| at.iter().any(|w| n.is(w))).collect()
}
/// What stands behind a keyword, up to the next one.
fn section<'n>(nodes: &'n [Node], keyword: &str) -> &'n [Node] {
    const NEXT: [&str; 14] =
        ["from", "where", "set", "group", "having", "order", "limit", "offset", "returning", "for", "window", "fetch", "using", "select"];
    let Some(start) = nodes.iter().position(|n| n.is(keyword)) else { return &[] };
    let rest = &nodes[start + 1..];
    // Inside `from`, `using (…)` belongs to a join.
    let ends = |(i, n): (usize, &Node)| {
        NEXT.iter().any(|w| n.is(w)) && !(n.is("using") && keyword == "from" && rest.get(i + 1).is_some_and(|g| g.group().is_some()))
    };
    let end = rest.iter().enumerate().position(ends).unwrap_or(rest.len());
    &rest[..end]
}
/// A source without the words that say how the *next* one is joined.
fn without_join_words(part: &[Node]) -> (&[Node], Join) {
    let words = ["left", "right", "full", "inner", "cross", "outer", "natural"];
    let end = part.iter().rposition(|n| !words.iter().any(|w| n.is(w))).map_or(0, |i| i + 1);
    let how = &part[end..];
    let join = match how.iter().any(|n| n.is("right") || n.is("full")) {
        true => Join::Outer,
        false if how.iter().any(|n| n.is("left")) => Join::Left,
        false => Join::Inner,
    };
    (&part[..end], join)
}
