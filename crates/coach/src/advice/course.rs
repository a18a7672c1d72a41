//! What a text claims of the course of things, against the verdicts of the figures.

use super::reading::{Text, Words};
use crate::disciplines::{Fact, Facts};

const RISES: Words = "vous progressez, tu progresses, vous avez progresse, tu as progresse, progressez nettement, progression se, progression est, \
    progression continue, nette progression, belle progression, en progression, en progres, vos progres, tes progres, de mieux en mieux, \
    points montent, points augmentent, points remontent, resultats montent, resultats s ameliorent, points s ameliorent, moyenne monte, \
    moyenne augmente, vous vous ameliorez, tu t ameliores, improving, has improved, have improved, you improve, points rise, points go up, \
    results rise, scores rise, are rising, is rising, getting better, better and better, clear progress, great progress, your progress, \
    making progress, upward";
const FALLS: Words = "points baissent, points diminuent, points chutent, resultats baissent, resultats se degrad-, moyenne baisse, moyenne diminue, \
    en baisse, la baisse, une baisse, vous baissez, tu baisses, vous regressez, tu regresses, regression, en declin, de moins en moins bon, \
    de pire en pire, vous fatiguez, tu fatigues, fatigue en fin, points fall, results fall, scores fall, are falling, is falling, points drop, \
    points decline, are declining, dropping off, getting worse, worse and worse, worsening, deteriorat-, downward, the decline";
const BETTER: Words = "meilleure, au dessus, superieure, mieux que, better, above, best, stronger";
const WORSE: Words = "moins bonne, au dessous, en dessous, pire, inferieure, plus faible, worse, below, worst, weaker, weakest";
const TIGHTER: Words = "resserr-, plus serr-, se reduit, se reduisent, diminue, diminuent, s ameliore, s ameliorent, tighter, tightening, shrink-, \
    smaller, improving, improved";
const WIDER: Words = "s elargi-, s ouvre, s ouvrent, plus large, plus larges, grandi-, se degrad-, wider, widening, growing, grew, larger, bigger, \
    opening up";
/// What follows is no claim: "to know whether you are getting better".
const OPEN: Words = "si, whether, if, pour, to, until, jusqu, afin, savoir, juger, dire";

/// Says that it gets better while it gets worse, the other way round, or either where the figures show neither.
pub fn contradicts(text: &str, facts: &Facts) -> bool {
    let text = Text::of(text);
    let sentences = text.0.last().map_or(0, |word| word.sentence + 1);
    (0..sentences).any(|sentence| facts.all().iter().any(|fact| denies(&text, sentence, fact)))
}
fn denies(text: &Text, sentence: usize, fact: &Fact) -> bool {
    let Some(verdict) = fact.verdict else { return false };
    let is_up = matches!(verdict, "rising" | "above" | "high");
    let is_down = matches!(verdict, "falling" | "below" | "low");
    let says = |words: Words| text.found(words).any(|at| text.0[at].sentence == sentence);
    let claims = |words: Words| {
        let open = |at: usize| text.found(OPEN).any(|other| other < at && other + 3 >= at && text.0[other].sentence == sentence);
        text.found(words).any(|at| text.0[at].sentence == sentence && text.is_told(at) && !open(at))
    };
    let groups = says("groupement-, group, groups");
    let last = says("derniere seance, last session");
    let (up, down) = match (fact.metric, fact.series) {
        ("trend" | "progress", _) if !groups && !last => (RISES, FALLS),
        ("group_progress", _) if groups => (TIGHTER, WIDER),
        ("last_change", _) if last => (BETTER, WORSE),
        ("outlier", Some(number)) if names(text, sentence, number) => (BETTER, WORSE),
        _ => return false,
    };
    !is_up && claims(up) || !is_down && claims(down)
}
fn names(text: &Text, sentence: usize, series: usize) -> bool {
    let number = series.to_string();
    text.found("serie, series").any(|at| text.0[at].sentence == sentence && text.0.get(at + 1).is_some_and(|next| next.is(&number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disciplines::{
            Look,
            shooting::{self, Input, progress},
        },
        voice::{Persona, Voice},
    };
    use base::say::Lang;

    const VOICE: Voice = Voice { lang: Lang::Fr, persona: Persona::Neutral };
    fn session(points: &[f64], cm: f64) -> Input {
        let series: Vec<_> =
            points.iter().map(|p| serde_json::json!({"shot_count": 5, "distance": 25, "points": p * 5.0, "group_size_cm": cm})).collect();
        serde_json::from_value(serde_json::json!({"series": series})).unwrap()
    }
    fn over(means: &[f64], cm: &[f64]) -> Look {
        let inputs: Vec<_> = means.iter().zip(cm).map(|(mean, cm)| session(&[*mean; 3], *cm)).collect();
        progress::look(&progress::read(&inputs).unwrap(), VOICE)
    }
    fn one(points: &[f64]) -> Look {
        shooting::look(session(points, 9.0).read().unwrap(), VOICE)
    }

    #[test]
    fn what_a_verdict_denies_is_not_claimed() {
        let falling = over(&[9.0, 8.8, 8.7, 8.5, 8.4, 8.3], &[8.0; 6]);
        let rising = over(&[8.0, 8.2, 8.3, 8.5, 8.8, 9.0], &[12.0, 11.0, 10.0, 9.0, 8.5, 8.0]);
        let widening = over(&[8.6, 8.4, 8.7, 8.5, 8.6, 8.5], &[8.0, 8.5, 9.0, 10.0, 11.0, 12.0]);
        let still = over(&[8.6, 8.4, 8.7, 8.5, 8.6], &[9.0; 5]);
        let weak_end = over(&[8.6, 8.5, 8.6, 8.5, 8.6, 7.0], &[9.0; 6]);
        let (tired, warm, odd) =
            (one(&[9.5, 9.2, 9.0, 8.6, 8.1, 7.9]), one(&[7.9, 8.1, 8.6, 9.0, 9.2, 9.5]), one(&[9.0, 9.1, 8.9, 9.0, 6.0, 9.2]));
        for (look, text, denied) in [
            (&falling, "Vous progressez nettement, la progression se confirme.", true),
            (&falling, "Your results are rising.", true),
            (&falling, "Tu progresses de mieux en mieux.", true),
            (&falling, "Vos résultats baissent : revenez aux bases.", false),
            (&falling, "Vous ne progressez pas : vos résultats baissent.", false),
            (&falling, "Pour savoir si vous progressez, tirez deux séances de plus.", false),
            (&rising, "Les résultats baissent.", true),
            (&rising, "You are getting worse.", true),
            (&rising, "Vous progressez, gardez ce qui marche.", false),
            (&rising, "Vos groupements s’élargissent.", true),
            (&rising, "Your groups are tighter.", false),
            (&widening, "Vos groupements se resserrent.", true),
            (&widening, "Vos groupements s’élargissent.", false),
            (&still, "La progression se confirme.", true),
            (&still, "Rien ne montre une baisse.", false),
            (&weak_end, "La dernière séance est la meilleure.", true),
            (&weak_end, "The last session is below the others.", false),
            (&tired, "Vous progressez de série en série.", true),
            (&tired, "Les points baissent.", false),
            (&warm, "Points fall from series to series.", true),
            (&warm, "Les points montent.", false),
            (&odd, "La série 5 est la meilleure.", true),
            (&odd, "La série 5 est la plus faible.", false),
        ] {
            assert_eq!(contradicts(text, &look.facts), denied, "{text} {:?}", look.facts.all());
        }
    }
}
