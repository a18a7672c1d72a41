//! What an account is told by mail: what happened to it, or the link that it asked for. Both languages, always.

use crate::accounts::store::Row as Account;
use base::{
    App, Result,
    crypto::Secret,
    db::Tx,
    jobs::{self, Job},
    mail::Mail,
    say,
    say::Say,
};

/// What a mail is about. A link leads nowhere but to `PUBLIC_URL`.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A refresh token that had been replaced was used again.
    SessionStolen {
        device: &'a str,
    },
    /// A provider opens the account from now on, or no more.
    IdentityLinked {
        provider: &'a str,
    },
    IdentityUnlinked {
        provider: &'a str,
    },
    SecondFactorAdded,
    SecondFactorRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed {
        left: i64,
    },
    /// The account is closed; the link opens it again.
    Leaving {
        link: &'a str,
    },
    /// An administrator acts in the place of this account, or of a member of an organisation that it owns.
    Impersonated {
        reason: &'a str,
    },
    MemberImpersonated {
        org: &'a str,
        reason: &'a str,
    },
    PasswordChanged,
    EmailChanged,
    /// Somebody asked for a new password.
    Reset {
        token: &'a Secret,
    },
    /// An administrator asked it of the account's owner.
    ResetStarted {
        token: &'a Secret,
    },
    /// Somebody asked for a link that signs in.
    Magic {
        token: &'a Secret,
    },
    /// The mailbox is to be proved.
    Verify {
        token: &'a Secret,
    },
    /// The account of this address, once the link is opened.
    SignUp {
        token: &'a Secret,
    },
    /// Somebody signed up with the address of an account.
    AlreadyHere,
    /// Another address is wanted: said to the one that it is to be, and to the one that it was.
    NewEmail {
        token: &'a Secret,
    },
    OldEmail {
        token: &'a Secret,
    },
}

