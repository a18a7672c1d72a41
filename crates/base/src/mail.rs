//! Mail: one message a file in development, SMTP otherwise, memory in tests.

use crate::{
    crypto::{self, Secret},
    error::{Error, Result},
    say,
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        self, Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType},
    },
    transport::smtp::AsyncSmtpTransportBuilder,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::OnceLock, time::Duration};
use tokio::{io::AsyncWriteExt as _, time::timeout};

/// For the whole conversation, and shorter than a job's lease: a mail is not sent by two workers at once.
const PATIENCE: Duration = Duration::from_secs(20);

const GREETING: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// Files that go along. A job of an older version knows none.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub name: String,
    /// `text/calendar; charset=utf-8; method=REQUEST`
    pub content_type: String,
    pub content: String,
}

pub struct Mailer {
    from: Mailbox,
    way: Way,
    patience: Duration,
}
type Smtp = AsyncSmtpTransport<Tokio1Executor>;
enum Way {
    File(PathBuf),
    /// The pool of connections is opened by the first mail: settings are checked where no runtime is.
    Smtp(Box<AsyncSmtpTransportBuilder>, OnceLock<Smtp>),
    Memory(Mutex<Vec<Mail>>),
}

impl Mailer {
    /// `file:DIR`, `smtp://user:password@host:port` (`?tls=required` for STARTTLS), `smtps://…` or `memory:`.
    pub fn new(url: &Secret, from: &str) -> std::result::Result<Self, String> {
        let from = from.parse().map_err(|_| format!("`{from}` is not a sender like Coulisses <bonjour@example.org>"))?;
        let way = match url.expose() {
            "memory:" => Way::Memory(Mutex::default()),
            url if url.starts_with("file:") => Way::File(url["file:".len()..].into()),
            url => {
                // The parser's own message could quote the password.
                let smtp = Smtp::from_url(url)
                    .map_err(|_| "is not a URL like smtp://user:password@host:587?tls=required, smtps://… or file:DIR")?;
                Way::Smtp(Box::new(smtp.timeout(Some(PATIENCE))), OnceLock::new())
            }
        };
        Ok(Self { from, way, patience: PATIENCE })
    }
    pub async fn send(&self, mail: &Mail) -> Result<()> {
        let message = self.message(mail)?;
        match &self.way {
            Way::Memory(sent) => sent.lock().push(mail.clone()),
            Way::File(dir) => write(dir, &message.formatted()).await.map_err(Error::internal)?,
            Way::Smtp(builder, smtp) => {
                match timeout(self.patience, smtp.get_or_init(|| builder.as_ref().clone().build()).send(message)).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(refused)) if refused.is_permanent() => return Err(not_sent("mail_refused").with_source(refused)),
                    Ok(Err(error)) => return Err(not_sent("mail_not_sent").with_source(error)),
                    Err(late) => return Err(not_sent("mail_not_sent").with_source(late)),
                }
            }
        }
        Ok(())
    }
    /// Whether the mail server lets us in: it is greeted, our name and password are shown, and nothing is sent. A folder takes any mail.
    pub async fn greet(&self) -> std::result::Result<(), String> {
        let Way::Smtp(builder, _) = &self.way else { return Ok(()) };
        match timeout(GREETING, builder.as_ref().clone().build::<Tokio1Executor>().test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err("it hung up".to_owned()),
            Ok(Err(why)) => Err(std::error::Error::source(&why).map_or_else(|| why.to_string(), |cause| format!("{why}: {cause}"))),
            Err(_) => Err(format!("no greeting within {} s", GREETING.as_secs())),
        }
    }
    fn message(&self, mail: &Mail) -> Result<Message> {
        let to: Mailbox = mail.to.parse().map_err(|_| Error::internal("an address that is none"))?;
        let id = format!("<{}@{}>", crypto::hex(&crypto::random::<16>()), self.from.email.domain());
        let builder = Message::builder().from(self.from.clone()).to(to).subject(&mail.subject).message_id(Some(id));
        let plain = self.part(ContentType::TEXT_PLAIN, &mail.text);
        if mail.html.is_none() && mail.attachments.is_empty() {
            return builder.singlepart(plain).map_err(Error::internal);
        }
        let words = MultiPart::alternative().singlepart(plain);
        let words = match &mail.html {
            Some(html) => words.singlepart(self.part(ContentType::TEXT_HTML, html)),
            None => words,
        };
        if mail.attachments.is_empty() {
            return builder.multipart(words).map_err(Error::internal);
        }
        let files = mail.attachments.iter().map(file).collect::<Result<Vec<_>>>()?;
        let all = files.into_iter().fold(MultiPart::mixed().multipart(words), MultiPart::singlepart);
        builder.multipart(all).map_err(Error::internal)
    }
    /// The address that every mail comes from.
    pub fn sender(&self) -> String {
        self.from.email.to_string()
    }
    /// In a file the text stays as it is, whatever its letters and lines: a link cut by quoted-printable cannot be copied from there.
    fn part(&self, kind: ContentType, text: &str) -> SinglePart {
        let body = match self.way {
            Way::File(_) => {
                let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
                Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::EightBit)
            }
            Way::Smtp(..) | Way::Memory(_) => Body::new(text.to_owned()),
        };
        SinglePart::builder().header(kind).body(body)
    }
    /// What was sent, in tests.
    pub fn sent(&self) -> Vec<Mail> {
        match &self.way {
            Way::Memory(sent) => sent.lock().clone(),
            Way::File(_) | Way::Smtp(..) => vec![],
        }
    }
}

