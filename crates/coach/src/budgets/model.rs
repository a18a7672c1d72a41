//! Limits, prices, and the spans they are counted in: pure.

use crate::provider::Usage;
use base::{
    Error, Faults, Result, entity,
    id::{AccountId, OrgId},
    limits::Rule,
    say,
    settings::Settings,
    time::{Timestamp, Zone},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

entity! {
    /// A limit as it lies in the store.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Row {
        pub layer: String, pub scope: String, pub subject: String,
        pub requests_day: Option<i64>, pub tokens_day: Option<i64>, pub cost_month_micro_eur: Option<i64>,
        pub requests_minute: Option<i64>, pub models: Option<String>,
    }
}

/// What may be spent; a figure that is left out is no limit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AiLimit)]
pub struct Limit {
    /// `instance`, `org` or `user`
    pub scope: String,
    /// Which organisation or account; left out: every account (`user`), or your own organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of them as many may come at once.
    #[serde(default)]
    pub requests_minute: Option<i64>,
    /// The models that may be asked; left out: all that the server offers.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    #[serde(default)]
    pub requests_day: Option<i64>,
    #[serde(default)]
    pub tokens_day: Option<i64>,
    /// In millionths of a euro, in a calendar month (UTC).
    #[serde(default)]
    pub cost_month_micro_eur: Option<i64>,
}
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AiLimits)]
pub struct Limits {
    pub limits: Vec<Limit>,
}

/// Every account.
pub const EVERY: &str = "*";
const MOST: usize = 500;

/// Whose limits somebody sets: the operator's, or their own organisation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    Operator,
    Org(OrgId),
}
impl Layer {
    pub fn key(self) -> String {
        match self {
            Self::Operator => String::new(),
            Self::Org(org) => org.to_string(),
        }
    }
}

impl Limits {
    pub fn read(self, layer: Layer) -> Result<Vec<Row>> {
        let mut faults = Faults::default();
        faults.require(self.limits.len() <= MOST, "limits", "too_many", || {
            say!("{MOST} limits are the most.", "{MOST} limites au plus sont acceptées.")
        });
        let mut rows: Vec<Row> = vec![];
        for (n, limit) in self.limits.into_iter().enumerate() {
            let at = |field: &str| format!("limits[{n}].{field}");
            for (field, figure) in [
                ("requests_day", limit.requests_day),
                ("tokens_day", limit.tokens_day),
                ("cost_month_micro_eur", limit.cost_month_micro_eur),
            ] {
                let fits = figure.is_none_or(|f| (0..=1_000_000_000_000_000).contains(&f));
                faults.require(fits, &at(field), "out_of_range", || say!("Use zero or more.", "Indiquez zéro ou plus."));
            }
            faults.require(
                limit.requests_minute.is_none_or(|n| (1..=1_000_000).contains(&n)),
                &at("requests_minute"),
                "out_of_range",
                || say!("Use 1 to 1,000,000.", "Indiquez de 1 à 1 000 000."),
            );
            let named = |models: &Vec<String>| {
                (1..=50).contains(&models.len()) && models.iter().all(|m| (1..=100).contains(&m.len()) && !m.contains([',', ' ']))
            };
            faults.require(limit.models.as_ref().is_none_or(named), &at("models"), "out_of_range", || {
                say!("Name 1 to 50 models, or leave them out for all.", "Nommez de 1 à 50 modèles, ou n’en indiquez aucun pour tous.")
            });
            let Some(subject) = subject(&limit, layer) else {
                let say = say!(
                    "Use `instance` without an id (operators only), `org` with the id of an organisation (your own if you are not the operator), or `user` with the id of an account or none for all.",
                    "Utilisez `instance` sans id (exploitant seulement), `org` avec l’id d’une organisation (la vôtre si vous n’êtes pas l’exploitant), ou `user` avec l’id d’un compte, ou sans id pour tous."
                );
                faults.add(at("scope"), "unknown_scope", say);
                continue;
            };
            let Limit { scope, requests_day, tokens_day, cost_month_micro_eur, requests_minute, models, .. } = limit;
            let models = models.map(|models| models.join(","));
            let row = Row { layer: layer.key(), scope, subject, requests_day, tokens_day, cost_month_micro_eur, requests_minute, models };
            faults.require(rows.iter().all(|r| (&r.scope, &r.subject) != (&row.scope, &row.subject)), &at("id"), "duplicate", || {
                say!("This is limited twice.", "Cette limite figure deux fois.")
            });
            rows.push(row);
        }
        faults.none()?;
        Ok(rows)
    }
}
/// In the one spelling that ids have.
fn subject(limit: &Limit, layer: Layer) -> Option<String> {
    let id = |text: &str| base::id::parse(text).ok().map(|id| id.to_string());
    match (limit.scope.as_str(), limit.id.as_deref(), layer) {
        ("instance", None, Layer::Operator) => Some(String::new()),
        ("org", Some(text), Layer::Operator) => id(text),
        ("org", None, Layer::Org(own)) => Some(own.to_string()),
        ("org", Some(text), Layer::Org(own)) => id(text).filter(|text| *text == own.to_string()),
        ("user", None | Some(EVERY), _) => Some(EVERY.to_owned()),
        ("user", Some(text), _) => id(text),
        _ => None,
    }
}
impl From<Row> for Limit {
    fn from(row: Row) -> Self {
        let Row { scope, subject, requests_day, tokens_day, cost_month_micro_eur, requests_minute, models, .. } = row;
        let models = models.map(|models| models.split(',').map(str::to_owned).collect());
        let id = Some(subject).filter(|s| !s.is_empty() && s != EVERY);
        Self { scope, id, requests_minute, models, requests_day, tokens_day, cost_month_micro_eur }
    }
}

