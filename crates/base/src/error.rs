//! The one error of the house: a closed kind, a stable code, a sentence, and where it came from.
//!
//! A handler returns it; [`crate::http::problem`] turns it into `application/problem+json`, in one
//! place. What happened inside (`source`) is logged there once and never sent.

use crate::{say, say::Say};
use axum::http::StatusCode;
use std::{fmt, panic::Location, time::Duration};

pub type Result<T> = std::result::Result<T, Error>;
type Source = Box<dyn std::error::Error + Send + Sync>;

pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    code: &'static str,
    say: Say,
    fields: Vec<Field>,
    suggestions: Vec<Say>,
    extra: serde_json::Map<String, serde_json::Value>,
    source: Option<Source>,
    replay: Option<crate::http::Answer>,
    at: &'static Location<'static>,
}

/// What went wrong, by who has to act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be read, or a business rule says 400 (see `docs/api-design.md`).
    Malformed,
    /// The request can be read, but a field does not fit.
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Timeout,
    Conflict,
    Gone,
    Precondition,
    PreconditionRequired,
    TooLarge,
    Unsupported,
    Misdirected,
    HeadersTooLarge,
    RateLimited {
        after: Duration,
    },
    StorageFull,
    NotImplemented,
    BadGateway,
    GatewayTimeout,
    Unavailable {
        after: Duration,
    },
    /// A transaction lost a race that it may win when run again: the request is replayed.
    Retry,
    Internal,
}

/// One field of the request that does not fit, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The way to it: `name`, `missions[3].start_at`.
    pub field: String,
    pub code: &'static str,
    pub say: Say,
}

impl Kind {
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::Precondition => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Unavailable { .. } | Self::Retry => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    /// After how long the client may try again.
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::RateLimited { after } | Self::Unavailable { after } => Some(after),
            Self::Retry => Some(Duration::from_secs(1)),
            _ => None,
        }
    }
}

