//! What is played in the demo season: five projects, and three weeks of calls around the Monday of this week, on a weekend of the next.

use base::time::Date;
use serde_json::{Value, json};

/// How far a call is staffed when the curtain rises.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Staffing {
    /// Everybody has accepted.
    Booked,
    /// Everybody is asked, nobody has answered.
    Asked,
    /// The first one of each role has accepted; the rest is open.
    Short,
    /// Nobody yet.
    Open,
}
use Staffing::{Asked, Booked, Open, Short};

pub struct Project {
    pub name: &'static str,
    pub client: Option<&'static str>,
    pub venue: &'static str,
    pub hue: i64,
    /// First and last day.
    pub days: (i64, i64),
    pub budget_cents: i64,
    pub calls: &'static [Call],
}
/// A call: days from the season's Monday, and times on the venue's clock; an end that is not after the start is on the day after.
pub struct Call {
    pub day: i64,
    pub title: &'static str,
    pub times: (&'static str, &'static str),
    pub break_minutes: i64,
    pub roles: &'static [(&'static str, usize)],
    pub staffing: Staffing,
}

const fn call(
    day: i64,
    title: &'static str,
    times: (&'static str, &'static str),
    break_minutes: i64,
    roles: &'static [(&'static str, usize)],
    staffing: Staffing,
) -> Call {
    Call { day, title, times, break_minutes, roles, staffing }
}

const REHEARSAL: &[(&str, usize)] = &[("régie générale", 1), ("plateau", 1), ("jeu", 1)];
const RUN: &[(&str, usize)] = &[("lumière", 2), ("son", 1), ("plateau", 1), ("jeu", 1)];
const CONCERT: &[(&str, usize)] = &[("son", 2), ("HF", 1), ("lumière", 1), ("plateau", 2), ("vidéo", 1)];
const TOUR: &[(&str, usize)] = &[("lumière", 1), ("son", 1), ("plateau", 1), ("habillage", 1), ("accessoires", 1)];
const STRIKE: &[(&str, usize)] = &[("machinerie", 2), ("rigging", 1)];
const FAIR: &[(&str, usize)] = &[("vidéo", 1), ("son", 1), ("électricité", 1)];

/// The premiere, which still lacks its follow spots.
pub const GALA: &str = "Gala des Lanternes";
/// The one that a person is on twice, on purpose.
pub const SATURDAY: &str = "Concerts du samedi";
pub const FRIDAY: &str = "Concerts du vendredi";
/// The one that moves after people have accepted.
pub const NANTES: &str = "Représentation à Nantes";
/// The one that somebody cannot come to any more.
pub const PREVIEW: &str = "Générale";

