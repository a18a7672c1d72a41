//! What people are told by mail of their calls, with the call for their calendar.

use crate::{
    assignments::{ASSIGNMENTS, ask, mission},
    missions::{MISSIONS, day},
    people::{USERS, id, planned},
    stage::{Person, Stage},
};
use axum::http::Method;
use base::{both_engines, mail::Mail};
use serde_json::{Value, json};
use std::time::Duration;

const INVITATIONS: &str = "/api/v1/invitations";
const LEA: &str = "lea@lanternes.example";

async fn lea(manager: &Person) -> String {
    id(&manager.post(USERS, json!({"first_name": "Léa", "last_name": "\"Marchetti\"", "email": LEA})).await.is(201))
}
async fn send(manager: &Person, assignment: &str, person: &str) {
    let body = json!({"user_id": person, "assignment_id": assignment, "channels": ["email"]});
    manager.post(&format!("{INVITATIONS}/send"), body).await.is(202);
}
fn token(mail: &Mail) -> &str {
    mail.text.split_once("/invite?token=").unwrap().1.split_whitespace().next().unwrap()
}
/// What a calendar program reads of the attachment: lines unfolded, by name without parameters.
struct Attached(Vec<(String, String)>);
impl Attached {
    fn of(mail: &Mail) -> Self {
        let [one] = &mail.attachments[..] else { panic!("{mail:?}") };
        let unfolded = one.content.replace("\r\n ", "");
        let lines = unfolded.lines().filter_map(|l| l.split_once(':'));
        let all = Self(lines.map(|(name, value)| (name.split(';').next().unwrap().to_owned(), value.to_owned())).collect());
        assert_eq!(one.content_type, format!("text/calendar; charset=utf-8; method={}", all.get("METHOD")));
        all
    }
    fn get(&self, name: &str) -> &str {
        &self.0.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name}: {:?}", self.0)).1
    }
    fn sequence(&self) -> i64 {
        self.get("SEQUENCE").parse().unwrap()
    }
}
/// The mails to somebody, after the outbox is done.
async fn mails(stage: &Stage, to: &str) -> Vec<Mail> {
    stage.outbox().await;
    stage.app.mailer.sent().into_iter().filter(|m| m.to == to).collect()
}

