//! Invitations in the store.

use super::{
    answer::Contact,
    model::{InvitationId, Row, Token},
};
use crate::{
    assignments::model::{AssignmentId, Status},
    people::model::{PersonId, full_name, place},
};
use base::{
    Error, Result,
    crypto::{Keys, Sealed},
    db::{OrgTx, Query},
    id,
    id::OrgId,
    org_sql,
    time::Timestamp,
};

/// Where a page of the list begins: newest first, the id decides between equals.
pub type Key = (Timestamp, InvitationId);
pub const NEWEST: Key = (Timestamp::from_micros(i64::MAX), InvitationId(id::Uuid::max()));

/// An invitation with the names around it; what follows `where i.org_id = $1` is given.
macro_rules! lines {
    ($rest:literal) => {
        org_sql!(
            Row,
            concat!(
                "select {cols} from (
                   select i.*, a.status, a.person_id, p.first_name, p.last_name, m.title as mission_title
                   from invitations i
                     join assignments a on a.org_id = i.org_id and a.id = i.assignment_id
                     join people p on p.org_id = a.org_id and p.id = a.person_id
                     join missions m on m.org_id = a.org_id and m.id = a.mission_id
                   where i.org_id = $1 ",
                $rest,
                ") line order by created_at desc, id desc"
            )
        )
    };
}

pub async fn list(from: &mut impl Query, after: Key, assignment: Option<AssignmentId>, rows: i64) -> Result<Vec<Row>> {
    let query = lines!(
        "and (i.created_at, i.id) < ($2, $3) and (cast($4 as text) is null or i.assignment_id = $4)
         order by i.created_at desc, i.id desc limit $5"
    );
    Ok(from.all(query, &[&after.0, &after.1, &assignment, &rows]).await?)
}
pub async fn find(from: &mut impl Query, id: InvitationId) -> Result<Row> {
    from.opt(lines!("and i.id = $2"), &[&id]).await?.ok_or_else(|| Error::not_found(id))
}

/// A new link, which ends the one before; the assignment's mission and person are held.
pub async fn create(tx: &mut OrgTx, assignment: AssignmentId) -> Result<(Token, Timestamp)> {
    close(tx, assignment, None).await?;
    let (id, now) = (InvitationId(id::v7(tx.now())), tx.now());
    let (token, expires) = (Token::new(tx.org(), id), now.plus(tx.app().settings.invites_ttl));
    let insert = org_sql!(
        "insert into invitations (org_id, id, assignment_id, token_hash, expires_at, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)"
    );
    tx.exec(insert, &[&id, &assignment, &token.hash(), &expires, &now]).await?;
    Ok((token, expires))
}
/// To whom it went.
pub async fn sent(tx: &mut OrgTx, id: InvitationId, to: &str) -> Result<()> {
    let sealed = Sealed::seal(&tx.app().keys, &format!("invitations|sent_to|{id}"), &to.to_owned())?;
    let now = tx.now();
    let update = org_sql!(
        "update invitations set sent_to_sealed = $3, sent_at = $4, version = version + 1, updated_at = $4 where org_id = $1 and id = $2"
    );
    tx.exec(update, &[&id, &sealed, &now]).await?;
    Ok(())
}
/// Whether this is the first reminder of it.
pub async fn reminded(tx: &mut OrgTx, id: InvitationId) -> Result<bool> {
    let now = tx.now();
    let update = org_sql!("update invitations set reminded_at = $3 where org_id = $1 and id = $2 and reminded_at is null");
    Ok(tx.exec(update, &[&id, &now]).await? == 1)
}
/// The assignment was answered another way, or (no answer) cancelled: what links are out end with it.
pub async fn close(tx: &mut OrgTx, assignment: AssignmentId, answer: Option<Status>) -> Result<()> {
    let now = tx.now();
    let (answered, revoked) = if answer.is_some() { (Some(now), None) } else { (None, Some(now)) };
    let update = org_sql!(
        "update invitations set answered_at = $3, answer = $4, revoked_at = $5, version = version + 1, updated_at = $6
         where org_id = $1 and assignment_id = $2 and answered_at is null and revoked_at is null"
    );
    tx.exec(update, &[&assignment, &answered, &answer, &revoked, &now]).await?;
    Ok(())
}
pub async fn revoke(tx: &mut OrgTx, id: InvitationId) -> Result<()> {
    let now = tx.now();
    let update = org_sql!(
        "update invitations set revoked_at = $3, version = version + 1, updated_at = $3
         where org_id = $1 and id = $2 and answered_at is null and revoked_at is null"
    );
    tx.exec(update, &[&id, &now]).await?;
    Ok(())
}
/// The name of the organisation, for people who are not in it.
pub async fn org_name(from: &mut impl Query) -> Result<String> {
    Ok(from.one::<(String,)>(org_sql!("select name from orgs where org_id = $1"), &[]).await?.0)
}
/// Whom to ask: who has owned the organisation for longest and is a person of its planning.
pub async fn contact(from: &mut impl Query, keys: &Keys, org: OrgId) -> Result<Option<Contact>> {
    type Found = (PersonId, String, String, Option<Sealed<String>>, Option<Sealed<String>>);
    let query = org_sql!(
        "select p.id, p.first_name, p.last_name, p.phone_sealed, p.email_sealed from memberships m
           join people p on p.org_id = m.org_id and p.account_id = m.account_id
         where m.org_id = $1 and m.role = 'owner' and p.active order by m.created_at, m.account_id limit 1"
    );
    let Some((id, first, last, phone, email)) = from.opt::<Found>(query, &[]).await? else { return Ok(None) };
    let open = |sealed: Option<Sealed<String>>, field| sealed.map(|s| s.open(keys, &place(org, id, field))).transpose();
    Ok(Some(Contact { name: full_name(&first, &last), phone: open(phone, "phone")?, email: open(email, "email")? }))
}
