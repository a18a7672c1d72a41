//! What comes in: `Json`, `Path` and `Query` that answer every misfit with a code and the field's name.

use super::{Op, Part};
use crate::{
    App,
    error::{Error, Result},
    say,
    say::Say,
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{header, request::Parts},
};
use serde::de::{DeserializeOwned, Deserializer, Unexpected, Visitor};
use serde_json::error::Category;
use std::str::FromStr;

/// Deeper than any body of ours; a JSON bomb stops here.
const DEEPEST: usize = 32;
/// The body layer has already refused anything larger (see [`super::body`]).
const LARGEST: usize = 64 << 20;

/// A JSON body that fits `T`.
pub struct Json<T>(pub T);
/// An HTML form's body that fits `T`.
pub struct Form<T>(pub T);
/// Somebody who may be there; the handler decides what it means if not.
pub struct Maybe<T>(pub Result<T>);
/// A JSON body that may be left out.
pub struct Optional<T>(pub T);
/// The ids of the path. One that is no id names nothing: 404.
pub struct Path<T>(pub T);
/// The query, every name of it known to `T`.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Error;
    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
            let say = say!("Send the body as application/json (Content-Type).", "Envoyez le corps en application/json (Content-Type).");
            return Err(Error::unsupported("unsupported_media_type", say));
        }
        parse(&whole(request.into_body()).await?).map(Self)
    }
}
impl<T: DeserializeOwned + Default + Send> FromRequest<App> for Optional<T> {
    type Rejection = Error;
    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let body = whole(body).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        Json::from_request(Request::from_parts(parts, body.into()), app).await.map(|Json(value)| Self(value))
    }
}
async fn whole(body: Body) -> Result<Bytes> {
    to_bytes(body, LARGEST).await.map_err(|e| malformed("body_unreadable", 0, 0).with_source(e))
}

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Error;
    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            let say = say!(
                "Send the body as application/x-www-form-urlencoded (Content-Type).",
                "Envoyez le corps en application/x-www-form-urlencoded (Content-Type)."
            );
            return Err(Error::unsupported("unsupported_media_type", say));
        }
        let body = whole(request.into_body()).await?;
        query(&String::from_utf8_lossy(&body), &[]).map(Self)
    }
}
impl<T: FromRequestParts<App, Rejection = Error>> FromRequestParts<App> for Maybe<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        Ok(Self(T::from_request_parts(parts, app).await))
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    if depth(body) > DEEPEST {
        let say =
            say!("The JSON is nested too deeply; {DEEPEST} levels are the most.", "Le JSON est trop imbriqué ; {DEEPEST} niveaux au plus.");
        return Err(Error::malformed("json_too_deep", say));
    }
    if body.windows(6).any(|w| w == br"\u0000") {
        let say = say!(
            "A text here contains the character NUL, which cannot be stored. Remove it.",
            "Un texte contient le caractère NUL, qui ne peut être enregistré. Retirez-le."
        );
        return Err(Error::malformed("nul_character", say));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let is_list = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let parsed = if is_list { serde_path_to_error::deserialize(List(&mut json)) } else { serde_path_to_error::deserialize(&mut json) };
    let parsed = parsed.map_err(|e| misfit(&e.path().to_string(), e.inner()))?;
    json.end().map_err(|e| malformed("malformed_json", e.line(), e.column()))?;
    Ok(parsed)
}

