//! The same figures from a grid of half hours, each looked at on its own: slow, and plain enough to be believed.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const HALF: i64 = 30;
/// Kind, figure, and where it hangs: a day as its number, or a start in half hours.
type Told = (String, i64, i64);

#[derive(Debug)]
struct Grid {
    zone: Zone,
    origin: i64,
    /// Start, end (in half hours from the origin), break in minutes.
    calls: Vec<(i64, i64, i64)>,
}
impl Grid {
    fn at(&self, half: i64) -> base::time::Timestamp {
        base::time::Timestamp::from_micros(self.origin + half * HALF * MINUTE)
    }
    fn span(&self, n: usize) -> Interval {
        Interval::new(self.at(self.calls[n].0), self.at(self.calls[n].1)).unwrap()
    }
    fn day(&self, n: usize) -> i64 {
        number(self.zone.working_day(self.span(n)))
    }
    /// The call that a half hour is worked in: of several the one that starts first.
    fn owner(&self, half: i64) -> Option<usize> {
        let over = (0..self.calls.len()).filter(|n| self.calls[*n].0 <= half && half < self.calls[*n].1);
        over.min_by_key(|n| (self.calls[*n], *n))
    }
    fn owned(&self, n: usize) -> Vec<i64> {
        (self.calls[n].0..self.calls[n].1).filter(|half| self.owner(*half) == Some(n)).collect()
    }
    fn monday(&self, half: i64) -> i64 {
        number(self.zone.date(self.at(half)).monday())
    }
    fn is_night(&self, half: i64) -> bool {
        let time = self.zone.time_of_day(self.at(half));
        time >= TimeOfDay::hour(21) || time < TimeOfDay::hour(6)
    }
    fn person(&self) -> Person {
        let one = |n: usize| Call {
            span: self.span(n),
            break_minutes: self.calls[n].2,
            zone: self.zone.clone(),
            firm: true,
            role: String::new(),
            over_quota: false,
        };
        Person { calls: (0..self.calls.len()).map(one).collect(), ..Person::default() }
    }
}
use base::time::TimeOfDay;

fn number(date: Date) -> i64 {
    date.days_since("2026-01-01".parse().unwrap())
}

/// What the slow way finds, with every limit as it is.
fn slow(law: &Law, grid: &Grid) -> BTreeSet<Told> {
    let mut told = BTreeSet::new();
    let mut tell = |rule: Rule, actual: i64, at: i64| {
        let limit = law.limit(rule);
        if law.is_on(rule) && if rule.is_least() { actual < limit } else { actual > limit } {
            told.insert((rule.name().to_owned(), actual, at));
        }
    };
    let all = 0..grid.calls.len();
    let days: BTreeSet<i64> = all.clone().map(|n| grid.day(n)).collect();
    let first = |n: &usize| (grid.calls[*n], *n);
    for day in &days {
        let of_day: Vec<usize> = all.clone().filter(|n| grid.day(*n) == *day).collect();
        let start = of_day.iter().map(|n| grid.calls[*n].0).min().unwrap();
        let end = of_day.iter().map(|n| grid.calls[*n].1).max().unwrap();
        tell(Rule::AmplitudeDayMax, (end - start) * HALF, *day);
        tell(Rule::HoursDayMax, of_day.iter().map(|n| (grid.owned(*n).len() as i64 * HALF - grid.calls[*n].2).max(0)).sum(), *day);
        let night = of_day.iter().flat_map(|n| grid.owned(*n)).filter(|half| grid.is_night(*half)).count();
        tell(Rule::NightWork, night as i64 * HALF, *day);
        let before = all.clone().filter(|n| grid.day(*n) < *day).map(|n| grid.calls[n].1).max();
        if let Some(before) = before.filter(|b| *b <= start) {
            tell(Rule::RestDailyMin, (start - before) * HALF, start);
        }
        if !days.contains(&(day - 1)) {
            let run = (*day..).take_while(|d| days.contains(d)).count() as i64;
            tell(Rule::ConsecutiveDaysMax, run, day + law.limit(Rule::ConsecutiveDaysMax));
        }
    }
    for stretch in stretches(law.limit(Rule::BreakMin), grid) {
        let start = stretch.iter().map(|n| grid.calls[*n].0).min().unwrap();
        let length = (stretch.iter().map(|n| grid.calls[*n].1).max().unwrap() - start) * HALF;
        tell(Rule::CallMin, length, start);
        if length >= 360 {
            tell(Rule::BreakMin, stretch.iter().map(|n| grid.calls[*n].2).max().unwrap(), start);
        }
    }
    let mut weeks: BTreeMap<i64, i64> = BTreeMap::new();
    for n in all.clone().collect::<BTreeSet<_>>() {
        let mut parts: BTreeMap<i64, i64> = BTreeMap::new();
        grid.owned(n).into_iter().for_each(|half| *parts.entry(grid.monday(half)).or_default() += HALF);
        let most = parts.values().max().copied().unwrap_or(0);
        let longest = parts.iter().find(|(_, m)| **m == most).map(|(monday, _)| *monday);
        for (monday, minutes) in parts {
            let pause = if Some(monday) == longest { grid.calls[n].2 } else { 0 };
            *weeks.entry(monday).or_default() += (minutes - pause).max(0);
        }
    }
    let mondays: Vec<(i64, i64)> = (-400..1_400).map(|half| (half, grid.monday(half))).collect();
    let week_of = |monday| mondays.iter().filter(|(_, m)| *m == monday).map(|(half, _)| *half).collect::<Vec<_>>();
    for (monday, minutes) in &weeks {
        tell(Rule::HoursWeekMax, *minutes, *monday);
        let twelve: i64 = weeks.range(monday - 11 * 7..=*monday).map(|(_, m)| m).sum();
        tell(Rule::HoursWeekAvg12, (twelve + 11) / 12, *monday);
        tell(Rule::RestWeeklyMin, longest_rest(law.limit(Rule::RestWeeklyMin), grid, &week_of(*monday)), *monday);
    }
    for a in all.clone() {
        for b in all.clone().filter(|b| first(&a) < first(b) && grid.span(a).overlaps(grid.span(*b))) {
            told.insert(("overlap".to_owned(), (a.min(b) * 100 + a.max(b)) as i64, grid.calls[b].0));
        }
    }
    told
}

