//! What a person is, who sees how much of one, and what may be one.

use crate::{
    check,
    told::Eye,
    words::{Lines, words},
};
use base::{
    Error, Faults, Result,
    crypto::{Keys, Sealed},
    entity, id,
    id::{AccountId, OrgId},
    patch::Change,
    say, text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};
use utoipa::ToSchema;

id!(pub PersonId "person" "personne");

words! {
    #[derive(Default)]
    pub enum Employment { #[default] Cdi = "CDI", Cdd = "CDD", Freelance = "FREELANCE", Intermittent = "INTERMITTENT", Other = "OTHER" }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    #[schema(example = "poursuite")]
    pub skill: String,
    /// 1 to 5.
    pub level: i64,
}
/// A skill as somebody writes it: its name alone means level 3.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SkillWritten {
    Named(String),
    Rated(Skill),
}
impl SkillWritten {
    pub fn rated(&self) -> Skill {
        match self {
            Self::Named(skill) => Skill { skill: skill.trim().to_owned(), level: 3 },
            Self::Rated(s) => Skill { skill: s.skill.trim().to_owned(), level: s.level },
        }
    }
}
impl From<Skill> for SkillWritten {
    fn from(skill: Skill) -> Self {
        Self::Rated(skill)
    }
}

impl fmt::Display for Skill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.level, self.skill)
    }
}
impl FromStr for Skill {
    type Err = id::NotAnId;
    fn from_str(s: &str) -> std::result::Result<Self, Self::Err> {
        let (level, skill) = s.split_once(':').ok_or(id::NotAnId)?;
        Ok(Self { skill: skill.to_owned(), level: level.parse().map_err(|_| id::NotAnId)? })
    }
}
base::text_column!(Lines<Skill>);

entity! {
    /// A person as the store holds one: contact and the like sealed.
    pub struct Row {
        pub id: PersonId, pub account_id: Option<AccountId>, pub first_name: String, pub last_name: String, pub name_key: String,
        pub employment_type: Employment, pub email_sealed: Option<Sealed<String>>, pub phone_sealed: Option<Sealed<String>>,
        pub bio_sealed: Option<Sealed<String>>, pub legal_ids_sealed: Option<Sealed<String>>, pub active: bool,
        pub version: i64, pub created_at: Timestamp, pub updated_at: Timestamp,
        pub skills: Lines<Skill>, pub tags: Lines<String>,
    }
}
pub type LegalIds = BTreeMap<String, String>;

/// A person whole: for managers, and for the person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub first_name: String,
    pub last_name: String,
    pub employment_type: Employment,
    pub skills: Vec<Skill>,
    pub tags: Vec<String>,
    /// The member's account, when the person has one.
    pub account_id: Option<AccountId>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub bio: Option<String>,
    /// Numbers that a payroll asks for, by their name.
    pub legal_ids: LegalIds,
    pub active: bool,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
/// What the rest of the crew sees of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Teammate {
    pub id: PersonId,
    pub name: String,
    pub first_name: String,
    pub last_name: String,
    pub skills: Vec<Skill>,
    pub tags: Vec<String>,
    pub active: bool,
}
/// A person as far as the reader may see.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PeopleSeen)]
#[serde(untagged)]
pub enum Seen {
    Whole(Box<Person>),
    Teammate(Teammate),
}

pub fn place(org: OrgId, id: PersonId, field: &str) -> String {
    format!("people|{field}|{org}|{id}")
}
pub fn full_name(first: &str, last: &str) -> String {
    [first, last].join(" ").trim().to_owned()
}

impl Row {
    pub fn seen_by(self, eye: Eye, keys: &Keys, org: OrgId) -> Result<Seen> {
        match eye {
            Eye::Manager => Ok(Seen::Whole(Box::new(self.whole(keys, org)?))),
            Eye::Tech(own) if self.account_id == Some(own) => Ok(Seen::Whole(Box::new(self.whole(keys, org)?))),
            Eye::Tech(_) => Ok(Seen::Teammate(self.teammate())),
        }
    }
    pub fn teammate(self) -> Teammate {
        Teammate {
            id: self.id,
            name: full_name(&self.first_name, &self.last_name),
            first_name: self.first_name,
            last_name: self.last_name,
            skills: self.skills.0,
            tags: self.tags.0,
            active: self.active,
        }
    }
    pub fn whole(self, keys: &Keys, org: OrgId) -> Result<Person> {
        let open = |sealed: &Option<Sealed<String>>, field| sealed.as_ref().map(|s| s.open(keys, &place(org, self.id, field))).transpose();
        let legal_ids = open(&self.legal_ids_sealed, "legal_ids")?.map(|text| serde_json::from_str(&text).map_err(Error::internal));
        Ok(Person {
            id: self.id,
            name: full_name(&self.first_name, &self.last_name),
            employment_type: self.employment_type,
            account_id: self.account_id,
            email: open(&self.email_sealed, "email")?,
            phone: open(&self.phone_sealed, "phone")?,
            bio: open(&self.bio_sealed, "bio")?,
            legal_ids: legal_ids.transpose()?.unwrap_or_default(),
            active: self.active,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            first_name: self.first_name,
            last_name: self.last_name,
            skills: self.skills.0,
            tags: self.tags.0,
        })
    }
}

fn yes() -> bool {
    true
}

