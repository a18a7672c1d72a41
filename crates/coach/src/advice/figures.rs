//! The figures of a text, French or English, each in the unit that it is written in: 8.6 points are no 8.6 cm.

/// What a unit measures. Figures of one kind are compared after conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Length,
    Points,
    Percent,
    Angle,
    Time,
    Days,
    Series,
    Shots,
    Sessions,
    /// People, calls, places.
    Count,
    Money,
}
/// Every spelling of a unit, folded; its kind, and what it is worth in the first of that kind.
const UNITS: [(&str, Kind, f64); 19] = [
    ("cm centimetre centimetres centimeter centimeters", Kind::Length, 1.0),
    ("mm millimetre millimetres millimeter millimeters", Kind::Length, 0.1),
    ("m metre metres meter meters", Kind::Length, 100.0),
    ("points point pts pt", Kind::Points, 1.0),
    ("% pourcent percent", Kind::Percent, 1.0),
    ("mrad milliradian milliradians", Kind::Angle, 1.0),
    ("min mn minute minutes", Kind::Time, 1.0),
    ("s sec seconde secondes second seconds", Kind::Time, 1.0 / 60.0),
    ("h hr hrs heure heures hour hours", Kind::Time, 60.0),
    ("days day jour jours", Kind::Days, 1.0),
    ("semaine semaines week weeks", Kind::Days, 7.0),
    ("series serie", Kind::Series, 1.0),
    ("shots shot coup coups tir tirs", Kind::Shots, 1.0),
    ("sessions session seance seances", Kind::Sessions, 1.0),
    ("people person persons personne personnes", Kind::Count, 1.0),
    ("calls call appel appels engagement engagements", Kind::Count, 1.0),
    ("mission missions", Kind::Count, 1.0),
    ("place places", Kind::Count, 1.0),
    ("eur euro euros €", Kind::Money, 1.0),
];
/// What number words are worth; their place is the number. "Un" and "one" are articles as often as numbers.
const WORDS: [&str; 21] = [
    "zero",
    "",
    "deux two",
    "trois three",
    "quatre four",
    "cinq five",
    "six",
    "sept seven",
    "huit eight",
    "neuf nine",
    "dix ten",
    "onze eleven",
    "douze twelve",
    "treize thirteen",
    "quatorze fourteen",
    "quinze fifteen",
    "seize sixteen",
    "dix-sept seventeen",
    "dix-huit eighteen",
    "dix-neuf nineteen",
    "vingt twenty",
];
/// Numbers only where a unit follows: "les deux mains", "an eye on the two of them", "un canon neuf".
const VAGUE: [&str; 4] = ["zero", "deux", "two", "neuf"];

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub value: f64,
    /// How many decimals were written.
    pub digits: i32,
    unit: Option<(Kind, f64)>,
}
impl Figure {
    /// A value of ours, in a unit of ours; of none, it is whatever somebody takes it for.
    pub fn of(value: f64, unit: &str) -> Self {
        Self { value, digits: 2, unit: unit_named(unit) }
    }
    pub fn kind(&self) -> Option<Kind> {
        self.unit.map(|(kind, _)| kind)
    }
    /// Equal within half a unit of the last digit that was written, and of one kind where both have one.
    pub fn says(&self, known: &Self) -> bool {
        let (mine, theirs) = match (self.unit, known.unit) {
            (Some((kind, mine)), Some((other, theirs))) if kind == other => (mine, theirs),
            (Some(_), Some(_)) => return false,
            _ => (1.0, 1.0),
        };
        (self.value * mine - known.value * theirs).abs() <= mine * 0.5 * 10f64.powi(-self.digits) + 1e-9
    }
    /// A rest of minutes, a habit of days: how much of it to take is for the coach to say, where nothing of the kind was measured.
    pub fn is_dose(&self) -> bool {
        matches!(self.unit, Some((Kind::Time | Kind::Days, worth)) if self.value * worth <= 30.0)
    }
    /// The same figure in another unit of its kind; None where that is another kind.
    pub fn converted(value: f64, from: &str, to: &str) -> Option<f64> {
        let ((kind, from), (other, to)) = (unit_named(from)?, unit_named(to)?);
        (kind == other).then_some(value * from / to)
    }
}
fn unit_named(name: &str) -> Option<(Kind, f64)> {
    let name = base::text::fold(name);
    UNITS.iter().find(|(names, ..)| names.split(' ').any(|one| one == name)).map(|(_, kind, worth)| (*kind, *worth))
}