both_engines! {
    async fn every_change_is_told_once_and_moves_the_event_in_the_calendar(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, gala) = (lea(&owner).await, mission(&owner, day(10, "Gala")).await);
        let a = ask(&owner, &gala, &lea).await;
        owner.patch(&format!("{MISSIONS}/{gala}"), json!({"start_at": "2030-09-10T08:00"})).await.is(200);
        assert_eq!(mails(&stage, LEA).await.len(), 0, "nobody has asked her yet");
        send(&owner, &a, &lea).await;
        let asked = mails(&stage, LEA).await.pop().unwrap();
        let first = Attached::of(&asked);
        assert_eq!((first.get("METHOD"), first.get("STATUS"), first.get("DTSTART")), ("REQUEST", "TENTATIVE", "20300910T060000Z"));
        assert_eq!((first.get("UID"), first.get("ATTENDEE"), first.get("ORGANIZER")), (&*format!("assignment-{a}@coulisses"), "mailto:lea@lanternes.example", "mailto:coulisses@localhost"));
        let answer = |verb: &str, token: &str, id: &Value| format!("{INVITATIONS}/{}/{verb}?token={token}", id.as_str().unwrap());
        let verify = async |token: &str| stage.anyone().get(&format!("{INVITATIONS}/verify?token={token}")).await;
        let about = verify(token(&asked)).await.is(200);
        stage.anyone().call(Method::POST, &answer("accept", token(&asked), &about["invitation_id"]), None).await.is(200);

        owner.patch(&format!("{MISSIONS}/{gala}"), json!({"start_at": "2030-09-10T07:00"})).await.is(200);
        let moved = mails(&stage, LEA).await.pop().unwrap();
        let second = Attached::of(&moved);
        assert_eq!((second.get("METHOD"), second.get("STATUS"), second.get("DTSTART"), second.get("UID")), ("REQUEST", "CONFIRMED", "20300910T050000Z", first.get("UID")));
        assert!(second.sequence() > first.sequence());
        for words in ["Nouvel horaire / New times · Gala · Lanternes", "2030-09-10 07:00 – 18:00", "(avant : 2030-09-10 08:00 – 18:00", "(before: "] {
            assert!(format!("{}\n{}", moved.subject, moved.text).contains(words), "{words}: {}", moved.text);
        }
        let about = verify(token(&moved)).await.is(200);
        assert_eq!(about["reconfirm"], true);
        stage.anyone().call(Method::POST, &answer("accept", token(&moved), &about["invitation_id"]), None).await.is(200);
        assert_eq!(owner.get(&format!("{ASSIGNMENTS}/{a}")).await.is(200)["reconfirm_at"], Value::Null);

        owner.post(&format!("{ASSIGNMENTS}/{a}:status"), json!({"status": "CANCELLED"})).await.is(200);
        let off = mails(&stage, LEA).await.pop().unwrap();
        let third = Attached::of(&off);
        assert_eq!((third.get("METHOD"), third.get("STATUS"), third.get("UID")), ("CANCEL", "CANCELLED", first.get("UID")));
        assert!(third.sequence() > second.sequence());
        verify(token(&off)).await.fails(400, "invitation_cancelled");
        assert_eq!(mails(&stage, LEA).await.len(), 3, "each once");
    }

    async fn a_mission_that_is_deleted_takes_its_event_along(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let (lea, gala) = (lea(&owner).await, mission(&owner, day(10, "Gala")).await);
        let a = ask(&owner, &gala, &lea).await;
        owner.post(&format!("{ASSIGNMENTS}/{a}:status"), json!({"status": "ACCEPTED"})).await.is(200);
        owner.delete(&format!("{MISSIONS}/{gala}?force=true")).await.is(204);
        let off = mails(&stage, LEA).await;
        assert_eq!(off.len(), 1);
        let event = Attached::of(&off[0]);
        assert_eq!((event.get("METHOD"), event.get("STATUS"), event.get("UID")), ("CANCEL", "CANCELLED", &*format!("assignment-{a}@coulisses")));
        assert!(event.sequence() >= 2 && !off[0].text.contains("/invite"), "{:?}", off[0]);
    }

    async fn somebody_who_is_not_free_any_more_is_asked_again(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = lea(&owner).await;
        let (gala, other) = (mission(&owner, day(10, "Gala")).await, mission(&owner, day(11, "Autre")).await);
        for m in [&gala, &other] {
            owner.post(ASSIGNMENTS, json!({"mission_id": m, "user_id": lea, "status": "ACCEPTED"})).await.is(201);
        }
        let times = json!({"start_at": "2030-09-11T09:00", "end_at": "2030-09-11T18:00"});
        owner.patch(&format!("{MISSIONS}/{gala}?on_conflict=release"), times).await.is(200);
        let mails = mails(&stage, LEA).await;
        assert!(mails.len() == 1 && mails[0].text.contains("Vous n’êtes plus engagé"), "{mails:?}");
        assert_eq!(Attached::of(&mails[0]).get("STATUS"), "TENTATIVE");
    }

    async fn a_letter_speaks_the_language_of_the_account(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        for (n, locale, has, lacks) in [(10, "fr", "Bonjour", "Hello"), (11, "en", "Hello", "Bonjour")] {
            let tech = owner.brings("tech").await;
            tech.patch("/api/v1/me/profile", json!({"locale": locale})).await.is(200);
            let person = planned(&owner, &tech, "Léa").await;
            let a = ask(&owner, &mission(&owner, day(n, "Gala")).await, &person).await;
            send(&owner, &a, &person).await;
            let mail = mails(&stage, &tech.email).await.into_iter().find(|m| !m.attachments.is_empty()).unwrap();
            assert!(mail.text.contains(has) && !mail.text.contains(lacks), "{}", mail.text);
        }
    }

    async fn one_reminder_while_nobody_has_answered(db: Db) {
        let stage = Stage::new(db).await;
        let owner = stage.org("Lanternes").await;
        let lea = lea(&owner).await;
        let (gala, other) = (mission(&owner, day(10, "Gala")).await, mission(&owner, day(11, "Autre")).await);
        let (open, answered) = (ask(&owner, &gala, &lea).await, ask(&owner, &other, &lea).await);
        send(&owner, &open, &lea).await;
        send(&owner, &answered, &lea).await;
        owner.post(&format!("{ASSIGNMENTS}/{answered}:status"), json!({"status": "ACCEPTED"})).await.is(200);
        assert_eq!(mails(&stage, LEA).await.len(), 2, "it is too early");
        stage.app.clock.advance(Duration::from_secs(604_800 / 2));
        let all = mails(&stage, LEA).await;
        assert_eq!(all.len(), 3);
        assert!(all[2].subject.starts_with("Votre réponse est attendue") && all[..2].iter().any(|first| token(first) == token(&all[2])), "{:?}", all[2]);
        stage.app.clock.advance(Duration::from_secs(604_800));
        assert_eq!(mails(&stage, LEA).await.len(), 3);
    }
}
