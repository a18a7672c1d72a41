//! Files for containers and platforms: hadolint, the public schemas of Compose and Kubernetes, and what `xtask/deploy/check.py` knows of the
//! program. Each of these is seen failing on a copy in which its subject is broken.

use super::{Copies, FOLDER};
use crate::{Outcome, foreign, in_ci, python, test::none};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const TOOLS: python::Venv = python::Venv { list: "xtask/deploy/requirements.txt", place: "target/deploy-checks" };
const CHECK: &str = "xtask/deploy/check.py";

/// A file, what stands there, what stands there instead, and what is said of it.
type Break = (&'static str, &'static str, &'static str, &'static str);
const BREAKS: [Break; 39] = [
    ("Dockerfile", "BIND=0.0.0.0:8000", "BIMD=0.0.0.0:8000", "BIMD is no setting"),
    ("Dockerfile", "EXPOSE 8000", "EXPOSE 8080", "it listens on 8000"),
    ("Dockerfile", "USER 65532:65532", "USER root", "it ends as nobody"),
    ("Dockerfile", "VOLUME [\"/data\"]", "VOLUME [\"/date\"]", "the data lie on the volume"),
    ("Dockerfile", "CMD [\"/coulisses\", \"healthcheck\"]", "CMD /coulisses healthcheck", "it says how it is"),
    ("Dockerfile", "FROM scratch AS machine", "FROM alpine AS machine", "nothing but the binary"),
    ("compose.yaml", "stop_grace_period: 40s", "stop_grace_periot: 40s", "stop_grace_periot"),
    ("compose.yaml", "MAIL_URL: smtp", "MAIL_ADDRESS: smtp", "MAIL_ADDRESS is no setting"),
    ("compose.yaml", "POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password", "POSTGRES_PASSWORD: secret", "written down"),
    ("compose.yaml", "redis://valkey:6379", "redis://:secret@valkey:6379", "REDIS_URL written down"),
    ("compose.yaml", "postgres: { condition: service_healthy }", "postgres: { condition: started }", "depends_on"),
    ("compose.yaml", "read_only: true", "read_only: false", "may do more than its work"),
    (
        "compose.yaml",
        "    tmpfs: [/tmp]\n    healthcheck: { test: [\"CMD\", \"/mailpit\"",
        "    healthcheck: { test: [\"CMD\", \"/mailpit\"",
        "mailpit can write nowhere",
    ),
    ("compose.yaml", "retention.time=35d", "retention.time=15d", "a panel looks back over 30"),
    ("compose.yaml", "memory: 512M", "memory: 4G", "has no limits"),
    ("compose.yaml", "./haproxy/", "./haproxi/", "is not there"),
    ("compose.yaml", "TRUSTED_PROXIES: 172.30.0.0/24", "TRUSTED_PROXIES: 172.31.0.0/24", "another network"),
    ("compose.yaml", "    profiles: [full]\n    image: prom", "    image: prom", "alone there is one service"),
    ("compose.yaml", "\"127.0.0.1:8025:8025\"", "\"8025:8025\"", "beyond this machine"),
    ("make-secrets.sh", "METRICS_TOKEN=", "METRICS_TOKAN=", "METRICS_TOKAN is no setting"),
    ("haproxy/compose.cfg", "GET /readyz", "GET /ready\n", "whether they are ready"),
    ("k8s/coulisses.yaml", "topologyKey:", "topologicKey:", "Deployment"),
    ("k8s/coulisses.yaml", "minAvailable: 1", "minAvailable: [1]", "PodDisruptionBudget"),
    ("k8s/coulisses.yaml", "maxUnavailable: 0", "maxUnavailable: 1", "takes nobody away first"),
    ("k8s/coulisses.yaml", "path: /livez", "path: /alive", "livenessProbe asks /alive"),
    ("k8s/coulisses.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "restricted standard"),
    ("k8s/coulisses.yaml", "- name: REPLICA", "- name: REPLIKA", "REPLIKA is no setting"),
    ("k8s/coulisses.yaml", "averageUtilization: 60", "averageUtilization: 95", "more from 60 %"),
    ("render.yaml", "key: SECRET_KEY, generateValue: true", "key: SECRET_KEY, value: abc", "SECRET_KEY is written down"),
    ("fly.toml", "auto_stop_machines = \"off\"", "auto_stop_machines = \"stop\"", "the outbox must not sleep"),
    ("fly.toml", "internal_port = 8000", "internal_port = 8080", "the program listens on 8000"),
    ("fly.toml", "[env]", "[env", "TOMLDecodeError"),
    ("systemd/coulisses.service", "DATA_DIR=", "DATADIR=", "DATADIR is no setting"),
    ("systemd/coulisses-run", "DATA_DIR=/var/lib/coulisses", "DATA_DIR=data", "a command has not"),
    ("systemd/coulisses-run", "--description=coulisses-run ", "", "keeps the command line"),
    ("systemd/coulisses-run", "StateDirectoryMode=0700", "StateDirectoryMode=0755", "a command has not"),
    ("prometheus/rules.yml", "- alert: DiskLow", "- alert: DiskLower", "DiskLower is not held"),
    ("prometheus/rules.yml", "operate.md#overload", "operate.md#nowhere", "leads nowhere"),
    ("grafana/dashboards/inside.json", "\"uid\": \"prometheus\"", "\"uid\": \"promotheus\"", "reads nothing"),
];

pub fn check() -> Outcome {
    let python = match TOOLS.installed() {
        Ok(python) => python,
        Err(why) if in_ci() => return Err(why),
        Err(why) => {
            foreign::left_out("the schemas of Compose and Kubernetes, and hadolint, are", &why);
            return Ok(());
        }
    };
    let hadolint = python.with_file_name("hadolint");
    let copies = Copies::new()?;
    let mut folders = vec![PathBuf::from(FOLDER)];
    for (n, (file, from, to, _)) in BREAKS.iter().enumerate() {
        folders.push(copies.broken(&n.to_string(), file, from, to)?);
    }
    let said = faults(&python, &folders)?;
    let of = |folder: &Path| {
        let head = format!("{}\t", folder.display());
        said.lines().filter_map(|line| line.strip_prefix(&head)).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut wrong = of(&folders[0]);
    for ((file, _, to, words), folder) in BREAKS.iter().zip(&folders[1..]) {
        let seen = of(folder);
        if !seen.iter().any(|fault| fault.contains(words)) {
            wrong.push(format!("{file}: nobody says `{words}` of `{to}`, but {seen:?}"));
        }
    }
    let shelled = copies.broken("shell", "Dockerfile", "apk add --no-cache", "sudo apk add")?;
    wrong.extend(lint(&hadolint, Path::new(FOLDER))?);
    if lint(&hadolint, &shelled)?.is_empty() {
        wrong.push("hadolint sees nothing wrong with a sudo".to_owned());
    }
    none(FOLDER, wrong)
}

fn faults(python: &Path, folders: &[PathBuf]) -> Outcome<String> {
    let done = Command::new(python).args([CHECK, "."]).args(folders).output().map_err(|e| format!("{CHECK}: {e}"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    Err(format!("{CHECK}: {}", String::from_utf8_lossy(&done.stderr)))
}
/// A line for each thing that hadolint would do otherwise.
fn lint(hadolint: &Path, folder: &Path) -> Outcome<Vec<String>> {
    let file = folder.join("Dockerfile");
    fs::metadata(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let done = Command::new(hadolint).args(["--no-color"]).arg(&file).output().map_err(|e| format!("hadolint: {e}"))?;
    let said = String::from_utf8_lossy(&done.stdout);
    if done.status.success() { Ok(vec![]) } else { Ok(said.lines().map(str::to_owned).collect()) }
}
