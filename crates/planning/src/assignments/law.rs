//! Labour rules that the organisation has set to `block`: a yes that would break one is refused.

use super::{model::AssignmentId, store};
use crate::{
    labour_rules,
    people::model::PersonId,
    rules::{self, Kind, Rule, Severity},
};
use base::{
    Error, Result,
    db::Query,
    say,
    time::{Interval, Zone},
};
use serde_json::json;
use std::time::Duration;

/// A call that somebody is wanted for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub person: PersonId,
    pub span: Interval,
    pub zone: Zone,
    pub break_minutes: i64,
    pub role_key: String,
    /// The assignment that it is, which does not stand against itself.
    pub but: Option<AssignmentId>,
}

const DAY: Duration = Duration::from_secs(86_400);

/// The blocked rule that this call would break, if any. The person's row is held.
pub async fn broken(from: &mut impl Query, wanted: &Wanted) -> Result<Option<Error>> {
    let law = labour_rules::store::law(from).await?;
    if !Rule::ALL.iter().any(|rule| law.severity(*rule) == Severity::Block) {
        return Ok(None);
    }
    let reach = DAY * u32::try_from(rules::REACH_DAYS).unwrap_or(91);
    let around = Interval::new(wanted.span.start().minus(reach), wanted.span.end().plus(DAY * 14))?;
    let mut calls = store::calls_around(from, wanted.person, around, wanted.but).await?;
    let Wanted { span, zone, break_minutes, role_key, .. } = wanted.clone();
    calls.push(rules::Call { span, break_minutes, zone, firm: true, role: role_key, over_quota: false });
    let (new, person) = (calls.len() - 1, rules::Person { calls, ..Default::default() });
    let mut found = rules::findings_of(&law, &person, new);
    found.retain(|f| matches!(f.kind, Kind::Rule(_)) && f.kind.severity(&law) == Severity::Block);
    let Some(first) = found.first() else { return Ok(None) };
    let (rule, what) = (first.kind, first.say());
    let (en, fr) = (what.en, what.fr);
    let say = say!("The organisation does not allow this ({rule}): {en}", "L’organisation ne le permet pas ({rule}) : {fr}");
    let rules: Vec<_> = found.iter().map(|f| json!({"rule": f.kind.to_string(), "measure": f.measure})).collect();
    Ok(Some(Error::malformed("rule_blocked", say).with("rule", rule.to_string()).with("rules", rules)))
}