pub const PROJECTS: [Project; 5] = [
    Project {
        name: "Le Marchand de Brumes",
        client: None,
        venue: "Théâtre des Lanternes, Paris",
        hue: 265,
        days: (-7, 4),
        budget_cents: 1_800_000,
        calls: &[
            call(-7, "Répétition", ("10:00", "18:00"), 60, REHEARSAL, Booked),
            call(-6, "Répétition", ("10:00", "18:00"), 60, REHEARSAL, Booked),
            call(-4, "Répétition", ("10:00", "18:00"), 60, REHEARSAL, Booked),
            call(-3, "Filage lumière", ("14:00", "22:00"), 60, RUN, Booked),
            call(1, "Répétition", ("10:00", "18:00"), 60, REHEARSAL, Booked),
            call(3, PREVIEW, ("14:00", "22:30"), 60, RUN, Booked),
            call(4, "Sortie de résidence", ("16:00", "23:00"), 45, RUN, Booked),
        ],
    },
    Project {
        name: "Ondes Claires, le festival",
        client: Some("Ville de Montreuil"),
        venue: "Parc des Guilands, Montreuil",
        hue: 190,
        days: (3, 7),
        budget_cents: 4_200_000,
        calls: &[
            call(3, "Montage de la scène", ("08:00", "17:00"), 60, &[("rigging", 1), ("machinerie", 1), ("électricité", 1)], Booked),
            call(4, FRIDAY, ("15:00", "00:30"), 60, CONCERT, Booked),
            call(5, SATURDAY, ("15:00", "00:30"), 60, CONCERT, Booked),
            call(6, "Démontage de nuit", ("22:00", "05:00"), 45, STRIKE, Booked),
        ],
    },
    Project {
        name: "Gala des Lanternes",
        client: Some("Les Amis du Théâtre"),
        venue: "Théâtre des Lanternes, Paris",
        hue: 45,
        days: (8, 9),
        budget_cents: 950_000,
        calls: &[
            call(8, "Montage du gala", ("09:00", "18:00"), 60, &[("lumière", 2), ("son", 1), ("machinerie", 1)], Asked),
            call(
                9,
                GALA,
                ("16:00", "00:30"),
                45,
                &[("poursuite", 2), ("lumière", 1), ("HF", 1), ("habillage", 1), ("maquillage", 1)],
                Short,
            ),
        ],
    },
    Project {
        name: "Convention Lumexpo",
        client: Some("Lumexpo SAS"),
        venue: "Parc des expositions, Villepinte",
        hue: 15,
        days: (0, 11),
        budget_cents: 1_250_000,
        calls: &[
            call(0, "Installation des stands", ("09:00", "17:30"), 60, FAIR, Booked),
            call(2, "Salon, première journée", ("07:30", "16:30"), 60, FAIR, Booked),
            call(10, "Salon, plénière", ("08:00", "16:00"), 60, FAIR, Asked),
            call(11, "Démontage des stands", ("08:00", "14:00"), 30, &[("machinerie", 1), ("électricité", 1)], Open),
        ],
    },
    Project {
        name: "La Nuit des Lucioles, la tournée",
        client: None,
        venue: "En tournée",
        hue: 330,
        days: (-5, 13),
        budget_cents: 3_600_000,
        calls: &[
            call(-5, "Représentation à Rennes", ("13:00", "22:30"), 60, TOUR, Booked),
            call(-2, "Représentation à Lille", ("13:00", "22:30"), 60, TOUR, Booked),
            call(0, "Entretien du décor", ("09:00", "13:00"), 0, &[("accessoires", 1), ("habillage", 1)], Booked),
            call(7, NANTES, ("13:00", "22:30"), 60, TOUR, Booked),
            call(11, "Représentation à Lyon", ("13:00", "22:30"), 60, TOUR, Asked),
            call(13, "Représentation à Dijon", ("13:00", "22:00"), 60, TOUR, Open),
            // Whoever looks on a Sunday finds it played today.
            call(-1, "Matinée à Amiens", ("11:00", "19:30"), 60, TOUR, Booked),
        ],
    },
];

/// The day so many days after a Monday, at this time on its clock.
pub fn at(monday: Date, day: i64, time: &str) -> String {
    format!("{}T{time}", monday.plus(day))
}

impl Project {
    pub fn written(&self, monday: Date) -> Value {
        let (first, last) = self.days;
        json!({
            "name": self.name, "client": self.client, "venue": self.venue, "hue": self.hue, "status": "ACTIVE", "budget_cents": self.budget_cents,
            "starts_on": monday.plus(first), "ends_on": monday.plus(last), "time_zone": "Europe/Paris",
        })
    }
}
impl Call {
    pub fn written(&self, monday: Date, venue: &str) -> Value {
        let (start, end) = self.times;
        let roles: Vec<_> = self.roles.iter().map(|(role, quota)| json!({"role": role, "quota": quota})).collect();
        json!({
            "title": self.title, "location": venue, "start_at": at(monday, self.day, start), "end_at": at(monday, self.last_day(), end),
            "break_minutes": self.break_minutes, "roles": roles,
        })
    }
    fn last_day(&self) -> i64 {
        let (start, end) = self.times;
        self.day + i64::from(end <= start)
    }
    /// Minutes since the Monday, on the venue's clock.
    pub fn span(&self) -> (i64, i64) {
        let minutes = |day: i64, time: &str| day * 1_440 + time.parse().map_or(0, |t: base::time::TimeOfDay| i64::from(t.minutes()));
        (minutes(self.day, self.times.0), minutes(self.last_day(), self.times.1))
    }
}
