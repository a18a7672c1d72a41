//! Accounts from another system: all or none, and as hard to tell from nobody's as any other.

use crate::{
    process::{Server, run, scratch},
    stage::{PASSWORD, Stage},
};
use base::{both_engines, crypto::hash_kind, sql, testing::db::Fresh};
use coulisses::retention::sweep;
use identity::accounts::import;
use serde_json::{Value, json};

/// `U*U`, one of the vectors that implementations of bcrypt have shared since the beginning.
const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

async fn phc_of(stage: &Stage, email: &str) -> Option<String> {
    let row = identity::accounts::store::by_email(&stage.app, email).await.unwrap();
    row.expect("an account").password_phc
}

both_engines! {
    async fn accounts_come_all_or_none(db: Db) {
        let stage = Stage::new(db.clone()).await;
        let lea = stage.person().await;
        let import = async |file: &str, dry_run| {
            let report = import::run(&stage.app, file.as_bytes(), dry_run).await.unwrap();
            let places: Vec<_> = report.problems.iter().map(|p| (p.row, p.column.clone(), p.code)).collect();
            (report.created, places)
        };
        let count = async || db.one::<(i64,)>(sql!("select count(*) from accounts"), &[]).await.unwrap().0;
        let faulty = format!(
            "E-mail;password_hash;Name;verified\nhugo@lanternes.example;{BCRYPT};Hugo;oui\nHUGO@lanternes.example;;;\n{};;;\nnobody;md5:abc;;perhaps\n",
            lea.email.to_uppercase()
        );
        let expected: Vec<_> = [(3, "E-mail", "duplicate"), (4, "E-mail", "email_taken"), (5, "E-mail", "invalid_email"), (5, "password_hash", "unknown_hash"), (5, "verified", "wrong_value")]
            .map(|(row, column, code)| (row, column.to_owned(), code)).into();
        for dry_run in [true, false] {
            assert_eq!(import(&faulty, dry_run).await, (0, expected.clone()));
        }
        assert_eq!(count().await, 1, "nothing was written");
        let good = format!("email,password_hash,display_name,email_verified\nhugo@lanternes.example,{BCRYPT},Hugo,yes\nzoe@lanternes.example,,,\n");
        assert_eq!(import(&good, true).await, (0, vec![]));
        assert_eq!(count().await, 1, "a dry run writes nothing");
        assert_eq!(import(&good, false).await, (2, vec![]));
        assert_eq!(import(&good, false).await.1.len(), 2, "who is here stays as they are");
        assert_eq!(import("email,password\nx@lanternes.example,secret\n", false).await.1, [(1, "password".to_owned(), "unknown_column")]);
        assert_eq!(count().await, 3);
        let mut hugo = stage.anyone();
        let login = json!({"email": "hugo@lanternes.example", "password": "U*U"});
        hugo.token = hugo.post("/api/v1/auth/login", login).await.is(200)["access_token"].as_str().map(str::to_owned);
        let me = hugo.get("/api/v1/me").await.is(200);
        assert_eq!((&me["display_name"], &me["email_verified"]), (&json!("Hugo"), &json!(true)));
        assert!(phc_of(&stage, "hugo@lanternes.example").await.unwrap().starts_with("$argon2id$"), "made anew by signing in");
        assert_eq!(phc_of(&stage, "zoe@lanternes.example").await, None);
        let log: Vec<(String,)> = db.all(sql!(all_orgs: "a test counts", "select action from audit where action = 'account.imported'"), &[]).await.unwrap();
        assert_eq!(log.len(), 2);
        assert_eq!(base::audit::verify(&db).await.unwrap().faults, Vec::<String>::new());
    }

    async fn whoever_signs_in_the_same_hashes_are_worked_at(db: Db) {
        let stage = Stage::new(db).await;
        let lea = stage.person().await;
        let work = async |email: &str, password: &str| {
            stage.app.hasher.verified.lock().clear();
            let status = stage.anyone().post("/api/v1/auth/login", json!({"email": email, "password": password})).await.status.as_u16();
            (status, std::mem::take(&mut *stage.app.hasher.verified.lock()))
        };
        let own = stage.app.hasher.own_kind();
        assert_eq!(work("nobody@lanternes.example", "x").await, (401, vec![own.clone()]));
        let file = format!("email,password_hash\nhugo@lanternes.example,{BCRYPT}\nzoe@lanternes.example,\n");
        import::run(&stage.app, file.as_bytes(), false).await.unwrap();
        let mut both = vec![own.clone(), hash_kind(BCRYPT).unwrap()];
        both.sort();
        for (email, password, status) in [
            ("nobody@lanternes.example", "x", 401),
            ("hugo@lanternes.example", "x", 401),
            ("zoe@lanternes.example", "x", 401),
            (lea.email.as_str(), "x", 401),
            (lea.email.as_str(), PASSWORD, 200),
        ] {
            assert_eq!(work(email, password).await, (status, both.clone()), "{email}");
        }
        sweep(&stage.app).await;
        assert_eq!(work("nobody@lanternes.example", "x").await.1, both, "somebody still has one");
        assert_eq!(work("hugo@lanternes.example", "U*U").await, (200, both));
        sweep(&stage.app).await;
        assert_eq!(work("nobody@lanternes.example", "x").await.1, [own], "the last of that kind is gone");
    }

    async fn the_edition_without_passwords_takes_no_hash(db: Db) {
        let stage = Stage::with(db, &[("LOCAL_SIGN_IN", "off")]).await;
        let file = format!("email,password_hash\nhugo@lanternes.example,{BCRYPT}\n");
        let report = import::run(&stage.app, file.as_bytes(), false).await.unwrap();
        assert_eq!((report.created, report.problems[0].code), (0, "local_sign_in_off"));
    }
}

