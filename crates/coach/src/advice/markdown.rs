//! An answer as Markdown, for the published app: facts, then what to do, then what was missing.

use super::model::Answer;
use crate::{
    disciplines::{Fact, many},
    voice::Voice,
};
use base::say::Lang;

/// What means something in Markdown wherever it stands; `@` makes an address a link.
const MARKS: [char; 12] = ['\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '@'];
/// Anybody's words as Markdown that says just these words: no picture, no link, no tag, no heading of theirs.
fn escaped(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        let marks = match c {
            '#' | '-' | '+' | '=' => at == 0,
            '.' | ')' if at == digits => at > 0,
            // What readers make a link of by themselves.
            '.' => at >= 3 && text.as_bytes()[at - 3..at].eq_ignore_ascii_case(b"www"),
            ':' => rest.starts_with("://"),
            _ => MARKS.contains(&c),
        };
        if marks {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
        rest = &rest[c.len_utf8()..];
    }
    out
}

pub fn markdown(answer: &Answer, voice: Voice) -> String {
    let mut out = format!("### {}\n\n", voice.say("Ce que disent les chiffres", "What the figures say"));
    // A plan asks for deeds, a session for drills.
    let staffing = answer.facts.iter().any(|fact| fact.about.severity.is_some());
    let told: Vec<String> = answer.facts.iter().filter_map(|fact| told(fact, voice)).collect();
    if told.is_empty() {
        out += &voice.say("Aucun chiffre pour l’instant.\n", "No figure yet.\n");
    }
    out.extend(told.iter().map(|line| format!("- {}\n", escaped(line))));
    if !answer.advice.is_empty() {
        out += &format!("\n### {}\n\n", voice.say("Priorités", "Priorities"));
    }
    for (n, item) in answer.advice.iter().enumerate() {
        let colon = if voice.lang == Lang::Fr { "\u{a0}: " } else { ": " };
        out += &format!("{}. **{}**{colon}{}\n", n + 1, escaped(&item.title), escaped(&item.advice));
        if let Some(action) = &item.action {
            let label = if staffing { ("À faire :", "To do:") } else { ("Exercice :", "Drill:") };
            out += &format!("   - {} {}\n", voice.say(label.0, label.1), escaped(&action.drill));
        }
    }
    if !answer.missing_data.is_empty() {
        out += &format!("\n### {}\n\n", voice.say("Il manque", "What is missing"));
        out.extend(answer.missing_data.iter().map(|line| format!("- {}\n", escaped(line))));
    }
    let made = match answer.source {
        "rules" if answer.facts.is_empty() => {
            voice.say("*Conseils donnés par règles, sans chiffres – pas d’IA.*\n", "*Advice given by rules, without figures – no AI.*\n")
        }
        "rules" => voice.say(
            "*Conseils calculés par règles à partir de [vos|tes] chiffres – pas d’IA.*\n",
            "*Advice computed by rules from your figures – no AI.*\n",
        ),
        _ if answer.facts.is_empty() => voice.say(
            "*Conseils rédigés par une IA sans chiffres de [votre|ta] part : aucun nombre n’y est vérifié.*\n",
            "*Advice worded by an AI without figures of yours: no number in it is checked.*\n",
        ),
        _ => voice.say(
            "*Conseils rédigés par une IA à partir de [vos|tes] chiffres, chaque nombre vérifié.*\n",
            "*Advice worded by an AI from your figures, every number checked.*\n",
        ),
    };
    out + "\n" + &made
}

/// A fact as a sentence; what only serves other facts is left out.
fn told(fact: &Fact, voice: Voice) -> Option<String> {
    if fact.text.is_some() {
        return fact.text.clone();
    }
    let value = fact.value.map(|v| voice.number(v, 2));
    let (n, shots) = (fact.n, fact.shots as usize);
    let distance = fact.distance_m.map(|d| voice.number(d, 1)).unwrap_or_default();
    let line = match (fact.metric, value, fact.verdict) {
        ("points_per_shot", Some(v), _) => voice.say(
            &format!("{v} points par coup en moyenne ({}, {})", many(n, "série", "séries"), many(shots, "coup", "coups")),
            &format!("{v} points a shot on average ({n} series, {})", many(shots, "shot", "shots")),
        ),
        ("consistency", Some(v), _) => voice.say(&format!("régularité : {v} %"), &format!("consistency: {v} %")),
        ("group_size", Some(v), _) => voice.say(
            &format!("groupement moyen à {distance} m : {v} cm ({})", many(n, "mesuré", "mesurés")),
            &format!("mean group at {distance} m: {v} cm ({n} measured)"),
        ),
        ("best_series", Some(v), _) => voice.say(
            &format!("meilleure série : la {} ({v} points par coup)", fact.series?),
            &format!("best series: number {} ({v} points a shot)", fact.series?),
        ),
        ("outlier", Some(v), _) => voice.say(
            &format!("série à part : la {} ({v} points par coup)", fact.series?),
            &format!("a series apart: number {} ({v} points a shot)", fact.series?),
        ),
        ("hand_gap", Some(v), _) => voice.say(
            &format!("écart entre deux mains et une : {v} point par coup"),
            &format!("gap between two hands and one: {v} points a shot"),
        ),
        ("trend", _, Some("falling")) => voice.say("les points baissent au fil de la séance", "points fall over the session"),
        ("trend", _, Some("rising")) => voice.say("les points montent au fil de la séance", "points rise over the session"),
        _ => return None,
    };
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        for (text, shown) in [
            ("8,6 points par coup (2 séries) ; fin.", "8,6 points par coup (2 séries) ; fin."),
            ("![x](https://evil.example/a.png)", "!\\[x\\](https\\://evil.example/a.png)"),
            ("<img src=//evil.example>", "\\<img src=//evil.example\\>"),
            ("&lt;b&gt; a|b", "\\&lt;b\\&gt; a\\|b"),
            ("WWW.evil.example, eve@evil.example", "WWW\\.evil.example, eve\\@evil.example"),
            ("# titre", "\\# titre"),
            ("- un\n- deux", "\\- un - deux"),
            ("12. Concert 3.5", "12\\. Concert 3.5"),
            ("**gras** `code` _x_ ~~y~~", "\\*\\*gras\\*\\* \\`code\\` \\_x\\_ \\~\\~y\\~\\~"),
            ("\\[x]", "\\\\\\[x\\]"),
        ] {
            assert_eq!(escaped(text), shown, "{text}");
        }
    }
}
