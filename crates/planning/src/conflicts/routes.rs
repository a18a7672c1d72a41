//! The routes of conflicts.

use super::{
    model::{self, At, CallOf, Clash, Conflict, ConflictId, Tried},
    store,
};
use crate::{
    labour_rules,
    missions::{self, model::MissionId},
    people::{self, model::PersonId},
    rules::Kind,
    suggestions::{self, model::Suggestion},
    told::Eye,
};
use base::{
    App, Error, Result,
    auth::{Member, grant::AssignmentsRead, least},
    db::{OrgRead, Query},
    http::{Answer, Context, Json, List, Path},
    say,
    time::{Interval, Timestamp, When},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

const DAY: Duration = Duration::from_secs(86_400);
/// What is looked at when nobody says: a month ahead. And the most that may be asked for.
const USUAL: Duration = Duration::from_secs(31 * 86_400);
const MOST: Duration = Duration::from_secs(366 * 86_400);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Range {
    /// Only what has not ended before this instant or day; now when left out.
    #[param(value_type = Option<String>)]
    from: Option<When>,
    /// Only what begins before this instant, or before this day is over; a month after `from` when left out.
    #[param(value_type = Option<String>)]
    to: Option<When>,
}
impl Range {
    async fn span(&self, app: &App, read: &mut OrgRead) -> Result<Interval> {
        let (from, to) = missions::range(read, self.from, self.to).await?;
        let from = from.unwrap_or_else(|| to.map_or(app.now(), |to| to.minus(USUAL)));
        let span = Interval::new(from, to.unwrap_or(from.plus(USUAL))).map_err(|_| base::time::Misread::Empty.at("to"))?;
        if span.length() > MOST {
            let say = say!("Ask for at most a year at once.", "Demandez au plus une année à la fois.");
            return Err(Error::field("to", "interval_too_long", say));
        }
        Ok(span)
    }
}

/// Whose conflicts a reader may see: everybody's, their own, or (without a person of their own) none.
enum Whose {
    Everybody,
    Own(Option<PersonId>),
}
async fn whose(member: &Member<AssignmentsRead>, read: &mut OrgRead) -> Result<Whose> {
    match Eye::of(member) {
        Eye::Manager => Ok(Whose::Everybody),
        Eye::Tech(account) => Ok(Whose::Own(people::store::of_account(read, account).await?)),
    }
}
impl Whose {
    fn includes(&self, person: PersonId) -> bool {
        matches!(self, Self::Everybody) || matches!(self, Self::Own(Some(own)) if *own == person)
    }
}

/// The conflicts of a span, by when they begin. A tech sees their own.
#[utoipa::path(get, path = "/conflicts", operation_id = "list_conflicts", tag = "conflicts", responses(
    (status = 200, description = "A page of conflicts", body = Vec<Conflict>)))]
pub async fn list(app: App, member: Member<AssignmentsRead>, context: Context, list: List<Range>) -> Result<Answer> {
    let mut read = member.read(&app);
    let span = list.filter.span(&app, &mut read).await?;
    let who = match whose(&member, &mut read).await? {
        Whose::Everybody => None,
        Whose::Own(Some(own)) => Some(own),
        Whose::Own(None) => return list.page_of(Vec::<((), ())>::new())?.answer(None),
    };
    let law = labour_rules::store::law(&mut read).await?;
    let crew = store::crew(&mut read, who, span).await?;
    let mut all: Vec<_> = crew.iter().flat_map(|(id, known)| model::conflicts(&law, *id, known, span, context.lang)).map(keyed).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let after = list.after::<Key>()?;
    let rows = all.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    list.page_of(rows.take(list.rows() as usize).collect())?.answer(None)
}
type Key = (Timestamp, String);
fn keyed(conflict: Conflict) -> (Key, Conflict) {
    ((conflict.clash.window.start, conflict.conflict_id.to_string()), conflict)
}

/// One person's conflicts, as the published clients read them.
#[derive(Serialize, ToSchema)]
pub struct OfPerson {
    user_id: PersonId,
    items: Vec<Item>,
}
#[derive(Serialize, ToSchema)]
#[schema(as = ConflictItem)]
pub struct Item {
    conflict_id: ConflictId,
    /// `ASSIGNMENT_OVERLAP`, or the kind of another conflict.
    kind: String,
    user_id: PersonId,
    mission_id: Option<MissionId>,
    with_mission_id: Option<MissionId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    severity: crate::rules::Severity,
    detail: String,
}
impl From<Conflict> for Item {
    fn from(c: Conflict) -> Self {
        let seed = c.conflict_id.kind == Kind::Overlap;
        Self {
            conflict_id: c.conflict_id,
            kind: if seed { "ASSIGNMENT_OVERLAP" } else { c.conflict_id.kind.name() }.to_owned(),
            user_id: c.user_id,
            mission_id: c.mission_ids.first().copied(),
            with_mission_id: c.mission_ids.get(1).copied(),
            starts_at: c.clash.window.start,
            ends_at: c.clash.window.end,
            severity: c.clash.severity,
            detail: c.clash.detail,
        }
    }
}

/// Everything that clashes in one person's calls: the year around now when no range is given. A tech asks for themselves.
#[utoipa::path(get, path = "/conflicts/user/{uid}", operation_id = "list_conflicts_of_person", tag = "conflicts",
    params(("uid" = PersonId, Path, description = "The person"), Range), responses(
    (status = 200, description = "The person's conflicts", body = OfPerson)))]
