//! Rules of a day and of a stretch of work, and of days that follow each other.

use super::{Anchor, Finding, HOUR, Law, MINUTE, Rule, Work, micros};
use base::time::{Interval, TimeOfDay};

/// Work of this length needs a break.
const BREAK_AFTER: i64 = 6 * HOUR;
const NIGHT_FROM: TimeOfDay = TimeOfDay::hour(21);
const NIGHT_UNTIL: TimeOfDay = TimeOfDay::hour(6);

pub(super) fn findings(law: &Law, works: &[Work<'_>], found: &mut Vec<Finding>) {
    stretches(law, works, found);
    let mut by_day: Vec<&Work<'_>> = works.iter().collect();
    by_day.sort_by_key(|w| w.day); // stable: by start within a day
    let days: Vec<&[&Work<'_>]> = by_day.chunk_by(|a, b| a.day == b.day).collect();
    days.iter().for_each(|day| within(law, day, found));
    rests(law, &days, found);
    in_a_row(law, &days, found);
}

/// From the first start to the last end.
fn hull(works: &[&Work<'_>]) -> Option<Interval> {
    let spans = works.iter().map(|w| (w.call.span.start(), w.call.span.end()));
    let (start, end) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    Interval::new(start, end).ok()
}
fn indices(works: &[&Work<'_>]) -> Vec<usize> {
    works.iter().map(|w| w.index).collect()
}

/// Calls with no real break between them: a long one holds a break, a short one is not worth coming for.
fn stretches(law: &Law, works: &[Work<'_>], found: &mut Vec<Finding>) {
    let pause = law.limit(Rule::BreakMin) * MINUTE;
    let mut stretch: Vec<&Work<'_>> = vec![];
    let mut until = i64::MIN;
    for work in works {
        if work.call.span.start().micros() >= until.saturating_add(pause) {
            of_stretch(law, &stretch, found);
            stretch.clear();
        }
        until = until.max(work.call.span.end().micros());
        stretch.push(work);
    }
    of_stretch(law, &stretch, found);
}
fn of_stretch(law: &Law, stretch: &[&Work<'_>], found: &mut Vec<Finding>) {
    let (Some(window), Some(first)) = (hull(stretch), stretch.first()) else { return };
    let anchor = Anchor::Call(first.index);
    if micros(window) >= BREAK_AFTER {
        let longest = stretch.iter().map(|w| w.break_micros()).max().unwrap_or(0);
        found.extend(Finding::of_rule(law, Rule::BreakMin, longest, window, anchor, || indices(stretch)));
    }
    found.extend(Finding::of_rule(law, Rule::CallMin, micros(window), window, anchor, || indices(stretch)));
}

fn within(law: &Law, day: &[&Work<'_>], found: &mut Vec<Finding>) {
    let (Some(window), Some(first)) = (hull(day), day.first()) else { return };
    let hours = day.iter().map(|w| w.worked()).sum();
    let night = day.iter().map(|w| at_night(w)).sum();
    for (rule, actual) in [(Rule::HoursDayMax, hours), (Rule::AmplitudeDayMax, micros(window)), (Rule::NightWork, night)] {
        found.extend(Finding::of_rule(law, rule, actual, window, Anchor::Day(first.day), || indices(day)));
    }
}
/// How much of it lies in the nights of its place. A night that no clock shows as a whole is not counted.
fn at_night(work: &Work<'_>) -> i64 {
    let (Some(fresh), zone) = (work.fresh, &work.call.zone) else { return 0 };
    let last = zone.date(fresh.end());
    let mut night = zone.date(fresh.start()).plus(-1);
    let mut total = 0;
    while night <= last {
        let ends = (zone.instant(night, NIGHT_FROM), zone.instant(night.plus(1), NIGHT_UNTIL));
        if let (Ok(from), Ok(until)) = ends {
            total += Interval::new(from, until).ok().and_then(|n| n.intersection(fresh)).map_or(0, micros);
        }
        night = night.plus(1);
    }
    total
}

/// Between the last end of all days before and the first start of a day.
fn rests(law: &Law, days: &[&[&Work<'_>]], found: &mut Vec<Finding>) {
    let mut last: Option<&Work<'_>> = None;
    for day in days {
        if let (Some(before), Some(first)) = (last, day.first())
            && first.call.span.start() >= before.call.span.end()
            && let Some(window) = hull(&[before, first])
        {
            let rest = first.call.span.start().micros() - before.call.span.end().micros();
            let anchor = Anchor::Pair(before.index, first.index);
            found.extend(Finding::of_rule(law, Rule::RestDailyMin, rest, window, anchor, || vec![before.index, first.index]));
        }
        last = last.into_iter().chain(day.iter().copied()).max_by_key(|w| w.call.span.end());
    }
}

/// Days of work that follow each other; the finding hangs on the first day too many.
fn in_a_row(law: &Law, days: &[&[&Work<'_>]], found: &mut Vec<Finding>) {
    let limit = law.limit(Rule::ConsecutiveDaysMax);
    for run in days.chunk_by(|a, b| b[0].day == a[0].day.plus(1)) {
        let works: Vec<&Work<'_>> = run.iter().flat_map(|day| day.iter().copied()).collect();
        let (Some(window), Some(too_many)) = (hull(&works), usize::try_from(limit).ok().and_then(|n| run.get(n))) else { continue };
        let anchor = Anchor::Day(too_many[0].day);
        found.extend(Finding::of_rule(law, Rule::ConsecutiveDaysMax, run.len() as i64, window, anchor, || indices(&works)));
    }
}
