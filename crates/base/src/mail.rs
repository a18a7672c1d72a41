//! Mail: one message a file in development, SMTP otherwise, memory in tests.

use crate::{
    crypto::{self, Secret},
    error::{Error, Result},
    settings::Fault,
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, MultiPart, SinglePart},
    transport::smtp::AsyncSmtpTransportBuilder,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
}

pub struct Mailer {
    from: Mailbox,
    way: Way,
}
enum Way {
    File(PathBuf),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Memory(Mutex<Vec<Mail>>),
}

impl Mailer {
    /// `file:DIR`, `smtp://user:password@host:port`, `smtps://…` or `memory:`.
    pub fn new(url: &Secret, from: &str) -> std::result::Result<Self, Fault> {
        let from = sender(from)?;
        let way = match url.expose() {
            "memory:" => Way::Memory(Mutex::default()),
            url if url.starts_with("file:") => Way::File(url["file:".len()..].into()),
            url => Way::Smtp(smtp(url)?.timeout(Some(Duration::from_secs(15))).build()),
        };
        Ok(Self { from, way })
    }
    /// Whether [`Mailer::new`] would do; needs no runtime, as the pool of SMTP connections does.
    pub fn check(url: &Secret, from: &str) -> std::result::Result<(), Fault> {
        sender(from)?;
        let url = url.expose();
        if url.starts_with("smtp") { smtp(url).map(drop) } else { Ok(()) }
    }
    pub async fn send(&self, mail: &Mail) -> Result<()> {
        let message = self.message(mail)?;
        match &self.way {
            Way::Memory(sent) => sent.lock().push(mail.clone()),
            Way::File(dir) => {
                tokio::fs::create_dir_all(dir).await.map_err(Error::internal)?;
                let name = format!("{}.eml", crypto::hex(&crypto::random::<8>()));
                tokio::fs::write(dir.join(name), message.formatted()).await.map_err(Error::internal)?;
            }
            Way::Smtp(smtp) => drop(smtp.send(message).await.map_err(Error::internal)?),
        }
        Ok(())
    }
    fn message(&self, mail: &Mail) -> Result<Message> {
        let to: Mailbox = mail.to.parse().map_err(|_| Error::internal("an address that is none"))?;
        let builder = Message::builder().from(self.from.clone()).to(to).subject(&mail.subject);
        let message = match &mail.html {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone())),
            None => builder.singlepart(SinglePart::plain(mail.text.clone())),
        };
        message.map_err(Error::internal)
    }
    /// What was sent, in tests.
    pub fn sent(&self) -> Vec<Mail> {
        match &self.way {
            Way::Memory(sent) => sent.lock().clone(),
            Way::File(_) | Way::Smtp(_) => vec![],
        }
    }
}

fn sender(text: &str) -> std::result::Result<Mailbox, Fault> {
    text.parse().map_err(|_| Fault::of("MAIL_FROM", format_args!("`{text}` is not a sender like Coulisses <bonjour@example.org>")))
}
fn smtp(url: &str) -> std::result::Result<AsyncSmtpTransportBuilder, Fault> {
    AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|e| Fault::of("MAIL_URL", e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_a_message_and_no_header_can_be_smuggled_in() {
        let dir = std::env::temp_dir().join(format!("mail-{}", crypto::hex(&crypto::random::<6>())));
        let mailer = Mailer::new(&Secret::new(format!("file:{}", dir.display())), "Coulisses <bonjour@example.org>").unwrap();
        let mail =
            Mail { to: "lea@example.org".into(), subject: "Bonjour\r\nBcc: thief@example.org".into(), text: "Été".into(), html: None };
        mailer.send(&mail).await.unwrap();
        let file = std::fs::read_dir(&dir).unwrap().next().unwrap().unwrap().path();
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("To: lea@example.org") && !text.lines().any(|l| l.starts_with("Bcc:")), "{text}");
        assert!(mailer.send(&Mail { to: "a@b.c\r\nBcc: x@y.z".into(), ..mail }).await.is_err());
        std::fs::remove_dir_all(dir).unwrap();
        assert!(Mailer::new(&Secret::new("ftp://x"), "a@b.c").is_err());
    }
}
