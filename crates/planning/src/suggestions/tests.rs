//! The score, without a store.

use super::model::{Suggestion, Wanted, ranked};
use crate::{
    conflicts::store::Known,
    people::model::PersonId,
    rules::{Call, Kind, Law, Rule, Severity},
};
use base::{
    id,
    say::Lang,
    time::{Interval, Timestamp, Zone},
};

fn call(start: &str, end: &str) -> Call {
    let span = Interval::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
    Call { span, break_minutes: 30, zone: Zone::UTC, firm: true, role: "son".into(), over_quota: false }
}
/// Tuesday 8 September 2026, 09:00 to 17:00.
fn wanted(law: &Law) -> Wanted<'_> {
    Wanted { law, call: call("2026-09-08T09:00:00Z", "2026-09-08T17:00:00Z"), project: None, lang: Lang::En }
}
fn who(name: &str, level: i64) -> Known {
    let mut known = Known { name: name.into(), active: true, ..Known::default() };
    if level > 0 {
        known.person.skills.push("son".into());
        known.levels.insert("son".into(), level);
    }
    known
}
fn scored(law: &Law, known: &Known) -> Suggestion {
    wanted(law).score(PersonId(id::v7(Timestamp::from_micros(0))), known, false)
}

#[test]
fn the_figures_of_a_score() {
    let law = Law::default();
    // 50, four levels of 6, and ten for a free week.
    let expert = scored(&law, &who("Awa", 4));
    assert_eq!((expert.score, expert.blocked_by, expert.minutes_that_week), (84, None, 0));
    assert_eq!(expert.reasons, ["Has the skill, at level 4 of 5.", "0 h 00 of work accepted that week."]);
    assert_eq!(scored(&law, &who("Zoé", 0)).score, 60, "nothing is known of what Zoé can do");
    // Monday of 8 h less half an hour: 450 minutes of 2,880 leave 8 of the ten points.
    let mut busy = who("Awa", 4);
    busy.person.calls.push(call("2026-09-07T09:00:00Z", "2026-09-07T17:00:00Z"));
    assert_eq!((scored(&law, &busy).score, scored(&law, &busy).minutes_that_week), (82, 450));
    // Until 23:00 on Monday there are ten hours of rest, which warns; and two hours of night do not.
    let mut late = who("Awa", 4);
    late.person.calls.push(call("2026-09-07T15:00:00Z", "2026-09-07T23:00:00Z"));
    let late = scored(&law, &late);
    assert_eq!((late.score, late.blocked_by), (74, None));
    assert!(late.reasons.iter().any(|r| r == "10 h of rest between two days; 11 h is the least."), "{:?}", late.reasons);
    let mut offers = who("Awa", 4);
    offers.available.push(call("2026-09-08T00:00:00Z", "2026-09-09T00:00:00Z").span);
    assert_eq!(scored(&law, &offers).score, 94);
    assert_eq!(wanted(&law).score(PersonId(id::v7(Timestamp::from_micros(0))), &who("Awa", 4), true).score, 64, "declined before");
}

#[test]
fn who_cannot_come_says_why_and_stands_last() {
    let law = Law::default();
    let blocked = |kind: Kind, change: &dyn Fn(&mut Known)| {
        let mut known = who("Awa", 5);
        change(&mut known);
        let found = scored(&law, &known);
        assert_eq!((found.blocked_by, found.score), (Some(kind), 0));
        found
    };
    blocked(Kind::Overlap, &|k| k.person.calls.push(call("2026-09-08T16:00:00Z", "2026-09-08T20:00:00Z")));
    blocked(Kind::Unavailable, &|k| k.person.unavailable.push(call("2026-09-08T16:00:00Z", "2026-09-08T20:00:00Z").span));
    let last = blocked(Kind::RoleMismatch, &|k| (k.person.skills, k.levels) = (vec!["plateau".into()], [("plateau".into(), 3)].into()));
    let mut law = law.clone();
    law.set(Rule::RestDailyMin, 660, Severity::Block);
    let mut late = who("Bo", 5);
    late.person.calls.push(call("2026-09-07T15:00:00Z", "2026-09-07T23:00:00Z"));
    assert_eq!(scored(&law, &late).blocked_by, Some(Kind::Rule(Rule::RestDailyMin)));
    let (good, fair) = (scored(&law, &who("Zoé", 5)), scored(&law, &who("Awa", 1)));
    let order: Vec<_> = ranked(vec![last.clone(), fair, good]).into_iter().map(|s| (s.user_name, s.score)).collect();
    assert_eq!(order, [("Zoé".to_owned(), 90), ("Awa".to_owned(), 66), ("Awa".to_owned(), 0)]);
}
