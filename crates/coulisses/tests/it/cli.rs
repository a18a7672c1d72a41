//! The command line as scripts know it: exit codes, one line on stderr, help that lists everything.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Output},
};

/// Runs the binary in an empty directory, with nothing from this machine's environment.
fn coulisses(args: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let directory = std::env::temp_dir().join(format!("coulisses-cli-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_coulisses"));
    let Output { status, stdout, stderr } =
        command.args(args).env_clear().envs(variables.iter().copied()).current_dir(&directory).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn help_lists_every_command_and_setting() {
    let (code, help, errors) = coulisses(&["--help"], &[]);
    assert_eq!((code, errors.as_str()), (0, ""));
    for setting in base::settings::TABLE {
        assert!(help.contains(&format!("  {}", setting.name)), "{}", setting.name);
    }
    for command in [
        "serve",
        "demo",
        "migrate up",
        "admin create",
        "import-users FILE.csv",
        "backup FILE",
        "restore FILE",
        "transfer",
        "audit verify",
        "keys list",
        "keys rotate-signing",
        "keys rotate-data",
        "ai eval",
        "openapi",
        "config",
        "doctor",
        "healthcheck",
    ] {
        assert!(help.contains(&format!("  {command}")), "{command}");
    }
    let commit =
        option_env!("COULISSES_COMMIT").filter(|commit| !commit.is_empty()).map(|commit| format!(" ({commit})")).unwrap_or_default();
    assert_eq!(coulisses(&["--version"], &[]), (0, format!("coulisses {}{commit}\n", env!("CARGO_PKG_VERSION")), String::new()));
}

#[test]
fn wrong_usage_is_exit_2_with_a_suggestion() {
    for (args, line) in [
        (&["srve"][..], "there is no command `srve`; did you mean `serve`?"),
        (&["migrat", "up"], "there is no command `migrat up`; did you mean `migrate up`?"),
        (&["migrate"], "there is no command `migrate`; there is `migrate up`, `migrate down`, `migrate status`"),
        (&["quux"], "there is no command `quux`; which one do you mean?"),
        (&["config", "all"], "there is no command `config all`; there is `config`"),
        (&["config", "--databse-url", "x"], "there is no flag --databse-url here; did you mean --database-url?"),
        (&["config", "--quux=1"], "there is no flag --quux here"),
        (&["config", "--force"], "there is no flag --force here"),
        (&["config", "--bind"], "--bind needs a value"),
        (&["migrate", "down", "--force=yes"], "--force takes no value"),
    ] {
        let (code, out, errors) = coulisses(args, &[]);
        assert_eq!(
            (code, out.as_str(), errors.as_str()),
            (2, "", format!("coulisses: {line}; see coulisses --help\n").as_str()),
            "{args:?}"
        );
    }
}

#[test]
fn bad_configuration_is_exit_78_with_one_line_that_names_the_setting() {
    for (setting, text, more) in [
        ("BIND", "nowhere", &[][..]),
        ("TEST_CLOCK", "on", &[("COULISSES_ENV", "production")]),
        ("COULISSES_ENV", "development", &[("BIND", "0.0.0.0:8000")]),
        ("DATABASE_URL", "oracle://short@x", &[]),
        ("SECRET_KEY", "short\nand in two lines", &[("JWT_ALG", "HS256")]),
    ] {
        for (args, variables) in [
            (vec!["config".to_owned()], vec![(setting, text)]),
            (vec!["serve".to_owned(), format!("--{}={text}", setting.to_lowercase())], vec![]),
        ] {
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let (code, out, errors) = coulisses(&args, &[variables.as_slice(), more].concat());
            assert_eq!((code, out.as_str(), errors.lines().count()), (78, "", 1), "{errors}");
            assert!(errors.starts_with(&format!("coulisses: {setting}: ")) && !errors.contains("short"), "{errors}");
        }
    }
    let (code, _, errors) = coulisses(&["config", "--config", "nowhere.toml"], &[]);
    assert!(code == 78 && errors.starts_with("coulisses: nowhere.toml: "), "{errors}");
}

#[test]
fn config_shows_values_and_origins_but_no_secret() {
    let variables = [("JWT_SECRET_KEY", "c4n4ry-c4n4ry-c4n4ry-c4n4ry"), ("DATABSE_URL", "x"), ("MAIL_URL", "smtp://u:c4n4ry@mail")];
    let (code, out, _) = coulisses(&["config", "--max-in-flight", "9"], &variables);
    assert!(code == 0 && !out.contains("c4n4ry"), "{out}");
    for line in [
        "MAX_IN_FLIGHT=9 # flag",
        "SECRET_KEY=••• # environment",
        "BIND=127.0.0.1:8000 # default",
        "MAIL_URL=smtp://u:•••@mail # environment",
        "DATABASE_URL=sqlite:./data/coulisses.db # default",
        "# DATABSE_URL is not a setting; did you mean DATABASE_URL?",
    ] {
        assert!(out.lines().any(|shown| shown.split_whitespace().eq(line.split_whitespace())), "{line} in {out}");
    }
}

#[test]
fn doctor_changes_nothing() {
    let folder = std::env::temp_dir().join(format!("coulisses-doctor-{}", std::process::id()));
    let (code, out, _) = coulisses(&["doctor"], &[("DATA_DIR", folder.to_str().unwrap())]);
    assert!(code == 0 && out.starts_with("good  settings: they fit together (Development)\n") && !folder.exists(), "{out}");
    let (code, out, _) = coulisses(&["doctor", "--data-dir", "/dev/null"], &[]);
    assert!(code == 1 && out.contains("BAD   DATA_DIR: /dev/null is not a folder; name another"), "{out}");
}

fn dripping() -> (i32, String, String) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let bind = server.local_addr().unwrap().to_string();
    let serving = std::thread::spawn(move || {
        let (mut caller, _) = server.accept().unwrap();
        for byte in b"HTTP/1.1 200 OK\r\n\r\n" {
            std::thread::sleep(std::time::Duration::from_millis(400));
            if caller.write_all(&[*byte]).is_err() {
                break;
            }
        }
    });
    let outcome = coulisses(&["healthcheck"], &[("BIND", &bind)]);
    serving.join().unwrap();
    outcome
}
#[test]
fn healthcheck_is_0_when_ready_and_1_otherwise() {
    let check = |answer: Option<&'static str>| {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let bind = format!("0.0.0.0:{}", server.local_addr().unwrap().port());
        let serving = std::thread::spawn(move || {
            let Some(answer) = answer else { return };
            let (mut caller, _) = server.accept().unwrap();
            let mut request = [0; 64];
            let n = caller.read(&mut request).unwrap();
            assert!(request[..n].starts_with(b"GET /readyz HTTP/1.1\r\n"));
            caller.write_all(answer.as_bytes()).unwrap();
        });
        let outcome = coulisses(&["healthcheck"], &[("BIND", &bind)]);
        serving.join().unwrap();
        outcome
    };
    assert_eq!(check(Some("HTTP/1.1 200 OK\r\n\r\n")).0, 0);
    // Each byte within any limit of its own, all of them after the two seconds that there are.
    let (code, _, errors) = dripping();
    assert!(code == 1 && errors.contains("no answer"), "{errors}");
    for (answer, word) in [(Some("HTTP/1.1 503 Service Unavailable\r\n\r\n"), "not ready"), (Some("HT"), "no answer"), (None, "no answer")]
    {
        let (code, _, errors) = check(answer);
        assert!(code == 1 && errors.contains(word), "{errors}");
    }
}
