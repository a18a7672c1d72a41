//! The rules as people read and write them.

use crate::rules::{Law, Rule, Severity, Unit};
use base::{Faults, Result, entity, say};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// No limit is longer: half a year in hours, a week and more in minutes.
const LARGEST: i64 = 20_000;

entity! {
    /// A rule that somebody has set.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Row { pub rule: Rule, pub limit_value: i64, pub unit: Unit, pub severity: Severity, pub version: i64 }
}

/// A rule as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LabourRule {
    pub rule: Rule,
    pub limit: i64,
    pub unit: Unit,
    pub severity: Severity,
    /// Where the usual limit comes from.
    pub source: &'static str,
    /// Always true: an aid for planning, no legal advice.
    pub indicative: bool,
}

/// A rule as somebody sets it.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LabourRuleWritten)]
#[serde(deny_unknown_fields)]
pub struct Written {
    pub rule: Rule,
    /// The usual one when left out.
    pub limit: Option<i64>,
    /// The rule's own when left out.
    pub unit: Option<Unit>,
    pub severity: Severity,
    // What a reader was told besides may be sent back.
    #[serde(default, rename = "source")]
    #[schema(ignore)]
    _source: IgnoredAny,
    #[serde(default, rename = "indicative")]
    #[schema(ignore)]
    _indicative: IgnoredAny,
}

impl Written {
    pub fn unit(&self) -> Unit {
        self.unit.unwrap_or(self.rule.unit())
    }
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or_else(|| Law::default().limit(self.rule) / self.unit().size())
    }
}

/// Everything that does not fit, at once.
pub fn check(rules: &[Written]) -> Result<()> {
    let (mut faults, mut seen) = (Faults::default(), BTreeSet::new());
    for (n, one) in rules.iter().enumerate() {
        faults.require(seen.insert(one.rule), &format!("[{n}].rule"), "duplicate", || {
            say!("This rule stands twice. Set it once.", "Cette règle figure deux fois. Ne la réglez qu’une fois.")
        });
        faults.require((0..=LARGEST).contains(&one.limit()), &format!("[{n}].limit"), "out_of_range", || {
            say!("Choose a number from 0 to {LARGEST}.", "Choisissez un nombre de 0 à {LARGEST}.")
        });
        let counts_days = one.rule.unit() == Unit::Days;
        faults.require((one.unit() == Unit::Days) == counts_days, &format!("[{n}].unit"), "unit_unfit", || {
            if counts_days {
                say!("This rule counts days.", "Cette règle compte des jours.")
            } else {
                say!("This rule counts hours or minutes.", "Cette règle compte des heures ou des minutes.")
            }
        });
    }
    faults.none()
}

/// All the rules in the order of the list: what was set, else as usual.
pub fn complete(set: &[Row]) -> Vec<LabourRule> {
    let usual = Law::default();
    let one = |rule: &Rule| {
        let (rule, source, indicative) = (*rule, rule.source(), true);
        match set.iter().find(|row| row.rule == rule) {
            Some(row) => LabourRule { rule, limit: row.limit_value, unit: row.unit, severity: row.severity, source, indicative },
            None => {
                let (limit, unit) = (usual.limit(rule) / rule.unit().size(), rule.unit());
                LabourRule { rule, limit, unit, severity: usual.severity(rule), source, indicative }
            }
        }
    };
    Rule::ALL.iter().map(one).collect()
}
/// The same for the engine.
pub fn law(set: &[Row]) -> Law {
    let mut law = Law::default();
    set.iter().for_each(|row| law.set(row.rule, row.limit_value * row.unit.size(), row.severity));
    law
}
/// The list changes as a whole: so does its version.
pub fn version(set: &[Row]) -> i64 {
    set.iter().map(|row| row.version).max().unwrap_or(0)
}
