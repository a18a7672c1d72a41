//! Profiles in the store: columns of the account.

use super::model::Profile;
use crate::accounts::store::{self, Row};
use base::{Result, crypto::Sealed, db::Tx, id::AccountId, sql};

/// The row as it stands now, changed.
pub async fn change(tx: &mut Tx, id: AccountId, profile: &Profile) -> Result<Row> {
    let now = tx.now();
    let bio = profile.bio.as_ref().map(|bio| Sealed::seal(&tx.app().keys, &store::bio_place(id), bio)).transpose()?;
    let (name, pseudo) = (profile.display_name.as_deref().map(str::trim), profile.pseudo.as_deref().map(str::trim));
    let update = sql!(
        Row,
        "update accounts set display_name = $2, display_name_custom = $3, pseudo = $4, bio_sealed = $5, experience_level = $6, locale = $7,
           time_zone = $8, version = version + 1, updated_at = $9 where id = $1 returning {cols}"
    );
    let Profile { display_name_custom, experience_level, locale, time_zone, .. } = profile;
    Ok(tx.one(update, &[&id, &name, display_name_custom, &pseudo, &bio, experience_level, locale, time_zone, &now]).await?)
}
