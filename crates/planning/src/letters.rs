//! What people are told of their calls by mail: that they are asked, asked again, that times changed, or that it is off.
//!
//! Each letter carries the call for their calendar (the same event as in their feed, so it moves or goes there too), and a link
//! of its own. In the language of their account; in both where that is not known. A letter is a row of the outbox in the
//! transaction of the change, so it is written once for one event, and never for a change that did not happen.

use crate::{
    assignments::model::{AssignmentId, Row, Status},
    calendar::events,
    ics, invitations,
    people::model::{full_name, place},
    told,
};
use base::{
    Result,
    crypto::Sealed,
    db::{OrgTx, Query as _},
    jobs::{self, Job},
    mail::{Attachment, Mail},
    org_sql, say,
    say::{Lang, Say},
    time::{Interval, Timestamp},
};
use serde_json::json;

/// What somebody is told of their call.
#[derive(Clone, Copy, Debug)]
pub enum News {
    Asked,
    /// Nobody has answered yet, and the link will not live for ever.
    Reminder,
    /// The times are others than these were.
    Moved {
        before: Interval,
    },
    /// The same, and the person cannot come then: they are asked again.
    Released {
        before: Interval,
    },
    Cancelled,
    /// Cancelled, and its mission is about to be deleted.
    Deleted,
}
impl News {
    fn kind(self) -> &'static str {
        match self {
            Self::Asked => "assignment.invited",
            Self::Reminder => "assignment.reminded",
            Self::Moved { .. } => "assignment.moved",
            Self::Released { .. } => "assignment.released",
            Self::Cancelled | Self::Deleted => "assignment.cancelled",
        }
    }
    fn subject(self) -> Say {
        match self {
            Self::Asked => say!("Are you free?", "Êtes-vous disponible ?"),
            Self::Reminder => say!("Your answer is awaited", "Votre réponse est attendue"),
            Self::Moved { .. } | Self::Released { .. } => say!("New times", "Nouvel horaire"),
            Self::Cancelled | Self::Deleted => say!("Cancelled", "Annulé"),
        }
    }
    fn text(self, org: &str) -> Say {
        match self {
            Self::Asked => say!("{org} asks you for:", "{org} vous propose :"),
            Self::Reminder => say!("{org} is still waiting for your answer:", "{org} attend encore votre réponse :"),
            Self::Moved { .. } => say!("the times of your call at {org} have changed:", "l’horaire de votre mission pour {org} a changé :"),
            Self::Released { .. } => say!(
                "the times of your call at {org} have changed, and you are busy then. You are not booked any more:",
                "l’horaire de votre mission pour {org} a changé, et vous n’êtes pas libre à ce moment-là. Vous n’êtes plus engagé :"
            ),
            Self::Cancelled | Self::Deleted => say!("{org} does not need you any more for:", "{org} n’a plus besoin de vous pour :"),
        }
    }
    fn action(self) -> Say {
        match self {
            Self::Asked | Self::Reminder | Self::Released { .. } => say!("Answer here:", "Répondez ici :"),
            Self::Moved { .. } => say!("Say here whether this still suits you:", "Dites ici si cela vous convient toujours :"),
            Self::Cancelled | Self::Deleted => say!("See here:", "Voir ici :"),
        }
    }
    fn before(self) -> Option<Interval> {
        match self {
            Self::Moved { before } | Self::Released { before } => Some(before),
            _ => None,
        }
    }
}

/// Tells somebody of a change of their call: a line among their notifications and, when they know of the call by now, a letter.
/// `was` is the assignment before the change, which is written by now.
pub async fn tell(tx: &mut OrgTx, was: &Row, news: News) -> Result<()> {
    let span = |s: Interval| [s.start(), s.end()];
    let payload = json!({
        "assignment_id": was.id, "mission_id": was.mission_id, "title": was.mission_title, "start_at": was.start_at,
        "status_before": was.status, "times_before": news.before().map(span),
    });
    told::person(tx, was.person_id, news.kind(), payload).await?;
    let Some(reader) = Reader::of(tx, was).await? else { return Ok(()) };
    if !was.mission_published || !(was.status == Status::Accepted || reader.was_asked) {
        return Ok(());
    }
    let link = match news {
        News::Deleted => None,
        _ => Some(invitations::link(tx, was.id).await?.url),
    };
    if matches!(news, News::Cancelled) {
        // It shows that the call is off; should they be asked again, that comes with a link of its own.
        invitations::store::close(tx, was.id, None).await?;
    }
    post(tx, was.id, reader, news, link.as_deref()).await
}
/// Asks somebody by mail, at this address when one is given. The assignment is held; the link is the one to be sent.
pub async fn ask(tx: &mut OrgTx, row: &Row, to: Option<String>, news: News, link: &str) -> Result<()> {
    let Some(mut reader) = Reader::of(tx, row).await?.or_else(|| to.clone().map(Reader::at)) else { return Ok(()) };
    reader.to = to.unwrap_or(reader.to);
    post(tx, row.id, reader, news, Some(link)).await
}

