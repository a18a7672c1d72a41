//! What the app sends, and what of it can be believed.

use crate::disciplines::visible;
use base::{Error, Faults, Result, crypto, say};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MOST_SERIES: usize = 60;

/// A session as the app writes it: zero and null both mean that something was not measured.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShootingSession)]
pub struct Input {
    #[serde(default)]
    #[schema(example = "CZ Shadow 2")]
    pub weapon: Option<String>,
    #[serde(default)]
    pub caliber: Option<String>,
    /// Local, without a zone, as the app keeps it.
    #[serde(default)]
    pub date: Option<String>,
    #[serde(default)]
    pub category: Option<String>,
    #[serde(default)]
    pub series: Vec<InputSeries>,
    #[serde(default)]
    pub synthese: Option<String>,
    #[serde(default)]
    pub exercises: Vec<String>,
}
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShootingSeries)]
pub struct InputSeries {
    pub shot_count: u32,
    pub distance: f64,
    pub points: f64,
    #[serde(default)]
    pub group_size_cm: Option<f64>,
    #[serde(default)]
    pub hand_method: Option<Hand>,
    #[serde(default)]
    pub comment: Option<String>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hand {
    One,
    Two,
}
impl Hand {
    pub fn name(hand: Option<Self>) -> &'static str {
        match hand {
            None => "",
            Some(Self::One) => "one",
            Some(Self::Two) => "two",
        }
    }
}

/// A session that can be computed with.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub series: Vec<Series>,
    /// What was written, cleaned: comments first, then the summary.
    pub notes: Vec<String>,
    /// Series whose points cannot be: left out of every figure.
    pub implausible: Vec<usize>,
    /// What tells it from other sessions.
    pub occasion: String,
}
#[derive(Clone, Debug)]
pub struct Series {
    /// Counted from 1, as people count.
    pub number: usize,
    pub shots: u32,
    pub distance: f64,
    pub points: Option<f64>,
    pub group_cm: Option<f64>,
    pub hand: Option<Hand>,
}
impl Series {
    pub fn per_shot(&self) -> Option<f64> {
        Some(self.points? / f64::from(self.shots))
    }
}

impl Input {
    pub fn read(&self) -> Result<Session> {
        self.check()?;
        let mut session = Session { occasion: self.occasion(), ..Session::default() };
        for (index, one) in self.series.iter().enumerate() {
            let number = index + 1;
            let plausible = (0.0..=10.9 * f64::from(one.shot_count)).contains(&one.points);
            if !plausible {
                session.implausible.push(number);
            }
            session.series.push(Series {
                number,
                shots: one.shot_count,
                distance: one.distance,
                points: plausible.then_some(one.points),
                group_cm: one.group_size_cm.filter(|cm| *cm > 0.0),
                hand: one.hand_method,
            });
        }
        let comments = self.series.iter().filter_map(|s| s.comment.as_deref());
        session.notes = comments.chain(self.synthese.as_deref()).map(visible).filter(|n| !n.is_empty()).collect();
        Ok(session)
    }
    /// Its date, else a digest of its figures: the same session is looked at more than once.
    fn occasion(&self) -> String {
        let date = self.date.as_deref().unwrap_or_default().trim();
        if !date.is_empty() && date.len() <= 40 && date.bytes().all(|b| b.is_ascii_digit() || b"-:.+TZ ".contains(&b)) {
            return date.to_owned();
        }
        let figures: Vec<_> = self.series.iter().map(|s| (s.shot_count, s.distance, s.points, s.group_size_cm, s.hand_method)).collect();
        format!("#{}", crypto::sha256_hex(format!("{date}{figures:?}").as_bytes()))
    }
    fn check(&self) -> Result<()> {
        if self.series.len() > MOST_SERIES {
            let say = say!("A session holds {MOST_SERIES} series at most.", "Une séance compte {MOST_SERIES} séries au plus.");
            return Err(Error::field("session.series", "too_many", say));
        }
        let mut faults = Faults::default();
        let long = |text: &Option<String>, most: usize| text.as_ref().is_some_and(|t| t.chars().count() > most);
        faults.require(!long(&self.synthese, 2_000), "session.synthese", "too_long", || {
            say!("Use 2,000 characters or fewer.", "2 000 caractères au plus.")
        });
        for (index, one) in self.series.iter().enumerate() {
            let at = |field: &str| format!("session.series[{index}].{field}");
            faults.require((1..=200).contains(&one.shot_count), &at("shot_count"), "out_of_range", || {
                say!("A series has 1 to 200 shots.", "Une série compte de 1 à 200 coups.")
            });
            faults.require((2.0..=300.0).contains(&one.distance), &at("distance"), "out_of_range", || {
                say!("The distance is 2 to 300 metres.", "La distance va de 2 à 300 mètres.")
            });
            faults.require(one.points.is_finite() && one.points.abs() < 1e6, &at("points"), "out_of_range", || {
                say!("These points cannot be.", "Ces points sont impossibles.")
            });
            let group = one.group_size_cm.unwrap_or_default();
            faults.require((0.0..=1_000.0).contains(&group), &at("group_size_cm"), "out_of_range", || {
                say!("A group measures 0 to 1,000 cm.", "Un groupement mesure de 0 à 1 000 cm.")
            });
            faults.require(!long(&one.comment, 500), &at("comment"), "too_long", || {
                say!("Use 500 characters or fewer.", "500 caractères au plus.")
            });
        }
        faults.none()
    }
}
