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
}

impl Notice<'_> {
    fn subject(self) -> Say {
        match self {
            Self::SessionStolen { .. } => say!("A sign-in of yours was ended", "Une de vos connexions a été fermée"),
            Self::IdentityLinked { .. } => say!("A new way to sign in", "Un nouveau moyen de connexion"),
            Self::IdentityUnlinked { .. } => say!("A way to sign in is gone", "Un moyen de connexion retiré"),
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
        }
    }
}

/// Leaves the mail in this transaction's outbox.
pub async fn tell(tx: &mut Tx, account: &Account, notice: Notice<'_>) -> Result<()> {
    let (subject, text, to) = (notice.subject(), notice.text(), account.email(tx.app())?);
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
