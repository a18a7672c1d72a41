//! Who gets which call of the demo season: the one who can, is rested, and has been on the fewest so far.

use super::{
    bill::{Call, Staffing},
    cast::CAST,
};

/// Between two calls of somebody, in minutes.
const REST: i64 = 11 * 60;
const MOST_A_WEEK: usize = 4;

/// What each person of [`CAST`] cannot be asked for, in minutes since the Monday.
pub struct Diary {
    taken: Vec<Vec<(i64, i64)>>,
    away: Vec<(usize, i64, i64)>,
}
/// One part of a call, and who has it.
pub struct Part {
    pub role: &'static str,
    pub player: usize,
    pub accepted: bool,
}

impl Diary {
    /// `away`: who is absent, from which day to which (exclusive).
    pub fn new(away: &[(usize, i64, i64)]) -> Self {
        let minutes = away.iter().map(|(player, from, to)| (*player, from * 1_440, to * 1_440)).collect();
        Self { taken: vec![vec![]; CAST.len()], away: minutes }
    }
    fn free(&self, player: usize, (start, end): (i64, i64)) -> bool {
        let week = |minute: i64| minute.div_euclid(7 * 1_440);
        let calls = &self.taken[player];
        calls.iter().all(|(s, e)| e + REST <= start || end + REST <= *s)
            && calls.iter().filter(|(s, _)| week(*s) == week(start)).count() < MOST_A_WEEK
            && self.away.iter().all(|(who, from, to)| *who != player || *to <= start || end <= *from)
    }
    pub fn cast(&mut self, call: &Call) -> Vec<Part> {
        let (mut parts, span) = (vec![], call.span());
        for (role, quota) in call.roles {
            let wanted = match call.staffing {
                Staffing::Booked | Staffing::Asked => *quota,
                Staffing::Short => 1,
                Staffing::Open => 0,
            };
            for _ in 0..wanted {
                let able = (0..CAST.len()).filter(|p| CAST[*p].level(role).is_some() && self.free(*p, span));
                let Some(player) = able.min_by_key(|p| (self.taken[*p].len(), std::cmp::Reverse(CAST[*p].level(role)), *p)) else { break };
                self.taken[player].push(span);
                parts.push(Part { role, player, accepted: call.staffing != Staffing::Asked });
            }
        }
        parts
    }
}
