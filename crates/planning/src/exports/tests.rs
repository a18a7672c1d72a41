//! The writers, read back: the archive and the document by small readers of our own.

use super::{
    pdf::{Paper, Pdf, Style},
    sheet::{Cell, Column, Format, Writer},
};
use base::say::Lang;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use proptest::prelude::*;
use std::{collections::HashMap, io::Read as _};

fn column(title: &str, sum: bool) -> Column {
    Column { title: title.into(), width: 20, sum }
}
fn columns() -> Vec<Column> {
    vec![column("Name", false), column("Hours", true), column("Amount", true), column("When", false)]
}
fn row(name: &str, minutes: i64, cents: i64) -> Vec<Cell> {
    let moment = Cell::Moment("2026-09-10".parse().unwrap(), "19:30".parse().unwrap());
    vec![name.into(), Cell::Minutes(minutes), Cell::Money(cents), moment]
}
/// Written with the bytes taken away after every row, as a stream does.
fn write(format: Format, lang: Lang, rows: &[Vec<Cell>]) -> Vec<u8> {
    let mut writer = Writer::begin(format, "Été: [2026]", columns(), lang).unwrap();
    let mut out = writer.take();
    for row in rows {
        writer.row(row).unwrap();
        out.append(&mut writer.take());
    }
    out.append(&mut writer.end().unwrap());
    out
}

#[test]
fn csv_is_for_spreadsheets_and_runs_nothing() {
    let rows = [
        row("Léa \"la\" Marchetti; régie", 450, 12_050),
        row("=HYPERLINK(\"x\")", 0, -5),
        row("+33", 61, 0),
        row("-1", 0, 0),
        row("@x", 0, 0),
        row("\ta", 0, 0),
        row(" b", 0, 0),
    ];
    let text = String::from_utf8(write(Format::Csv, Lang::En, &rows)).unwrap();
    let expected = "\u{feff}Name;Hours;Amount;When\r\n\"Léa \"\"la\"\" Marchetti; régie\";7:30;120.50;2026-09-10 19:30\r\n\
        \"'=HYPERLINK(\"\"x\"\")\";0:00;-0.05;2026-09-10 19:30\r\n'+33;1:01;0.00;2026-09-10 19:30\r\n'-1;0:00;0.00;2026-09-10 19:30\r\n\
        '@x;0:00;0.00;2026-09-10 19:30\r\n\"'\ta\";0:00;0.00;2026-09-10 19:30\r\n\" b\";0:00;0.00;2026-09-10 19:30\r\n";
    assert_eq!(text, expected);
    assert!(String::from_utf8(write(Format::Csv, Lang::Fr, &rows)).unwrap().contains(";120,50;"));
}

/// The parts of an archive, found by its directory, each with its checksum verified.
fn unzip(archive: &[u8]) -> HashMap<String, String> {
    let short = |at: usize| u16::from_le_bytes(archive[at..at + 2].try_into().unwrap()) as usize;
    let long = |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().unwrap()) as usize;
    let end = archive.len() - 22;
    assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
    let (mut at, mut parts) = (long(end + 16), HashMap::new());
    for _ in 0..short(end + 10) {
        assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
        let (crc, packed, plain, name, local) = (long(at + 16), long(at + 20), long(at + 24), short(at + 28), long(at + 42));
        let called = String::from_utf8(archive[at + 46..at + 46 + name].to_vec()).unwrap();
        let data = local + 30 + short(local + 26) + short(local + 28);
        let mut content = Vec::new();
        DeflateDecoder::new(&archive[data..data + packed]).read_to_end(&mut content).unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(&content);
        assert_eq!((content.len(), sum.sum() as usize), (plain, crc), "{called}");
        assert_eq!((long(data + packed), long(data + packed + 4)), (0x0807_4b50, crc), "the descriptor of {called}");
        parts.insert(called, String::from_utf8(content).unwrap());
        at += 46 + name;
    }
    assert_eq!(at, end, "the directory is as long as it says");
    parts
}

