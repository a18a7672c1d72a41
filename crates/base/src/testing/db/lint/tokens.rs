//! SQL as words and groups: as much grammar as the tenant lint needs.

use std::{iter::Peekable, str::Chars};

/// One word, sign, parameter or literal, or what stands between a pair of brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Word(String),
    Group(Vec<Node>),
}
impl Node {
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(w) if w == word)
    }
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(w) => Some(w),
            Self::Group(_) => None,
        }
    }
    pub fn group(&self) -> Option<&[Node]> {
        match self {
            Self::Group(g) => Some(g),
            Self::Word(_) => None,
        }
    }
}

/// Names come out in lower case and without quotes; a text literal as `'`, whatever it says.
pub fn parse(sql: &str) -> Vec<Node> {
    group(&mut sql.chars().peekable())
}

fn group(chars: &mut Peekable<Chars>) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            ')' => break,
            '(' => nodes.push(Node::Group(group(chars))),
            '\'' => {
                quoted(chars, '\'');
                nodes.push(Node::Word("'".into()));
            }
            '"' => nodes.push(Node::Word(quoted(chars, '"').to_lowercase())),
            '-' if chars.peek() == Some(&'-') => while chars.next().is_some_and(|c| c != '\n') {},
            '/' if chars.peek() == Some(&'*') => {
                while chars.next().is_some_and(|c| c != '*' || chars.peek() != Some(&'/')) {}
                chars.next();
            }
            c if c.is_whitespace() => {}
            c if is_name(c) => match name(c, chars) {
                // One comparison, no beginning of a section.
                from if from == "from" && nodes.last().is_some_and(|n| n.is("distinct")) => nodes.push(Node::Word("distinct from".into())),
                name => nodes.push(Node::Word(name)),
            },
            c => nodes.push(Node::Word(c.into())),
        }
    }
    nodes
}
fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
fn name(first: char, chars: &mut Peekable<Chars>) -> String {
    let mut name = String::from(first);
    while let Some(c) = chars.next_if(|c| is_name(*c)) {
        name.push(c);
    }
    name.to_lowercase()
}
/// Up to the closing quote; a doubled one is part of the text.
fn quoted(chars: &mut Peekable<Chars>, quote: char) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        if c == quote && chars.next_if_eq(&quote).is_none() {
            break;
        }
        text.push(c);
    }
    text
}
