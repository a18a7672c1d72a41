//! The providers that the settings name.

use base::{App, Error, Result, Settings, crypto::Secret, say};

pub struct Provider {
    /// Its word in addresses and answers: `google`, `facebook`, `acme`.
    pub slug: String,
    pub name: String,
    pub client_id: String,
    pub secret: Option<Secret>,
    /// Where it sends people back; each has its own, so that none can answer for another.
    pub redirect_uri: String,
    /// Further clients whose id_tokens are taken from our apps.
    pub native: Vec<String>,
    pub kind: Kind,
}
pub enum Kind {
    Oidc { issuer: String, email: Trust },
    Facebook { graph: String, dialog: String },
}
/// Whether an address that the provider calls verified is that person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Never,
    Always,
    /// Only of mailboxes that Google itself runs: others may have changed hands since Google looked.
    OwnMailboxes,
}

impl Provider {
    /// In the order in which a sign-in page shows them.
    pub fn all(s: &Settings) -> Vec<Self> {
        let mut all: Vec<_> = [google(s), facebook(s)].into_iter().flatten().collect();
        for (name, issuer) in s.oidc_issuer.iter() {
            let Some(client_id) = s.oidc_client_id.get(name) else { continue };
            let slug = name.to_lowercase().replace('_', "-");
            let trusted = s.oidc_trust_email.get(name).is_some_and(|on| *on);
            all.push(Self {
                name: title(name),
                client_id: client_id.clone(),
                secret: s.oidc_client_secret.get(name).cloned(),
                redirect_uri: callback(s, &slug),
                native: s.oidc_native_client_ids.get(name).map(|words| words.to_vec()).unwrap_or_default(),
                kind: Kind::Oidc { issuer: issuer.to_string(), email: if trusted { Trust::Always } else { Trust::Never } },
                slug,
            });
        }
        all
    }
    pub fn find(app: &App, slug: &str) -> Result<Self> {
        Self::all(&app.settings).into_iter().find(|one| one.slug == slug).ok_or_else(|| match slug {
            "google" | "facebook" => not_configured(slug),
            _ => Error::missing(
                "unknown_provider",
                say!(
                    "Nobody signs in here by a provider of this name. GET /api/v1/auth/providers lists them.",
                    "Aucun fournisseur de ce nom ne permet de se connecter ici. GET /api/v1/auth/providers les énumère."
                ),
            ),
        })
    }
    /// Every client of ours that an id_token may be meant for.
    pub fn audiences(&self) -> Vec<&str> {
        std::iter::once(&self.client_id).chain(&self.native).map(String::as_str).collect()
    }
}

fn google(s: &Settings) -> Option<Provider> {
    Some(Provider {
        slug: "google".to_owned(),
        name: "Google".to_owned(),
        client_id: s.google_client_id.clone()?,
        secret: s.google_client_secret.clone(),
        redirect_uri: s.google_redirect_uri.as_deref().map_or_else(|| callback(s, "google"), str::to_owned),
        native: s.google_native_client_ids.to_vec(),
        kind: Kind::Oidc { issuer: s.google_issuer.to_string(), email: Trust::OwnMailboxes },
    })
}
fn facebook(s: &Settings) -> Option<Provider> {
    Some(Provider {
        slug: "facebook".to_owned(),
        name: "Facebook".to_owned(),
        client_id: s.facebook_client_id.clone()?,
        secret: s.facebook_client_secret.clone(),
        redirect_uri: s.facebook_redirect_uri.as_deref().map_or_else(|| callback(s, "facebook"), str::to_owned),
        native: vec![],
        kind: Kind::Facebook { graph: s.facebook_graph_url.to_string(), dialog: s.facebook_dialog_url.to_string() },
    })
}

fn callback(s: &Settings, slug: &str) -> String {
    format!("{}/auth/{slug}/callback", s.public_url())
}
/// `RIVE_SUD` is called `Rive Sud`.
fn title(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{first}{}", rest.to_lowercase())
    });
    words.collect::<Vec<_>>().join(" ")
}
fn not_configured(slug: &str) -> Error {
    let prefix = slug.to_uppercase();
    let say = say!(
        "Sign-in by {slug} is not configured here. The operator sets {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET.",
        "La connexion par {slug} n’est pas configurée ici. L’exploitant renseigne {prefix}_CLIENT_ID et {prefix}_CLIENT_SECRET."
    );
    Error::not_implemented("provider_not_configured", say)
}
