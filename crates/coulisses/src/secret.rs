//! The master key: given, or made on first start and kept beside the data; and whether it is the one that data were written with.

use crate::setup::Trouble;
use base::{
    Settings,
    crypto::{self, Keys, Secret},
    db::{Db, schema},
    settings::{Fault, check_secret_key},
    sql,
};
use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

pub const NAME: &str = "secret.key";

/// From `SECRET_KEY`, else from `DATA_DIR/secret.key`, which is made when it is not there.
pub fn secret_key(settings: &Settings) -> Result<Secret, Trouble> {
    match known(settings)? {
        Some(secret) => Ok(secret),
        None => {
            let path = settings.data_dir.join(NAME);
            checked(settings, &path, &make(&settings.data_dir, &path).map_err(unkept(&path))?)
        }
    }
}
/// The same, but nothing is made.
pub fn known(settings: &Settings) -> Result<Option<Secret>, Trouble> {
    if let Some(secret) = &settings.secret_key {
        return Ok(Some(secret.clone()));
    }
    let path = settings.data_dir.join(NAME);
    match fs::read_to_string(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        text => checked(settings, &path, &text.map_err(unkept(&path))?).map(Some),
    }
}

/// How the key at hand and a database, or a backup, go together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fit {
    /// Nothing was written yet.
    New,
    Same,
    Other,
    /// There are data, and no key.
    Missing,
}
/// Compares the key that is at hand now with the fingerprint of the one that the data were written with.
pub fn fit(settings: &Settings, fingerprint: Option<&str>) -> Result<Fit, Trouble> {
    Ok(match (fingerprint, known(settings)?) {
        (None, _) => Fit::New,
        (Some(_), None) => Fit::Missing,
        (Some(theirs), Some(ours)) if Keys::new(&ours).recognise(theirs)? => Fit::Same,
        _ => Fit::Other,
    })
}
/// What a database says of the key that it was written with; nothing is made or changed, whatever its version.
pub async fn fingerprint(db: &Db) -> Result<Option<String>, Trouble> {
    if !schema::columns(db).await?.iter().any(|column| column.table == "instance") {
        return Ok(None);
    }
    let kept = sql!("select value from instance where name = 'secret_fingerprint'");
    Ok(db.opt::<(String,)>(kept, &[]).await?.map(|(value,)| value))
}
/// Whether this database may be opened for writing. The fingerprint is read first: whoever starts at the same time makes the key before
/// leaving a trace of it.
pub async fn may_open(settings: &Settings, db: &Db) -> Result<(), Trouble> {
    let fingerprint = fingerprint(db).await?;
    match fit(settings, fingerprint.as_deref())? {
        Fit::New | Fit::Same => Ok(()),
        Fit::Other => Err(another()),
        Fit::Missing => {
            let file = settings.data_dir.join(NAME);
            let words = "is not given, and this database was written with one; nothing was touched. Set it, or put it back as";
            Err(Fault::of("SECRET_KEY", format_args!("{words} {}", file.display())).into())
        }
    }
}
pub fn another() -> Trouble {
    Fault::of("SECRET_KEY", "this database was written with another key; nothing was touched. Set the key it was made with").into()
}
fn unkept(path: &Path) -> impl Fn(io::Error) -> Fault {
    move |e| Fault::of("SECRET_KEY", format_args!("is not given, and {} cannot be kept ({e})", path.display()))
}
fn checked(settings: &Settings, path: &Path, text: &str) -> Result<Secret, Trouble> {
    check_secret_key(text.trim(), settings.jwt_alg).map_err(|fault| Fault::of(&path.display().to_string(), fault))?;
    Ok(Secret::new(text.trim()))
}

/// Several processes may start at once, and the power may fail: each writes a whole file of its own, and the first to
/// give it the name wins.
fn make(folder: &Path, path: &Path) -> io::Result<String> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = folder.join(format!("{NAME}.{}", crypto::hex(&crypto::random::<8>())));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(crypto::token().as_bytes())?;
    file.sync_all()?;
    let named = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match named {
        Ok(()) => {
            tracing::warn!(file = %path.display(), "made a new master key: back it up, without it encrypted fields cannot be read");
            fs::File::open(folder)?.sync_all()?;
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(e),
    }
    fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::settings::Source;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn sixteen_first_starts_make_one_key() {
        let folder = std::env::temp_dir().join(format!("coulisses-key-{}", crypto::hex(&crypto::random::<8>())));
        let settings = || Settings::load(&Source::of([("DATA_DIR".to_owned(), folder.display().to_string())])).unwrap();
        let make = || secret_key(&settings()).unwrap().expose().to_owned();
        let keys: Vec<String> = std::thread::scope(|all| {
            let started: Vec<_> = (0..16).map(|_| all.spawn(make)).collect();
            started.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys[0].len() >= 32 && keys.iter().all(|key| *key == keys[0]) && make() == keys[0]);
        let files: Vec<_> = fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1, "no draft stays behind");
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(folder.join(NAME), "short").unwrap();
        let fault = secret_key(&settings()).unwrap_err();
        assert!(fault.exit_code() == 78 && fault.to_string().contains("secret.key: SECRET_KEY: a key must have"), "{fault}");
        fs::remove_dir_all(folder).unwrap();
    }
}
