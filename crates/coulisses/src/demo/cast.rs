//! Who plays in the demo season: twenty-four people of the trade, all invented.

/// A person: name, employment, skills with their level, and what they are paid.
pub struct Player {
    pub first: &'static str,
    pub last: &'static str,
    pub employment: &'static str,
    pub skills: &'static [(&'static str, i64)],
    pub unit: &'static str,
    pub cents: i64,
}
impl Player {
    pub fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
    /// Under `.example`, which no mail ever reaches.
    pub fn email(&self) -> String {
        let plain = |name: &str| base::text::fold(name).replace([' ', '\''], "-");
        format!("{}.{}@lanternes.example", plain(self.first), plain(self.last))
    }
    pub fn level(&self, skill: &str) -> Option<i64> {
        self.skills.iter().find(|(known, _)| *known == skill).map(|(_, level)| *level)
    }
}

const fn player(
    (first, last): (&'static str, &'static str),
    employment: &'static str,
    skills: &'static [(&'static str, i64)],
    (unit, cents): (&'static str, i64),
) -> Player {
    Player { first, last, employment, skills, unit, cents }
}

/// Those who have an account: their place in [`CAST`], and their role in the organisation.
pub const MEMBERS: [(usize, &str); 5] = [(LEA, "owner"), (1, "admin"), (2, "manager"), (4, "tech"), (AWA, "tech")];
pub const LEA: usize = 0;
pub const AWA: usize = 3;
/// Who is asked by the printed link.
pub const NOEMIE: usize = 6;

pub const CAST: [Player; 24] = [
    player(("Léa", "Marchetti"), "CDI", &[("régie générale", 5), ("lumière", 2)], ("day", 28_500)),
    player(("Claire", "Duval"), "CDI", &[("régie générale", 4), ("habillage", 2)], ("day", 27_000)),
    player(("Noé", "Rousseau"), "CDI", &[("régie générale", 4), ("son", 2)], ("day", 26_500)),
    player(("Awa", "Diallo"), "INTERMITTENT", &[("son", 5), ("HF", 4)], ("day", 26_500)),
    player(("Hugo", "Lemoine"), "INTERMITTENT", &[("son", 4), ("vidéo", 2)], ("day", 24_500)),
    player(("Samir", "Belkacem"), "INTERMITTENT", &[("lumière", 5), ("poursuite", 3)], ("day", 26_500)),
    player(("Noémie", "Carpentier"), "INTERMITTENT", &[("poursuite", 5), ("lumière", 2)], ("day", 23_500)),
    player(("Tomasz", "Wolny"), "INTERMITTENT", &[("rigging", 5), ("machinerie", 4)], ("hour", 2_900)),
    player(("Inès", "Ferrand"), "INTERMITTENT", &[("habillage", 5), ("maquillage", 2)], ("day", 22_000)),
    player(("Bastien", "Roche"), "INTERMITTENT", &[("plateau", 4), ("machinerie", 4)], ("hour", 2_450)),
    player(("Chloé", "Nguyen"), "INTERMITTENT", &[("vidéo", 5), ("lumière", 2)], ("day", 25_500)),
    player(("Marius", "Petit"), "FREELANCE", &[("plateau", 3), ("accessoires", 3)], ("flat", 19_000)),
    player(("Jeanne", "Aubry"), "INTERMITTENT", &[("jeu", 5)], ("cachet", 18_000)),
    player(("Yanis", "Haddad"), "INTERMITTENT", &[("machinerie", 5), ("rigging", 3)], ("hour", 2_650)),
    player(("Manon", "Lefèvre"), "INTERMITTENT", &[("lumière", 4), ("électricité", 3)], ("day", 24_500)),
    player(("Théo", "Garnier"), "CDD", &[("plateau", 4)], ("hour", 2_300)),
    player(("Salomé", "Okafor"), "INTERMITTENT", &[("HF", 5), ("son", 3)], ("day", 25_000)),
    player(("Adèle", "Morin"), "INTERMITTENT", &[("habillage", 4), ("accessoires", 2)], ("day", 21_500)),
    player(("Kévin", "Da Silva"), "INTERMITTENT", &[("plateau", 3), ("électricité", 4)], ("hour", 2_500)),
    player(("Fatou", "Ndiaye"), "INTERMITTENT", &[("vidéo", 4), ("plateau", 2)], ("day", 24_000)),
    player(("Gabriel", "Perrin"), "INTERMITTENT", &[("son", 4), ("HF", 3)], ("day", 24_000)),
    player(("Élise", "Vasseur"), "FREELANCE", &[("maquillage", 5)], ("flat", 21_000)),
    player(("Romain", "Leclercq"), "INTERMITTENT", &[("lumière", 4), ("poursuite", 4)], ("day", 24_000)),
    player(("Maëlle", "Kerbrat"), "INTERMITTENT", &[("plateau", 4), ("accessoires", 4), ("machinerie", 2)], ("hour", 2_450)),
];
