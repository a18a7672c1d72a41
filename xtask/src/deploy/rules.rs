//! The alerts: promtool reads them, runs their tests, and sees a test fail when its alert is not what it was.

use super::{Copies, FOLDER};
use crate::{Outcome, foreign::left_out, machine::Program, test::none};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

pub const PROMTOOL: Program = Program { names: &["promtool"], package: "prometheus" };

/// Debian's package starts a server of its own, so it is not installed for this.
const AMTOOL: Program = Program { names: &["amtool"], package: "prometheus-alertmanager" };

const TESTS: &str = "rules.test.yml";
const DAYS: &str = "rules.days.test.yml";
/// Part of a rule, what stands there instead, and the tests of which one must fail then.
const BREAKS: [(&str, &str, &str); 15] = [
    ("14.4 * 0.001 and coulisses:errors:ratio5m > 14.4 * 0.001", "14.4 * 0.001", TESTS),
    ("and coulisses:requests:increase1h > 100", "and coulisses:requests:increase1h >= 0", TESTS),
    ("app_dependency_up == 0", "app_dependency_up == 1", TESTS),
    ("max(app_outbox_oldest_age_seconds) > 600", "max(app_outbox_oldest_age_seconds) > 60000", TESTS),
    ("max(app_outbox_dead) > 0", "max(app_outbox_dead) >= 0", TESTS),
    (
        "status!=\"501\",path!~\"/livez|/readyz|/healthz|/health|/metrics|(/api/v1)?/(ai|coach).*\"}[1h]",
        "path!~\"/livez|/readyz|/healthz|/health|/metrics\"}[1h]",
        TESTS,
    ),
    (
        "count{path!~\"/livez|/readyz|/healthz|/health|/metrics|(/api/v1)?/(ai|coach|events).*\"}[1h]",
        "count{path!~\"/livez|/readyz|/healthz|/health|/metrics|/api/v1/(ai|coach|events).*\"}[1h]",
        TESTS,
    ),
    ("upstream_.*|circuit_open", ".*", TESTS),
    ("{{ if eq $labels.dependency \\\"redis\\\" }}redis{{ else }}postgres{{ end }}", "postgres", TESTS),
    ("min(app_audit_verify_ok) == 0", "max(app_audit_verify_ok) == 0", TESTS),
    ("min_over_time(app_db_pool_waiting[5m])", "max_over_time(app_db_pool_waiting[5m])", TESTS),
    ("{source=\"ai\",code=\"upstream_auth\"}", "{code=\"upstream_auth\"}", TESTS),
    ("increase(app_shed_total[5m])) > 10", "increase(app_shed_total[5m])) >= 0", TESTS),
    ("0.01 and coulisses:slow:ratio2h > 0.01", "0.0001 and coulisses:slow:ratio2h > 0.0001", DAYS),
    ("max(app_backup_last_success_timestamp_seconds) > 26", "min(app_backup_last_success_timestamp_seconds) > 26", DAYS),
];

pub fn check() -> Outcome {
    told()?;
    let folder = Path::new(FOLDER).join("prometheus");
    for args in [&["check", "rules", "rules.yml"][..], &["test", "rules", TESTS, DAYS]] {
        let done = promtool(&folder, args)?.wait_with_output().map_err(|e| format!("promtool: {e}"))?;
        if !done.status.success() {
            let said = [done.stdout, done.stderr].concat();
            return Err(format!("promtool {}:\n{}", args.join(" "), String::from_utf8_lossy(&said)));
        }
    }
    let copies = Copies::new()?;
    let mut running = Vec::new();
    for (n, (from, to, tests)) in BREAKS.iter().enumerate() {
        let copy = copies.broken(&format!("rules-{n}"), "prometheus/rules.yml", from, to)?;
        running.push((to, tests, promtool(&copy.join("prometheus"), &["test", "rules", tests])?));
    }
    let mut unseen = Vec::new();
    for (to, tests, running) in running {
        if running.wait_with_output().is_ok_and(|done| done.status.success()) {
            unseen.push(format!("{tests}: nothing fails with `{to}`"));
        }
    }
    none("alerts", unseen)
}

/// Each severity of a rule has somebody whom Alertmanager tells.
fn told() -> Outcome {
    let file = format!("{FOLDER}/prometheus/alertmanager.yml");
    let Some(amtool) = AMTOOL.find() else {
        left_out("who is told of alerts is", "amtool (prometheus-alertmanager) is not here");
        return Ok(());
    };
    let says = |args: &[&str]| {
        let done = Command::new(&amtool).args(args).output().map_err(|e| format!("amtool: {e}"))?;
        let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        if done.status.success() { Ok(()) } else { Err(format!("amtool {}:\n{said}", args.join(" "))) }
    };
    let config = format!("--config.file={file}");
    says(&["check-config", &file])?;
    says(&["config", "routes", "test", &config, "--verify.receivers=pages", "severity=page"])?;
    says(&["config", "routes", "test", &config, "--verify.receivers=tickets", "severity=ticket"])
}

fn promtool(folder: &Path, args: &[&str]) -> Outcome<Child> {
    let program = PROMTOOL.find().ok_or("promtool was installed and is not there")?;
    let mut promtool = Command::new(program);
    promtool.args(args).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    promtool.spawn().map_err(|e| format!("promtool: {e}"))
}
