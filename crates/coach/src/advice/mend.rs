//! What is wrong with an answer that could not be read, in words for the model that wrote it. Nothing of the answer is repeated.

use serde_json::Value;

/// So many faults at most: one that is mended often mends the next.
const MOST: usize = 6;

pub fn faults(text: &str) -> String {
    let text = text.trim();
    let Some(from) = text.find('{') else {
        return if text.is_empty() { "it was empty".to_owned() } else { "it held no JSON object".to_owned() };
    };
    let mut read = serde_json::Deserializer::from_str(&text[from..]).into_iter::<Value>();
    match read.next() {
        Some(Ok(value)) => shape(&value),
        Some(Err(error)) => format!("it is no JSON: {error}"),
        None => "it held no JSON object".to_owned(),
    }
}
fn shape(value: &Value) -> String {
    let Some(items) = value["items"].as_array() else { return "`items` is missing, or no list".to_owned() };
    if items.is_empty() {
        return "`items` is empty".to_owned();
    }
    let lacks = |(n, item): (usize, &Value)| {
        let lacking: Vec<_> =
            ["title", "advice"].into_iter().filter(|key| item[*key].as_str().is_none_or(|text| text.trim().is_empty())).collect();
        (!lacking.is_empty()).then(|| format!("items[{n}] has no {}", lacking.join(" and no ")))
    };
    let lacking: Vec<String> = items.iter().enumerate().filter_map(lacks).take(MOST).collect();
    if lacking.is_empty() { "it is longer than it may be".to_owned() } else { lacking.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named() {
        for (text, fault) in [
            ("", "it was empty"),
            (" \n ", "it was empty"),
            ("Bonne séance !", "it held no JSON object"),
            ("{\"items\": [{\"title\": \"Rég", "it is no JSON: EOF while parsing a string at line 1 column 26"),
            ("Voici : {items: []}", "it is no JSON: key must be a string at line 1 column 2"),
            ("{\"advice\": []}", "`items` is missing, or no list"),
            ("{\"items\": []}", "`items` is empty"),
            (
                "```{\"items\": [{\"title\": \"a\"}, {\"title\": \"a\", \"advice\": \"b\"}, 7]}```",
                "items[0] has no advice; items[2] has no title and no advice",
            ),
        ] {
            assert_eq!(faults(text), fault, "{text}");
        }
    }
}
