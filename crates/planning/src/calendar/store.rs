//! Feeds in the store.

use super::model::{Feed, FeedId, NewFeed, Scope, SubjectId, Token};
use crate::{people::model::full_name, told::Eye};
use base::{
    Error, Result,
    db::{OrgTx, Query},
    id,
    id::AccountId,
    org_sql,
    time::Timestamp,
};

/// Before this lies everything.
pub const NEWEST: (Timestamp, FeedId) = (Timestamp::from_micros(i64::MAX), FeedId(id::Uuid::max()));

/// The feeds that work, newest first; a technician's are those they made.
pub async fn list(from: &mut impl Query, eye: Eye, after: (Timestamp, FeedId), rows: i64) -> Result<Vec<Feed>> {
    let made_by = if let Eye::Tech(own) = eye { Some(own) } else { None };
    let query = org_sql!(
        Feed,
        "select {cols} from calendar_feeds where org_id = $1 and (created_at, id) < ($2, $3) and revoked_at is null
           and (cast($4 as text) is null or created_by = $4)
         order by created_at desc, id desc limit $5"
    );
    Ok(from.all(query, &[&after.0, &after.1, &made_by, &rows]).await?)
}

/// Whether there is something that this reader may follow: themselves, or a project that is no draft; managers anything.
pub async fn may_follow(from: &mut impl Query, eye: Eye, new: &NewFeed) -> Result<()> {
    let (manager, own) = match eye {
        Eye::Manager => (true, None),
        Eye::Tech(own) => (false, Some(own)),
    };
    let found: Option<(SubjectId,)> = match new.scope {
        Scope::Person => {
            let query = org_sql!("select id from people where org_id = $1 and id = $2 and active and ($3 or account_id = $4)");
            from.opt(query, &[&new.id, &manager, &own]).await?
        }
        Scope::Project => {
            let query = org_sql!("select id from projects where org_id = $1 and id = $2 and ($3 or status <> 'DRAFT')");
            from.opt(query, &[&new.id, &manager]).await?
        }
    };
    found.map(drop).ok_or_else(|| Error::not_found(new.id))
}

pub async fn create(tx: &mut OrgTx, new: &NewFeed, token: &Token, by: AccountId) -> Result<Feed> {
    let (id, now) = (FeedId(id::v7(tx.now())), tx.now());
    let insert = org_sql!(
        Feed,
        "insert into calendar_feeds (org_id, id, scope, subject_id, token_hash, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7) returning {cols}"
    );
    Ok(tx.one(insert, &[&id, &new.scope, &new.id, &token.hash(), &by, &now]).await?)
}

/// From now on its address leads nowhere.
pub async fn revoke(tx: &mut OrgTx, eye: Eye, id: FeedId) -> Result<()> {
    let (made_by, now) = (if let Eye::Tech(own) = eye { Some(own) } else { None }, tx.now());
    let update = org_sql!(
        "update calendar_feeds set revoked_at = $3, updated_at = $3, version = version + 1
         where org_id = $1 and id = $2 and revoked_at is null and (cast($4 as text) is null or created_by = $4)"
    );
    if tx.exec(update, &[&id, &now, &made_by]).await? == 0 {
        return Err(Error::not_found(id));
    }
    Ok(())
}

/// The living feed of this token, and what it is about by name.
pub async fn open(from: &mut impl Query, token: &Token) -> Result<Option<(Scope, SubjectId, String)>> {
    let query = org_sql!(
        "select f.scope, f.subject_id, p.first_name, p.last_name, pr.name
         from calendar_feeds f
           join memberships m on m.org_id = f.org_id and m.account_id = f.created_by
           left join people p on p.org_id = f.org_id and p.id = f.subject_id and f.scope = 'person' and p.active
           left join projects pr on pr.org_id = f.org_id and pr.id = f.subject_id and f.scope = 'project'
             and (pr.status <> 'DRAFT' or m.role <> 'tech')
         where f.org_id = $1 and f.token_hash = $2 and f.revoked_at is null"
    );
    type Found = (Scope, SubjectId, Option<String>, Option<String>, Option<String>);
    let found: Option<Found> = from.opt(query, &[&token.hash()]).await?;
    Ok(found.and_then(|(scope, subject, first, last, project)| {
        let person = first.zip(last).map(|(first, last)| full_name(&first, &last));
        Some((scope, subject, person.or(project)?))
    }))
}
