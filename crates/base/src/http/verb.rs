//! `POST /missions/42:duplicate`: axum's router takes no literal after a parameter, so inside the house the verb is a
//! segment of its own (`/missions/{id}/~duplicate`). Outside nobody sees that spelling.

use axum::http::{Uri, uri::PathAndQuery};

/// The path as the router knows it; `None` when it stays as it is.
pub(super) fn inside(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let (head, last) = path.rsplit_once('/')?;
    let (noun, verb) = last.rsplit_once(':')?;
    let is_verb = !noun.is_empty() && !verb.is_empty() && verb.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !is_verb {
        return None;
    }
    let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{head}/{noun}/~{verb}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}
/// Whether a client tried the inner spelling.
pub(super) fn leaked(path: &str) -> bool {
    path.contains("/~")
}
/// A route template as users know it.
pub fn outside(template: &str) -> String {
    template.replace("/~", ":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_verb_at_the_end_is_moved() {
        let inside = |uri: &str| inside(&uri.parse().expect("uri")).map(|u| u.to_string());
        assert_eq!(inside("/api/missions/42:duplicate?a=b:c").as_deref(), Some("/api/missions/42/~duplicate?a=b:c"));
        assert_eq!(inside("/api/missions:bulk_create").as_deref(), Some("/api/missions/~bulk_create"));
        assert_eq!(inside("http://h/a:b").as_deref(), Some("http://h/a/~b"));
        for same in ["/", "/a", "/:a", "/a:", "/a:b/c", "/a?b=c:d", "/a:B", "/at/09:00", "*"] {
            assert_eq!(inside(same), None, "{same}");
        }
        assert_eq!(outside("/missions/{id}/~duplicate"), "/missions/{id}:duplicate");
    }
    proptest! {
        #[test]
        fn what_goes_in_comes_out(noun in "[a-z0-9%.-]{1,12}", verb in "[a-z_]{1,12}") {
            let path = format!("/api/{noun}:{verb}");
            let Ok(uri) = path.parse::<Uri>() else { return Ok(()) };
            prop_assert_eq!(outside(inside(&uri).expect("a verb").path()), path);
        }
    }
}