/// Who reads a letter.
struct Reader {
    to: String,
    /// None when it is not known: then both.
    lang: Option<Lang>,
    /// Whether an invitation to this call was sent to them.
    was_asked: bool,
}
impl Reader {
    fn at(to: String) -> Self {
        Self { to, lang: None, was_asked: true }
    }
    /// None for somebody without an address.
    async fn of(tx: &mut OrgTx, row: &Row) -> Result<Option<Self>> {
        let query = org_sql!(
            "select p.email_sealed, a.locale, exists (select 1 from invitations i
               where i.org_id = p.org_id and i.assignment_id = $3 and i.sent_at is not null)
             from people p left join accounts a on a.id = p.account_id where p.org_id = $1 and p.id = $2"
        );
        let found: (Option<Sealed<String>>, Option<String>, bool) = tx.one(query, &[&row.person_id, &row.id]).await?;
        let (sealed, locale, was_asked) = found;
        let Some(sealed) = sealed else { return Ok(None) };
        let lang = locale.map(|tag| Lang::preferred(&tag));
        Ok(Some(Self { to: sealed.open(&tx.app().keys, &place(tx.org(), row.person_id, "email"))?, lang, was_asked }))
    }
}

async fn post(tx: &mut OrgTx, id: AssignmentId, reader: Reader, news: News, link: Option<&str>) -> Result<()> {
    // As it is now, so that times and version are those of the calendar.
    let row = crate::assignments::store::find(tx, id).await?;
    let org = invitations::store::org_name(tx).await?;
    let mut event = events::call(tx, id).await?;
    if matches!(news, News::Deleted) {
        (event.status, event.sequence) = (ics::Status::Cancelled, event.sequence + 1);
    }
    let name = full_name(&row.first_name, &row.last_name);
    event.between = Some(ics::Between { organizer: (org.clone(), tx.app().mailer.sender()), attendee: (name, reader.to.clone()) });
    let mail = Letter { org: &org, row: &row, news, link }.mail(reader.to, reader.lang, &event);
    tx.job(&Job::new(jobs::MAIL, mail)?).await
}

struct Letter<'a> {
    org: &'a str,
    row: &'a Row,
    news: News,
    link: Option<&'a str>,
}
impl Letter<'_> {
    fn mail(&self, to: String, lang: Option<Lang>, event: &ics::Event) -> Mail {
        let langs = lang.map_or(vec![Lang::Fr, Lang::En], |lang| vec![lang]);
        let subjects: Vec<_> = langs.iter().map(|lang| self.news.subject().to(*lang).to_owned()).collect();
        let texts: Vec<_> = langs.iter().map(|lang| self.text(*lang)).collect();
        let pages: Vec<_> = langs.iter().map(|lang| self.html(*lang)).collect();
        let calendar = Attachment {
            name: "invitation.ics".to_owned(),
            content_type: format!("text/calendar; charset=utf-8; method={}", event.method().name()),
            content: ics::single(self.org, event),
        };
        Mail {
            to,
            subject: format!("{} · {} · {}", subjects.join(" / "), self.row.mission_title, self.org),
            text: texts.join("\n—\n\n"),
            html: Some(pages.join("<hr>")),
            attachments: vec![calendar],
        }
    }
    fn hello(&self, lang: Lang) -> String {
        let name = full_name(&self.row.first_name, &self.row.last_name);
        say!("Hello {name},", "Bonjour {name},").to(lang).to_owned()
    }
    /// The call, a line each.
    fn what(&self, lang: Lang) -> Vec<String> {
        let row = self.row;
        let project = row.project_title.as_deref().map(|p| format!(" · {p}")).unwrap_or_default();
        let mut lines = vec![format!("{}{project}", row.mission_title), row.role.clone(), self.when(row.start_at, row.end_at)];
        if let Some(before) = self.news.before() {
            let before = self.when(before.start(), before.end());
            lines.push(say!("(before: {before})", "(avant : {before})").to(lang).to_owned());
        }
        lines
    }
    /// On the venue's clock.
    fn when(&self, start: Timestamp, end: Timestamp) -> String {
        let zone = &self.row.time_zone;
        let (from, to) = (zone.date(start), zone.date(end));
        let until = if from == to { String::new() } else { format!("{to} ") };
        format!("{from} {} – {until}{} ({zone})", zone.time_of_day(start), zone.time_of_day(end))
    }
    fn text(&self, lang: Lang) -> String {
        let (says, what) = (self.news.text(self.org), self.what(lang).join("\n"));
        let link = self.link.map(|link| format!("\n{}\n{link}\n", self.news.action().to(lang))).unwrap_or_default();
        format!("{}\n\n{}\n\n{what}\n{link}", self.hello(lang), says.to(lang))
    }
    fn html(&self, lang: Lang) -> String {
        let (says, what) = (self.news.text(self.org), self.what(lang).iter().map(|l| escaped(l)).collect::<Vec<_>>().join("<br>"));
        let action = self.news.action();
        let action = escaped(action.to(lang).trim_end_matches([':', ' ']));
        let link = self.link.map(|link| format!("<p><a href=\"{}\">{action}</a></p>", escaped(link))).unwrap_or_default();
        format!("<p>{}</p><p>{}</p><p><strong>{what}</strong></p>{link}", escaped(&self.hello(lang)), escaped(says.to(lang)))
    }
}
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
