//! What an account is told by mail when something happens to it: both languages, a link only where it undoes something.

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
    SessionStolen { device: &'a str },
    /// The account is closed; the link opens it again.
    Leaving { link: &'a str },
}

impl Notice<'_> {
    fn subject(self) -> Say {
        match self {
            Self::SessionStolen { .. } => say!("A sign-in of yours was ended", "Une de vos connexions a été fermée"),
            Self::Leaving { .. } => say!("Your account will be deleted", "Votre compte va être supprimé"),
        }
    }
    fn text(self) -> Say {
        match self {
            Self::SessionStolen { device } => say!(
                "A sign-in of your account ({device}) was used from two places at once, so we ended it. If it was not you, change your password and look at your list of devices.",
                "Une connexion de votre compte ({device}) a été utilisée depuis deux endroits à la fois : nous l’avons fermée. Si ce n’était pas vous, changez votre mot de passe et vérifiez la liste de vos appareils."
            ),
            Self::Leaving { link } => say!(
                "Your account is closed and will be deleted in fourteen days. If you change your mind until then, open this link:\n{link}",
                "Votre compte est fermé et sera supprimé dans quatorze jours. Si vous changez d’avis d’ici là, ouvrez ce lien :\n{link}"
            ),
        }
    }
}

/// Leaves the mail in this transaction's outbox.
pub async fn tell(tx: &mut Tx, account: &Account, notice: Notice<'_>) -> Result<()> {
    let (subject, text) = (notice.subject(), notice.text());
    let mail = Mail {
        to: account.email(tx.app())?,
        subject: format!("{} · {}", subject.fr, subject.en),
        text: format!("Bonjour,\n\n{}\n\n—\n\nHello,\n\n{}\n", text.fr, text.en),
        html: None,
    };
    tx.job(&Job::new(jobs::MAIL, mail)?).await?;
    Ok(())
}
