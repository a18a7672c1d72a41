//! Advice without figures: read from a model's list or prose, and scored by how precise and how usable it is, at most 0.6.

use super::{
    figures::numbers,
    parse::{self, Step},
    score::{self, Parts, Scored},
};
use crate::disciplines::{Confidence, Draft, Facts};

/// What advice that stands on no figure is worth at most.
const MOST: f64 = 0.6;
const LONGEST: usize = 64 << 10;
const SENTENCES: usize = 5;
const ITEMS: usize = 10;

/// The lines of its list, else its first five sentences. None: there is nothing to read.
pub fn parse(text: &str) -> Option<(Step, Vec<Draft>)> {
    if text.len() > LONGEST {
        return None;
    }
    if text.contains('{') {
        // Somebody who answers everything in JSON; what broke off is no list.
        let (step, mut drafts) = parse::parse(text).filter(|(step, _)| *step != Step::Bullets)?;
        drafts.iter_mut().for_each(|draft| draft.evidence.clear());
        return Some((step, drafts));
    }
    let listed: Vec<&str> = text.lines().filter_map(point).collect();
    let (step, said) = if listed.is_empty() { (Step::Prose, sentences(text)) } else { (Step::Bullets, listed) };
    let drafts: Vec<Draft> = said.into_iter().filter_map(draft).take(if step == Step::Prose { SENTENCES } else { ITEMS }).collect();
    (!drafts.is_empty()).then_some((step, drafts))
}
/// What stands after a bullet or a number.
fn point(line: &str) -> Option<&str> {
    let line = line.trim();
    let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = if numbered.len() < line.len() { numbered.strip_prefix(['.', ')']) } else { line.strip_prefix(['-', '*', '•', '–']) };
    after.and_then(|rest| rest.strip_prefix(char::is_whitespace)).map(str::trim)
}
fn sentences(text: &str) -> Vec<&str> {
    let prose = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    // A full stop inside a number or a name ends nothing.
    prose.flat_map(|line| line.split_inclusive(". ").flat_map(|part| part.split_inclusive(['!', '?', '…']))).map(str::trim).collect()
}
fn draft(said: &str) -> Option<Draft> {
    let said = said.replace("**", "");
    let words: Vec<&str> = said.split_whitespace().collect();
    if words.len() < 3 {
        return None;
    }
    let advice: String = words.join(" ").chars().take(400).collect();
    let title = advice.split(['.', ':', ',', ';', '!', '?']).next().unwrap_or_default().trim().chars().take(80).collect();
    Some(Draft { title, advice, evidence: vec![], action: None, priority: 3 })
}

/// How precise and how usable, in equal parts; None when it must not be shown.
pub fn score(draft: &Draft) -> Option<Scored> {
    let Parts { specificity, actionability, .. } = score::score(draft, &Facts::default(), &[])?.parts;
    let parts = Parts { grounding: 0.0, specificity, actionability: actionability.max(usable(&draft.advice)), relevance: 0.0 };
    let score = (MOST * (parts.specificity + parts.actionability) / 2.0 * 100.0).round() / 100.0;
    Some(Scored { score, parts, confidence: Confidence::Low })
}
/// The beginnings of words that say what to do, how often, and when it is reached.
const DO: [&str; 38] = [
    "tir", "fai", "refai", "not", "respir", "souffl", "travaill", "repet", "mesur", "compt", "gard", "pos", "ajout", "comme", "repos",
    "prepar", "shoot", "fire", "do", "write", "breath", "repeat", "measure", "count", "keep", "hold", "rest", "practi", "dry", "train",
    "add", "start", "alterne", "lach", "press", "annonc", "stop", "arret",
];
const OFTEN: [&str; 16] = [
    "serie",
    "coup",
    "fois",
    "minute",
    "jour",
    "semaine",
    "seance",
    "seconde",
    "series",
    "shot",
    "time",
    "day",
    "week",
    "session",
    "second",
    "repetition",
];
const NUMBERS: [&str; 18] = [
    "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "two", "three", "four", "five", "seven", "eight", "nine",
    "ten", "chaque",
];
const UNTIL: [&str; 16] = [
    "jusqu",
    "au moins",
    "au plus",
    "moins de",
    "plus de",
    " sous ",
    "vise",
    "objectif",
    "until",
    "at least",
    "at most",
    "under",
    "aim ",
    "within",
    "less than",
    "more than",
];
fn usable(advice: &str) -> f64 {
    let folded = format!(" {} ", base::text::fold(advice));
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let begins = |stems: &[&str]| words.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)));
    let counted = !numbers(advice).is_empty() || words.iter().any(|word| NUMBERS.contains(word));
    0.4 * f64::from(begins(&DO))
        + 0.3 * f64::from(counted && begins(&OFTEN))
        + 0.3 * f64::from(UNTIL.iter().any(|end| folded.contains(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Step>, Vec<String>) {
        parse(text).map_or((None, vec![]), |(step, drafts)| (Some(step), drafts.into_iter().map(|draft| draft.advice).collect()))
    }

    #[test]
    fn lists_become_items_and_prose_five_sentences() {
        let list = "Voici :\n1. Tirez trois séries lentes.\n2) Notez les points.\n- **Respirez** avant le départ.\n• Posez l’arme après.\n-sans espace aucun";
        assert_eq!(
            read(list),
            (
                Some(Step::Bullets),
                ["Tirez trois séries lentes.", "Notez les points.", "Respirez avant le départ.", "Posez l’arme après."]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
        let prose = "# Titre\nTirez à 25.5 m au début. Notez chaque série ! Ok. Gardez le même rythme. Un deux trois. Quatre cinq six. Sept huit neuf.";
        let (step, said) = read(prose);
        assert_eq!(
            (step, said.len(), said[0].as_str(), said[2].as_str()),
            (Some(Step::Prose), 5, "Tirez à 25.5 m au début.", "Gardez le même rythme.")
        );
        for nothing in ["", " \n \n", "{\"items\": [{\"title\": \"Régul", "...", &"x".repeat(LONGEST + 1)] {
            assert_eq!(read(nothing).0, None, "{nothing:.40}");
        }
        let json = r#"{"items":[{"title":"A","advice":"Tirez lentement.","evidence":["F1"]}]}"#;
        assert_eq!(parse(json).map(|(step, drafts)| (step, drafts[0].evidence.len())), Some((Step::Strict, 0)));
        assert_eq!(read(&"- une deux trois\n".repeat(30)).1.len(), ITEMS);
    }
    #[test]
    fn the_more_precise_and_usable_is_worth_more_and_none_more_than_it_may() {
        let of = |advice: &str| score(&draft(advice).unwrap()).map(|scored| scored.score);
        let best = of("Tirez 3 séries de 5 coups à 25 m, et visez un groupement de 8 cm au plus.").unwrap();
        let (some, vague) = (of("Tirez plus lentement en fin de séance.").unwrap(), of("Faites de votre mieux.").unwrap());
        assert!(best <= MOST && best > some && some > vague, "{best} {some} {vague}");
        assert_eq!(best, MOST, "it says all that can be said without figures");
        assert_eq!(of("Tirez malgré la douleur, trois séries."), None);
    }
}
