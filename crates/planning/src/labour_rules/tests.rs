//! Labour rules as people set them.

use super::model::{Row, Written, check, complete, law};
use crate::rules::{Law, Rule, Severity, Unit};

fn faults(json: &str) -> Vec<String> {
    let rules: Vec<Written> = serde_json::from_str(json).unwrap();
    check(&rules).err().map_or(vec![], |e| e.fields().iter().map(|f| format!("{} {}", f.field, f.code)).collect())
}

#[test]
fn what_may_be_set() {
    assert_eq!(
        faults(r#"[{"rule":"rest_daily_min","limit":9,"unit":"hours","severity":"block"},{"rule":"call_min","severity":"off"}]"#),
        [""; 0]
    );
    assert_eq!(faults(r#"[{"rule":"hours_day_max","limit":-1,"severity":"warn"}]"#), ["[0].limit out_of_range"]);
    assert_eq!(
        faults(
            r#"[{"rule":"hours_day_max","unit":"days","severity":"warn"},{"rule":"hours_day_max","severity":"off"},{"rule":"consecutive_days_max","unit":"hours","severity":"warn"}]"#
        ),
        ["[0].unit unit_unfit", "[1].rule duplicate", "[2].unit unit_unfit"],
        "all at once"
    );
}

#[test]
fn what_nobody_set_is_as_usual() {
    let set = [Row { rule: Rule::RestDailyMin, limit_value: 630, unit: Unit::Minutes, severity: Severity::Block, version: 1 }];
    let all = complete(&set);
    assert_eq!(all.len(), 10);
    assert_eq!((all[0].limit, all[0].unit, all[0].severity), (630, Unit::Minutes, Severity::Block));
    assert_eq!((all[1].limit, all[1].unit, all[1].severity), (10, Unit::Hours, Severity::Warn));
    assert_eq!(law(&set).limit(Rule::RestDailyMin), 630);
    assert_eq!(law(&[]), Law::default());
    // What is read can be sent back.
    let written: Vec<Written> = serde_json::from_value(serde_json::to_value(&all).unwrap()).unwrap();
    assert!(check(&written).is_ok());
    let rows: Vec<Row> =
        written.iter().map(|w| Row { rule: w.rule, limit_value: w.limit(), unit: w.unit(), severity: w.severity, version: 2 }).collect();
    assert_eq!(complete(&rows), all);
}
