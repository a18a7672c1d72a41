//! Where the rows of an export come from: a page at a time, as cells.

use super::{
    model::Kind,
    sheet::Cell,
    store::{self, Call, FIRST, Key, RowId, Shift},
};
use crate::{
    people::{
        self,
        model::{Person, PersonId, full_name},
    },
    rates::{
        model::{Snapshot, choose},
        money,
    },
    reports::{
        self,
        model::{Rates, Totals},
        store::Which,
    },
};
use base::{
    App, Result,
    db::{OrgRead, Query as _},
    id,
    say::Lang,
    time::{Interval, Timestamp, Zone},
};

/// How many rows are read, written and sent at once.
pub const ROWS: i64 = 500;
type Rows = Vec<Vec<Cell>>;

pub struct Source {
    app: App,
    read: OrgRead,
    lang: Lang,
    from: From,
}
enum From {
    /// Added up already.
    Ready(Rows),
    Calls {
        which: Which,
        rates: Rates,
        after: Key,
    },
    Missions {
        which: Which,
        after: Key,
    },
    People {
        after: people::store::Key,
    },
    Nothing,
}

impl Source {
    pub async fn open(app: &App, mut read: OrgRead, kind: Kind, which: Which, lang: Lang) -> Result<Self> {
        let from = match kind {
            Kind::MonthlyUsers => From::Ready(reports::monthly(app, &mut read, which).await?.iter().map(monthly).collect()),
            Kind::ProjectCost => From::Ready(reports::costs(app, &mut read, which).await?.iter().map(cost).collect()),
            Kind::Assignments => From::Calls { which, rates: reports::store::rates(&mut read).await?, after: FIRST },
            Kind::Missions => From::Missions { which, after: FIRST },
            Kind::People => From::People { after: (String::new(), PersonId(id::Uuid::nil())) },
        };
        Ok(Self { app: app.clone(), read, lang, from })
    }
    /// The next rows; none at the end.
    pub async fn page(&mut self) -> Result<Rows> {
        let day_minutes = reports::day_minutes(&self.app);
        match std::mem::replace(&mut self.from, From::Nothing) {
            From::Nothing => Ok(vec![]),
            From::Ready(mut rows) => {
                let rest = rows.split_off(rows.len().min(ROWS as usize));
                if !rest.is_empty() {
                    self.from = From::Ready(rest);
                }
                Ok(rows)
            }
            From::Calls { which, rates, after } => {
                let calls = store::calls(&mut self.read, &which, after, ROWS).await?;
                let rows = calls.iter().map(|c| call(c, &rates, day_minutes)).collect();
                if let Some(last) = calls.last().filter(|_| calls.len() as i64 == ROWS) {
                    self.from = From::Calls { which, rates, after: (last.start_at, RowId(last.id.0)) };
                }
                Ok(rows)
            }
            From::Missions { which, after } => {
                let missions = store::missions(&mut self.read, &which, after, ROWS).await?;
                if let Some(last) = missions.last().filter(|_| missions.len() as i64 == ROWS) {
                    self.from = From::Missions { which, after: (last.start_at, last.id) };
                }
                Ok(missions.into_iter().map(|m| mission(m, self.lang)).collect())
            }
            From::People { after } => {
                let page = people::store::Page { after, rows: ROWS, q: "", skill: None, tag: None, active: None };
                let people = people::store::list(&mut self.read, page).await?;
                if let Some(last) = people.last().filter(|_| people.len() as i64 == ROWS) {
                    self.from = From::People { after: (last.name_key.clone(), last.id) };
                }
                let (keys, org) = (&self.app.keys, self.read.org());
                people.into_iter().map(|row| Ok(person(row.whole(keys, org)?, self.lang))).collect()
            }
        }
    }
}

fn moment(zone: &Zone, at: Timestamp) -> Cell {
    Cell::Moment(zone.date(at), zone.time_of_day(at))
}
fn totals(t: &Totals, currency: &str) -> Vec<Cell> {
    vec![
        Cell::Count(t.assignments),
        Cell::Minutes(t.planned_minutes),
        Cell::Minutes(t.confirmed_minutes),
        Cell::Money(t.planned_cents),
        Cell::Money(t.confirmed_cents),
        currency.into(),
        Cell::Count(t.unpriced),
    ]
}
fn monthly(item: &reports::Monthly) -> Vec<Cell> {
    [vec![item.month.clone().into(), item.name.clone().into()], totals(&item.totals, &item.currency)].concat()
}
fn cost(item: &reports::Cost) -> Vec<Cell> {
    let budget = item.budget_cents.map_or(Cell::Empty, Cell::Money);
    [vec![item.name.clone().into(), budget], totals(&item.totals, &item.currency)].concat()
}

fn call(call: &Call, rates: &Rates, day_minutes: i64) -> Vec<Cell> {
    let clock = Interval::new(call.start_at, call.end_at).map_or(0, |span| span.length().as_secs() / 60);
    let minutes = (i64::try_from(clock).unwrap_or(0) - call.break_minutes).max(0);
    let kept = call.rate_unit.zip(call.rate_cents).zip(call.rate_currency.clone());
    let kept = kept.map(|((unit, cents), currency)| Snapshot { unit, cents, currency });
    let now = || choose(rates.get(&call.person_id)?, &call.role_key, call.time_zone.date(call.start_at)).map(Snapshot::from);
    let rate = kept.filter(|_| call.status == "ACCEPTED").or_else(now);
    // Who declined or was cancelled works no hours and earns nothing.
    let works = matches!(&*call.status, "INVITED" | "ACCEPTED");
    let amount = rate.as_ref().filter(|_| works).map(|r| money::earned(r.unit, r.cents, minutes, day_minutes));
    vec![
        moment(&call.time_zone, call.start_at),
        moment(&call.time_zone, call.end_at),
        call.project.clone().into(),
        call.title.clone().into(),
        call.location.clone().into(),
        full_name(&call.first_name, &call.last_name).into(),
        call.role.clone().into(),
        call.status.clone().into(),
        if works { Cell::Minutes(minutes) } else { Cell::Empty },
        amount.map_or(Cell::Empty, Cell::Money),
        rate.filter(|_| works).map(|r| r.currency).into(),
    ]
}
fn mission(m: Shift, lang: Lang) -> Vec<Cell> {
    let state = match (m.cancelled, m.published) {
        (true, _) => base::say!("cancelled", "annulée"),
        (_, true) => base::say!("published", "publiée"),
        _ => base::say!("draft", "brouillon"),
    };
    vec![
        m.title.into(),
        moment(&m.time_zone, m.start_at),
        moment(&m.time_zone, m.end_at),
        m.time_zone.to_string().into(),
        m.location.into(),
        m.project.into(),
        m.roles.into(),
        Cell::Count(m.break_minutes),
        Cell::Count(m.needed),
        Cell::Count(m.filled),
        state.to(lang).into(),
    ]
}
fn person(p: Person, lang: Lang) -> Vec<Cell> {
    let skills: Vec<_> = p.skills.iter().map(|s| format!("{}:{}", s.skill, s.level)).collect();
    let active = if p.active { base::say!("yes", "oui") } else { base::say!("no", "non") };
    vec![
        p.first_name.into(),
        p.last_name.into(),
        p.email.into(),
        p.phone.into(),
        p.employment_type.name().into(),
        skills.join(", ").into(),
        p.tags.join(", ").into(),
        active.to(lang).into(),
    ]
}
