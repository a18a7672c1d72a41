//! Missions and assignments laid down as rows: what the tests of exports, feeds and call sheets stand on.

use base::{
    db::Db,
    id,
    time::{Clock, Timestamp},
};

pub struct Plan<'p> {
    pub db: &'p Db,
    pub org: &'p str,
}

fn micros(at: &str) -> i64 {
    at.parse::<Timestamp>().unwrap().micros()
}
fn quoted(text: Option<&str>) -> String {
    text.map_or("null".into(), |t| format!("'{}'", t.replace('\'', "''")))
}

impl Plan<'_> {
    pub async fn run(&self, sql: &str) {
        let mut tx = self.db.begin().await.unwrap();
        tx.script(sql).await.unwrap();
        tx.commit().await.unwrap();
    }
    /// A published mission in Paris, with an hour's break.
    pub async fn mission(&self, project: Option<&str>, title: &str, start: &str, end: &str) -> String {
        let now = Clock::real().now();
        let (org, id, now) = (self.org, id::v7(now).to_string(), now.micros());
        self.run(&format!(
            "insert into missions (org_id, id, project_id, title, location, start_at, end_at, time_zone, break_minutes, published_at, created_at, updated_at)
             values ('{org}', '{id}', {}, {}, 'Grande salle', {}, {}, 'Europe/Paris', 60, {now}, {now}, {now});
             insert into mission_roles (org_id, mission_id, role_key, role, quota, place) values ('{org}', '{id}', 'son', 'Son', 2, 0)",
            quoted(project), quoted(Some(title)), micros(start), micros(end)
        ))
        .await;
        id
    }
    /// Somebody on a mission, for its whole time.
    pub async fn assignment(&self, mission: &str, person: &str, status: &str, rate: Option<(&str, i64)>) -> String {
        let now = Clock::real().now();
        let (org, id, now) = (self.org, id::v7(now).to_string(), now.micros());
        let rate = rate.map_or("null, null, null".to_owned(), |(unit, cents)| format!("'{unit}', {cents}, 'EUR'"));
        self.run(&format!(
            "insert into assignments (org_id, id, mission_id, person_id, role_key, role, status, start_at, end_at, invited_at,
               rate_unit, rate_cents, rate_currency, created_at, updated_at)
             select org_id, '{id}', id, '{person}', 'son', 'Son', '{status}', start_at, end_at, {now}, {rate}, {now}, {now}
             from missions where org_id = '{org}' and id = '{mission}'"
        ))
        .await;
        id
    }
}
