//! Rules of a calendar week, Monday to Sunday on the venue's clock, and of twelve of them.

use super::{Anchor, Finding, HOUR, Law, Rule, Work, micros};
use base::time::{Date, Interval, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A weekly rest counts for the week that holds this much of it: a day, whatever else the limit asks for.
const IN_THE_WEEK: i64 = 24 * HOUR;
const WEEKS: i64 = 12;
/// Stands for the time before the first call and after the last.
const EVER: i64 = i64::MAX / 4;

/// A week with work in it.
struct Week {
    monday: Date,
    window: Interval,
    worked: i64,
    calls: BTreeSet<usize>,
}

pub(super) fn findings(law: &Law, works: &[Work<'_>], found: &mut Vec<Finding>) {
    let weeks = weeks(works);
    let of_week =
        |w: &Week, rule, actual| Finding::of_rule(law, rule, actual, w.window, Anchor::Day(w.monday), || w.calls.iter().copied().collect());
    found.extend(weeks.iter().filter_map(|w| of_week(w, Rule::HoursWeekMax, w.worked)));
    rests(law, works, &weeks, |w, longest| found.extend(of_week(w, Rule::RestWeeklyMin, longest)));
    means(law, &weeks, found);
}

/// Work by the week it is done in: a call over Sunday midnight is split there, its break taken off the longer part.
fn weeks(works: &[Work<'_>]) -> Vec<Week> {
    let mut weeks: BTreeMap<Date, Week> = BTreeMap::new();
    for work in works {
        let Some(fresh) = work.fresh else { continue };
        let parts = parts(work, fresh);
        let longest = parts.iter().enumerate().max_by_key(|(n, (_, part))| (micros(*part), usize::MAX - n)).map_or(0, |(n, _)| n);
        for (n, (window, part)) in parts.into_iter().enumerate() {
            let monday = work.call.zone.date(window.start()).monday();
            let pause = if n == longest { work.break_micros() } else { 0 };
            let week = weeks.entry(monday).or_insert_with(|| Week { monday, window, worked: 0, calls: BTreeSet::new() });
            week.worked += (micros(part) - pause).max(0);
            week.calls.insert(work.index);
        }
    }
    weeks.into_values().collect()
}
/// The weeks that a span touches, each with the part of the span in it.
fn parts(work: &Work<'_>, fresh: Interval) -> Vec<(Interval, Interval)> {
    let zone = &work.call.zone;
    let mut monday = zone.date(fresh.start()).monday();
    let mut parts = vec![];
    while let Ok(week) = Interval::new(zone.start_of(monday), zone.start_of(monday.plus(7)))
        && week.start() < fresh.end()
    {
        parts.extend(week.intersection(fresh).map(|part| (week, part)));
        monday = monday.plus(7);
    }
    parts
}

/// Of every week the longest rest, as far as it counts: all of it, but no more than the part in the week and what a
/// rest may have outside of it.
fn rests(law: &Law, works: &[Work<'_>], weeks: &[Week], mut found: impl FnMut(&Week, i64)) {
    let limit = law.limit(Rule::RestWeeklyMin) * super::MINUTE;
    let outside = limit - limit.min(IN_THE_WEEK);
    let mut rests = vec![];
    let mut free_since = -EVER;
    for work in works {
        let (start, end) = (work.call.span.start().micros(), work.call.span.end().micros());
        if free_since < start {
            rests.push((free_since, start));
        }
        free_since = free_since.max(end);
    }
    rests.push((free_since, EVER));
    let edge = |at: Timestamp| at.micros();
    for week in weeks {
        let (from, until) = (edge(week.window.start()), edge(week.window.end()));
        let first = rests.partition_point(|(_, end)| *end <= from);
        let near = rests[first..].iter().take_while(|(start, _)| *start < until);
        let counts = near.map(|(start, end)| (end - start).min(*end.min(&until) - *start.max(&from) + outside));
        found(week, counts.max().unwrap_or(0));
    }
}

/// The mean of twelve weeks, for every week that ends twelve too full ones.
fn means(law: &Law, weeks: &[Week], found: &mut Vec<Finding>) {
    let (mut twelve, mut sum): (VecDeque<&Week>, i64) = (VecDeque::new(), 0);
    for week in weeks {
        twelve.push_back(week);
        sum += week.worked;
        while let Some(old) = twelve.front()
            && week.monday.days_since(old.monday) >= WEEKS * 7
        {
            sum -= old.worked;
            twelve.pop_front();
        }
        let mean = (sum + WEEKS - 1) / WEEKS;
        let calls = || twelve.iter().flat_map(|w| w.calls.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect();
        found.extend(Finding::of_rule(law, Rule::HoursWeekAvg12, mean, week.window, Anchor::Day(week.monday), calls));
    }
}
