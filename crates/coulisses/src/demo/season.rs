//! How the demo season comes to be: the house, the crew, the bill, who plays what, and what went differently.

use super::{
    PASSWORD,
    bill::{FRIDAY, GALA, NANTES, PREVIEW, PROJECTS, SATURDAY, at},
    caller::{Caller, text},
    cast::{AWA, CAST, LEA, MEMBERS, NOEMIE},
    casting::Diary,
};
use crate::setup::Trouble;
use base::{
    Error,
    time::{Date, TimeOfDay, Timestamp, Zone},
};
use serde_json::{Value, json};

/// Approved absences: who, from which day to which (exclusive), counted from the season's Monday.
const LEAVE: [(usize, i64, i64); 3] = [(10, 2, 4), (15, 7, 14), (17, -7, -3)];
/// Away every Monday: a course.
const MONDAYS: usize = 20;
/// Asked for, and not decided yet.
const PENDING: [(usize, i64, i64, &str, &str); 2] =
    [(11, 8, 10, "unavailable", "Mariage de ma sœur"), (19, 12, 13, "available", "Libre pour Dijon si besoin")];

/// A call of somebody on the bill.
struct Place {
    title: &'static str,
    day: i64,
    role: &'static str,
    player: usize,
    accepted: bool,
    mission: String,
    id: String,
}
struct Season<'a> {
    monday: Date,
    /// The owner, who sets everything up.
    lea: &'a Caller,
    people: Vec<String>,
    places: Vec<Place>,
    projects: Vec<String>,
}

/// Plays it all; what is to be printed, a line each.
pub async fn play(anyone: &Caller, now: Timestamp) -> Result<Vec<String>, Trouble> {
    let zone: Zone = "Europe/Paris".parse().map_err(Error::internal)?;
    // On a weekend the week is over, and with it all that is to be seen in it: the season begins with the next.
    let monday = zone.date(now).plus(2).monday();
    let login = |role: &str, email: &str| format!("login: {role} {email} {PASSWORD}");

    let (lea, lea_account) = anyone.sign_up(&CAST[LEA].name(), &CAST[LEA].email(), PASSWORD).await?;
    let org = lea.make("/orgs", json!({"name": "Théâtre des Lanternes, saison d’automne", "time_zone": "Europe/Paris"})).await?;
    let lea = lea.switch(&org).await?;
    // A theatre works at night, by an agreement of its own: a warning at every show would hide the one that matters.
    lea.put("/orgs/labour-rules", json!([{"rule": "night_work", "severity": "off"}])).await?;
    let (mut accounts, mut lines, mut awa) = (vec![None; CAST.len()], vec![], None);
    accounts[LEA] = Some(lea_account);
    for (player, role) in MEMBERS {
        let who = &CAST[player];
        lines.push(login(role, &who.email()));
        if player == LEA {
            continue;
        }
        let (guest, account) = anyone.sign_up(&who.name(), &who.email(), PASSWORD).await?;
        accounts[player] = Some(account);
        let guest = guest.joins(&lea, &who.email(), role, &org).await?;
        if player == AWA {
            awa = Some(guest);
        }
    }

    let mut season = Season { monday, lea: &lea, people: vec![], places: vec![], projects: vec![] };
    season.hire(&accounts).await?;
    season.grant_leave().await?;
    season.put_up_the_bill().await?;
    season.work_through_the_night_the_clocks_change(&zone, now).await?;
    season.go_differently(anyone).await?;
    let invitation = season.ask_noemie().await?;

    lines.push(login("other-owner", &rive_sud(anyone, monday, awa.as_ref()).await?));
    lines.push(login("shooter", &shooting_sessions(anyone, monday).await?));
    lines.push(format!("invitation: {invitation}"));
    Ok(lines)
}

impl Caller {
    /// Follows the invitation of somebody to their organisation.
    async fn joins(&self, host: &Self, email: &str, role: &str, org: &str) -> Result<Self, Trouble> {
        let invited = host.post("/orgs/members:invite", json!({"email": email, "role": role})).await?;
        self.post("/orgs/members:join", json!({"token": text(&invited, "token")?})).await?;
        self.switch(org).await
    }
}

