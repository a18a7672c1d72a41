//! The master key: whether it is at hand, and the one that the database was written with.

use super::Finding;
use crate::secret::{self, Fit};
use base::Settings;

/// `fingerprint` is what the database says of its key; none where there is no database yet, or it could not be asked.
pub fn look(settings: &Settings, fingerprint: Option<&str>) -> Finding {
    let (given, file) = (settings.secret_key.is_some(), settings.data_dir.join(secret::NAME));
    let (of, shown) = ("SECRET_KEY", file.display());
    let fit = match secret::fit(settings, fingerprint) {
        Ok(fit) => fit,
        Err(trouble) => return Finding::bad(of, trouble.to_string(), "put the key back as it was made"),
    };
    let fits = if fit == Fit::Same { ", and the one that this database was written with" } else { "" };
    match fit {
        Fit::Other => Finding::bad(
            of,
            "is not the one that this database was written with",
            "set that one: with another the server does not start (exit 78)",
        ),
        Fit::Missing => Finding::bad(
            of,
            "is not given, and this database was written with one",
            format!("set it, or put it back as {shown}: without it the server does not start (exit 78)"),
        ),
        Fit::New if !given && !file.exists() => {
            Finding::look(of, format!("the first start makes {shown}"), "keep a copy of it away from this machine")
        }
        _ if given => Finding::good(of, format!("is given{fits}; keep a copy away from this machine")),
        _ => Finding::look(of, format!("is in {shown}{fits}"), "keep a copy away from this machine; a backup without it cannot be read"),
    }
}
