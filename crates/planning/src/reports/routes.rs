//! The routes of reports.

use super::{
    model::{self, Sums, THRESHOLD_MINUTES, Totals},
    store::{self, Which},
};
use crate::{
    people::{self, model::PersonId},
    projects::model::ProjectId,
    told::Eye,
};
use base::{
    App, Error, Result,
    auth::{Member, grant::RatesRead, least},
    db::Query,
    http::{Answer, Query as Asks},
    id::OrgId,
    say,
    time::{Date, Interval, Zone},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Which part of the plan a report is about.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// The organisation of your token; published clients send it.
    pub org_id: Option<OrgId>,
    /// Of this project only.
    pub project_id: Option<ProjectId>,
    /// The first day; that of this month when left out.
    pub date_from: Option<Date>,
    /// The last day; the last of the month of the first one when left out.
    pub date_to: Option<Date>,
}

impl Asked {
    /// The first and the last day.
    pub fn days(&self, today: Date) -> Result<(Date, Date)> {
        let first_of_month = |day: Date| day.to_string()[..8].to_owned() + "01";
        let parsed = |text: String| text.parse::<Date>().map_err(Error::internal);
        let first = self.date_from.map_or_else(|| parsed(first_of_month(today)), Ok)?;
        // Some day of the next month, back to its first, and one before it.
        let end_of_month = || Ok::<_, Error>(parsed(first_of_month(parsed(first_of_month(first))?.plus(31)))?.plus(-1));
        let last = self.date_to.map_or_else(end_of_month, Ok)?;
        if first <= last && last.days_since(first) <= 3_660 {
            return Ok((first, last));
        }
        let say = say!(
            "Choose a last day from the first one on, within ten years.",
            "Choisissez un dernier jour à partir du premier, dans les dix ans."
        );
        Err(Error::field("date_to", "interval_invalid", say))
    }
    pub async fn which(&self, read: &mut impl Query, zone: &Zone, (first, last): (Date, Date)) -> Result<Which> {
        if let Some(project) = self.project_id {
            store::project_exists(read, project).await?;
        }
        let span = Interval::new(zone.start_of(first), zone.start_of(last.plus(1)))?;
        Ok(Which { span, project: self.project_id, person: None })
    }
}

/// Somebody's month.
#[derive(Serialize, ToSchema)]
pub struct Monthly {
    #[schema(example = "2026-09")]
    pub month: String,
    pub user_id: PersonId,
    pub name: String,
    pub currency: String,
    #[serde(flatten)]
    pub totals: Totals,
}
#[derive(Serialize, ToSchema)]
pub struct MonthlyUsers {
    pub org_id: OrgId,
    pub project_id: Option<ProjectId>,
    pub date_from: Date,
    pub date_to: Date,
    pub items: Vec<Monthly>,
    /// Of most items; each says its own.
    pub currency: String,
}

/// A month a person, planned and confirmed. A call belongs to the month in which it begins.
pub async fn monthly(app: &App, read: &mut impl Query, which: Which) -> Result<Vec<Monthly>> {
    let (rates, mut sums) = (store::rates(read).await?, Sums::new(day_minutes(app)));
    store::lines(read, which, |line| sums.add(model::monthly_key(&line), &line, &rates)).await?;
    let item = |((month, name, user_id), currency, totals)| Monthly { month, user_id, name, currency, totals };
    Ok(sums.each().map(item).collect())
}
pub fn day_minutes(app: &App) -> i64 {
    i64::from(app.settings.day_hours) * 60
}

/// Hours and money of everybody, a month at a time: planned (asked or accepted) against confirmed (accepted).
#[utoipa::path(get, path = "/reports/monthly-users", operation_id = "report_monthly_users", tag = "reports", params(Asked),
    responses((status = 200, description = "An item for each month, person and currency", body = MonthlyUsers),
        (status = 404, description = "There is no such project here"),
        (status = 304, description = "Nothing changed since the ETag you have")))]
pub async fn monthly_users(app: App, member: Member<RatesRead, least::Manager>, Asks(asked): Asks<Asked>) -> Result<Answer> {
    asked.org_id.map_or(Ok(()), |org| member.only_in(org))?;
    let mut read = member.read(&app);
    let zone = store::zone(&mut read).await?;
    let days = asked.days(zone.date(app.now()))?;
    let which = asked.which(&mut read, &zone, days).await?;
    let items = monthly(&app, &mut read, which).await?;
    let currency = items.first().map_or("EUR", |i| &i.currency).to_owned();
    Answer::tagged(&MonthlyUsers { org_id: member.org, project_id: asked.project_id, date_from: days.0, date_to: days.1, items, currency })
}

