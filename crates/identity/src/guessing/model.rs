//! How long one has to wait after how many wrong guesses.

use base::time::Timestamp;
use std::time::Duration;

/// How many come before the first wait; as many may be under way at once.
pub const FREE: u32 = base::limits::TOGETHER;
const MOST: Duration = Duration::from_secs(900);
/// As many in a row are no slips of a finger: a password alone does not open the account any more.
const MAIL_ONLY: i64 = 100;
/// As many from a known device, and it is like any other.
const TRUSTED: i64 = 10;
pub const FORGOTTEN: Duration = Duration::from_secs(86_400);

/// Wrong guesses in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub failures: i64,
    pub last_at: Timestamp,
}
impl Count {
    /// How long still to wait; none when a try is allowed.
    pub fn wait(self, now: Timestamp) -> Option<Duration> {
        let after = match self.failures {
            n if n < i64::from(FREE) => return None,
            n if n >= MAIL_ONLY => FORGOTTEN,
            n => MOST.min(Duration::from_secs(1 << (n - i64::from(FREE)).min(30))),
        };
        let until = self.last_at.plus(after.min(FORGOTTEN));
        (until > now).then(|| until.since(now))
    }
    /// Whether a device with so many failures is still trusted.
    pub fn trusted(self, now: Timestamp) -> bool {
        self.failures < TRUSTED || self.last_at.plus(FORGOTTEN) <= now
    }
}
