//! The curve.

use super::model::{Count, FORGOTTEN};
use base::time::Timestamp;
use std::time::Duration;

const THEN: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

fn wait(failures: i64) -> u64 {
    Count { failures, last_at: THEN }.wait(THEN).map_or(0, |wait| wait.as_secs())
}

#[test]
fn the_wait_doubles_and_has_an_end() {
    assert_eq!([0, 1, 4].map(wait), [0, 0, 0]);
    assert_eq!([5, 6, 7, 8, 14, 15, 40, 99].map(wait), [1, 2, 4, 8, 512, 900, 900, 900]);
    assert_eq!([100, 1_000, i64::MAX].map(wait), [86_400; 3]);
}
#[test]
fn it_runs_from_the_last_failure_and_everything_is_forgotten_after_a_day() {
    let count = Count { failures: 6, last_at: THEN };
    assert_eq!(count.wait(THEN.plus(Duration::from_millis(1_500))), Some(Duration::from_millis(500)));
    assert_eq!(count.wait(THEN.plus(Duration::from_secs(2))), None);
    assert_eq!(Count { failures: 100, last_at: THEN }.wait(THEN.plus(FORGOTTEN)), None);
}
#[test]
fn a_device_is_trusted_for_nine_failures() {
    let trusted = |failures, at| Count { failures, last_at: THEN }.trusted(at);
    assert!(trusted(9, THEN) && !trusted(10, THEN) && trusted(10, THEN.plus(FORGOTTEN)));
}
