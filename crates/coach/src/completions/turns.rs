//! What of a long conversation goes to a model: its instructions, and its newest turns as far as they fit.

use crate::provider::estimated;
use base::{Error, Result, say};
use serde_json::Value;

pub const MOST_MESSAGES: usize = 20;
pub const MOST_TOKENS: u64 = 8_000;

/// Without its oldest turns, where it is too long. A turn begins with a user's message and goes whole, with all that answered it.
/// Instructions stay, and so does the last turn, whatever it is made of.
pub fn newest(messages: Vec<Value>) -> Result<Vec<Value>> {
    let mut last = 0;
    let turns: Vec<Option<usize>> = messages
        .iter()
        .map(|message| {
            last += usize::from(message["role"] == "user");
            Some(last).filter(|_| message["role"] != "system" && message["role"] != "developer")
        })
        .collect();
    let tokens: Vec<u64> = messages.iter().map(estimated).collect();
    let (mut instructions, mut sizes) = ((0, 0), vec![(0, 0); last + 1]);
    for (turn, tokens) in turns.iter().zip(&tokens) {
        let size = turn.map_or(&mut instructions, |turn| &mut sizes[turn]);
        *size = (size.0 + 1, size.1 + tokens);
    }
    // From the newest back, as long as it fits; each message is looked at once, however many somebody sends.
    let (mut first, mut kept) = (last, (instructions.0 + sizes[last].0, instructions.1 + sizes[last].1));
    for (count, tokens) in sizes[..last].iter().rev() {
        let more = (kept.0 + count, kept.1 + tokens);
        if more.0 > MOST_MESSAGES || more.1 > MOST_TOKENS {
            break;
        }
        (first, kept) = (first - 1, more);
    }
    let stays = |turn: &Option<usize>| turn.is_none_or(|turn| turn >= first);
    if kept.1 > MOST_TOKENS {
        let longest = (0..turns.len()).filter(|n| stays(&turns[*n])).max_by_key(|n| tokens[*n]);
        return Err(too_long(longest.unwrap_or_default()));
    }
    Ok(messages.into_iter().zip(&turns).filter(|(_, turn)| stays(turn)).map(|(message, _)| message).collect())
}
fn too_long(message: usize) -> Error {
    let say = say!(
        "The instructions and the last turn of the conversation take more than {MOST_TOKENS} tokens together. Shorten this message.",
        "Les consignes et le dernier tour de la conversation dépassent ensemble {MOST_TOKENS} jetons. Raccourcissez ce message."
    );
    Error::malformed("prompt_too_long", say.clone()).and_field(format!("messages[{message}].content"), "too_long", say)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(role: &str, text: &str) -> Value {
        json!({"role": role, "content": text})
    }
    fn texts(messages: Vec<Value>) -> Vec<String> {
        newest(messages).unwrap().iter().map(|m| m["content"].as_str().unwrap().chars().take(3).collect()).collect()
    }

    #[test]
    fn what_fits_goes_out_as_it_is() {
        let short: Vec<Value> = (0..20).map(|n| said(["user", "assistant"][n % 2], &n.to_string())).collect();
        assert_eq!(newest(short.clone()).unwrap(), short);
    }
    #[test]
    fn the_oldest_turns_go_whole_and_the_instructions_stay() {
        let mut long = vec![said("system", "sys"), said("assistant", "hi")];
        for n in 0..8 {
            long.extend([said("user", &format!("u{n}")), said("assistant", &format!("a{n}")), said("tool", &format!("t{n}"))]);
        }
        long.insert(9, said("developer", "dev"));
        // 27 messages: without the greeting and turns 0 and 1, 20 are left.
        let left = texts(long);
        assert_eq!((left.len(), &left[..4]), (20, &["sys", "u2", "dev", "a2"].map(str::to_owned)[..]));
        assert_eq!(left.last().unwrap(), "t7");
    }
    /// As many as a request can hold: who looked at each once for each would still be at it.
    #[test]
    fn a_million_bytes_of_short_messages_are_a_conversation_too() {
        let long = (0..40_000).map(|n| said(["user", "assistant"][n % 2], "x")).collect();
        assert_eq!(texts(long).len(), 20);
    }
    #[test]
    fn many_characters_are_too_many_as_well() {
        let long = |n: usize| format!("{n}{}", "é".repeat(9_000));
        let talk = (0..3).flat_map(|n| [said("user", &format!("u{n}")), said("assistant", &long(n))]).collect();
        assert_eq!(texts(talk), ["u1", "1éé", "u2", "2éé"]);
    }
    #[test]
    fn the_last_turn_stays_whole_unless_it_alone_is_too_long() {
        let mut tools = vec![said("user", "old"), said("assistant", "old"), said("user", "new")];
        tools.extend((0..30).map(|_| said("tool", "out")));
        let left = texts(tools);
        assert_eq!((left.len(), left[0].as_str()), (31, "new"));
        let field = |messages| newest(messages).unwrap_err().fields()[0].field.clone();
        assert_eq!(field(vec![said("user", "a"), said("user", "b"), said("tool", &"x".repeat(24_001))]), "messages[2].content");
        assert_eq!(field(vec![said("system", &"x".repeat(24_001)), said("user", "b")]), "messages[0].content");
    }
}