/// The limits that hold for a call of this account: its own before everybody's, in one order for all.
pub fn in_force(mut rows: Vec<Row>, account: AccountId) -> Vec<Row> {
    let own = account.to_string();
    let named: Vec<String> = rows.iter().filter(|r| r.scope == "user" && r.subject == own).map(|r| r.layer.clone()).collect();
    rows.retain(|r| r.subject != EVERY || !named.contains(&r.layer));
    rows.iter_mut().filter(|r| r.subject == EVERY).for_each(|r| r.subject.clone_from(&own));
    rows.sort_by(|a, b| (&a.layer, &a.scope, &a.subject).cmp(&(&b.layer, &b.scope, &b.subject)));
    rows
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Day,
    Month,
}
impl Span {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
    pub fn named(name: &str) -> Option<Self> {
        [Self::Day, Self::Month].into_iter().find(|span| span.name() == name)
    }
    /// When the span of this instant began (UTC).
    pub fn begins(self, now: Timestamp) -> Timestamp {
        let today = Zone::UTC.date(now);
        let first = match self {
            Self::Day => today,
            Self::Month => format!("{}-01", &today.to_string()[..7]).parse().unwrap_or(today),
        };
        Zone::UTC.start_of(first)
    }
    /// When the next one does.
    pub fn ends(self, now: Timestamp) -> Timestamp {
        const DAY: Duration = Duration::from_secs(86_400);
        match self {
            Self::Day => self.begins(now).plus(DAY),
            // No month is shorter than 28 days or longer than 31.
            Self::Month => self.begins(self.begins(now).plus(DAY * 32)),
        }
    }
}
impl Row {
    /// What it limits in this span, if anything: requests, tokens, money.
    pub fn in_span(&self, span: Span) -> Option<[Option<i64>; 3]> {
        let caps = match span {
            Span::Day => [self.requests_day, self.tokens_day, None],
            Span::Month => [None, None, self.cost_month_micro_eur],
        };
        caps.iter().any(Option::is_some).then_some(caps)
    }
    pub fn lets(&self, model: &str) -> bool {
        self.models.as_deref().is_none_or(|models| models.split(',').any(|one| one == model))
    }
    /// How many of what is asked in a minute.
    pub fn pace(&self) -> Option<Rule> {
        let count = u32::try_from(self.requests_minute?).ok()?;
        Some(Rule::per(count, Duration::from_secs(60)))
    }
}

