//! When to stop asking a model that fails: pure, in the time it is told.
//!
//! Five faults of the provider's own within thirty seconds open it; then one probe after fifteen seconds, and twice as long
//! after each probe that fails. What a caller did wrong is no fault of the provider.

use base::time::Timestamp;
use std::{collections::VecDeque, time::Duration};

const FAULTS: usize = 5;
const WITHIN: Duration = Duration::from_secs(30);
const FIRST_REST: Duration = Duration::from_secs(15);
const LONGEST_REST: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub struct Breaker {
    faults: VecDeque<Timestamp>,
    /// Until when nobody asks, and how long that rest is.
    open: Option<(Timestamp, Duration)>,
    /// Until when the probe that is out is waited for.
    probing: Option<Timestamp>,
}

impl Breaker {
    /// Whether to ask now; else, in how long to try again.
    pub fn admit(&mut self, now: Timestamp, patience: Duration) -> Result<(), Duration> {
        let Some((until, _)) = self.open else { return Ok(()) };
        if now < until {
            return Err(until.since(now));
        }
        if let Some(probe) = self.probing.filter(|probe| now < *probe) {
            return Err(probe.since(now));
        }
        self.probing = Some(now.plus(patience));
        Ok(())
    }
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }
    pub fn failed(&mut self, now: Timestamp) {
        if let Some((until, rest)) = self.open {
            // Whoever was admitted before it opened says nothing new.
            if now >= until {
                let rest = (rest * 2).min(LONGEST_REST);
                self.open = Some((now.plus(rest), rest));
                self.probing = None;
            }
            return;
        }
        self.faults.retain(|at| now < at.plus(WITHIN));
        self.faults.push_back(now);
        if self.faults.len() >= FAULTS {
            self.open = Some((now.plus(FIRST_REST), FIRST_REST));
        }
    }
    /// Neither: the probe ended for another reason, and somebody else may try.
    pub fn undecided(&mut self) {
        self.probing = None;
    }
    /// Whether only a probe may ask, now or later.
    pub fn has_opened(&self) -> bool {
        self.open.is_some()
    }
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.open.is_some_and(|(until, _)| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);
    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000).plus(Duration::from_secs(seconds))
    }

    #[test]
    fn five_faults_within_thirty_seconds_open_it_and_fewer_do_not() {
        let mut breaker = Breaker::default();
        (0..4).for_each(|s| breaker.failed(at(s)));
        assert!(breaker.admit(at(5), PATIENCE).is_ok());
        (31..35).for_each(|s| breaker.failed(at(s))); // the first four are forgotten by then
        assert!(breaker.admit(at(35), PATIENCE).is_ok());
        breaker.failed(at(35));
        assert_eq!(breaker.admit(at(36), PATIENCE), Err(Duration::from_secs(14)), "open for fifteen seconds since the fifth");
    }
    #[test]
    fn one_probe_goes_out_and_closes_it_or_doubles_the_rest() {
        let mut breaker = Breaker::default();
        (0..5).for_each(|_| breaker.failed(at(0)));
        assert!(breaker.admit(at(14), PATIENCE).is_err());
        assert!(breaker.admit(at(15), PATIENCE).is_ok(), "the probe");
        assert!(breaker.admit(at(15), PATIENCE).is_err(), "one at a time");
        breaker.failed(at(16));
        assert_eq!(breaker.admit(at(16), PATIENCE), Err(Duration::from_secs(30)));
        assert!(breaker.admit(at(46), PATIENCE).is_ok());
        breaker.undecided();
        assert!(breaker.admit(at(46), PATIENCE).is_ok(), "the caller left: somebody else may probe");
        breaker.succeeded();
        assert!((0..9).all(|_| breaker.admit(at(47), PATIENCE).is_ok()));
    }
    #[test]
    fn the_rest_never_grows_beyond_five_minutes() {
        let (mut breaker, mut now) = (Breaker::default(), 0);
        (0..5).for_each(|_| breaker.failed(at(0)));
        for _ in 0..12 {
            now += 300;
            assert!(breaker.admit(at(now), PATIENCE).is_ok());
            breaker.failed(at(now));
        }
        assert_eq!(breaker.admit(at(now), PATIENCE), Err(Duration::from_secs(300)));
    }
}
