//! Names that a model never reads: people, missions and roles have stand-ins on the way there, and their names again on the way back.

/// People are `P1`, `P2` and so on, missions `M1`, roles `R1`: in the order of these lists.
#[derive(Debug, Default)]
pub struct Names {
    pub people: Vec<String>,
    pub missions: Vec<String>,
    pub roles: Vec<String>,
}
const PERSON: char = 'P';

impl Names {
    fn kinds(&self) -> [(char, &[String]); 3] {
        [(PERSON, &self.people), ('M', &self.missions), ('R', &self.roles)]
    }
    /// The stand-in of somebody, or of something.
    pub fn stand_in(&self, name: &str) -> Option<String> {
        self.kinds().into_iter().find_map(|(kind, names)| Some(format!("{kind}{}", names.iter().position(|known| known == name)? + 1)))
    }
    /// What people call a mission and a role, by its stand-in.
    pub fn titles(&self) -> impl Iterator<Item = (String, &String)> {
        let [_, titles @ ..] = self.kinds();
        titles.into_iter().flat_map(|(kind, names)| names.iter().enumerate().map(move |(n, name)| (format!("{kind}{}", n + 1), name)))
    }
    /// Without people's names, where they stand as words of their own: nobody is called Son because a mission is about sound.
    pub fn hidden(&self, text: &str) -> String {
        // The longest first: Anna Roy stands inside Anna Royer.
        let mut people: Vec<(usize, &str)> =
            self.people.iter().map(String::as_str).enumerate().filter(|(_, name)| !name.is_empty()).collect();
        people.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(next) = rest.chars().next() {
            let begins = !out.chars().next_back().is_some_and(char::is_alphanumeric);
            let ends = |name: &str| !rest[name.len()..].chars().next().is_some_and(char::is_alphanumeric);
            let found = people.iter().find(|(_, name)| begins && rest.starts_with(name) && ends(name));
            let taken = if let Some((n, name)) = found {
                out += &format!("{PERSON}{}", n + 1);
                name.len()
            } else {
                out.push(next);
                next.len_utf8()
            };
            rest = &rest[taken..];
        }
        out
    }
    /// Who stands in a text, by their stand-ins; None for a stand-in of nobody.
    pub fn named(&self, text: &str) -> Vec<Option<&str>> {
        let mut named = vec![];
        self.each(text, |kind, name| {
            if kind == PERSON {
                named.push(name);
            }
        });
        named
    }
    /// The names again; a stand-in of nobody stays.
    pub fn shown(&self, text: &str) -> String {
        self.each(text, |_, _| {})
    }
    fn each<'a>(&'a self, text: &str, mut met: impl FnMut(char, Option<&'a str>)) -> String {
        let kinds = self.kinds();
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find(kinds.map(|(kind, _)| kind)) {
            let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let end = at + 1 + digits;
            let alone = digits > 0
                && !out.chars().chain(rest[..at].chars()).next_back().is_some_and(char::is_alphanumeric)
                && !rest[end..].chars().next().is_some_and(char::is_alphanumeric);
            let kind = kinds.into_iter().find(|(kind, _)| rest[at..].starts_with(*kind)).filter(|_| alone);
            let name = kind.and_then(|(_, names)| names.get(rest[at + 1..end].parse::<usize>().ok()?.checked_sub(1)?)).map(String::as_str);
            if let Some((kind, _)) = kind {
                met(kind, name);
            }
            out.push_str(&rest[..at]);
            out.push_str(name.unwrap_or(&rest[at..end]));
            rest = &rest[end..];
        }
        out + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn people_stand_in_for_themselves_and_come_back() {
        let names = Names { people: all(&["Anna Roy", "Anna Royer", "Paul", "Jean \"Jeannot\" Tremblay"]), ..Names::default() };
        let text = "Anna Royer relève Anna Roy, Paul attend Jean \"Jeannot\" Tremblay.";
        let hidden = names.hidden(text);
        assert_eq!(hidden, "P2 relève P1, P3 attend P4.");
        assert_eq!(names.named(&hidden), [Some("Anna Royer"), Some("Anna Roy"), Some("Paul"), Some("Jean \"Jeannot\" Tremblay")]);
        assert_eq!(names.named("P9 et P"), [None]);
        assert_eq!(names.shown(&hidden), text);
        assert_eq!(names.shown("P9, P10, APP1 et P1x, P : Poste"), "P9, P10, APP1 et P1x, P : Poste");
    }
    #[test]
    fn a_name_is_a_word_and_not_a_part_of_one() {
        let names = Names { people: all(&["Son", "É"]), ..Names::default() };
        assert_eq!(names.hidden("Son répète ; Sonorisation, LaSon, Élan, É."), "P1 répète ; Sonorisation, LaSon, Élan, P2.");
    }
    #[test]
    fn missions_and_roles_come_back_and_are_nobody() {
        let names = Names { people: all(&["Paul"]), missions: all(&["Balances"]), roles: all(&["son", "poursuite"]) };
        assert_eq!(
            ["Paul", "Balances", "poursuite", "Eve"].map(|name| names.stand_in(name)),
            [Some("P1"), Some("M1"), Some("R2"), None].map(|s| s.map(str::to_owned))
        );
        assert_eq!(names.shown("M1 : P1 tient R2, R3 non"), "Balances : Paul tient poursuite, R3 non");
        assert_eq!(names.named("M1 : P1 tient R2"), [Some("Paul")]);
        assert_eq!(
            names.titles().map(|(stand_in, title)| format!("{stand_in} {title}")).collect::<Vec<_>>(),
            ["M1 Balances", "R1 son", "R2 poursuite"]
        );
    }
}
