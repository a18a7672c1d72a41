//! What can happen to a request, by the names that requests use.

use std::time::Duration;

macro_rules! scenarios {
    ($($(#[$about:meta])* $variant:ident $name:literal),+ $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Scenario { $($(#[$about])* $variant),+ }
        impl Scenario {
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}
scenarios! {
    Ok "ok",
    /// The content as a list of chunks.
    ListContent "ok_list_content",
    /// A thinking chunk before the text.
    Thinking "thinking",
    JsonOk "json_ok",
    JsonFenced "json_fenced",
    /// `finish_reason: length` in the middle of the JSON.
    JsonTruncated "json_truncated",
    JsonWrongTypes "json_wrong_types",
    /// With a figure that nobody gave.
    JsonInvented "json_invented",
    JsonLink "json_link",
    /// Advice that repeats the last message: a model that follows what it should quote.
    JsonEcho "json_echo",
    /// Advice that says what the last message asks for, in its words and without its marks: a model that obeys a note.
    JsonObeys "json_obeys",
    /// The same, and sends people to a page.
    JsonObeysLink "json_obeys_link",
    /// The same by the bare name of a site.
    JsonObeysDomain "json_obeys_domain",
    /// Broken JSON, until it is asked to mend it.
    JsonBrokenOnce "json_broken_once",
    /// Advice that no figure contradicts, and nobody may be given.
    JsonUnsafe "json_unsafe",
    /// Advice, from a server that does not know `json_schema`.
    NoSchema "json_no_schema",
    /// Advice, from a server that does not know `response_format`.
    NoFormat "json_no_format",
    /// Advice on the first open role among the facts it was sent.
    JsonStaffing "json_staffing",
    /// The same, for somebody whom no fact names.
    JsonStranger "json_stranger",
    Bullets "bullets",
    Empty "empty",
    WhitespaceFlood "whitespace_flood",
    Unauthorized "401a",
    UnauthorizedOther "401b",
    Forbidden "403",
    NotFound "404",
    UnknownModel "400_model",
    /// Also what a field outside the schema gets, whatever the scenario.
    Unprocessable "422_obj",
    UnprocessableText "422_str",
    UnprocessableArray "422_array",
    RateLimited "429_rate",
    Capacity "429_capacity",
    /// The plan has no quota at all for the model.
    ZeroPlan "429_zero_plan",
    ServerError "500",
    Unavailable "503",
    /// 503 to the first request of the simulator's life, then well.
    OnceUnavailable "503_once",
    Html "html_502",
    SlowFirstByte "slow_first_byte",
    SlowChunks "slow_chunks",
    Hang "hang",
    CutMidChunk "cut_mid_chunk",
    CutBeforeDone "cut_before_done",
    /// A character of several bytes across two writes.
    SplitUtf8 "split_utf8",
    Crlf "crlf",
    Comments "comments",
    HugeEvent "huge_event",
    DoneMissing "done_missing",
    /// A hundred events at once.
    Burst "burst",
}

impl Scenario {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.name() == name)
    }
    /// With how many milliseconds it waits each time, where somebody says: `slow_chunks(200)`.
    pub fn timed(name: &str) -> Option<(Self, Option<Duration>)> {
        match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
            Some((name, millis)) => Some((Self::named(name)?, Some(Duration::from_millis(millis.parse().ok()?)))),
            None => Some((Self::named(name)?, None)),
        }
    }
    /// Whether it does not take the `response_format` that was asked for.
    pub fn refuses_format(self, asked: &serde_json::Value) -> bool {
        let format = &asked["response_format"]["type"];
        match self {
            Self::NoSchema => format == "json_schema",
            Self::NoFormat => format.is_string(),
            _ => false,
        }
    }
    /// Whether it answers with an error status.
    pub fn refuses(self) -> bool {
        use Scenario::*;
        matches!(
            self,
            Unauthorized
                | UnauthorizedOther
                | Forbidden
                | NotFound
                | UnknownModel
                | Unprocessable
                | UnprocessableText
                | UnprocessableArray
                | RateLimited
                | Capacity
                | ZeroPlan
                | ServerError
                | Unavailable
                | Html
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_say_how_long() {
        for one in Scenario::ALL {
            assert_eq!(Scenario::timed(one.name()), Some((*one, None)));
        }
        assert_eq!(Scenario::timed("slow_chunks(200)"), Some((Scenario::SlowChunks, Some(Duration::from_millis(200)))));
        assert_eq!(["slow_chunks()", "slow_chunks(x)", "slow(1)", "slow_chunks(1", "ok)"].map(Scenario::timed), [None; 5]);
    }
}