impl Season<'_> {
    fn at(&self, day: i64, time: &str) -> String {
        at(self.monday, day, time)
    }
    fn place(&self, title: &str, role: &str) -> Result<&Place, Trouble> {
        let found = self.places.iter().find(|p| p.title == title && (p.role == role || role.is_empty()));
        found.ok_or_else(|| Trouble::Failed(format!("the demo season: nobody plays {role} in {title}")))
    }

    async fn hire(&mut self, accounts: &[Option<String>]) -> Result<(), Trouble> {
        for (i, who) in CAST.iter().enumerate() {
            let skills: Vec<_> = who.skills.iter().map(|(skill, level)| json!({"skill": skill, "level": level})).collect();
            let tags = if who.employment == "CDI" { vec!["permanent"] } else { vec![] };
            let person = json!({
                "first_name": who.first, "last_name": who.last, "employment_type": who.employment, "skills": skills, "tags": tags,
                // Numbers that are nobody's.
                "email": who.email(), "phone": format!("06 39 98 00 {:02}", i + 10), "account_id": accounts[i],
            });
            let id = self.lea.make("/users", person).await?;
            let rate = json!({"unit": who.unit, "cents": who.cents, "valid_from": "2020-01-01"});
            self.lea.post(&format!("/rates/user/{id}"), rate).await?;
            self.people.push(id);
        }
        Ok(())
    }

    async fn grant_leave(&self) -> Result<(), Trouble> {
        let asked = |player: usize, from: i64, to: i64, kind: &str, note: &str| json!({"user_id": self.people[player], "start_at": self.at(from, "00:00"), "end_at": self.at(to, "00:00"), "kind": kind, "note": note});
        let mut leave: Vec<_> = LEAVE.iter().map(|(player, from, to)| asked(*player, *from, *to, "unavailable", "Congés")).collect();
        let mut course = asked(MONDAYS, -14, -13, "unavailable", "Cours au conservatoire");
        course["recurrence"] = "FREQ=WEEKLY;BYDAY=MO".into();
        leave.push(course);
        for one in leave {
            let id = self.lea.make("/availabilities", one).await?;
            self.lea.post(&format!("/availabilities/{id}:approve"), Value::Null).await?;
        }
        for (player, from, to, kind, note) in PENDING {
            self.lea.post("/availabilities", asked(player, from, to, kind, note)).await?;
        }
        Ok(())
    }

    /// The projects, their calls, and everybody's part in them.
    async fn put_up_the_bill(&mut self) -> Result<(), Trouble> {
        let mondays = [-7, 0, 7].map(|day| (MONDAYS, day, day + 1));
        // She is to be asked for the gala by the printed link.
        let kept_free = [(NOEMIE, 8, 11)];
        let mut diary = Diary::new(&[&LEAVE[..], &mondays[..], &kept_free[..]].concat());
        let (mut parts, mut drafts) = (vec![], vec![]);
        for project in &PROJECTS {
            let id = self.lea.make("/projects", project.written(self.monday)).await?;
            let calls = project.calls.iter().map(|call| call.written(self.monday, project.venue)).collect();
            let missions = self.lea.make_all(&format!("/projects/{id}/missions:bulk_create"), calls).await?;
            parts.extend(project.calls.iter().zip(missions));
            self.projects.push(id);
        }
        for (call, mission) in parts {
            for part in diary.cast(call) {
                let status = if part.accepted { "ACCEPTED" } else { "INVITED" };
                drafts.push(json!({"mission_id": mission, "user_id": self.people[part.player], "role": part.role, "status": status}));
                let (mission, id) = (mission.clone(), String::new());
                self.places.push(Place {
                    title: call.title,
                    day: call.day,
                    role: part.role,
                    player: part.player,
                    accepted: part.accepted,
                    mission,
                    id,
                });
            }
        }
        let ids = self.lea.make_all("/assignments:bulk_create", drafts).await?;
        self.places.iter_mut().zip(ids).for_each(|(place, id)| place.id = id);
        let ideas = json!({"name": "Carte blanche d’hiver", "status": "DRAFT", "venue": "Théâtre des Lanternes, Paris"});
        let ideas = self.lea.make("/projects", ideas).await?;
        let (start_at, end_at) = (self.at(13, "10:00"), self.at(13, "14:00"));
        let draft = json!({"project_id": ideas, "title": "Lecture", "start_at": start_at, "end_at": end_at, "role": "jeu", "draft": true});
        self.lea.post("/missions", draft).await?;
        Ok(())
    }

    /// From ten in the evening to six: seven hours in spring, nine in autumn.
    async fn work_through_the_night_the_clocks_change(&self, zone: &Zone, now: Timestamp) -> Result<(), Trouble> {
        let uneven = |day: &Date| zone.day(*day).is_some_and(|d| d.length().as_secs() != 86_400);
        let today = zone.date(now);
        let Some(night) = (14..400).map(|n| today.plus(n)).find(uneven) else { return Ok(()) };
        let (start, end) = (TimeOfDay::hour(22), TimeOfDay::hour(6));
        let mission = json!({
            "project_id": self.projects.last(), "title": "Démontage, nuit du changement d’heure", "location": "En tournée", "break_minutes": 45,
            "start_at": format!("{}T{start}", night.plus(-1)), "end_at": format!("{night}T{end}"), "roles": [{"role": "machinerie", "quota": 2}],
        });
        self.lea.post("/missions", mission).await?;
        Ok(())
    }

    /// What went differently from the plan: a no, a cancellation, a move, and two conflicts.
    async fn go_differently(&self, anyone: &Caller) -> Result<(), Trouble> {
        let (lea, invited) = (self.lea, |title: &str| self.places.iter().find(|p| p.title == title && !p.accepted));
        if let Some(place) = invited("Représentation à Lyon") {
            let made = lea.post("/invitations", json!({"assignment_id": place.id})).await?;
            let (id, token) = (text(&made, "id")?, text(&made, "token")?);
            anyone.post(&format!("/invitations/{id}/decline?token={token}"), json!({"reason": "déjà engagée à Lille ce jour-là"})).await?;
        }
        let gone = self.place(PREVIEW, "plateau")?;
        let reason = json!({"status": "CANCELLED", "reason": "arrêt de travail"});
        lea.post(&format!("/assignments/{}:status", gone.id), reason).await?;
        // Whoever accepted for Nantes is asked whether an hour earlier will do.
        let moved = json!({"start_at": self.at(7, "12:00"), "end_at": self.at(7, "21:30")});
        lea.patch(&format!("/missions/{}", self.place(NANTES, "")?.mission), moved).await?;

        // Twice on Saturday, on purpose.
        let double = self.place(SATURDAY, "plateau")?;
        let mission = self.extra("Dépannage de la régie plateau", double.day, ("17:00", "21:00")).await?;
        lea.post("/assignments", json!({
            "mission_id": mission, "user_id": self.people[double.player], "status": "ACCEPTED", "override": true, "reason": "Relais entre deux concerts",
        })).await?;
        // Home after midnight, back before nine hours are over.
        let tired = self.place(FRIDAY, "plateau")?;
        let mission = self.extra("Livraison du samedi matin", tired.day + 1, ("09:15", "12:45")).await?;
        lea.post("/assignments", json!({"mission_id": mission, "user_id": self.people[tired.player], "status": "ACCEPTED"})).await?;
        Ok(())
    }
    async fn extra(&self, title: &str, day: i64, (start, end): (&str, &str)) -> Result<String, Trouble> {
        let mission = json!({
            "project_id": self.projects[1], "title": title, "location": PROJECTS[1].venue, "role": "plateau", "start_at": self.at(day, start), "end_at": self.at(day, end),
        });
        self.lea.make("/missions", mission).await
    }

    /// The gala still lacks a follow spot: her link waits for an answer.
    async fn ask_noemie(&self) -> Result<String, Trouble> {
        let gala = &self.place(GALA, "")?.mission;
        let asked = json!({"mission_id": gala, "user_id": self.people[NOEMIE], "role": "poursuite"});
        let assignment = self.lea.make("/assignments", asked).await?;
        text(&self.lea.post("/invitations", json!({"assignment_id": assignment})).await?, "url")
    }
}