/// The figures of a text, in digits and in words up to twenty.
pub fn figures(text: &str) -> Vec<Figure> {
    let chars = ungrouped(text);
    let (mut found, mut at) = (vec![], 0);
    while at < chars.len() {
        let inside = at > 0 && chars[at - 1].is_alphanumeric();
        let (value, digits, end) = match chars[at] {
            c if c.is_ascii_digit() && !(at > 0 && chars[at - 1].is_alphabetic()) => in_digits(&chars, at),
            c if c.is_alphabetic() && !inside => in_words(&chars, at),
            _ => (None, 0, at + 1),
        };
        found.extend(value.map(|value| Figure { value, digits, unit: unit_at(&chars, end) }));
        at = end;
    }
    found
}
/// The numbers of a text that are written in digits, with how many decimals.
pub fn numbers(text: &str) -> Vec<(f64, i32)> {
    let chars = ungrouped(text);
    let (mut found, mut at) = (vec![], 0);
    while at < chars.len() {
        if !chars[at].is_ascii_digit() || (at > 0 && chars[at - 1].is_alphabetic()) {
            at += 1;
            continue;
        }
        let (value, digits, end) = in_digits(&chars, at);
        found.extend(value.map(|value| (value, digits)));
        at = end;
    }
    found
}
fn in_digits(chars: &[char], at: usize) -> (Option<f64>, i32, usize) {
    let whole = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut end = at + whole;
    let mut decimals = 0;
    if chars.get(end).is_some_and(|c| matches!(c, '.' | ',')) {
        decimals = chars[end + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
        end += if decimals > 0 { 1 + decimals } else { 0 };
    }
    let word: String = chars[at..end].iter().map(|c| if *c == ',' { '.' } else { *c }).collect();
    (word.parse().ok(), decimals as i32, end)
}
fn in_words(chars: &[char], at: usize) -> (Option<f64>, i32, usize) {
    let long = |from: usize, hyphen: bool| chars[from..].iter().take_while(|c| c.is_alphanumeric() || (hyphen && **c == '-')).count();
    let word: String = chars[at..at + long(at, true)].iter().collect();
    let word = base::text::fold(&word);
    let named = |word: &str| WORDS.iter().position(|words| words.split(' ').any(|one| one == word)).filter(|_| !word.is_empty());
    // Vingt-cinq is neither twenty nor five.
    let larger = word.split_once('-').is_some_and(|(first, _)| named(first).is_some());
    let Some(number) = named(&word) else { return (None, 0, at + long(at, larger).max(1)) };
    let end = at + long(at, true);
    let counts = !VAGUE.contains(&word.as_str()) || unit_at(chars, end).is_some_and(|(kind, _)| kind != Kind::Count);
    (counts.then_some(number as f64), 0, end)
}
/// The unit that follows a number; "série 3 s’éloigne" has none.
fn unit_at(chars: &[char], at: usize) -> Option<(Kind, f64)> {
    let space = |c: &&char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '-');
    let from = at + chars[at..].iter().take_while(space).count();
    let word: String = chars[from..].iter().take_while(|c| c.is_alphabetic() || matches!(c, '%' | '€')).collect();
    let next = chars.get(from + word.chars().count());
    let elided = next.is_some_and(|c| matches!(c, '\'' | '’'));
    let two = word == "pour" && chars[from..].iter().collect::<String>().starts_with("pour cent");
    if two { unit_named("percent") } else { unit_named(&word).filter(|_| !elided) }
}

/// Without the spaces that set the thousands of a number apart.
fn ungrouped(text: &str) -> Vec<char> {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let groups = |at: usize| {
        let space = matches!(chars[at], '\u{a0}' | '\u{202f}');
        space && digit(at.checked_sub(1)) && (at + 1..at + 4).all(|next| digit(Some(next))) && !digit(Some(at + 4))
    };
    (0..chars.len()).filter(|at| !groups(*at)).map(|at| chars[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_read_with_its_unit() {
        let read = |text: &str| figures(text).into_iter().map(|f| (f.value, f.kind())).collect::<Vec<_>>();
        assert_eq!(
            read("3 séries de cinq coups à 25 m : 8,5\u{a0}cm, 12 %, dix points, deux minutes."),
            [
                (3.0, Some(Kind::Series)),
                (5.0, Some(Kind::Shots)),
                (25.0, Some(Kind::Length)),
                (8.5, Some(Kind::Length)),
                (12.0, Some(Kind::Percent)),
                (10.0, Some(Kind::Points)),
                (2.0, Some(Kind::Time))
            ]
        );
        assert_eq!(read("La série 3 s’éloigne, tirez à deux mains, l’un et l’autre, one hand or two hands."), [(3.0, None)]);
        assert_eq!(
            read("dix-sept points, quinze pour cent, F3, vingt-cinq, a 5-shot group"),
            [(17.0, Some(Kind::Points)), (15.0, Some(Kind::Percent)), (5.0, Some(Kind::Shots))]
        );
    }
    #[test]
    fn one_figure_says_another_in_the_same_unit_only() {
        let says = |text: &str, value: f64, unit: &str| figures(text)[0].says(&Figure::of(value, unit));
        assert!(says("85 mm", 8.5, "cm") && says("0,25 m", 25.0, "cm") && says("8,5", 8.5, "cm") && says("1,5 h", 90.0, "min"));
        assert!(says("9 cm", 8.6, "cm") && !says("9,0 cm", 8.6, "cm"), "within half of the last digit");
        assert!(
            !says("8,6 cm", 8.6, "points") && !says("8,6 %", 8.6, "points") && !says("3 cm", 3.0, "series") && !says("85 cm", 8.5, "cm")
        );
        assert_eq!(Figure::converted(85.0, "mm", "cm"), Some(8.5));
        assert_eq!(Figure::converted(85.0, "mm", "points"), None);
    }
}
