//! Calendars are read back by a strict reader of our own, which follows the grammar and not the writer.

use super::*;
use proptest::prelude::*;

/// Name and value of every unfolded line; panics at what RFC 5545 does not allow.
fn read(calendar: &str) -> Vec<(String, String)> {
    assert!(calendar.ends_with("\r\n") && !calendar.replace("\r\n", "").contains(['\r', '\n']), "every line ends with CRLF");
    for line in calendar.split_terminator("\r\n") {
        assert!(line.len() <= 75 && !line.is_empty(), "{} octets: {line}", line.len());
        assert!(!line.chars().any(|c| c.is_control() && c != '\t'), "{line:?}");
    }
    let unfolded = calendar.replace("\r\n ", "");
    unfolded.split_terminator("\r\n").map(|line| line.split_once(':').map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap()).collect()
}
fn unescape(value: &str) -> String {
    let (mut out, mut characters) = (String::new(), value.chars());
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next().expect("something is escaped") {
                'n' | 'N' => out.push('\n'),
                c @ ('\\' | ';' | ',') => out.push(c),
                other => panic!("\\{other} is no escape"),
            },
            ';' | ',' => panic!("{c} is not escaped in {value}"),
            c => out.push(c),
        }
    }
    out
}
fn value(lines: &[(String, String)], name: &str) -> String {
    unescape(&lines.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name}")).1)
}
fn event() -> Event {
    Event {
        uid: uid("assignment", "0199"),
        sequence: 3,
        changed: "2026-09-01T08:00:00.5Z".parse().unwrap(),
        start: "2026-09-10T18:00:00Z".parse().unwrap(),
        end: "2026-09-10T23:30:00Z".parse().unwrap(),
        status: Status::Confirmed,
        summary: "Régie lumière".into(),
        location: Some("Bobino, 14 rue de la Gaîté; Paris".into()),
        description: None,
        between: None,
    }
}

#[test]
fn an_event_is_what_the_rfc_says() {
    let lines = read(&single("Léa", &event()));
    let names: Vec<_> = lines.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(
        names,
        [
            "BEGIN",
            "VERSION",
            "PRODID",
            "CALSCALE",
            "METHOD",
            "X-WR-CALNAME",
            "BEGIN",
            "UID",
            "SEQUENCE",
            "DTSTAMP",
            "LAST-MODIFIED",
            "DTSTART",
            "DTEND",
            "STATUS",
            "TRANSP",
            "SUMMARY",
            "LOCATION",
            "END",
            "END"
        ]
    );
    for (name, expected) in [
        ("UID", "assignment-0199@coulisses"),
        ("SEQUENCE", "3"),
        ("DTSTAMP", "20260901T080000Z"),
        ("DTSTART", "20260910T180000Z"),
        ("DTEND", "20260910T233000Z"),
        ("STATUS", "CONFIRMED"),
        ("TRANSP", "OPAQUE"),
        ("METHOD", "PUBLISH"),
        ("LOCATION", "Bobino, 14 rue de la Gaîté; Paris"),
    ] {
        assert_eq!(value(&lines, name), expected);
    }
    let cancelled = Event { status: Status::Cancelled, ..event() };
    let lines = read(&single("Léa", &cancelled));
    assert_eq!((value(&lines, "METHOD").as_str(), value(&lines, "STATUS").as_str()), ("CANCEL", "CANCELLED"));
    assert_eq!(value(&lines, "TRANSP"), "TRANSPARENT");
}

#[test]
fn what_is_taken_on_the_way_is_the_same_calendar() {
    let mut writer = Writer::begin("x", Method::Publish);
    let mut whole = writer.take();
    for _ in 0..3 {
        writer.event(&event());
        whole += &writer.take();
    }
    whole += &writer.end();
    assert_eq!(read(&whole).iter().filter(|(n, v)| n == "BEGIN" && v == "VEVENT").count(), 3);
}

proptest! {
    #[test]
    fn any_text_comes_back(summary in any::<String>(), place in "[éà,;\\\\\n\u{1f3ad}a-z ]{0,200}") {
        let lines = read(&single(&summary, &Event { summary: summary.clone(), location: Some(place.clone()), ..event() }));
        let plain: String = summary.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        prop_assert_eq!(value(&lines, "SUMMARY"), plain.clone());
        prop_assert_eq!(value(&lines, "X-WR-CALNAME"), plain);
        prop_assert_eq!(value(&lines, "LOCATION"), place);
    }
}