/// A person as a manager writes one, whole: `first_name` and `last_name`, or `name` alone.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = PeopleDraft)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub name: Option<String>,
    #[schema(example = "Léa")]
    pub first_name: Option<String>,
    #[schema(example = "Marchetti")]
    pub last_name: Option<String>,
    #[serde(default)]
    pub employment_type: Employment,
    #[serde(default)]
    pub skills: Vec<SkillWritten>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub account_id: Option<AccountId>,
    #[schema(example = "lea@lanternes.example")]
    pub email: Option<String>,
    pub phone: Option<String>,
    pub bio: Option<String>,
    #[serde(default)]
    pub legal_ids: LegalIds,
    #[serde(default = "yes")]
    pub active: bool,
}

/// A change: what is left out stays, `null` clears.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = PeoplePatch)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub employment_type: Option<Employment>,
    pub skills: Option<Vec<SkillWritten>>,
    pub tags: Option<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<AccountId>)]
    pub account_id: Change<AccountId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub email: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub phone: Change<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub bio: Change<String>,
    pub legal_ids: Option<LegalIds>,
    pub active: Option<bool>,
}

impl Draft {
    pub fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        let (first, last) = self.names();
        faults.require(self.name.is_none() || self.first_name.is_none(), "name", "name_twice", || {
            say!("Send either name or first_name and last_name.", "Envoyez soit name, soit first_name et last_name.")
        });
        let field = if self.name.is_some() { "name" } else { "first_name" };
        check::line(&mut faults, field, Some(first), 80);
        faults.require(!text::fold(first).is_empty(), field, "required", || say!("This is required.", "Ce champ est obligatoire."));
        faults.require(last.is_empty() || text::fits_line(last, 80), "last_name", "invalid_text", || {
            say!("Use at most 80 characters on one line.", "Utilisez au plus 80 caractères sur une seule ligne.")
        });
        faults.require(self.email.as_deref().is_none_or(|e| text::email(e).is_some()), "email", "invalid_email", || {
            say!("This is not an e-mail address.", "Ce n’est pas une adresse e-mail.")
        });
        check::line(&mut faults, "phone", self.phone.as_deref(), 40);
        check_own_words(&mut faults, &self.skills, &self.tags, self.bio.as_deref());
        let legal = self.legal_ids.len() <= 20 && self.legal_ids.iter().all(|(k, v)| text::fits_line(k, 40) && text::fits_line(v, 100));
        faults.require(legal, "legal_ids", "invalid_text", || {
            say!("Use at most 20 short texts on one line each.", "Utilisez au plus 20 textes courts d’une ligne chacun.")
        });
        faults.none()
    }
    /// First and last name; the seed's clients send one `name`, which is the first.
    pub fn names(&self) -> (&str, &str) {
        let first = self.name.as_deref().or(self.first_name.as_deref()).unwrap_or_default();
        (first.trim(), self.last_name.as_deref().unwrap_or_default().trim())
    }
    /// The order of lists: last name first.
    pub fn name_key(&self) -> String {
        let (first, last) = self.names();
        text::fold(&full_name(last, first))
    }
    /// Found by "léa mar" and by "marchetti lé".
    pub fn search_key(&self) -> String {
        let (first, last) = self.names();
        text::fold(&[first, last, first].join(" "))
    }
    pub fn email(&self) -> Option<String> {
        self.email.as_deref().and_then(text::email)
    }
}

/// What a person may also say of themselves.
pub fn check_own_words(faults: &mut Faults, skills: &[SkillWritten], tags: &[String], bio: Option<&str>) {
    let skills: Vec<Skill> = skills.iter().map(SkillWritten::rated).collect();
    faults.require(skills.len() <= 50, "skills", "too_many", || say!("Name at most 50 skills.", "Indiquez au plus 50 compétences."));
    for (i, s) in skills.iter().enumerate() {
        check::line(faults, &format!("skills[{i}].skill"), Some(&s.skill), 60);
        faults.require((1..=5).contains(&s.level), &format!("skills[{i}].level"), "out_of_range", || {
            say!("Choose a level from 1 to 5.", "Choisissez un niveau de 1 à 5.")
        });
    }
    faults.require(tags.len() <= 50, "tags", "too_many", || say!("Use at most 50 tags.", "Utilisez au plus 50 étiquettes."));
    for (i, tag) in tags.iter().enumerate() {
        check::line(faults, &format!("tags[{i}]"), Some(tag), 60);
    }
    for (field, twice) in
        [("skills", check::repeated(skills.iter().map(|s| &*s.skill))), ("tags", check::repeated(tags.iter().map(|t| &**t)))]
    {
        if let Some(i) = twice {
            faults.add(
                format!("{field}[{i}]"),
                "duplicate",
                say!("This stands twice. Name it once.", "Ceci figure deux fois. Nommez-le une seule fois."),
            );
        }
    }
    check::prose(faults, "bio", bio, 4_000);
}

impl Patch {
    /// The whole person as they would be.
    pub fn onto(self, old: Person) -> Draft {
        let mut new = Draft {
            name: None,
            first_name: Some(self.first_name.unwrap_or(old.first_name)),
            last_name: Some(self.last_name.unwrap_or(old.last_name)),
            employment_type: self.employment_type.unwrap_or(old.employment_type),
            skills: self.skills.unwrap_or_else(|| old.skills.into_iter().map(SkillWritten::from).collect()),
            tags: self.tags.unwrap_or(old.tags),
            account_id: old.account_id,
            email: old.email,
            phone: old.phone,
            bio: old.bio,
            legal_ids: self.legal_ids.unwrap_or(old.legal_ids),
            active: self.active.unwrap_or(old.active),
        };
        self.account_id.apply(&mut new.account_id);
        self.email.apply(&mut new.email);
        self.phone.apply(&mut new.phone);
        self.bio.apply(&mut new.bio);
        new
    }
}