#[test]
fn a_spreadsheet_holds_numbers_dates_and_sums() {
    let parts = unzip(&write(Format::Xlsx, Lang::Fr, &[row("Léa & <Cie>\u{1}", 450, 12_050), row("=1+1", 90, -5)]));
    let sheet = &parts["xl/worksheets/sheet1.xml"];
    for expected in [
        "<t>Léa &amp; &lt;Cie&gt;</t>",
        "<c r=\"A3\" s=\"0\" t=\"inlineStr\"><is><t>=1+1</t></is></c>",
        "<c r=\"B2\" s=\"2\"><v>0.3125</v></c>",
        "<c r=\"C2\" s=\"1\"><v>120.50</v></c>",
        // 10 September 2026 is day 46,275 since 30 December 1899; half past seven in the evening is 0.8125 of it.
        "<c r=\"D2\" s=\"4\"><v>46275.8125</v></c>",
        "<c r=\"B4\" s=\"7\"><f>SUM(B2:B3)</f><v>0.375</v></c>",
        "<c r=\"C4\" s=\"6\"><f>SUM(C2:C3)</f><v>120.45</v></c>",
    ] {
        assert!(sheet.contains(expected), "{expected} in {sheet}");
    }
    assert!(parts["xl/workbook.xml"].contains("<sheet name=\"Été 2026\""));
    assert!(parts.contains_key("[Content_Types].xml") && parts.contains_key("xl/styles.xml"));
    assert!(!unzip(&write(Format::Xlsx, Lang::Fr, &[]))["xl/worksheets/sheet1.xml"].contains("SUM"), "nothing to add up");
}

/// The objects of a document by the table at its end.
pub fn objects(pdf: &[u8]) -> Vec<&[u8]> {
    let tail = String::from_utf8_lossy(&pdf[pdf.len() - 40..]).into_owned();
    let table: usize = tail.split("startxref\n").nth(1).unwrap().split('\n').next().unwrap().parse().unwrap();
    assert_eq!(&pdf[table..table + 5], b"xref\n");
    let lines: Vec<_> = std::str::from_utf8(&pdf[table..]).unwrap().lines().skip(3).take_while(|l| l.ends_with(" n ")).collect();
    let places = lines.iter().map(|l| l[..10].parse::<usize>().unwrap());
    places
        .enumerate()
        .map(|(i, at)| {
            assert!(pdf[at..].starts_with(format!("{} 0 obj\n", i + 1).as_bytes()), "object {} stands where the table says", i + 1);
            &pdf[at..]
        })
        .collect()
}
fn inflated(object: &[u8]) -> Option<String> {
    let head = object.windows(7).position(|w| w == b"stream\n")?;
    let length = String::from_utf8_lossy(&object[..head]).split("/Length ").nth(1)?.split(' ').next()?.parse::<usize>().ok()?;
    let mut text = Vec::new();
    ZlibDecoder::new(&object[head + 7..head + 7 + length]).read_to_end(&mut text).ok()?;
    String::from_utf8(text).ok()
}
/// The texts of the pages in the order they were drawn, by the meaning that each font gives its numbers.
pub fn texts(pdf: &[u8]) -> Vec<String> {
    let objects = objects(pdf);
    let streams: Vec<_> = objects.iter().map(|o| inflated(o).unwrap_or_default()).collect();
    let meanings: Vec<HashMap<&str, String>> = [8, 13].map(|number| meaning(&streams[number - 1])).into();
    let drawn = streams.iter().flat_map(|s| s.lines()).filter(|l| l.ends_with(" Tj ET"));
    drawn
        .map(|line| {
            let font = usize::from(line.starts_with("BT /F1"));
            let code = line.split(['<', '>']).nth(1).unwrap();
            (0..code.len()).step_by(4).map(|i| meanings[font][&code[i..i + 4]].clone()).collect()
        })
        .collect()
}
fn meaning(map: &str) -> HashMap<&str, String> {
    let pair = |line: &'_ str| {
        let mut parts = line.split(['<', '>']);
        let (number, text) = (parts.nth(1)?, parts.nth(1)?);
        (number.len() == 4 && number != "0000").then_some(())?;
        let units: Vec<_> = (0..text.len()).step_by(4).map(|i| u16::from_str_radix(&text[i..i + 4], 16).unwrap()).collect();
        Some(String::from_utf16(&units).unwrap())
    };
    map.lines().filter_map(|line| Some((&line[1..5.min(line.len())], pair(line)?))).collect()
}

