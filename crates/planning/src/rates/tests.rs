//! The rules of rates, without a store.

use super::{
    model::{NewRate, Rate, RateId, Unit, choose},
    money::{cents, counted, earned},
};
use base::{
    id,
    time::{Date, Timestamp},
};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}
fn rate(role_key: &str, valid_from: &str, cents: i64) -> Rate {
    let at = Timestamp::from_micros(0);
    Rate {
        id: RateId(id::v7(at)),
        role_key: role_key.into(),
        role: None,
        unit: Unit::Day,
        cents,
        currency: "EUR".into(),
        valid_from: day(valid_from),
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

#[test]
fn the_most_specific_then_the_latest_rate_applies() {
    let rates = [
        rate("", "2026-01-01", 1),
        rate("", "2026-06-01", 2),
        rate("son", "2026-02-01", 3),
        rate("son", "2026-05-01", 4),
        rate("lumiere", "2026-03-01", 5),
    ];
    for (role, on, expected) in [
        ("son", "2025-12-31", None),
        ("son", "2026-01-31", Some(1)),
        ("son", "2026-02-01", Some(3)),
        ("son", "2026-09-01", Some(4)),
        ("plateau", "2026-05-31", Some(1)),
        ("plateau", "2026-06-01", Some(2)),
        ("lumiere", "2026-02-28", Some(1)),
        ("lumiere", "2026-12-31", Some(5)),
    ] {
        assert_eq!(choose(&rates, role, day(on)).map(|r| r.cents), expected, "{role} on {on}");
        assert_eq!(choose(rates.iter().rev(), role, day(on)).map(|r| r.cents), expected, "in any order");
    }
}

#[test]
fn what_is_earned() {
    for (unit, cents, minutes, expected) in [
        (Unit::Hour, 2_450, 480, 19_600),
        (Unit::Hour, 2_450, 450, 18_375),
        (Unit::Hour, 100, 33, 55),
        // Halves go to the even cent: 0.5 → 0, 1.5 → 2, 2.5 → 2.
        (Unit::Hour, 1, 30, 0),
        (Unit::Hour, 3, 30, 2),
        (Unit::Hour, 5, 30, 2),
        (Unit::Day, 25_000, 480, 25_000),
        (Unit::Day, 25_000, 240, 12_500),
        (Unit::Day, 25_000, 600, 31_250),
        (Unit::Cachet, 18_000, 95, 18_000),
        (Unit::Flat, 15_000, 1_200, 15_000),
        (Unit::Hour, 2_450, 0, 0),
    ] {
        assert_eq!(earned(unit, cents, minutes, 480), expected, "{unit} {cents} {minutes}");
    }
    assert_eq!(earned(Unit::Day, 25_000, 420, 420), 25_000, "a day of seven hours");
    assert_eq!((counted(Some(Unit::Cachet), 95), counted(Some(Unit::Hour), 95), counted(None, 95)), (720, 95, 95));
}

#[test]
fn amounts_as_the_published_clients_write_them() {
    for (text, expected) in
        [("250", Some(25_000)), ("250.5", Some(25_050)), ("250,05", Some(25_005)), ("0", Some(0)), ("250.0", Some(25_000))]
    {
        assert_eq!(cents(text), expected, "{text}");
    }
    for text in ["", "-1", "250.005", "1e3", "2 50", ".5", "5.", "12345678901"] {
        assert_eq!(cents(text), None, "{text}");
    }
}

#[test]
fn what_fits_and_what_does_not() {
    let faults = |json: &str| {
        let new: NewRate = serde_json::from_str(json).unwrap();
        new.check().err().map_or(vec![], |e| e.fields().iter().map(|f| f.field.clone()).collect())
    };
    assert!(faults(r#"{"unit":"hour","cents":0,"currency":"EUR","valid_from":"2026-09-01","role":"Régie lumière"}"#).is_empty());
    assert_eq!(faults(r#"{"unit":"day","cents":-1,"currency":"euro","role":" "}"#), ["cents", "currency", "role"]);
    assert!(serde_json::from_str::<NewRate>(r#"{"unit":"week","cents":1}"#).is_err());
}

proptest! {
    #[test]
    fn rounding_is_within_half_a_cent_and_parts_add_up_to_the_whole(rate in 0i64..10_000_000, minutes in 0i64..10_080) {
        let exact = rate as f64 * minutes as f64 / 60.0;
        prop_assert!((earned(Unit::Hour, rate, minutes, 480) as f64 - exact).abs() <= 0.5 + 1e-6);
        prop_assert_eq!(earned(Unit::Hour, rate, minutes * 60, 480), rate * minutes);
    }
}
