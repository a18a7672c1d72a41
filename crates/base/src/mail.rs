//! Mail: one message a file in development, SMTP otherwise, memory in tests.
pub struct Mailer;
