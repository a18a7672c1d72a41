//! What an invitation says by mail, in French and English.

use crate::{assignments::model::Row, people::model::full_name};
use base::mail::Mail;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The call on the venue's clock.
fn when(row: &Row) -> String {
    let (zone, start, end) = (&row.time_zone, row.start_at, row.end_at);
    let (from, to) = (zone.date(start), zone.date(end));
    let until = if from == to { String::new() } else { format!("{to} ") };
    format!("{from} {} – {until}{} ({zone})", zone.time_of_day(start), zone.time_of_day(end))
}

pub fn invitation(org: &str, row: &Row, to: String, link: &str) -> Mail {
    let (name, title, role, when) = (full_name(&row.first_name, &row.last_name), &row.mission_title, &row.role, when(row));
    let project = row.project_title.as_deref().map(|p| format!(" · {p}")).unwrap_or_default();
    let what = format!("{title}{project}\n{role}\n{when}");
    let text = format!(
        "Bonjour {name},\n\n{org} vous propose :\n\n{what}\n\nRépondez ici :\n{link}\n\n—\n\nHello {name},\n\n{org} asks you for:\n\n{what}\n\nAnswer here:\n{link}\n"
    );
    let lines = escaped(&what).replace('\n', "<br>");
    let part = |hello: &str, asks: &str, answer: &str| {
        let (name, org, link) = (escaped(&name), escaped(org), escaped(link));
        format!("<p>{hello} {name},</p><p>{org} {asks}</p><p><strong>{lines}</strong></p><p><a href=\"{link}\">{answer}</a></p>")
    };
    let html = format!("{}<hr>{}", part("Bonjour", "vous propose :", "Répondre"), part("Hello", "asks you for:", "Answer"));
    Mail { to, subject: format!("{title} · {org}"), text, html: Some(html) }
}