/// Of a model, in euros per million tokens, which is millionths of a euro per token.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    pub input: f64,
    pub output: f64,
}
/// Of what is asked a second time: a tenth.
const CACHED: f64 = 0.1;
/// Mistral's list (August 2026).
const LIST: [(&str, f64, f64); 8] = [
    ("mistral-small-latest", 0.12, 0.50),
    ("mistral-small-2603", 0.12, 0.50),
    ("ministral-3b-latest", 0.088, 0.088),
    ("ministral-8b-latest", 0.13, 0.13),
    ("mistral-medium-latest", 1.25, 6.4),
    ("mistral-medium-3-5", 1.25, 6.4),
    ("mistral-large-latest", 0.44, 1.3),
    ("mistral-large-2512", 0.44, 1.3),
];
impl Price {
    /// What the operator says, else the published list; none where nobody knows.
    pub fn of(settings: &Settings, model: &str) -> Option<Self> {
        let said = settings.ai_prices.iter().find_map(|text| {
            let (name, price) = text.split_once('=')?;
            let (input, output) = price.split_once('/')?;
            (name == model).then_some(Self { input: input.parse().ok()?, output: output.parse().ok()? })
        });
        let listed = || LIST.iter().find(|(name, ..)| *name == model).map(|(_, input, output)| Self { input: *input, output: *output });
        said.or_else(listed)
    }
    /// In millionths of a euro, rounded up.
    pub fn cost(self, usage: Usage) -> i64 {
        let fresh = usage.prompt_tokens.saturating_sub(usage.cached_tokens) as f64;
        let cost = fresh * self.input + usage.cached_tokens as f64 * self.cached() + usage.completion_tokens as f64 * self.output;
        cost.ceil() as i64
    }
    /// Of a token that the provider had read before.
    pub fn cached(self) -> f64 {
        (self.input * CACHED * 1e6).round() / 1e6
    }
}

/// These limits do not let anybody ask this model.
pub fn not_allowed() -> Error {
    let say = say!(
        "Your organisation’s or the operator’s limits do not allow this model. Ask for another one.",
        "Les limites de votre organisation ou de l’exploitant n’autorisent pas ce modèle. Demandez-en un autre."
    );
    Error::forbidden("model_not_allowed", say)
}
/// What may not be spent any more, until when.
pub fn exceeded(span: Span, now: Timestamp) -> Error {
    let after = span.ends(now).since(now).max(Duration::from_secs(1));
    let say = match span {
        Span::Day => say!(
            "Today’s budget for models is used up. It begins anew at midnight UTC.",
            "Le budget du jour pour les modèles est épuisé. Il se renouvelle à minuit UTC."
        ),
        Span::Month => say!(
            "This month’s budget for models is used up. It begins anew on the first (UTC).",
            "Le budget du mois pour les modèles est épuisé. Il se renouvelle le premier du mois (UTC)."
        ),
    };
    Error::new(base::error::Kind::RateLimited { after }, "budget_exceeded", say)
}

