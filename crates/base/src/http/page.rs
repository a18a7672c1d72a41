//! Lists: a bare array, paged by `limit` and an opaque `cursor`; the next page is in `Link`.

use super::{Answer, Op, Part, extract::query, op::text_parameter};
use crate::{
    App,
    cache::Cached,
    error::{Error, Result},
    say,
};
use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde::{Serialize, de::DeserializeOwned};
use std::ops::RangeInclusive;
use utoipa::{IntoParams, openapi::path::ParameterIn};

const LIMITS: RangeInclusive<i64> = 1..=200;
const DEFAULT: i64 = 50;
pub const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// What a list was asked for: its own filters, and where on it.
pub struct List<F> {
    pub filter: F,
    limit: i64,
    cursor: Option<String>,
    path: String,
    /// The query without the cursor, in one spelling, for the next page and for the cache.
    asked: String,
}

/// What a list that is only paged is asked for.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}
impl IntoParams for NoFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<utoipa::openapi::path::Parameter> {
        vec![]
    }
}

impl<F: DeserializeOwned> FromRequestParts<App> for List<F> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |o| &o.0);
        Self::read(uri.path(), uri.query().unwrap_or_default())
    }
}

impl<F: DeserializeOwned> List<F> {
    fn read(path: &str, raw: &str) -> Result<Self> {
        let filter = query(raw, &["limit", "cursor"])?;
        let mut pairs: Vec<_> = form_urlencoded::parse(raw.as_bytes()).collect();
        let mut only = |name: &str| pairs.iter().position(|(n, _)| n == name).map(|i| pairs.remove(i).1.into_owned());
        let (limit, cursor) = (only("limit"), only("cursor"));
        if pairs.iter().any(|(n, _)| n == "limit" || n == "cursor") {
            return Err(Error::field(
                "cursor",
                "duplicate_parameter",
                say!("`limit` and `cursor` stand once each.", "`limit` et `cursor` ne figurent qu’une fois."),
            ));
        }
        pairs.sort();
        let asked = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Ok(Self { filter, limit: limit_of(limit.as_deref())?, cursor, path: path.to_owned(), asked })
    }
}

fn limit_of(raw: Option<&str>) -> Result<i64> {
    let Some(raw) = raw else { return Ok(DEFAULT) };
    raw.parse().ok().filter(|n| LIMITS.contains(n)).ok_or_else(|| {
        let (low, high) = LIMITS.into_inner();
        Error::field("limit", "out_of_range", say!("Choose a number from {low} to {high}.", "Choisissez un nombre de {low} à {high}."))
    })
}

impl<F> List<F> {
    /// How many rows to read: one more than asked, to see whether there is a next page.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }
    /// The key after which this page begins.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let key = B64.decode(cursor).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        key.map(Some).ok_or_else(|| {
            let say = say!(
                "This cursor is not one of ours. Follow the `Link` of the page before, or start again without it.",
                "Ce curseur n’est pas l’un des nôtres. Suivez le `Link` de la page précédente, ou recommencez sans lui."
            );
            Error::malformed("bad_cursor", say)
        })
    }
    /// What tells this page from every other one of the org; `variant` tells apart who sees different rows.
    pub fn cache_key(&self, variant: &str) -> String {
        format!("{variant} {} {} {} {}", self.path, self.limit, self.cursor.as_deref().unwrap_or(""), self.asked)
    }
    /// The page as bytes, with its ETag and, when there are more rows, the next page's address.
    pub fn page<T: Serialize, K: Serialize>(&self, rows: Vec<T>, key: impl Fn(&T) -> K) -> Result<Cached> {
        self.page_of(rows.into_iter().map(|row| (key(&row), row)).collect())
    }
    /// The same where a row does not show its key.
    pub fn page_of<T: Serialize, K: Serialize>(&self, rows: Vec<(K, T)>) -> Result<Cached> {
        let more = rows.len() as i64 > self.limit;
        let (keys, rows): (Vec<K>, Vec<T>) = rows.into_iter().take(self.limit as usize).unzip();
        let link = match keys.last() {
            Some(last) if more => Some(self.link(last)?),
            _ => None,
        };
        let body = serde_json::to_vec(&rows).map_err(Error::internal)?;
        let etag = super::etag::of_bytes(&body);
        Ok(Cached { body: body.into(), etag, link })
    }
    fn link(&self, key: &impl Serialize) -> Result<String> {
        let cursor = B64.encode(serde_json::to_vec(key).map_err(Error::internal)?);
        let (path, limit) = (&self.path, self.limit);
        let others = if self.asked.is_empty() { String::new() } else { format!("&{}", self.asked) };
        Ok(format!("<{path}?limit={limit}&cursor={cursor}{others}>; rel=\"next\""))
    }
}

