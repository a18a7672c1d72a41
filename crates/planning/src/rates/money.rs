//! Money in whole cents: what so many minutes earn, rounded half to even, once for each line.

use super::model::Unit;

/// What a cachet counts toward the 507 hours, whatever its length.
pub const CACHET_MINUTES: i64 = 12 * 60;

/// The cents that an engagement of so many paid minutes earns. A day is `day_minutes` long, and part of a day is paid in part.
pub fn earned(unit: Unit, cents: i64, minutes: i64, day_minutes: i64) -> i64 {
    match unit {
        Unit::Hour => share(cents, minutes, 60),
        Unit::Day => share(cents, minutes, day_minutes),
        Unit::Cachet | Unit::Flat => cents,
    }
}

/// The minutes that count toward the 507 hours.
pub fn counted(unit: Option<Unit>, minutes: i64) -> i64 {
    if unit == Some(Unit::Cachet) { CACHET_MINUTES } else { minutes }
}

/// `cents × part / whole`, rounded half to even.
fn share(cents: i64, part: i64, whole: i64) -> i64 {
    let (product, whole) = (i128::from(cents) * i128::from(part), i128::from(whole.max(1)));
    let (down, rest) = (product.div_euclid(whole), product.rem_euclid(whole));
    let up = rest * 2 > whole || (rest * 2 == whole && down % 2 != 0);
    i64::try_from(down + i128::from(up)).unwrap_or(i64::MAX)
}

/// `250`, `250.5` or `250,50` in cents; nothing that would need rounding.
pub fn cents(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, "00"));
    let digits = |t: &str, most| (1..=most).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole, 9) || !digits(part, 2) {
        return None;
    }
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 100 + part)
}
