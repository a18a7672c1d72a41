//! `/projects/{id}:archive`: the router cannot match a literal after a parameter, so outside it the last segment
//! `X:verb` becomes `X/~verb`; handlers, documents and metrics show the public spelling.

use axum::http::{Uri, uri::PathAndQuery};
use std::sync::Arc;

pub fn rewrite(uri: Uri) -> Uri {
    let path = uri.path();
    let last = path.rfind('/').map_or(0, |i| i + 1);
    let Some(colon) = path[last..].find(':').filter(|i| *i > 0) else { return uri };
    let (head, verb) = path.split_at(last + colon);
    let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
    let Ok(rewritten) = format!("{head}/~{}{query}", &verb[1..]).parse::<PathAndQuery>() else { return uri };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rewritten);
    Uri::from_parts(parts).unwrap_or(uri)
}

/// The public spelling of a route's template.
pub fn public(template: &str) -> String {
    template.replace("/~", ":")
}
pub fn shown(template: &str) -> Arc<str> {
    public(template).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verb_at_the_end_is_rewritten() {
        for (from, to) in [
            ("/projects/42:archive", "/projects/42/~archive"),
            ("/orgs/members:invite?x=a:b", "/orgs/members/~invite?x=a:b"),
            ("/projects/42", "/projects/42"),
            ("/a:b/c", "/a:b/c"),
            ("/:x", "/:x"),
            ("/", "/"),
        ] {
            let uri = rewrite(from.parse().unwrap());
            assert_eq!(uri.to_string(), to);
            if from.contains(":archive") {
                assert_eq!(public(uri.path()), from);
            }
        }
    }
}
