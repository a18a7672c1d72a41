//! Who could take a role of a mission.

use super::model::{Suggestion, Wanted, ranked};
use crate::{
    conflicts::store::{Crew, crew},
    labour_rules,
    missions::{self, model::MissionId},
    people::model::PersonId,
    rates::{model::choose, money},
    reports,
    rules::Call,
};
use base::{Result, db::Query, org_sql, say::Lang, text};
use std::collections::BTreeSet;

/// Everybody who can be planned and is not on the mission already.
pub async fn suggestions(from: &mut impl Query, id: MissionId, role: Option<&str>, lang: Lang) -> Result<(Call, Vec<Suggestion>)> {
    let mission = missions::store::find(from, id, true).await?;
    // Without a name it is the first role that still lacks somebody.
    let open = mission.roles.0.iter().find(|r| r.accepted < r.quota).map(|r| r.role.as_str());
    let role = mission.role(role.or(open))?;
    let call = Call {
        span: mission.span()?,
        break_minutes: mission.break_minutes,
        zone: mission.time_zone.clone(),
        firm: true,
        role: text::fold(&role.role),
        over_quota: false,
    };
    let law = labour_rules::store::law(from).await?;
    let crew: Crew = crew(from, None, call.span).await?;
    let declined = declined(from, id).await?;
    let wanted = Wanted { law: &law, call, project: mission.project_id, lang };
    let free = crew.iter().filter(|(_, known)| known.active && known.rows.iter().all(|row| row.mission_id != id));
    let all = ranked(free.map(|(person, known)| wanted.score(*person, known, declined.contains(person))).collect());
    Ok((wanted.call, all))
}
/// What the call would cost with each of them: for eyes that may see pay.
pub async fn price(from: &mut impl Query, call: &Call, all: &mut [Suggestion], day_minutes: i64) -> Result<()> {
    let rates = reports::store::rates(from).await?;
    let minutes = i64::try_from(call.span.length().as_secs() / 60).unwrap_or(0) - call.break_minutes;
    let day = call.zone.date(call.span.start());
    for one in all {
        let Some(rate) = rates.get(&one.user_id).and_then(|theirs| choose(theirs, &call.role, day)) else { continue };
        one.cost_cents = Some(money::earned(rate.unit, rate.cents, minutes, day_minutes));
        one.currency = Some(rate.currency.clone());
    }
    Ok(())
}

async fn declined(from: &mut impl Query, mission: MissionId) -> Result<BTreeSet<PersonId>> {
    let query = org_sql!("select person_id from assignments where org_id = $1 and mission_id = $2 and status = 'DECLINED'");
    let rows: Vec<(PersonId,)> = from.all(query, &[&mission]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