pub async fn of_person(
    app: App,
    member: Member<AssignmentsRead>,
    context: Context,
    Path(user_id): Path<PersonId>,
    base::http::Query(range): base::http::Query<Range>,
) -> Result<Answer> {
    let mut read = member.read(&app);
    if !whose(&member, &mut read).await?.includes(user_id) {
        return Err(Error::not_found(user_id));
    }
    let half = MOST / 2;
    let span = match range {
        Range { from: None, to: None } => Interval::new(app.now().minus(half), app.now().plus(half))?,
        range => range.span(&app, &mut read).await?,
    };
    let law = labour_rules::store::law(&mut read).await?;
    let known = store::one(&mut read, user_id, span).await?;
    let items = model::conflicts(&law, user_id, &known, span, context.lang).into_iter().map(Item::from).collect();
    Answer::ok(&OfPerson { user_id, items })
}

#[derive(Serialize, ToSchema)]
pub struct Detail {
    conflict: Conflict,
    /// For managers: who could take one of its last two missions.
    suggestions: Vec<Instead>,
}
/// Somebody who could come instead.
#[derive(Serialize, ToSchema)]
pub struct Instead {
    mission_id: MissionId,
    #[serde(flatten)]
    who: Suggestion,
}
const LAST_MISSIONS: usize = 2;
const BEST: usize = 5;
async fn instead(from: &mut impl Query, conflict: &Conflict, context: &Context) -> Result<Vec<Instead>> {
    let mut all = vec![];
    for mission_id in conflict.mission_ids.iter().rev().take(LAST_MISSIONS).copied() {
        let role = conflict.clash.missions.iter().find(|m| m.mission_id == mission_id).and_then(|m| m.role.as_deref());
        let (_, found) = suggestions::store::suggestions(from, mission_id, role, context.lang).await?;
        let free = found.into_iter().filter(|s| s.blocked_by.is_none() && s.user_id != conflict.user_id);
        all.extend(free.take(BEST).map(|who| Instead { mission_id, who }));
    }
    Ok(all)
}

/// One conflict; 404 when it stands no more.
#[utoipa::path(get, path = "/conflicts/{id}", operation_id = "read_conflict", tag = "conflicts",
    params(("id" = ConflictId, Path, description = "The conflict")), responses(
    (status = 200, description = "The conflict", body = Detail)))]
pub async fn read(app: App, member: Member<AssignmentsRead>, context: Context, Path(id): Path<ConflictId>) -> Result<Answer> {
    let mut read = member.read(&app);
    if !whose(&member, &mut read).await?.includes(id.person) {
        return Err(gone());
    }
    let conflict = find(&mut read, id, &context).await?;
    let manager = Eye::of(&member).is_manager();
    let suggestions = if manager { instead(&mut read, &conflict, &context).await? } else { vec![] };
    Answer::ok(&Detail { conflict, suggestions })
}
/// The conflict, if it still stands.
pub async fn find(from: &mut impl Query, id: ConflictId, context: &Context) -> Result<Conflict> {
    let span = match id.at {
        At::Call(one) => store::spans(from, one, one).await?,
        At::Pair(one, other) => store::spans(from, one, other).await?,
        // Whatever the zone: a week from its Monday on, with a day to spare on both sides.
        At::Day(day) => Interval::new(base::time::Zone::UTC.start_of(day).minus(DAY), base::time::Zone::UTC.start_of(day.plus(8))).ok(),
    };
    let span = span.ok_or_else(gone)?;
    let law = labour_rules::store::law(from).await?;
    let known = store::crew(from, Some(id.person), span).await?.remove(&id.person).ok_or_else(gone)?;
    let all = model::conflicts(&law, id.person, &known, span, context.lang);
    all.into_iter().find(|c| c.conflict_id == id).ok_or_else(gone)
}
fn gone() -> Error {
    Error::missing("not_found", say!("There is no such conflict here, or no more.", "Ce conflit n’existe pas ici, ou plus."))
}

/// What would clash if somebody came: nothing is written.
#[utoipa::path(post, path = "/conflicts/~check", operation_id = "check_conflicts", tag = "conflicts", request_body = Tried, responses(
    (status = 200, description = "What would clash; an empty list is a yes", body = Vec<Clash>),
    (status = 404, description = "There is no such person or mission here")))]
pub async fn check(
    app: App,
    member: Member<AssignmentsRead, least::Manager>,
    context: Context,
    Json(tried): Json<Tried>,
) -> Result<Answer> {
    let mut read = member.read(&app);
    let mission = match tried.mission_id {
        Some(id) => Some(missions::store::find(&mut read, id, true).await?),
        None => None,
    };
    let zone = missions::store::zone(&mut read, None).await?;
    let call = tried.call(mission.as_ref(), &zone)?;
    let law = labour_rules::store::law(&mut read).await?;
    let mut known = store::one(&mut read, tried.user_id, call.span).await?;
    let shown = mission.as_ref().map(CallOf::tried);
    let at = model::place(&mut known, call, tried.mission_id);
    Answer::ok(&model::clashes(&law, &known, at, shown.as_ref(), context.lang))
}
