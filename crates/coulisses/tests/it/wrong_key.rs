//! Data that were written with one master key, and an operator who comes with another, or with none.

use crate::{
    backups::{House, on_both},
    process::run,
};

const WRONG: [(Option<&str>, &str); 2] = [(Some("another key altogether"), "written with another key"), (None, "was written with one")];

/// The house of somebody who does not have its key.
fn with<'h>(house: &'h House, key: Option<&'h str>) -> Vec<(&'h str, &'h str)> {
    let rest = house.env().into_iter().filter(|(name, _)| *name != "SECRET_KEY");
    rest.chain([("BIND", "127.0.0.1:0")]).chain(key.map(|key| ("SECRET_KEY", key))).collect()
}
/// What lies in the folder, but for what SQLite makes of itself.
fn files(house: &House) -> Vec<String> {
    house.names().into_iter().filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm")).collect()
}

#[test]
fn with_another_key_or_none_nothing_is_touched() {
    on_both(|house| {
        drop(house.serve());
        house.does(&["migrate", "down"]); // as an older binary left it
        let (before, lay) = (house.does(&["migrate", "status"]), files(&house));
        assert!(before.contains(": not applied"), "{before}");
        for (key, words) in WRONG {
            for command in [&["serve"][..], &["migrate", "up"], &["migrate", "down"], &["admin", "list"]] {
                let (code, said, errors) = run(command, &with(&house, key));
                assert!(code == 78 && errors.contains(words) && errors.contains("nothing was touched"), "{command:?}: {said}{errors}");
                assert!(errors.lines().count() == 1 && errors.starts_with("coulisses: SECRET_KEY: "), "{errors}");
            }
        }
        assert_eq!((house.does(&["migrate", "status"]), files(&house)), (before, lay));
        drop(house.serve());
        assert!(!house.does(&["migrate", "status"]).contains(": not applied"), "with its own key it goes on");
    });
}

#[test]
fn doctor_finds_the_key_that_is_not_the_databases() {
    on_both(|house| {
        drop(house.serve());
        let own = house.does(&["doctor"]);
        assert!(own.contains("good  SECRET_KEY: is given, and the one that this database was written with"), "{own}");
        for (key, words) in [(WRONG[0].0, "is not the one that this database was written with"), (None, "is not given, and this database")]
        {
            let (code, said, _) = run(&["doctor"], &with(&house, key));
            assert!(code == 1 && said.contains(&format!("BAD   SECRET_KEY: {words}")), "{said}");
        }
        assert!(!files(&house).contains(&"secret.key".to_owned()), "doctor makes none");
    });
}