/// In base64: its line ends and its letters arrive as they were.
fn file(one: &Attachment) -> Result<SinglePart> {
    let kind: ContentType = one.content_type.parse().map_err(|_| Error::internal("a content type that is none"))?;
    let body = Body::new_with_encoding(one.content.clone().into_bytes(), ContentTransferEncoding::Base64);
    let body = body.map_err(|_| Error::internal("base64 takes any bytes"))?;
    Ok(message::Attachment::new(one.name.clone()).body(body, kind))
}
/// Whole or not at all, and for nobody but the operator: it may hold a link that signs somebody in.
async fn write(dir: &std::path::Path, message: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(dir).await?;
    let name = crypto::hex(&crypto::random::<8>());
    let (part, whole) = (dir.join(format!(".{name}.part")), dir.join(format!("{name}.eml")));
    let mut new = tokio::fs::OpenOptions::new();
    #[cfg(unix)]
    new.mode(0o600);
    let mut file = new.write(true).create_new(true).open(&part).await?;
    file.write_all(message).await?;
    file.flush().await?;
    tokio::fs::rename(part, whole).await
}
#[track_caller]
fn not_sent(code: &'static str) -> Error {
    Error::bad_gateway(code, say!("The mail server did not take the message.", "Le serveur de messagerie n’a pas pris le message."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncBufReadExt as _;

    #[tokio::test]
    async fn a_file_a_message_and_no_header_can_be_smuggled_in() {
        let dir = std::env::temp_dir().join(format!("mail-{}", crypto::hex(&crypto::random::<6>())));
        let mailer = Mailer::new(&Secret::new(format!("file:{}", dir.display())), "Coulisses <bonjour@example.org>").unwrap();
        let link = format!("https://example.org/verify?token={}", "0123456789abcdef".repeat(4));
        let text = format!("Été : {}\n\n{link}\n", "une longue ligne, ".repeat(10));
        let mail = Mail {
            to: "lea@example.org".into(),
            subject: "Bonjour\r\nBcc: thief@example.org".into(),
            text,
            html: None,
            attachments: vec![],
        };
        mailer.send(&mail).await.unwrap();
        let file = std::fs::read_dir(&dir).unwrap().next().unwrap().unwrap().path();
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains("To: lea@example.org") && !text.lines().any(|l| l.starts_with("Bcc:")), "{text}");
        assert!(text.contains("Été") && text.contains(&link), "an operator can read it and copy the link: {text}");
        assert!(mailer.send(&Mail { to: "a@b.c\r\nBcc: x@y.z".into(), ..mail }).await.is_err());
        std::fs::remove_dir_all(dir).unwrap();
    }
    #[tokio::test]
    async fn a_file_shows_a_long_link_whole_and_carries_what_is_attached() {
        let dir = std::env::temp_dir().join(format!("mail-{}", crypto::hex(&crypto::random::<6>())));
        let mailer = Mailer::new(&Secret::new(format!("file:{}", dir.display())), "Coulisses <bonjour@example.org>").unwrap();
        let link = format!("https://crew.example/invite?token=inv_{}", "aB3-_".repeat(30));
        let calendar = "BEGIN:VCALENDAR\r\nSUMMARY:Été\r\nEND:VCALENDAR\r\n";
        let content_type = "text/calendar; charset=utf-8; method=REQUEST".to_owned();
        let attachments = vec![Attachment { name: "invitation.ics".into(), content_type, content: calendar.into() }];
        let html = Some(format!("<p><a href=\"{link}\">Répondre</a></p>"));
        let mail = Mail { to: "lea@example.org".into(), subject: "Été".into(), text: format!("Été :\n{link}\n"), html, attachments };
        mailer.send(&mail).await.unwrap();
        let file = std::fs::read_dir(&dir).unwrap().next().unwrap().unwrap().path();
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.lines().any(|l| l == link) && text.contains(&format!("href=\"{link}\"")), "{text}");
        let part = text.split("Content-Type: text/calendar").nth(1).unwrap();
        let head = part.split("\r\n\r\n").next().unwrap();
        assert!(head.contains("method=REQUEST") && head.contains("base64") && text.contains("filename=\"invitation.ics\""), "{text}");
        let body: String = part.split("\r\n\r\n").nth(1).unwrap().split("--").next().unwrap().split_whitespace().collect();
        assert_eq!(base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body).unwrap(), calendar.as_bytes());
        std::fs::remove_dir_all(dir).unwrap();
    }
    #[test]
    fn a_faulty_url_is_told_without_its_password() {
        for url in ["ftp://canary:canary@x", "canary", "smtp://u:canary@host:99999", "smtp://u:canary@host?tls=perhaps"] {
            let fault = Mailer::new(&Secret::new(url), "a@b.c").err().unwrap();
            assert!(!fault.contains("canary"), "{fault}");
        }
        assert!(Mailer::new(&Secret::new("memory:"), "not a sender").is_err());
    }

    /// A mail server for one conversation: what the client said, line by line.
    async fn server(answer_to_rcpt: Option<&'static str>) -> (Mailer, tokio::task::JoinHandle<Vec<String>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://lea:canary@{}", listener.local_addr().unwrap());
        let conversation = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let (read, mut write) = socket.into_split();
            let (mut lines, mut said, mut in_data) = (tokio::io::BufReader::new(read).lines(), vec![], false);
            write.write_all(b"220 sink ESMTP\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                    _ if in_data => (line == ".").then_some("250 taken\r\n"),
                    "EHLO" => Some("250-sink\r\n250 AUTH PLAIN\r\n"),
                    "AUTH" => Some("235 welcome\r\n"),
                    "RCPT" => answer_to_rcpt,
                    "DATA" => Some("354 go on\r\n"),
                    _ => Some("250 ok\r\n"),
                };
                in_data = (in_data && line != ".") || line == "DATA";
                said.push(line);
                if let Some(answer) = answer {
                    write.write_all(answer.as_bytes()).await.unwrap();
                }
            }
            said
        });
        (Mailer::new(&Secret::new(url), "Coulisses <bonjour@example.org>").unwrap(), conversation)
    }
    fn bonjour() -> Mail {
        Mail {
            to: "lea@lanternes.fr".into(),
            subject: "Été".into(),
            text: "Bonjour\n.\nLéa".into(),
            html: Some("<p>Bonjour</p>".into()),
            attachments: vec![],
        }
    }
    #[tokio::test]
    async fn a_mail_server_is_given_the_whole_message() {
        let (mailer, conversation) = server(Some("250 ok\r\n")).await;
        mailer.send(&bonjour()).await.unwrap();
        drop(mailer);
        let said = conversation.await.unwrap();
        let has = |line: &str| assert!(said.iter().any(|l| l == line), "{line}: {said:#?}");
        has("MAIL FROM:<bonjour@example.org>");
        has("RCPT TO:<lea@lanternes.fr>");
        has("From: Coulisses <bonjour@example.org>");
        has("To: lea@lanternes.fr");
        has("Subject: =?utf-8?b?w4l0w6k=?=");
        has("<p>Bonjour</p>");
        assert!(said.iter().any(|l| l.starts_with("AUTH PLAIN ")) && said.iter().any(|l| l.starts_with("Message-ID: <")));
        assert!(said.iter().any(|l| l.starts_with("Date: ")) && said.iter().filter(|l| *l == ".").count() == 1, "{said:#?}");
    }
    #[tokio::test]
    async fn a_server_that_refuses_or_says_nothing_is_an_error() {
        let (mailer, _conversation) = server(Some("550 nobody here\r\n")).await;
        assert_eq!(mailer.send(&bonjour()).await.unwrap_err().code(), "mail_refused");
        let (mut mailer, _conversation) = server(None).await;
        mailer.patience = Duration::from_millis(200);
        assert_eq!(mailer.send(&bonjour()).await.unwrap_err().code(), "mail_not_sent");
        let nobody = Mailer::new(&Secret::new("smtp://127.0.0.1:1"), "a@b.c").unwrap();
        assert_eq!(nobody.send(&bonjour()).await.unwrap_err().code(), "mail_not_sent");
    }
}
