//! The words that anybody would try first here, and advice in both languages.

use base::{say, say::Say};
use zxcvbn::feedback::{Suggestion, Warning};

/// The product, the trade, and what French keyboards and dictionaries give.
pub const NEAR: &[&str] = &[
    "coulisses",
    "crew",
    "nextarget",
    "xtrem",
    "regisseur",
    "regie",
    "intermittent",
    "intermittence",
    "spectacle",
    "theatre",
    "scene",
    "plateau",
    "lumiere",
    "technicien",
    "technique",
    "planning",
    "festival",
    "concert",
    "tournee",
    "motdepasse",
    "azerty",
    "bonjour",
    "soleil",
    "bienvenue",
    "jetaime",
    "admin",
    "administrateur",
    "changeme",
    "janvier",
    "fevrier",
    "printemps",
    "automne",
    "hiver",
    "paris",
    "marseille",
    "france",
];

pub fn keyboard() -> Say {
    say!("Avoid rows of neighbouring keys, like azerty.", "Évitez les suites de touches voisines, comme azerty.")
}
pub fn personal() -> Say {
    say!("Leave out your address, your name and your organisation.", "N’utilisez ni votre adresse, ni votre nom, ni votre organisation.")
}

pub fn warning(warning: Warning) -> Say {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => keyboard(),
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            say!("Repetitions like “abcabc” are easy to guess.", "Les répétitions comme « abcabc » sont faciles à deviner.")
        }
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => {
            say!("Many people use this password or one like it.", "Beaucoup de gens utilisent ce mot de passe ou un semblable.")
        }
        Warning::SequencesLikeAbcAreEasyToGuess => {
            say!("Sequences like “abc” or “6543” are easy to guess.", "Les suites comme « abc » ou « 6543 » sont faciles à deviner.")
        }
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => {
            say!("Dates and years are easy to guess.", "Les dates et les années sont faciles à deviner.")
        }
        Warning::AWordByItselfIsEasyToGuess => say!("One word alone is easy to guess.", "Un mot seul est facile à deviner."),
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            say!("Names are easy to guess.", "Les noms et prénoms sont faciles à deviner.")
        }
    }
}
pub fn suggestion(suggestion: Suggestion) -> Say {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => {
            say!("Use a few words that do not belong together.", "Utilisez quelques mots sans rapport entre eux.")
        }
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => {
            say!("Symbols, digits and capitals are not needed.", "Les symboles, chiffres et majuscules ne sont pas nécessaires.")
        }
        Suggestion::AddAnotherWordOrTwo => {
            say!("Add another word or two, the less common the better.", "Ajoutez un ou deux mots, de préférence peu courants.")
        }
        Suggestion::CapitalizationDoesntHelpVeryMuch | Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => {
            say!("Capitals do not help much.", "Les majuscules n’aident guère.")
        }
        Suggestion::ReversedWordsArentMuchHarderToGuess => {
            say!("Words written backwards are hardly harder to guess.", "Les mots à l’envers ne sont guère plus difficiles à deviner.")
        }
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => {
            say!("An “@” for an “a” does not help much.", "Mettre « @ » pour « a » n’aide guère.")
        }
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => keyboard(),
        Suggestion::AvoidRepeatedWordsAndCharacters => say!("Do not repeat words or letters.", "Ne répétez ni mots ni lettres."),
        Suggestion::AvoidSequences => say!("Leave sequences out.", "Évitez les suites."),
        Suggestion::AvoidRecentYears
        | Suggestion::AvoidYearsThatAreAssociatedWithYou
        | Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => {
            say!("Leave out dates and years that have to do with you.", "Évitez les dates et années qui vous concernent.")
        }
    }
}