impl Notice<'_> {
    fn subject(self) -> Say {
        match self {
            Self::SessionStolen { .. } => say!("A sign-in of yours was ended", "Une de vos connexions a été fermée"),
            Self::IdentityLinked { .. } => say!("A new way to sign in", "Un nouveau moyen de connexion"),
            Self::IdentityUnlinked { .. } => say!("A way to sign in is gone", "Un moyen de connexion retiré"),
            Self::SecondFactorAdded => say!("Your account asks for a code now", "Votre compte demande désormais un code"),
            Self::SecondFactorRemoved => say!("Your account asks for no code any more", "Votre compte ne demande plus de code"),
            Self::RecoveryCodesMade => say!("New recovery codes were made", "De nouveaux codes de secours ont été créés"),
            Self::RecoveryCodeUsed { .. } => say!("A recovery code was used", "Un code de secours a été utilisé"),
            Self::Leaving { .. } => say!("Your account will be deleted", "Votre compte va être supprimé"),
            Self::Impersonated { .. } | Self::MemberImpersonated { .. } => {
                say!("An administrator acts in somebody's place", "L’administration agit à la place de quelqu’un")
            }
            Self::PasswordChanged => say!("Your password was changed", "Votre mot de passe a été changé"),
            Self::EmailChanged => say!("Your address was changed", "Votre adresse a été changée"),
            Self::Reset { .. } | Self::ResetStarted { .. } => say!("A new password", "Un nouveau mot de passe"),
            Self::Magic { .. } => say!("Your link to sign in", "Votre lien de connexion"),
            Self::Verify { .. } => say!("Confirm your address", "Confirmez votre adresse"),
            Self::SignUp { .. } => say!("Confirm your account", "Confirmez votre compte"),
            Self::AlreadyHere => say!("You already have an account", "Vous avez déjà un compte"),
            Self::NewEmail { .. } | Self::OldEmail { .. } => say!("Confirm the new address", "Confirmez la nouvelle adresse"),
        }
    }
    fn text(self) -> Say {
        match self {
            Self::SessionStolen { device } => say!(
                "A sign-in of your account ({device}) was used from two places at once, so we ended it. If it was not you, change your password and look at your list of devices.",
                "Une connexion de votre compte ({device}) a été utilisée depuis deux endroits à la fois : nous l’avons fermée. Si ce n’était pas vous, changez votre mot de passe et vérifiez la liste de vos appareils."
            ),
            Self::IdentityLinked { provider } => say!(
                "Your account was linked with {provider}, which opens it from now on. If it was not you, unlink it and change your password.",
                "Votre compte a été associé à {provider}, qui l’ouvre désormais. Si ce n’était pas vous, retirez cette association et changez votre mot de passe."
            ),
            Self::IdentityUnlinked { provider } => say!(
                "Your account was unlinked from {provider}, which does not open it any more. If it was not you, change your password.",
                "Votre compte n’est plus associé à {provider}, qui ne l’ouvre plus. Si ce n’était pas vous, changez votre mot de passe."
            ),
            Self::SecondFactorAdded => say!(
                "An authenticator app was added to your account: from now on signing in asks for its code. If it was not you, reset your password and write to your administrator.",
                "Une application d’authentification a été ajoutée à votre compte : la connexion demandera désormais son code. Si ce n’était pas vous, réinitialisez votre mot de passe et écrivez à votre administrateur."
            ),
            Self::SecondFactorRemoved => say!(
                "The second factor of your account was removed: signing in asks for no code any more. If it was not you, change your password and add it again.",
                "Le second facteur de votre compte a été retiré : la connexion ne demande plus de code. Si ce n’était pas vous, changez votre mot de passe et ajoutez-le de nouveau."
            ),
            Self::RecoveryCodesMade => say!(
                "New recovery codes were made for your account; the old ones open nothing any more. If it was not you, change your password and make new ones.",
                "De nouveaux codes de secours ont été créés pour votre compte ; les anciens n’ouvrent plus rien. Si ce n’était pas vous, changez votre mot de passe et créez-en d’autres."
            ),
            Self::RecoveryCodeUsed { left } => say!(
                "A recovery code of your account was used; {left} are left. If it was not you, change your password and make new codes.",
                "Un code de secours de votre compte a été utilisé ; il en reste {left}. Si ce n’était pas vous, changez votre mot de passe et créez de nouveaux codes."
            ),
            Self::Leaving { link } => say!(
                "Your account is closed and will be deleted in fourteen days. If you change your mind until then, open this link:\n{link}",
                "Votre compte est fermé et sera supprimé dans quatorze jours. Si vous changez d’avis d’ici là, ouvrez ce lien :\n{link}"
            ),
            Self::Impersonated { reason } => say!(
                "Whoever administers this service acts in the place of your account, for half an hour at most. The reason given: {reason}. Your list of devices shows it, and ends it.",
                "La personne qui administre ce service agit à la place de votre compte, pendant une demi-heure au plus. La raison donnée : {reason}. La liste de vos appareils le montre, et permet d’y mettre fin."
            ),
            Self::MemberImpersonated { org, reason } => say!(
                "Whoever administers this service acts in the place of a member of {org}, for half an hour at most. The reason given: {reason}. The audit log of your organisation lists everything that is done.",
                "La personne qui administre ce service agit à la place d’un membre de {org}, pendant une demi-heure au plus. La raison donnée : {reason}. Le journal d’audit de votre organisation liste tout ce qui est fait."
            ),
            Self::PasswordChanged => say!(
                "The password of your account was changed, and every other device was signed out. If it was not you, ask for a new password at once.",
                "Le mot de passe de votre compte a été changé, et tous les autres appareils ont été déconnectés. Si ce n’était pas vous, demandez tout de suite un nouveau mot de passe."
            ),
            Self::EmailChanged => say!(
                "The address of your account is now another one. If it was not you, tell an administrator at once.",
                "L’adresse de votre compte est maintenant une autre. Si ce n’était pas vous, prévenez tout de suite un administrateur."
            ),
            Self::Reset { .. } => say!(
                "Open this link within 30 minutes to choose a new password. If you did not ask for it, do nothing: your password stays.",
                "Ouvrez ce lien dans les 30 minutes pour choisir un nouveau mot de passe. Si vous n’avez rien demandé, ne faites rien : votre mot de passe reste le même."
            ),
            Self::ResetStarted { .. } => say!(
                "An administrator asks you to choose a new password. Open this link within 30 minutes; the old one works until then.",
                "Une personne qui administre ce service vous demande de choisir un nouveau mot de passe. Ouvrez ce lien dans les 30 minutes ; l’ancien fonctionne jusque-là."
            ),
            Self::Magic { .. } => say!(
                "Open this link within 15 minutes to sign in. If you did not ask for it, do nothing.",
                "Ouvrez ce lien dans les 15 minutes pour vous connecter. Si vous n’avez rien demandé, ne faites rien."
            ),
            Self::Verify { .. } => say!(
                "Open this link within 24 hours to confirm that this address is yours.",
                "Ouvrez ce lien dans les 24 heures pour confirmer que cette adresse est la vôtre."
            ),
            Self::SignUp { .. } => say!(
                "Open this link within 24 hours to confirm your account. If you did not sign up, do nothing: there will be no account.",
                "Ouvrez ce lien dans les 24 heures pour confirmer votre compte. Si vous ne vous êtes pas inscrit, ne faites rien : aucun compte ne sera créé."
            ),
            Self::AlreadyHere => say!(
                "Somebody, perhaps you, signed up with this address. You already have an account: sign in, or ask for a new password.",
                "Quelqu’un, peut-être vous, s’est inscrit avec cette adresse. Vous avez déjà un compte : connectez-vous, ou demandez un nouveau mot de passe."
            ),
            Self::NewEmail { .. } => say!(
                "Open this link within an hour to make this the address of your account. If you did not ask for it, do nothing.",
                "Ouvrez ce lien dans l’heure pour que cette adresse devienne celle de votre compte. Si vous n’avez rien demandé, ne faites rien."
            ),
            Self::OldEmail { .. } => say!(
                "Your account is to get another address. Open this link within an hour if you agree. If it was not you, do nothing and change your password.",
                "Votre compte doit changer d’adresse. Ouvrez ce lien dans l’heure si vous êtes d’accord. Si ce n’était pas vous, ne faites rien et changez votre mot de passe."
            ),
        }
    }
    /// The page that makes use of the token: opening it changes nothing yet, so a mail scanner cannot use it up.
    fn link(self, app: &App) -> Option<String> {
        let (page, token) = match self {
            Self::Reset { token } | Self::ResetStarted { token } => ("reset", token),
            Self::Magic { token } => ("magic", token),
            Self::Verify { token } => ("verify", token),
            Self::SignUp { token } => ("welcome", token),
            Self::NewEmail { token } | Self::OldEmail { token } => ("new-address", token),
            _ => return None,
        };
        Some(format!("{}/{page}#token={}", app.settings.public_url(), token.expose()))
    }
}