impl Cached {
    /// The answer, saying whether it lay ready.
    pub fn answer(self, x_cache: Option<&'static str>) -> Result<Answer> {
        let mut answer =
            Answer::bytes(StatusCode::OK, HeaderValue::from_static("application/json"), self.body).with(header::ETAG, self.etag)?;
        if let Some(link) = self.link {
            answer = answer.with(header::LINK, link)?;
        }
        match x_cache {
            Some(said) => answer.with(X_CACHE, said),
            None => Ok(answer),
        }
    }
}
impl IntoResponse for Cached {
    fn into_response(self) -> Response {
        self.answer(None).into_response()
    }
}

impl<F: IntoParams> Part for List<F> {
    fn describe(op: &mut Op<'_>) {
        F::into_params(|| Some(ParameterIn::Query)).into_iter().for_each(|p| op.parameter(p));
        op.parameter(text_parameter("limit", ParameterIn::Query, "How many at most: 1 to 200, 50 when left out"));
        op.parameter(text_parameter("cursor", ParameterIn::Query, "Where the page before ended; take it from its `Link`"));
        op.header("If-None-Match", "The ETag of the page you have; 304 when nothing changed");
        op.answers(&[304, 400, 422]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        status: Option<String>,
    }
    fn list(query: &str) -> Result<List<Filter>> {
        List::read("/api/v1/things", query)
    }

    #[test]
    fn what_is_asked_is_checked() {
        assert_eq!(list("").unwrap().rows(), 51);
        assert_eq!(list("status=DRAFT").unwrap().filter.status.as_deref(), Some("DRAFT"));
        for (query, code) in
            [("limit=0", "out_of_range"), ("limit=201", "out_of_range"), ("limit=x", "out_of_range"), ("colour=red", "unknown_field")]
        {
            assert_eq!(list(query).err().unwrap().fields()[0].code, code, "{query}");
        }
        assert!(list("cursor=a&cursor=b").is_err());
        let cursor = list("cursor=%7B").unwrap().after::<(i64, i64)>().unwrap_err();
        assert_eq!(cursor.code(), "bad_cursor");
    }

    /// The next page's query, as a client would follow it.
    fn next(page: &Cached) -> Option<String> {
        let link = page.link.as_deref()?;
        Some(link.split(['?', '>']).nth(1).unwrap().to_owned())
    }
    proptest! {
        #[test]
        fn walking_the_pages_sees_every_row_once(keys in proptest::collection::btree_set((0i64..50, 0i64..50), 0..120), limit in 1i64..20) {
            let mut asked = format!("limit={limit}&status=a%26b");
            let mut seen = Vec::new();
            loop {
                let page = list(&asked).unwrap();
                prop_assert_eq!(page.filter.status.as_deref(), Some("a&b"));
                let after = page.after::<(i64, i64)>().unwrap().unwrap_or((-1, -1));
                let rows: Vec<_> = keys.iter().filter(|k| **k > after).take(page.rows() as usize).copied().collect();
                let made = page.page(rows, |k| *k).unwrap();
                let got: Vec<(i64, i64)> = serde_json::from_slice(&made.body).unwrap();
                prop_assert!(got.len() as i64 <= limit);
                seen.extend(got);
                match next(&made) {
                    Some(query) => asked = query,
                    None => break,
                }
            }
            prop_assert_eq!(seen, keys.into_iter().collect::<Vec<_>>());
        }
    }
}