/// A list is no object: serde would take its members for the fields, in their order.
struct List<'a, 'de>(&'a mut serde_json::Deserializer<serde_json::de::SliceRead<'de>>);
impl<'de> Deserializer<'de> for List<'_, 'de> {
    type Error = serde_json::Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Self::Error> {
        self.0.deserialize_any(visitor)
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Self::Error> {
        Err(serde::de::Error::invalid_type(Unexpected::Seq, &visitor))
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

fn malformed(code: &'static str, line: usize, column: usize) -> Error {
    let say = say!(
        "The body is not valid JSON (line {line}, column {column}).",
        "Le corps n’est pas du JSON valide (ligne {line}, colonne {column})."
    );
    Error::malformed(code, say)
}

/// Serde's words, without the value they quote: it may be a secret.
fn misfit(path: &str, error: &serde_json::Error) -> Error {
    if error.classify() != Category::Data {
        return malformed("malformed_json", error.line(), error.column());
    }
    let words = error.to_string();
    if words.starts_with("duplicate field") {
        let field = quoted(&words);
        let say = say!(
            "The field {field} stands twice in the body. Send it once.",
            "Le champ {field} figure deux fois dans le corps. Envoyez-le une seule fois."
        );
        return Error::malformed("duplicate_key", say);
    }
    let (field, code, say) = fault(path, &words);
    Error::field(field, code, say)
}

fn fault(path: &str, words: &str) -> (String, &'static str, Say) {
    let here = if path == "." { "" } else { path };
    // Serde's path already ends with an unknown field, but not with a missing one.
    let below = |name: String| if here.is_empty() { name } else { format!("{here}.{name}") };
    if words.starts_with("missing field") {
        return (below(quoted(words)), "required", say!("This is required.", "Ce champ est obligatoire."));
    }
    if words.starts_with("unknown field") {
        let field = if here.is_empty() { quoted(words) } else { here.to_owned() };
        return (field, "unknown_field", say!("There is no such field here. Remove it.", "Ce champ n’existe pas ici. Retirez-le."));
    }
    let words = words.split(" at line ").next().unwrap_or_default();
    match words.split_once("expected ") {
        Some((_, expected)) => {
            let expected = expected.replace('`', "");
            let (en, fr) = plainly(&expected);
            (here.to_owned(), "wrong_value", say!("This must be {en}.", "Valeur attendue : {fr}."))
        }
        None => (here.to_owned(), "wrong_value", say!("This does not fit: {words}.", "Cette valeur ne convient pas : {words}.")),
    }
}
/// What serde expected, in words of people; what is none of ours to reword stays.
fn plainly(expected: &str) -> (&str, &str) {
    match expected {
        "f32" | "f64" => ("a number", "un nombre"),
        "i8" | "i16" | "i32" | "i64" | "isize" => ("a whole number", "un nombre entier"),
        "u8" => ("a whole number from 0 to 255", "un nombre entier de 0 à 255"),
        "u16" => ("a whole number from 0 to 65535", "un nombre entier de 0 à 65535"),
        "u32" | "u64" | "usize" => ("a whole number, not below zero", "un nombre entier, positif ou nul"),
        "a boolean" => ("true or false", "true ou false"),
        "a string" => ("a text", "un texte"),
        "a sequence" => ("a list", "une liste"),
        "a map" => ("an object", "un objet"),
        other if other.starts_with("struct ") => ("an object", "un objet"),
        other => (other, other),
    }
}
fn quoted(words: &str) -> String {
    words.split('`').nth(1).unwrap_or_default().to_owned()
}

fn depth(json: &[u8]) -> usize {
    let (mut deepest, mut now, mut text, mut escaped) = (0usize, 0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'{' | b'[' if !text => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl<T: FromPath> FromRequestParts<App> for Path<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let raw = RawPathParams::from_request_parts(parts, app).await.map_err(|_| nothing())?;
        let mut values = raw.iter().map(|(_, value)| value);
        T::from_path(&mut values).map(Self).ok_or_else(nothing)
    }
}
fn nothing() -> Error {
    Error::missing(
        "not_found",
        say!(
            "There is nothing at this address. Check the id in it.",
            "Il n’y a rien à cette adresse. Vérifiez l’identifiant qu’elle contient."
        ),
    )
}

/// What the parameters of a path can be read as.
pub trait FromPath: Sized + Send {
    fn from_path(values: &mut dyn Iterator<Item = &str>) -> Option<Self>;
}
impl<T: FromStr + Send> FromPath for T {
    fn from_path(values: &mut dyn Iterator<Item = &str>) -> Option<Self> {
        values.next()?.parse().ok()
    }
}

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        query(parts.uri.query().unwrap_or_default(), &[]).map(Self)
    }
}

/// Reads the query into `T`, leaving the names in `apart` to somebody else.
pub(super) fn query<T: DeserializeOwned>(raw: &str, apart: &[&str]) -> Result<T> {
    let pairs = form_urlencoded::parse(raw.as_bytes()).filter(|(name, _)| !apart.contains(&&**name));
    let pairs: Vec<_> = pairs.collect();
    if let Some((twice, _)) = pairs.iter().enumerate().find(|(i, (n, _))| pairs[..*i].iter().any(|(m, _)| m == n)).map(|(_, p)| p) {
        let say = say!(
            "This stands twice in the address. Send it once.",
            "Ce paramètre figure deux fois dans l’adresse. Envoyez-le une seule fois."
        );
        return Err(Error::field(twice.clone(), "duplicate_parameter", say));
    }
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let from = serde_urlencoded::Deserializer::new(form_urlencoded::parse(encoded.as_bytes()));
    serde_path_to_error::deserialize(from).map_err(|e| {
        let (field, code, say) = fault(&e.path().to_string(), &e.inner().to_string());
        Error::field(field, code, say)
    })
}

impl<T> Part for Json<T> {
    fn describe(op: &mut Op<'_>) {
        op.answers(&[400, 415, 422]);
    }
}
impl<T> Part for Form<T> {
    fn describe(op: &mut Op<'_>) {
        op.answers(&[415, 422]);
    }
}
impl<T> Part for Maybe<T> {
    fn describe(op: &mut Op<'_>) {
        op.permission("anyone", None, None);
    }
}
impl<T> Part for Optional<T> {
    fn describe(op: &mut Op<'_>) {
        Json::<T>::describe(op);
    }
}
impl<T> Part for Path<T> {
    fn describe(op: &mut Op<'_>) {
        op.answers(&[404]);
    }
}
impl<T> Part for Query<T> {
    fn describe(op: &mut Op<'_>) {
        op.answers(&[422]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Body {
        name: String,
        size: Option<u8>,
        #[serde(default)]
        parts: Vec<Part>,
    }
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Part {
        length: u8,
    }
    fn field(body: &str) -> (String, &'static str) {
        let error = parse::<Body>(body.as_bytes()).unwrap_err();
        error.fields().first().map_or((String::new(), error.code()), |f| (f.field.clone(), f.code))
    }

    #[test]
    fn what_was_expected_is_said_in_words_of_people() {
        for (body, expected) in [
            (r#"{"name":1}"#, "This must be a text."),
            (r#"{"name":"a","size":"x"}"#, "This must be a whole number from 0 to 255."),
            (r#"{"name":"a","size":900}"#, "This must be a whole number from 0 to 255."),
            (r#"{"name":"a","parts":1}"#, "This must be a list."),
            (r#"{"name":"a","parts":["x"]}"#, "This must be an object."),
            ("[]", "This must be an object."),
        ] {
            let error = parse::<Body>(body.as_bytes()).unwrap_err();
            assert_eq!(error.fields()[0].say.en, expected, "{body}");
        }
    }
    #[test]
    fn every_misfit_names_its_field() {
        for (body, expected) in [
            ("{}", ("name", "required")),
            (r#"{"name":1}"#, ("name", "wrong_value")),
            (r#"{"name":"a","size":900}"#, ("size", "wrong_value")),
            (r#"{"name":"a","parts":[{"length":1},{"length":"x"}]}"#, ("parts[1].length", "wrong_value")),
            (r#"{"name":"a","parts":[{}]}"#, ("parts[0].length", "required")),
            (r#"{"name":"a","role":"owner"}"#, ("role", "unknown_field")),
            (r#"{"name":"a","parts":[{"length":1,"x":2}]}"#, ("parts[0].x", "unknown_field")),
            (r#"{"name":"a","name":"b"}"#, ("", "duplicate_key")),
            (r#"{"name":"#, ("", "malformed_json")),
            ("", ("", "malformed_json")),
            (r#"{"name":"a"} x"#, ("", "malformed_json")),
            ("[]", ("", "wrong_value")),
        ] {
            let (at, code) = field(body);
            assert_eq!((at.as_str(), code), expected, "{body}");
        }
        assert_eq!(parse::<serde_json::Value>("[".repeat(40).as_bytes()).unwrap_err().code(), "json_too_deep");
        assert!(parse::<serde_json::Value>(br#"{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \" [[["}"#).is_ok());
    }
    #[test]
    fn a_misfit_never_quotes_the_value() {
        let error = parse::<Body>(br#"{"name":"a","size":"hunter2-secret"}"#).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        size: Option<u8>,
    }
    #[test]
    fn the_query_is_strict() {
        assert_eq!(query::<Asked>("size=3&limit=2", &["limit"]).unwrap().size, Some(3));
        for (raw, at) in [("size=x", "size"), ("colour=red", "colour"), ("size=1&size=2", "size")] {
            assert_eq!(query::<Asked>(raw, &[]).unwrap_err().fields()[0].field, at, "{raw}");
        }
    }
}
