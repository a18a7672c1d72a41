//! People in the store.

use super::model::{Draft, Employment, PersonId, Row, Skill, SkillWritten, place};
use base::{
    Error, Result,
    crypto::Sealed,
    db::{OnConflict as _, OrgTx, Query},
    id,
    id::AccountId,
    org_sql, say, text,
    time::Timestamp,
};

/// Where a page of the list begins: by name, the id decides between equals.
pub type Key = (String, PersonId);

/// People with their skills and tags; what follows `where p.org_id = $1 and` is given.
macro_rules! lines {
    ($rest:literal) => {
        org_sql!(
            Row,
            concat!(
                "select {cols} from (
                   select p.*,
                     coalesce((select string_agg(cast(s.level as text) || ':' || s.skill, '\n' order by s.skill_key)
                       from person_skills s where s.org_id = p.org_id and s.person_id = p.id), '') as skills,
                     coalesce((select string_agg(t.tag, '\n' order by t.tag_key)
                       from person_tags t where t.org_id = p.org_id and t.person_id = p.id), '') as tags
                   from people p where p.org_id = $1 and ",
                $rest,
                ") line order by name_key, id"
            )
        )
    };
}

pub struct Page<'a> {
    pub after: Key,
    pub rows: i64,
    pub q: &'a str,
    pub skill: Option<&'a str>,
    pub tag: Option<&'a str>,
    pub active: Option<bool>,
}

/// What `like … escape '!'` takes for "contains this".
fn contains(text: &str) -> String {
    let plain = text::fold(text).chars().fold(String::new(), |mut out, c| {
        if "!%_".contains(c) {
            out.push('!');
        }
        out.push(c);
        out
    });
    format!("%{plain}%")
}

pub async fn list(from: &mut impl Query, page: Page<'_>) -> Result<Vec<Row>> {
    let (name, id) = &page.after;
    let (skill, tag) = (page.skill.map(text::fold), page.tag.map(text::fold));
    let query = lines!(
        "(p.name_key, p.id) > ($2, $3) and p.search_key like $4 escape '!'
           and (cast($5 as text) is null or exists (
             select 1 from person_skills k where k.org_id = $1 and k.person_id = p.id and k.skill_key = $5))
           and (cast($6 as text) is null or exists (
             select 1 from person_tags l where l.org_id = $1 and l.person_id = p.id and l.tag_key = $6))
           and p.active = coalesce($7, p.active)
         order by p.name_key, p.id limit $8"
    );
    Ok(from.all(query, &[name, id, &contains(page.q), &skill, &tag, &page.active, &page.rows]).await?)
}
pub async fn find(from: &mut impl Query, id: PersonId) -> Result<Row> {
    let query = lines!("p.id = $2");
    from.opt(query, &[&id]).await?.ok_or_else(|| Error::not_found(id))
}
/// Holds a person's row until the end of the transaction: whoever accepts, moves or changes waits here.
pub async fn lock(tx: &mut OrgTx, id: PersonId) -> Result<()> {
    let held: Option<(PersonId,)> = tx.opt(org_sql!("select id from people where org_id = $1 and id = $2 {for_update}"), &[&id]).await?;
    held.map(drop).ok_or_else(|| Error::not_found(id))
}
/// The person that this account is, here.
pub async fn of_account(from: &mut impl Query, account: AccountId) -> Result<Option<PersonId>> {
    let query = org_sql!("select id from people where org_id = $1 and account_id = $2");
    Ok(from.opt::<(PersonId,)>(query, &[&account]).await?.map(|(id,)| id))
}
/// The same, where not to be one is an error.
pub async fn own(from: &mut impl Query, account: AccountId) -> Result<PersonId> {
    of_account(from, account).await?.ok_or_else(|| {
        let say = say!(
            "No person of the planning is linked to your account. Ask a manager to link you.",
            "Aucune personne du planning n’est liée à votre compte. Demandez à un responsable de vous lier."
        );
        Error::missing("not_planned", say)
    })
}

/// Personal fields as they lie in the store.
struct Secrets {
    index: Option<String>,
    email: Option<Sealed<String>>,
    phone: Option<Sealed<String>>,
    bio: Option<Sealed<String>>,
    legal_ids: Option<Sealed<String>>,
}
impl Secrets {
    fn of(tx: &OrgTx, id: PersonId, new: &Draft) -> Result<Self> {
        let (keys, org) = (&tx.app().keys, tx.org());
        let seal = |field: &str, value: Option<String>| value.map(|v| Sealed::seal(keys, &place(org, id, field), &v)).transpose();
        let legal_ids = (!new.legal_ids.is_empty()).then(|| serde_json::to_string(&new.legal_ids).map_err(Error::internal)).transpose()?;
        Ok(Self {
            index: new.email().map(|e| keys.blind_index("email", &e)).transpose()?,
            email: seal("email", new.email())?,
            phone: seal("phone", new.phone.clone())?,
            bio: seal("bio", new.bio.clone())?,
            legal_ids: seal("legal_ids", legal_ids)?,
        })
    }
}

