//! What clashes with another call, an absence, or the role itself.

use super::{Anchor, Call, Finding, Kind, Person};
use base::time::{Interval, Timestamp};

pub(super) fn findings(person: &Person) -> Vec<Finding> {
    let mut found = overlaps(&person.calls);
    let absences = disjoint(&person.unavailable);
    for (index, call) in person.calls.iter().enumerate() {
        let of_call = |kind, window| Finding::plain(kind, window, Anchor::Call(index), vec![index]);
        let next = absences.partition_point(|a| a.end() <= call.span.start());
        if let Some(shared) = absences.get(next).and_then(|a| a.intersection(call.span)) {
            found.push(of_call(Kind::Unavailable, shared));
        }
        if !person.skills.is_empty() && !person.skills.contains(&call.role) {
            found.push(of_call(Kind::RoleMismatch, call.span));
        }
        if call.over_quota {
            found.push(of_call(Kind::RoleFull, call.span));
        }
    }
    found
}

/// Every pair that shares an instant, by one sweep over the starts.
fn overlaps(calls: &[Call]) -> Vec<Finding> {
    let mut order: Vec<usize> = (0..calls.len()).collect();
    order.sort_by_key(|i| (calls[*i].span.start(), *i));
    let (mut running, mut found): (Vec<usize>, _) = (vec![], vec![]);
    for now in order {
        let span = calls[now].span;
        running.retain(|i| calls[*i].span.end() > span.start());
        for other in &running {
            let Some(shared) = span.intersection(calls[*other].span) else { continue };
            let kind = if calls[now].firm && calls[*other].firm { Kind::Overlap } else { Kind::TentativeOverlap };
            found.push(Finding::plain(kind, shared, Anchor::Pair(*other, now), vec![*other, now]));
        }
        running.push(now);
    }
    found
}

/// The same instants as spans that neither overlap nor touch, in order.
fn disjoint(spans: &[Interval]) -> Vec<Interval> {
    let mut spans: Vec<(Timestamp, Timestamp)> = spans.iter().map(|s| (s.start(), s.end())).collect();
    spans.sort_unstable();
    let mut merged: Vec<(Timestamp, Timestamp)> = vec![];
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged.into_iter().filter_map(|(start, end)| Interval::new(start, end).ok()).collect()
}