/// Constructors that read like speech: `Error::conflict("project_name_taken", say!(…))`.
macro_rules! kinds {
    ($($name:ident => $kind:ident),* $(,)?) => { impl Error { $(
        #[track_caller]
        pub fn $name(code: &'static str, say: Say) -> Self { Self::new(Kind::$kind, code, say) }
    )* } };
}
kinds! {
    malformed => Malformed, invalid => Invalid, unauthenticated => Unauthenticated, forbidden => Forbidden,
    missing => NotFound, not_acceptable => NotAcceptable, timeout => Timeout, conflict => Conflict,
    gone => Gone, precondition => Precondition, precondition_required => PreconditionRequired,
    too_large => TooLarge, unsupported => Unsupported, misdirected => Misdirected,
    not_implemented => NotImplemented, bad_gateway => BadGateway, gateway_timeout => GatewayTimeout,
}

impl Error {
    #[track_caller]
    pub fn new(kind: Kind, code: &'static str, say: Say) -> Self {
        let at = Location::caller();
        Self(Box::new(Inner {
            kind,
            code,
            say,
            fields: Vec::new(),
            suggestions: Vec::new(),
            extra: Default::default(),
            source: None,
            replay: None,
            at,
        }))
    }
    /// `Error::not_found::<ProjectId>(id)`: the same answer for what never was and what is another org's.
    #[track_caller]
    pub fn not_found<I: crate::id::Id>(id: I) -> Self {
        let (en, fr) = I::NOUN;
        Self::missing("not_found", say!("There is no {en} with the id {id} here.", "Il n’y a pas de {fr} portant l’identifiant {id} ici."))
    }
    /// Something broke inside: the client learns nothing but the request id.
    #[track_caller]
    pub fn internal(source: impl Into<Source>) -> Self {
        let say = say!(
            "Something went wrong on our side. It has been logged; quote the request id when you report it.",
            "Une erreur est survenue de notre côté. Elle a été enregistrée ; citez l’identifiant de la requête en la signalant."
        );
        Self::new(Kind::Internal, "internal", say).with_source(source)
    }
    #[track_caller]
    pub fn rate_limited(after: Duration) -> Self {
        let s = after.as_secs().max(1);
        let say = say!("Too many requests. Try again in {s} s.", "Trop de requêtes. Réessayez dans {s} s.");
        Self::new(Kind::RateLimited { after }, "rate_limited", say)
    }
    #[track_caller]
    pub fn unavailable(code: &'static str, after: Duration, say: Say) -> Self {
        Self::new(Kind::Unavailable { after }, code, say)
    }
    /// Not an error at all: the answer that a repeated `Idempotency-Key` was given the first time. It takes this
    /// way so that `?` leaves the handler before it does anything twice.
    pub(crate) fn replay(answer: crate::http::Answer) -> Self {
        let mut error = Self::conflict("replayed", say!("Answered before.", "Déjà répondu."));
        error.0.replay = Some(answer);
        error
    }
    pub(crate) fn take_replay(&mut self) -> Option<crate::http::Answer> {
        self.0.replay.take()
    }
    /// A 422 that names one field; more can follow with [`Error::and_field`].
    #[track_caller]
    pub fn field(field: impl Into<String>, code: &'static str, say: Say) -> Self {
        Self::invalid(
            "validation_failed",
            say!("Some fields do not fit. See `errors`.", "Certains champs ne conviennent pas. Voir `errors`."),
        )
        .and_field(field, code, say)
    }
    #[must_use]
    pub fn and_field(mut self, field: impl Into<String>, code: &'static str, say: Say) -> Self {
        self.0.fields.push(Field { field: field.into(), code, say });
        self
    }
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }
    /// What a person may do about it, one sentence each.
    #[must_use]
    pub fn suggest(mut self, suggestions: Vec<Say>) -> Self {
        self.0.suggestions = suggestions;
        self
    }
    /// One more member of the problem document, for programs (`conflicts`, `retry_with`, …).
    #[must_use]
    pub fn with(mut self, key: &str, value: impl serde::Serialize) -> Self {
        self.0.extra.insert(key.to_owned(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    pub fn say(&self) -> &Say {
        &self.0.say
    }
    pub fn fields(&self) -> &[Field] {
        &self.0.fields
    }
    pub fn suggestions(&self) -> &[Say] {
        &self.0.suggestions
    }
    pub fn extra(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.0.extra
    }
    pub fn source(&self) -> Option<&(dyn std::error::Error + Send + Sync)> {
        self.0.source.as_deref()
    }
    pub fn at(&self) -> &'static Location<'static> {
        self.0.at
    }
}

/// Gathers every misfit of a request, so that a person mends them all in one go.
#[derive(Default)]
pub struct Faults(Vec<Field>);

impl Faults {
    pub fn add(&mut self, field: impl Into<String>, code: &'static str, say: Say) {
        self.0.push(Field { field: field.into(), code, say });
    }
    pub fn require(&mut self, fits: bool, field: &str, code: &'static str, say: impl FnOnce() -> Say) {
        if !fits {
            self.add(field, code, say());
        }
    }
    #[track_caller]
    pub fn none(self) -> Result<()> {
        let mut faults = self.0.into_iter();
        let Some(first) = faults.next() else { return Ok(()) };
        Err(faults.fold(Error::field(first.field, first.code, first.say), |e, f| e.and_field(f.field, f.code, f.say)))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} at {}: {}", self.0.kind, self.0.code, self.0.at, self.0.say.en)?;
        self.0.fields.iter().try_for_each(|x| write!(f, "; {}: {}", x.field, x.code))?;
        self.0.source.iter().try_for_each(|s| write!(f, " ({s:?})"))
    }
}
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.say.en)?;
        self.0.fields.iter().try_for_each(|x| write!(f, " {}: {}", x.field, x.say.en))?;
        self.0.source.iter().try_for_each(|s| write!(f, " ({s})"))
    }
}
impl std::error::Error for Error {}