pub async fn create(tx: &mut OrgTx, new: &Draft) -> Result<Row> {
    let (id, now) = (PersonId(id::v7(tx.now())), tx.now());
    let (s, (first, last)) = (Secrets::of(tx, id, new)?, new.names());
    may_link(tx, id, new.account_id).await?;
    let insert = org_sql!(
        "insert into people (org_id, id, account_id, first_name, last_name, name_key, search_key, employment_type, email_index,
           email_sealed, phone_sealed, bio_sealed, legal_ids_sealed, active, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)"
    );
    let (name_key, search_key) = (new.name_key(), new.search_key());
    tx.exec(
        insert,
        &[
            &id,
            &new.account_id,
            &first,
            &last,
            &name_key,
            &search_key,
            &new.employment_type,
            &s.index,
            &s.email,
            &s.phone,
            &s.bio,
            &s.legal_ids,
            &new.active,
            &now,
        ],
    )
    .await
    .on_conflict(email_taken)?;
    write_words(tx, id, &new.skills, &new.tags).await?;
    find(tx, id).await
}
pub async fn update(tx: &mut OrgTx, id: PersonId, new: &Draft) -> Result<Row> {
    let (s, (first, last), now) = (Secrets::of(tx, id, new)?, new.names(), tx.now());
    may_link(tx, id, new.account_id).await?;
    let update = org_sql!(
        "update people set account_id = $3, first_name = $4, last_name = $5, name_key = $6, search_key = $7, employment_type = $8,
           email_index = $9, email_sealed = $10, phone_sealed = $11, bio_sealed = $12, legal_ids_sealed = $13, active = $14,
           version = version + 1, updated_at = $15
         where org_id = $1 and id = $2"
    );
    let (name_key, search_key) = (new.name_key(), new.search_key());
    tx.exec(
        update,
        &[
            &id,
            &new.account_id,
            &first,
            &last,
            &name_key,
            &search_key,
            &new.employment_type,
            &s.index,
            &s.email,
            &s.phone,
            &s.bio,
            &s.legal_ids,
            &new.active,
            &now,
        ],
    )
    .await
    .on_conflict(email_taken)?;
    clear_words(tx, id).await?;
    write_words(tx, id, &new.skills, &new.tags).await?;
    find(tx, id).await
}
async fn clear_words(tx: &mut OrgTx, id: PersonId) -> Result<()> {
    tx.exec(org_sql!("delete from person_skills where org_id = $1 and person_id = $2"), &[&id]).await?;
    tx.exec(org_sql!("delete from person_tags where org_id = $1 and person_id = $2"), &[&id]).await?;
    Ok(())
}
async fn write_words(tx: &mut OrgTx, id: PersonId, skills: &[SkillWritten], tags: &[String]) -> Result<()> {
    for Skill { skill, level } in skills.iter().map(SkillWritten::rated) {
        let insert = org_sql!("insert into person_skills (org_id, person_id, skill_key, skill, level) values ($1, $2, $3, $4, $5)");
        tx.exec(insert, &[&id, &text::fold(&skill), &skill, &level]).await?;
    }
    for tag in tags {
        let insert = org_sql!("insert into person_tags (org_id, person_id, tag_key, tag) values ($1, $2, $3, $4)");
        tx.exec(insert, &[&id, &text::fold(tag), &tag.trim()]).await?;
    }
    Ok(())
}
pub async fn remove(tx: &mut OrgTx, id: PersonId) -> Result<()> {
    let gone = tx.exec(org_sql!("delete from people where org_id = $1 and id = $2"), &[&id]).await;
    gone.on_constraint(|_| {
        let say = say!(
            "This person stands on missions, which keep their history. Set active to false instead.",
            "Cette personne figure sur des missions, qui gardent leur historique. Mettez plutôt active à false."
        );
        Error::conflict("person_has_history", say)
    })?;
    Ok(())
}

/// An account is a member's, and one person's.
pub async fn may_link(tx: &mut OrgTx, id: PersonId, account: Option<AccountId>) -> Result<()> {
    let Some(account) = account else { return Ok(()) };
    let member = org_sql!("select role from memberships where org_id = $1 and account_id = $2");
    if tx.opt::<(base::auth::Role,)>(member, &[&account]).await?.is_none() {
        let say = say!("This is no member of the organisation.", "Ce compte n’est pas membre de l’organisation.");
        return Err(Error::field("account_id", "not_a_member", say));
    }
    match of_account(tx, account).await? {
        Some(other) if other != id => Err(Error::conflict(
            "account_linked",
            say!("This account is linked to another person already.", "Ce compte est déjà lié à une autre personne."),
        )),
        _ => Ok(()),
    }
}
fn email_taken() -> Error {
    let say = say!("Another person has this e-mail address.", "Une autre personne a déjà cette adresse e-mail.");
    let field = say!("This address is taken.", "Cette adresse est déjà prise.");
    Error::conflict("email_taken", say).and_field("email", "email_taken", field)
}

/// What a person says of themselves, without the rest.
pub async fn write_profile(tx: &mut OrgTx, id: PersonId, profile: &super::profile::Written, employment: Employment) -> Result<Row> {
    let now: Timestamp = tx.now();
    let bio = profile.bio.as_ref().map(|b| Sealed::seal(&tx.app().keys, &place(tx.org(), id, "bio"), b)).transpose()?;
    let update = org_sql!(
        "update people set bio_sealed = $3, employment_type = $4, version = version + 1, updated_at = $5 where org_id = $1 and id = $2"
    );
    tx.exec(update, &[&id, &bio, &employment, &now]).await?;
    clear_words(tx, id).await?;
    write_words(tx, id, &profile.skills, &profile.tags).await?;
    find(tx, id).await
}
