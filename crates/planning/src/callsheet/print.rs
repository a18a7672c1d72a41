//! The call sheet on paper: A4, one page for most days, text that can be copied.

use super::model::{CallSheet, Called, Change, Slot};
use crate::exports::pdf::{Paper, Pdf, Style};
use base::{Result, say, say::Lang, time::Date};

const MARGIN: f32 = 42.0;
const SIZE: f32 = 9.5;
const LINE: f32 = 12.5;

const DAYS: [(&str, &str); 7] = [
    ("Monday", "lundi"),
    ("Tuesday", "mardi"),
    ("Wednesday", "mercredi"),
    ("Thursday", "jeudi"),
    ("Friday", "vendredi"),
    ("Saturday", "samedi"),
    ("Sunday", "dimanche"),
];
const MONTHS: [(&str, &str); 12] = [
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
];

/// `jeudi 10 septembre 2026`
pub fn long_date(date: Date, lang: Lang) -> String {
    let text = date.to_string();
    let mut parts = text.rsplitn(3, '-').map(|n| n.parse::<usize>().unwrap_or(1));
    let (day, month, year) = (parts.next().unwrap_or(1), parts.next().unwrap_or(1), parts.next().unwrap_or(1));
    let in_lang = |(en, fr): (&'static str, &'static str)| if lang == Lang::Fr { fr } else { en };
    let weekday = DAYS.get(usize::try_from(date.weekday()).unwrap_or(0)).copied().map_or("", in_lang);
    let month = MONTHS.get(month.saturating_sub(1)).copied().map_or("", in_lang);
    format!("{weekday} {day} {month} {year}")
}

struct Printer {
    pdf: Pdf,
    lang: Lang,
    y: f32,
}

pub fn pdf(page: &CallSheet, lang: Lang) -> Result<Vec<u8>> {
    let (sheet, date) = (&page.sheet, long_date(page.sheet.date, lang));
    let title = say!("Call sheet", "Feuille de service");
    let title = format!("{} · {} · {date}", title.to(lang), sheet.project);
    let mut printer = Printer { pdf: Pdf::new(&title, lang, Paper::A4)?, lang, y: MARGIN };
    printer.head(page, &date)?;
    printer.changes(&page.changes)?;
    printer.title(say!("Schedule", "Déroulé").to(lang))?;
    for slot in &sheet.schedule {
        printer.slot(slot)?;
    }
    printer.title(say!("Team", "Équipe").to(lang))?;
    for group in &sheet.team {
        printer.line(&[(0.0, Style::Bold, &group.role)])?;
        for called in &group.members {
            printer.called(called)?;
        }
        printer.y += 3.0;
    }
    printer.pdf.end()
}

impl Printer {
    fn head(&mut self, page: &CallSheet, date: &str) -> Result<()> {
        let (sheet, lang) = (&page.sheet, self.lang);
        self.y += 12.0;
        self.pdf.text(MARGIN, self.y, Style::Bold, 18.0, &sheet.project);
        self.y += 20.0;
        self.pdf.text(MARGIN, self.y, Style::Bold, 12.0, date);
        self.y += 6.0;
        let revision = page.revision.as_ref().map_or_else(
            || say!("Not published yet", "Pas encore publiée"),
            |r| {
                let (number, at) = (r.number, r.published_at.to_string());
                let at = at.get(..16).unwrap_or_default().replace('T', " ");
                say!("Revision {number}, {at} UTC", "Révision {number}, {at} UTC")
            },
        );
        let venue = [sheet.venue.as_deref(), sheet.client.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        self.line(&[(0.0, Style::Regular, &venue)])?;
        self.line(&[(0.0, Style::Regular, revision.to(lang))])
    }
    fn changes(&mut self, changes: &[Change]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        self.title(say!("Changed since", "Changements depuis").to(self.lang))?;
        for change in changes {
            let none = "—".to_owned();
            let (before, after) = (change.before.as_ref().unwrap_or(&none), change.after.as_ref().unwrap_or(&none));
            self.line(&[(0.0, Style::Bold, &change.what), (210.0, Style::Regular, &format!("{before} → {after}"))])?;
        }
        Ok(())
    }
    fn slot(&mut self, slot: &Slot) -> Result<()> {
        let pause = match slot.break_minutes {
            0 => String::new(),
            n => say!("break {n} min", "pause {n} min").to(self.lang).to_owned(),
        };
        let place =
            [slot.location.as_deref().unwrap_or_default(), &pause].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · ");
        let span = format!("{}–{}", slot.start, slot.end);
        self.line(&[(0.0, Style::Bold, &span), (80.0, Style::Regular, &slot.title), (300.0, Style::Regular, &place)])?;
        match &slot.note {
            Some(note) => self.line(&[(80.0, Style::Regular, note)]),
            None => Ok(()),
        }
    }
    fn called(&mut self, called: &Called) -> Result<()> {
        let open = if called.confirmed { "" } else { say_open(self.lang) };
        let span = format!("{}–{}", called.start, called.end);
        let (name, phone) = (format!("{}{open}", called.name), called.phone.as_deref().unwrap_or_default());
        self.line(&[
            (0.0, Style::Regular, &span),
            (80.0, Style::Regular, &name),
            (260.0, Style::Regular, &called.mission),
            (410.0, Style::Regular, phone),
        ])
    }
    fn title(&mut self, text: &str) -> Result<()> {
        self.y += 10.0;
        let (left, width) = (MARGIN, self.pdf.paper.width - 2.0 * MARGIN);
        self.room(LINE * 2.0 + 4.0)?;
        self.pdf.area(left, self.y, width, LINE + 3.0, 0.9);
        self.pdf.text(left + 4.0, self.y + LINE - 1.5, Style::Bold, SIZE + 1.0, text);
        self.y += LINE + 5.0;
        Ok(())
    }
    /// Texts side by side, each from its place on the line to the next one's; what has no room goes on below.
    fn line(&mut self, parts: &[(f32, Style, &str)]) -> Result<()> {
        let width = self.pdf.paper.width - 2.0 * MARGIN;
        let ends = parts.iter().skip(1).map(|p| p.0 - 6.0).chain([width]);
        let wrapped: Vec<_> =
            parts.iter().zip(ends).map(|((x, style, text), end)| (*x, *style, self.pdf.wrap(*style, SIZE, text, end - x))).collect();
        let height = wrapped.iter().map(|(.., lines)| lines.len()).max().unwrap_or(0) as f32 * LINE;
        self.room(height)?;
        for (x, style, lines) in &wrapped {
            for (n, line) in lines.iter().enumerate() {
                self.pdf.text(MARGIN + x, self.y + LINE * (n as f32 + 0.8), *style, SIZE, line);
            }
        }
        self.y += height;
        Ok(())
    }
    fn room(&mut self, height: f32) -> Result<()> {
        if self.y + height > self.pdf.paper.height - MARGIN {
            self.pdf.turn()?;
            self.y = MARGIN;
        }
        Ok(())
    }
}
fn say_open(lang: Lang) -> &'static str {
    if lang == Lang::Fr { " (à confirmer)" } else { " (to be confirmed)" }
}
