//! What spreadsheets write, in every spelling.

use super::csv;
use proptest::prelude::*;

fn lines(text: &str) -> Vec<(usize, Vec<String>)> {
    csv::read(text.as_bytes()).unwrap()
}

#[test]
fn the_same_table_in_every_spelling() {
    let expected = vec![(1, vec!["Prénom".to_owned(), "Note".to_owned()]), (3, vec!["Zoé".to_owned(), "a;b \"c\"\nd".to_owned()])];
    for text in [
        "Prénom;Note\r\n\r\nZoé;\"a;b \"\"c\"\"\nd\"\r\n",
        "\u{feff}Prénom;Note\n\nZoé; \"a;b \"\"c\"\"\nd\"",
        "Prénom,Note\r\r\"Zoé\",\"a;b \"\"c\"\"\nd\"\r",
    ] {
        assert_eq!(lines(text), expected, "{text:?}");
    }
    let windows: Vec<u8> = "Prénom;Note\n\nZoé;\"a;b \"\"c\"\"\nd\"".chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(csv::read(&windows).unwrap(), expected);
    assert_eq!(csv::read(b"a\n\x80\x9c\x92\xe9").unwrap()[1].1, ["€œ’é"]);
    assert_eq!(lines("a;b\n'=1+1;'+33\n")[1].1, ["=1+1", "+33"], "the apostrophe of our own exports");
    assert_eq!(csv::read(b"a;b\n\"never closed").unwrap_err().code(), "malformed_csv");
}

proptest! {
    #[test]
    fn whatever_is_quoted_comes_back(fields in proptest::collection::vec("[a-zé;,\"\n ]{0,12}", 1..6)) {
        let quoted: Vec<_> = fields.iter().map(|f| format!("\"{}\"", f.replace('"', "\"\""))).collect();
        let text = format!("h\nx;{}\n", quoted.join(";"));
        let trimmed: Vec<_> = fields.iter().map(|f| f.trim().to_owned()).collect();
        prop_assert_eq!(&lines(&text)[1].1[1..], &trimmed[..]);
    }
    #[test]
    fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = csv::read(&bytes);
    }
}
