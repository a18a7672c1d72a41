//! A text as words without case or accents, French or English, and what it says is so or is not.
//!
//! In the lists `file-` is any word that begins so, and several words are a phrase. Whether something is told or denied is a matter of
//! how many words turn it round in its clause: "never stop" is two, so it tells to go on.

/// Phrases between commas.
pub type Words = &'static str;

/// They deny what comes after them, once in a clause.
const DENIES: Words = "ne, n, rien, pas, jamais, aucun, aucune, inutile, not, never, no, don, dont, doesn, shouldn, mustn, cannot, isn, aren, needn, nothing, nobody, hardly";
/// They turn it round as often as they stand there.
const TURNS: Words = "sans, without, evit-, avoid-, arret-, stop, stopping, cess-, quit-, renonc-, abstien-, abstenez, refrain-, refus-, \
        refuse-, hesit-, oubli-, forget-, afraid, fear-, peur, crai-, attend-, wait-, plutot que, plutot qu, au lieu, instead of, \
        rather than, empech-, prevent-";
/// They do so also from behind: "to modify it is forbidden".
const FORBIDS: Words = "interdi-, proscri-, prohib-, forbid-, banned, illegal-, dangere-, dangerous-, unsafe, never allowed, not allowed, \
        not permitted, n est pas permis, n est pas autoris-, hors de question, out of the question";

pub struct Word {
    text: String,
    pub sentence: usize,
    /// The clause that it stands in: negation goes no further.
    clause: usize,
    /// "file it": what it is done to was named before.
    pub back: bool,
}
pub struct Text(pub Vec<Word>);

impl Word {
    pub fn is(&self, text: &str) -> bool {
        self.text == text
    }
}
impl Text {
    pub fn of(text: &str) -> Self {
        let shown: String = text.chars().filter(|c| !matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}')).collect();
        let folded: Vec<char> = base::text::fold(&shown).chars().collect();
        let (mut words, mut sentence, mut clause, mut hyphen) = (Vec::<Word>::new(), 0, 0, false);
        let mut at = 0;
        while let Some(c) = folded.get(at) {
            let long = folded[at..].iter().take_while(|c| c.is_alphanumeric()).count();
            let text: String = folded[at..at + long].iter().collect();
            match c {
                _ if long > 0 => {
                    let pronoun = ["it", "them", "him", "her"].contains(&text.as_str());
                    let joined = hyphen && ["le", "la", "les", "lui"].contains(&text.as_str());
                    words.last_mut().filter(|_| pronoun || joined).into_iter().for_each(|last| last.back = true);
                    clause += usize::from(["et", "mais", "puis", "and", "but", "then"].contains(&text.as_str()));
                    words.push(Word { text, sentence, clause, back: false });
                }
                '.' if folded.get(at + 1).is_some_and(char::is_ascii_digit) => {}
                '.' | '!' | ';' => (sentence, clause) = (sentence + 1, clause + 1),
                // What follows a question answers it.
                ',' | ':' | '?' | '(' | ')' | '–' | '—' => clause += 1,
                _ => {}
            }
            hyphen = *c == '-';
            at += long.max(1);
        }
        Self(words)
    }

    /// Where one of these begins.
    pub fn found<'a>(&'a self, any: Words) -> impl Iterator<Item = usize> + 'a {
        (0..self.0.len()).filter(move |at| any.split(", ").any(|phrase| self.says(*at, phrase)))
    }
    fn says(&self, at: usize, phrase: &str) -> bool {
        phrase.split(' ').enumerate().all(|(n, pattern)| {
            let word = self.0.get(at + n).map(|word| word.text.as_str());
            !pattern.is_empty() && word.is_some_and(|word| pattern.strip_suffix('-').map_or(word == pattern, |stem| word.starts_with(stem)))
        })
    }

    /// Told to do it, or told not to.
    pub fn is_told(&self, deed: usize) -> bool {
        let clause = self.0[deed].clause;
        let inside = |at: &usize| self.0[*at].clause == clause;
        let before = |any: Words| self.found(any).filter(inside).filter(|at| *at < deed).count();
        // "Ne tirez qu’avec…" denies nothing.
        let only = before("ne, n") > 0
            && self.found("que, qu").any(|at| inside(&at))
            && !self.found("pas, jamais, plus, aucun, aucune").any(|at| inside(&at));
        let next = self.found("pas, jamais, not, never").any(|at| inside(&at) && (deed + 1..=deed + 2).contains(&at));
        let denied = usize::from(before(DENIES) > 0 && !only || next);
        let forbidden = self.found(FORBIDS).filter(inside).filter(|at| *at > deed);
        let forbidden = forbidden.filter(|at| !self.found(DENIES).any(|no| (deed + 1..*at).contains(&no))).count().min(1);
        (denied + before(TURNS) + before(FORBIDS) + forbidden).is_multiple_of(2)
    }
}