#[test]
fn the_text_of_a_document_is_its_data() {
    let mut rows: Vec<_> = (0..200).map(|n| row(&format!("Personne {n} — œuvre, Łódź, Αθήνα, 東京 🎭"), n, n * 100)).collect();
    rows.push(row("un nom si long qu’il ne tient pas sur une seule ligne de sa colonne et continue sur la suivante", 1, 1));
    let pdf = write(Format::Pdf, Lang::Fr, &rows);
    let texts = texts(&pdf);
    assert_eq!(texts[..5], ["Été: [2026]", "Name", "Hours", "Amount", "When"]);
    let all = texts.join(" ");
    for n in 0..200 {
        assert!(all.contains(&format!("Personne {n} — œuvre, Łódź, Αθήνα, 東京 🎭 ")), "{n}");
    }
    assert!(all.contains("un nom si long qu’il ne tient pas sur une seule ligne de sa colonne et continue sur la suivante"));
    assert!(all.contains("331:41") && all.contains("19900,01"), "the sums: {}", &all[all.len() - 80..]);
    assert_eq!(texts.iter().filter(|t| *t == "Name").count(), texts.iter().filter(|t| *t == "Été: [2026]").count(), "a head on every page");
}

/// Whatever the table's length, a page of it is what lies in memory: no part that is taken away grows.
#[test]
fn long_tables_take_no_more_memory_than_short_ones() {
    for format in [Format::Csv, Format::Xlsx, Format::Pdf] {
        let mut writer = Writer::begin(format, "x", columns(), Lang::En).unwrap();
        let mut parts = vec![];
        for page in 0..30 {
            for n in 0..100 {
                writer.row(&row(&format!("Personne {n:03}"), n, n * page)).unwrap();
            }
            parts.push(writer.take().len());
        }
        let (early, late) = (parts[1..10].iter().sum::<usize>(), parts[20..29].iter().sum::<usize>());
        assert!(late < early * 3 / 2 && *parts.iter().max().unwrap() < 64_000, "{format:?}: {parts:?}");
        assert!(writer.end().unwrap().len() < 64_000, "{format:?}");
    }
}

#[test]
fn a_document_embeds_no_more_than_it_draws() {
    let mut pdf = Pdf::new("x", Lang::En, Paper::A4).unwrap();
    pdf.text(50.0, 50.0, Style::Regular, 10.0, "abc");
    let bytes = pdf.end().unwrap();
    assert!(bytes.len() < 12_000, "{} bytes", bytes.len());
    assert_eq!(texts(&bytes), ["abc"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn wrapped_lines_fit_and_lose_nothing(text in "[a-zé ]{0,200}", room in 20.0f32..300.0) {
        let pdf = Pdf::new("x", Lang::En, Paper::A4).unwrap();
        let lines = pdf.wrap(Style::Regular, 9.0, &text, room);
        for line in &lines {
            prop_assert!(pdf.width(Style::Regular, 9.0, line) <= room, "{line}");
        }
        let letters = |t: &str| t.chars().filter(|c| *c != ' ').collect::<String>();
        prop_assert_eq!(letters(&lines.concat()), letters(&text));
    }
}
