//! What some tests run against and cargo does not bring: where a test finds it, or why it is left out.

use crate::{Outcome, in_ci};
use std::{env, path::PathBuf};

/// Something foreign: the variable that tells the tests where it is, and what is left out without it.
pub struct Foreign {
    pub variable: &'static str,
    pub tests: &'static str,
    pub installed: fn() -> Outcome<PathBuf>,
}
impl Foreign {
    /// The variable with its value, unless somebody set it; on a developer's machine it may be missing, which is said.
    pub fn provide(&self) -> Outcome<Option<(String, String)>> {
        let Self { variable, tests, installed } = self;
        if let Some(given) = env::var_os(variable) {
            return if given == "skip" && in_ci() {
                Err(format!("{variable}=skip is for a developer's machine: CI tests everything."))
            } else {
                Ok(None)
            };
        }
        match installed() {
            Ok(place) => Ok(Some(((*variable).to_owned(), place.display().to_string()))),
            Err(why) if in_ci() => Err(why),
            Err(why) => {
                left_out(tests, &why);
                Ok(Some(((*variable).to_owned(), "skip".to_owned())))
            }
        }
    }
}
/// On a developer's machine something may be missing; it is said.
pub fn left_out(tests: &str, why: &str) {
    println!("{tests} left out: {why}");
}