/// A small house next door, which shares one technician and sees nothing else of the first. Its owner's address.
async fn rive_sud(anyone: &Caller, monday: Date, awa: Option<&Caller>) -> Result<String, Trouble> {
    let email = "mathilde.garric@rive-sud.example";
    let (owner, _) = anyone.sign_up("Mathilde Garric", email, PASSWORD).await?;
    let org = owner.make("/orgs", json!({"name": "Festival Rive Sud", "time_zone": "Europe/Paris"})).await?;
    let owner = owner.switch(&org).await?;
    let project = json!({"name": "Nuits d’Arles", "venue": "Théâtre antique, Arles", "status": "ACTIVE"});
    let project = owner.make("/projects", project).await?;
    let mut people = vec![];
    for (first, last, skill) in [("Awa", "Diallo", "son"), ("Joris", "Blanc", "plateau")] {
        people.push(owner.make("/users", json!({"first_name": first, "last_name": last, "skills": [skill]})).await?);
    }
    if let Some(awa) = awa {
        awa.joins(&owner, &CAST[AWA].email(), "tech", &org).await?;
    }
    let show = json!({
        "title": "Concert d’ouverture", "start_at": at(monday, 12, "16:00"), "end_at": at(monday, 12, "23:30"), "break_minutes": 45,
        "roles": [{"role": "son"}, {"role": "plateau"}],
    });
    let missions = owner.make_all(&format!("/projects/{project}/missions:bulk_create"), vec![show]).await?;
    owner
        .post("/assignments", json!({"mission_id": missions.first(), "user_id": people.last(), "role": "plateau", "status": "ACCEPTED"}))
        .await?;
    Ok(email.to_owned())
}

/// Somebody who shoots and keeps six sessions with the coach. Their address.
async fn shooting_sessions(anyone: &Caller, monday: Date) -> Result<String, Trouble> {
    let email = "camille.roussel@nextarget.example";
    let (shooter, _) = anyone.sign_up("Camille Roussel", email, PASSWORD).await?;
    for (n, best) in (0i64..).zip([82, 84, 83, 87, 89, 91]) {
        let series: Vec<_> = (0..4)
            .map(|s| json!({"shot_count": 10, "distance": 25, "points": best - 2 * s, "group_size_cm": 18 - n + s, "comment": if s == 3 { "fatigue en fin de série" } else { "" }}))
            .collect();
        let date = at(monday, 3 * n - 21, "18:30:00.000");
        let session =
            json!({"weapon": "CZ Shadow 2", "caliber": "9 mm", "date": date, "series": series, "synthese": "Séance du soir au stand."});
        shooter.post("/coach/analyze-session", json!({"session": session, "prompt_variant": "coach_neutre"})).await?;
    }
    Ok(email.to_owned())
}