/// What was used in a span, and what is left of each limit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AiUsage)]
pub struct Used {
    /// `day` or `month` (UTC)
    pub period: &'static str,
    pub begins_at: Timestamp,
    pub ends_at: Timestamp,
    pub requests: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    pub cost_micro_eur: i64,
    pub limits: Vec<Left>,
}
/// A limit that holds for you, and how much of it is left.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AiLimitLeft)]
pub struct Left {
    /// `instance`, `org` or `user`
    pub scope: String,
    /// Whether your organisation set it; else the operator did.
    pub by_org: bool,
    /// `day` or `month`
    pub period: &'static str,
    pub requests: Option<i64>,
    pub tokens: Option<i64>,
    pub cost_micro_eur: Option<i64>,
    /// Held back by calls that run.
    pub reserved_tokens: i64,
    pub reserved_micro_eur: i64,
    pub resets_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{id, settings::Source};
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }
    fn row(layer: &str, scope: &str, subject: &str) -> Row {
        Row {
            layer: layer.into(),
            scope: scope.into(),
            subject: subject.into(),
            requests_day: Some(1),
            tokens_day: None,
            cost_month_micro_eur: None,
            requests_minute: None,
            models: None,
        }
    }

    #[test]
    fn spans_are_days_and_months_of_utc() {
        let now = at("2026-12-31T23:59:59Z");
        assert_eq!((Span::Day.begins(now), Span::Day.ends(now)), (at("2026-12-31T00:00:00Z"), at("2027-01-01T00:00:00Z")));
        assert_eq!((Span::Month.begins(now), Span::Month.ends(now)), (at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z")));
        assert_eq!(Span::Month.ends(at("2028-02-29T12:00:00Z")), at("2028-03-01T00:00:00Z"));
    }
    #[test]
    fn an_accounts_own_limit_stands_before_everybodys_and_each_layer_for_itself() {
        let account = AccountId(id::v4());
        let own = account.to_string();
        let all = vec![row("", "user", EVERY), row("", "user", &own), row("o", "user", EVERY), row("", "instance", "")];
        let force: Vec<_> = in_force(all, account).into_iter().map(|r| (r.layer, r.scope, r.subject)).collect();
        let of = |layer: &str, scope: &str, subject: &str| (layer.to_owned(), scope.to_owned(), subject.to_owned());
        assert_eq!(force, [of("", "instance", ""), of("", "user", &own), of("o", "user", &own)]);
    }
    #[test]
    fn a_session_on_the_small_model_costs_what_the_list_says() {
        let settings = Settings::load(&Source::of([("AI_PRICES".to_owned(), "mine=2/4, other=1/x".to_owned())])).unwrap();
        let usage = Usage { prompt_tokens: 1_500, completion_tokens: 500, total_tokens: 2_000, cached_tokens: 0 };
        let again = Usage { cached_tokens: 1_000, ..usage };
        assert_eq!(
            Price::of(&settings, "mistral-small-latest").unwrap().cost(again),
            322,
            "60 for what is new, 12 for the rest, 250 for the answer"
        );
        assert_eq!(Price::of(&settings, "mistral-small-latest").unwrap().cost(usage), 430);
        assert_eq!(Price::of(&settings, "mine").unwrap().cost(usage), 5_000);
        assert_eq!((Price::of(&settings, "other"), Price::of(&settings, "unknown")), (None, None));
    }
    #[test]
    fn an_organisation_limits_itself_and_nobody_else() {
        let (own, other) = (OrgId(id::v4()), OrgId(id::v4()));
        let limit = |scope: &str, id: Option<String>| {
            let limit = json!({"scope": scope, "id": id, "requests_day": 5});
            Limits { limits: vec![serde_json::from_value(limit).unwrap()] }.read(Layer::Org(own))
        };
        assert_eq!(limit("org", None).unwrap()[0].subject, own.to_string());
        assert_eq!(limit("user", None).unwrap()[0].subject, EVERY);
        for (scope, id) in [("instance", None), ("org", Some(other.to_string())), ("galaxy", None), ("user", Some("x".into()))] {
            assert_eq!(limit(scope, id).unwrap_err().fields()[0].code, "unknown_scope", "{scope}");
        }
        for (field, wrong) in
            [("requests_day", json!(-1)), ("requests_minute", json!(0)), ("models", json!([])), ("models", json!(["a,b"]))]
        {
            let limit = serde_json::from_value(json!({"scope": "user", field: wrong})).unwrap();
            let refused = Limits { limits: vec![limit] }.read(Layer::Operator).unwrap_err();
            assert_eq!(refused.fields()[0].field, format!("limits[0].{field}"));
        }
    }
}