#[test]
fn the_command_line_imports_and_sets_up() {
    let dir = scratch();
    by_command(&dir, &[("DATA_DIR", dir.to_str().unwrap())]);
    let _ = std::fs::remove_dir_all(dir);
}
#[test]
fn the_command_line_imports_and_sets_up_on_postgres() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(store) = runtime.block_on(Fresh::postgres()) {
        let dir = scratch();
        by_command(&dir, &[("DATA_DIR", dir.to_str().unwrap()), ("DATABASE_URL", &store.url)]);
        let _ = std::fs::remove_dir_all(dir);
    }
}
fn by_command(dir: &std::path::Path, env: &[(&str, &str)]) {
    std::fs::create_dir_all(dir).unwrap();
    let (file, bad) = (dir.join("people.csv"), dir.join("bad.csv"));
    std::fs::write(&file, format!("email;hash\nhugo@lanternes.example;{BCRYPT}\n")).unwrap();
    std::fs::write(&bad, "email;hash\nzoe@lanternes.example;plain-secret\n").unwrap();
    let import = |more: &[&str]| run(&[&["import-users"], more].concat(), env);
    let (file, bad) = (file.to_str().unwrap(), bad.to_str().unwrap());
    let (code, out, _) = import(&[file, "--dry-run"]);
    assert!(code == 0 && out.contains("1 accounts would be imported; nothing was written"), "{out}");
    let (code, out, errors) = import(&[bad]);
    assert!(code == 1 && out.starts_with("row 2, hash: ") && out.contains("(unknown_hash)") && !out.contains("plain-secret"), "{out}");
    assert_eq!(errors, "coulisses: nothing was imported: 1 cells do not fit, see above\n");
    assert_eq!((import(&[file]).0, import(&[file]).0), (0, 1));
    assert_eq!((import(&["nowhere.csv"]).0, import(&[]).0), (1, 2));

    let create = || run(&["admin", "create", "--email", "lea@lanternes.example"], env);
    let token = |out: &str| out.split("/reset#token=").nth(1).map(|rest| rest.lines().next().unwrap_or_default().to_owned());
    let ((code, first, _), (_, second, _)) = (create(), create());
    assert!(code == 0 && first.starts_with("lea@lanternes.example is a platform administrator\n"), "{first}");
    let (first, second) = (token(&first).expect("a link"), token(&second).expect("another link"));
    let server = Server::start(env);
    let post = |path: &str, body: Value| server.call("POST", path, "", &body).unwrap();
    let confirm = |token: &str| post("/api/v1/auth/reset/confirm", json!({"token": token, "new_password": PASSWORD}));
    assert_eq!(confirm(&first).1["code"], "token_used", "the last link that was printed counts");
    assert_eq!((confirm(&second).0, confirm(&second).1["code"].as_str()), (200, Some("token_used")));
    let login = post("/api/v1/auth/login", json!({"email": "lea@lanternes.example", "password": PASSWORD}));
    let stats = server.call("GET", "/api/v1/admin/stats", login.1["access_token"].as_str().unwrap(), &Value::Null).unwrap();
    assert_eq!((login.0, stats.0), (200, 200));
    assert_eq!(post("/api/v1/auth/login", json!({"email": "hugo@lanternes.example", "password": "U*U"})).0, 200);
    drop(server);
    assert_eq!(token(&create().1), None, "whoever can sign in needs no link");
}