/// What a project costs in a currency.
#[derive(Serialize, ToSchema)]
pub struct Cost {
    /// Null for missions of no project.
    pub project_id: Option<ProjectId>,
    pub name: Option<String>,
    pub currency: String,
    /// When it is in the same currency.
    pub budget_cents: Option<i64>,
    #[serde(flatten)]
    pub totals: Totals,
}
pub async fn costs(app: &App, read: &mut impl Query, which: Which) -> Result<Vec<Cost>> {
    let (rates, mut sums) = (store::rates(read).await?, Sums::new(day_minutes(app)));
    store::lines(read, which, |line| sums.add(line.project, &line, &rates)).await?;
    let projects: BTreeMap<_, _> =
        store::projects(read).await?.into_iter().map(|(id, name, budget, currency)| (id, (name, budget, currency))).collect();
    let item = |(project_id, currency, totals): (Option<ProjectId>, String, Totals)| {
        let project = project_id.and_then(|id| projects.get(&id));
        let budget_cents = project.and_then(|(_, budget, theirs)| budget.filter(|_| *theirs == currency));
        Cost { project_id, name: project.map(|p| p.0.clone()), currency, budget_cents, totals }
    };
    Ok(sums.each().map(item).collect())
}

/// What the crew of each project costs, planned against confirmed, beside its budget.
#[utoipa::path(get, path = "/reports/project-cost", operation_id = "report_project_cost", tag = "reports", params(Asked),
    responses((status = 200, description = "An item for each project and currency", body = Vec<Cost>),
        (status = 404, description = "There is no such project here"),
        (status = 304, description = "Nothing changed since the ETag you have")))]
pub async fn project_cost(app: App, member: Member<RatesRead, least::Manager>, Asks(asked): Asks<Asked>) -> Result<Answer> {
    asked.org_id.map_or(Ok(()), |org| member.only_in(org))?;
    let mut read = member.read(&app);
    let zone = store::zone(&mut read).await?;
    let days = asked.days(zone.date(app.now()))?;
    let which = asked.which(&mut read, &zone, days).await?;
    Answer::tagged(&costs(&app, &mut read, which).await?)
}

/// Whose hours, and up to when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Whose {
    /// The person; you when left out.
    user_id: Option<PersonId>,
    /// The last day of the twelve months; today when left out.
    until: Option<Date>,
}
/// The hours of somebody toward the 507 of an *intermittent*. An estimate: other employers' hours are not known here.
#[derive(Serialize, ToSchema)]
pub struct Counter {
    pub user_id: PersonId,
    pub from: Date,
    pub until: Date,
    /// Accepted calls without their breaks; a cachet counts 12 hours.
    pub minutes: i64,
    pub cachets: i64,
    pub threshold_minutes: i64,
    pub reached: bool,
    /// Always true: it counts this organisation alone, and is no legal advice.
    pub estimate: bool,
}

/// The 507-hour counter over twelve sliding months. A technician sees their own.
#[utoipa::path(get, path = "/reports/hours-507", operation_id = "report_hours_507", tag = "reports", params(Whose),
    responses((status = 200, description = "The counter, an estimate", body = Counter),
        (status = 404, description = "There is no such person here, or none is linked to your account"),
        (status = 304, description = "Nothing changed since the ETag you have")))]
pub async fn counter(app: App, member: Member<RatesRead>, Asks(whose): Asks<Whose>) -> Result<Answer> {
    let mut read = member.read(&app);
    let user_id = match (Eye::of(&member), whose.user_id) {
        (Eye::Manager, Some(person)) => {
            crate::rates::store::account_of(&mut read, person).await?;
            person
        }
        (_, asked) => {
            let own = people::store::own(&mut read, member.account).await?;
            if asked.is_some_and(|asked| asked != own) {
                return Err(Error::forbidden(
                    "not_yours",
                    say!(
                        "You can see your own hours. Others’ are for managers.",
                        "Vous pouvez voir vos propres heures. Celles des autres sont réservées aux responsables."
                    ),
                ));
            }
            own
        }
    };
    let zone = store::zone(&mut read).await?;
    let until = whose.until.unwrap_or_else(|| zone.date(app.now()));
    let from = model::twelve_months_before(until);
    let span = Interval::new(zone.start_of(from), zone.start_of(until.plus(1)))?;
    let (rates, mut minutes, mut cachets) = (store::rates(&mut read).await?, 0, 0);
    store::lines(&mut read, Which { span, project: None, person: Some(user_id) }, |line| {
        if line.confirmed {
            minutes += model::counted(&line, &rates);
            cachets += i64::from(model::is_cachet(&line, &rates));
        }
    })
    .await?;
    let (threshold_minutes, reached) = (THRESHOLD_MINUTES, minutes >= THRESHOLD_MINUTES);
    Answer::tagged(&Counter { user_id, from, until, minutes, cachets, threshold_minutes, reached, estimate: true })
}
