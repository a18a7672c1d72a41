//! `import-users`: accounts from another system, with their hashes.

use super::{End, Outcome, say};
use crate::setup::{Trouble, open};
use base::{Settings, say::Lang};
use identity::accounts::import;

pub async fn users(settings: Settings, file: &str, dry_run: bool) -> Outcome {
    let bytes = std::fs::read(file).map_err(|e| Trouble::Failed(format!("{file}: {e}")))?;
    let app = open(settings).await?;
    let report = import::run(&app, &bytes, dry_run).await?;
    for problem in &report.problems {
        let told = problem.told(Lang::En);
        say(&format!("row {}, {}: {} ({})", told.row, told.column, told.reason, told.code));
    }
    let (rows, wrong) = (report.rows, report.problems.len());
    if wrong > 0 {
        return Err(End::Trouble(Trouble::Failed(format!("nothing was imported: {wrong} cells do not fit, see above"))));
    }
    say(&if dry_run {
        format!("{rows} accounts would be imported; nothing was written")
    } else {
        format!("{rows} accounts were imported")
    });
    Ok(())
}
