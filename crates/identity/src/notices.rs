//! What an account is told by mail when something happens to it: both languages, no link to click on.

use crate::accounts::store::Row as Account;
use base::{
    Result,
    db::Tx,
    jobs::{self, Job},
    mail::Mail,
    say,
    say::Say,
};

/// What happened.
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
        }
    }
}

/// Leaves the mail in this transaction's outbox.
pub async fn tell(tx: &mut Tx, account: &Account, notice: Notice<'_>) -> Result<()> {
    send(tx, account, notice.subject(), notice.text()).await
}
/// The code that proves that somebody reads this mailbox.
pub async fn code(tx: &mut Tx, account: &Account, code: &str) -> Result<()> {
    let subject = say!("Your code: {code}", "Votre code : {code}");
    let text = say!(
        "Type this code where you were asked for it: {code}. It is good for ten minutes. If you did not ask for it, somebody else is using your session: sign out everywhere.",
        "Saisissez ce code là où il vous a été demandé : {code}. Il est valable dix minutes. Si vous ne l’avez pas demandé, quelqu’un d’autre utilise votre session : déconnectez-vous partout."
    );
    send(tx, account, subject, text).await
}
async fn send(tx: &mut Tx, account: &Account, subject: Say, text: Say) -> Result<()> {
    let to = account.email(tx.app())?;
    // The placeholder of somebody who hides their address is no mailbox.
    if to.ends_with(".invalid") {
        return Ok(());
    }
    let mail = Mail {
        to,
        subject: format!("{} · {}", subject.fr, subject.en),
        text: format!("Bonjour,\n\n{}\n\n—\n\nHello,\n\n{}\n", text.fr, text.en),
        html: None,
    };
    tx.job(&Job::new(jobs::MAIL, mail)?).await?;
    Ok(())
}