/// Calls closer than a break, taken together until nothing more joins.
fn stretches(pause: i64, grid: &Grid) -> Vec<BTreeSet<usize>> {
    let near = |a: usize, b: usize| {
        let ((s, e, _), (t, f, _)) = (grid.calls[a], grid.calls[b]);
        t * HALF < e * HALF + pause && s * HALF < f * HALF + pause
    };
    let mut groups: Vec<BTreeSet<usize>> = vec![];
    for n in 0..grid.calls.len() {
        let (joined, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(|g| g.iter().any(|m| near(n, *m)));
        groups = apart;
        groups.push(joined.into_iter().flatten().chain([n]).collect());
    }
    groups
}

/// Half hour by half hour through a week and two more around it.
fn longest_rest(limit: i64, grid: &Grid, week: &[i64]) -> i64 {
    let (from, until) = (week[0], week[week.len() - 1]);
    let far = 14 * 48;
    let (mut best, mut rest, mut inside) = (0, 0, 0);
    for half in from - far..=until + far {
        if grid.owner(half).is_some() {
            (rest, inside) = (0, 0);
            continue;
        }
        rest += HALF;
        inside += if (from..=until).contains(&half) { HALF } else { 0 };
        if inside > 0 {
            best = best.max(rest.min(inside + limit - limit.min(24 * 60)));
        }
    }
    best
}

/// What the engine finds, in the same words.
fn fast(law: &Law, grid: &Grid) -> BTreeSet<Told> {
    let at = |n: usize| grid.calls[n].0;
    let told = findings(law, &grid.person()).into_iter().map(|f| match (f.anchor, f.measure) {
        (Anchor::Pair(a, b), None) => (f.kind.to_string(), (a.min(b) * 100 + a.max(b)) as i64, at(b).max(at(a))),
        (Anchor::Day(day), Some(m)) => (f.kind.to_string(), m.actual, number(day)),
        (Anchor::Call(n) | Anchor::Pair(_, n), m) => (f.kind.to_string(), m.map_or(0, |m| m.actual), at(n)),
        (Anchor::Day(day), None) => (f.kind.to_string(), 0, number(day)),
    });
    told.collect()
}

prop_compose! {
    /// Some weeks around the autumn change of clocks, more or less crowded.
    fn grid()(
        zone in proptest::sample::select(&["Europe/Paris", "Australia/Lord_Howe", "Asia/Tokyo"][..]),
        // Paris changes on 25 October 2026, Lord Howe on 4 October.
        week in 0i64..3,
        calls in proptest::collection::vec((0i64..900, prop_oneof![9 => 1i64..26, 1 => 40i64..90], 0i64..3), 0..28),
    ) -> Grid {
        let monday: base::time::Timestamp = "2026-09-28T00:00:00Z".parse().unwrap();
        let calls = calls.into_iter().map(|(start, length, pause)| (start, start + length, pause * 25)).collect();
        Grid { zone: zone.parse().unwrap(), origin: monday.micros() + week * 7 * 24 * HOUR, calls }
    }
}
prop_compose! {
    /// Limits from a quarter of the usual on, so that every rule is broken now and then.
    fn law()(parts in proptest::collection::vec(1i64..5, Rule::ALL.len())) -> Law {
        let mut law = Law::default();
        for (rule, quarter) in Rule::ALL.iter().zip(parts) {
            law.set(*rule, (law.limit(*rule) * quarter / 4).max(1), Severity::Warn);
        }
        law
    }
}
proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn the_engine_finds_what_the_slow_way_finds(grid in grid(), law in law()) {
        prop_assert_eq!(fast(&law, &grid), slow(&law, &grid));
    }
    #[test]
    fn the_order_of_the_calls_does_not_matter(mut grid in grid(), law in law()) {
        let kinds = |grid: &Grid| {
            let mut all: Vec<_> = findings(&law, &grid.person()).into_iter().map(|f| (f.window.start(), f.kind, f.measure.map(|m| m.actual))).collect();
            all.sort();
            all
        };
        let before = kinds(&grid);
        grid.calls.reverse();
        prop_assert_eq!(kinds(&grid), before);
    }
}