/// Leaves the mail to an account in this transaction's outbox.
pub async fn tell(tx: &mut Tx, account: &Account, notice: Notice<'_>) -> Result<()> {
    let to = account.email(tx.app())?;
    write(tx, to, notice).await
}
/// The same, to an address that is nobody's yet, or was somebody's.
pub async fn write(tx: &mut Tx, to: String, notice: Notice<'_>) -> Result<()> {
    let link = notice.link(tx.app()).map(|link| format!("\n\n{link}")).unwrap_or_default();
    send(tx, to, notice.subject(), notice.text(), &link).await
}
/// The code that proves that somebody reads this mailbox.
pub async fn code(tx: &mut Tx, account: &Account, code: &str) -> Result<()> {
    let subject = say!("Your code: {code}", "Votre code : {code}");
    let text = say!(
        "Type this code where you were asked for it: {code}. It is good for ten minutes. If you did not ask for it, somebody else is using your session: sign out everywhere.",
        "Saisissez ce code là où il vous a été demandé : {code}. Il est valable dix minutes. Si vous ne l’avez pas demandé, quelqu’un d’autre utilise votre session : déconnectez-vous partout."
    );
    let to = account.email(tx.app())?;
    send(tx, to, subject, text, "").await
}
/// The placeholder of somebody who hides their address is no mailbox.
pub fn unreachable(email: &str) -> bool {
    email.ends_with(".invalid")
}
async fn send(tx: &mut Tx, to: String, subject: Say, text: Say, link: &str) -> Result<()> {
    if unreachable(&to) {
        return Ok(());
    }
    let mail = Mail {
        to,
        subject: format!("{} · {}", subject.fr, subject.en),
        text: format!("Bonjour,\n\n{}{link}\n\n—\n\nHello,\n\n{}{link}\n", text.fr, text.en),
        html: None,
        attachments: vec![],
    };
    tx.job(&Job::new(jobs::MAIL, mail)?).await?;
    Ok(())
}
