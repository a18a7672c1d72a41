//! What goes out and what comes back: only the fields that an endpoint's schema knows, and text from either shape of content.

use super::Fault;
use base::settings::AiProfile;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// A field by the names callers use, and what Mistral calls it.
const FIELDS: [(&str, &str); 15] = [
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("max_completion_tokens", "max_tokens"),
    ("max_tokens", "max_tokens"),
    ("stop", "stop"),
    ("seed", "random_seed"),
    ("random_seed", "random_seed"),
    ("response_format", "response_format"),
    ("tools", "tools"),
    ("tool_choice", "tool_choice"),
    ("parallel_tool_calls", "parallel_tool_calls"),
    ("presence_penalty", "presence_penalty"),
    ("frequency_penalty", "frequency_penalty"),
    ("n", "n"),
    ("reasoning_effort", "reasoning_effort"),
];
const IN_MESSAGE: [&str; 5] = ["role", "content", "name", "tool_calls", "tool_call_id"];

/// The body for the provider. What its schema does not know stays here: a caller's extra field is no reason to fail.
pub fn outgoing(profile: AiProfile, model: &str, stream: bool, asked: &Map<String, Value>) -> Value {
    let mut out = Map::from_iter([("model".to_owned(), json!(model)), ("messages".to_owned(), messages(asked.get("messages")))]);
    for (ours, mistral) in FIELDS {
        if let Some(value) = asked.get(ours).filter(|value| !value.is_null()) {
            let name = match profile {
                // Said twice, it goes out once.
                AiProfile::OpenAi if ours == "max_tokens" && out.contains_key("max_completion_tokens") => continue,
                AiProfile::Mistral => mistral,
                AiProfile::OpenAi if ours == "random_seed" => "seed",
                AiProfile::OpenAi => ours,
            };
            out.entry(name).or_insert_with(|| value.clone());
        }
    }
    if stream {
        out.insert("stream".to_owned(), json!(true));
        if profile == AiProfile::OpenAi {
            out.insert("stream_options".to_owned(), json!({"include_usage": true}));
        }
    }
    Value::Object(out)
}
fn messages(asked: Option<&Value>) -> Value {
    let message = |message: &Value| -> Value {
        let known = message.as_object().into_iter().flatten().filter(|(key, _)| IN_MESSAGE.contains(&key.as_str()));
        let mut known: Map<String, Value> = known.map(|(key, value)| (key.clone(), value.clone())).collect();
        if known.get("role").is_some_and(|role| role == "developer") {
            known.insert("role".to_owned(), json!("system"));
        }
        Value::Object(known)
    };
    asked.and_then(Value::as_array).into_iter().flatten().map(message).collect()
}

/// What a call cost, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Usage {
    #[serde(default)]
    pub prompt_tokens: u64,
    #[serde(default)]
    pub completion_tokens: u64,
    #[serde(default)]
    pub total_tokens: u64,
    /// Of the prompt, what the provider had read before: at a tenth of the price.
    #[serde(default)]
    pub cached_tokens: u64,
}

impl Usage {
    /// As a provider says it; what it had read before stands in one of two places.
    fn read(said: &Value) -> Option<Self> {
        let usage = Self::deserialize(said).ok()?;
        let cached = [&said["prompt_tokens_details"]["cached_tokens"], &said["num_cached_tokens"]].into_iter().find_map(Value::as_u64);
        Some(Self { cached_tokens: cached.unwrap_or_default().min(usage.prompt_tokens), ..usage })
    }
    pub fn and(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens + other.prompt_tokens,
            completion_tokens: self.completion_tokens + other.completion_tokens,
            total_tokens: self.total_tokens + other.total_tokens,
            cached_tokens: self.cached_tokens + other.cached_tokens,
        }
    }
}

/// A completion, with the bytes it came as.
#[derive(Clone, Debug)]
pub struct Completion {
    pub text: String,
    pub id: String,
    pub model: String,
    pub usage: Usage,
    pub finish_reason: Option<String>,
    /// What the provider calls this request.
    pub upstream_id: Option<String>,
    pub bytes: bytes::Bytes,
}

pub fn incoming(bytes: bytes::Bytes) -> Result<Completion, Fault> {
    let body: Value = serde_json::from_slice(&bytes).map_err(|_| Fault::Invalid)?;
    let choice = &body["choices"][0];
    if !choice["message"].is_object() {
        return Err(Fault::Invalid);
    }
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Completion {
        text: text(&choice["message"]["content"]),
        id: word(&body["id"]),
        model: word(&body["model"]),
        usage: Usage::read(&body["usage"]).unwrap_or_default(),
        upstream_id: None,
        finish_reason: choice["finish_reason"].as_str().map(str::to_owned),
        bytes,
    })
}
/// A string, or the text chunks of a list; what the model thought aloud is left out.
pub fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(chunks) => chunks.iter().filter(|chunk| chunk["type"] == "text").filter_map(|chunk| chunk["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// What a stream said, as far as it came.
#[derive(Debug, Default, PartialEq)]
pub struct Heard {
    pub text: String,
    pub model: Option<String>,
    pub usage: Option<Usage>,
    pub finish_reason: Option<String>,
}
/// Reads the bytes of a stream afterwards; what is no chunk is passed over.
pub fn heard(stream: &[u8]) -> Heard {
    let mut heard = Heard::default();
    for line in String::from_utf8_lossy(stream).lines() {
        let Some(chunk) = line.strip_prefix("data:").and_then(|data| serde_json::from_str::<Value>(data.trim()).ok()) else { continue };
        let choice = &chunk["choices"][0];
        heard.text += &text(&choice["delta"]["content"]);
        heard.finish_reason = choice["finish_reason"].as_str().map(str::to_owned).or(heard.finish_reason);
        heard.model = chunk["model"].as_str().map(str::to_owned).or(heard.model);
        heard.usage = Usage::read(&chunk["usage"]).or(heard.usage);
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn each_profile_gets_its_own_names_and_nothing_it_does_not_know() {
        let asked = asked(json!({"messages": [{"role": "developer", "content": "Sois bref.", "reasoning_content": "x", "metadata": {}}],
            "max_completion_tokens": 5, "seed": 7, "user": "u", "store": true, "logprobs": true, "temperature": null, "stream_options": {}}));
        let system = json!([{"role": "system", "content": "Sois bref."}]);
        assert_eq!(
            outgoing(AiProfile::Mistral, "m", true, &asked),
            json!({"model": "m", "messages": system, "max_tokens": 5, "random_seed": 7, "stream": true})
        );
        assert_eq!(
            outgoing(AiProfile::OpenAi, "m", true, &asked),
            json!({"model": "m", "messages": system, "max_completion_tokens": 5, "seed": 7, "stream": true, "stream_options": {"include_usage": true}})
        );
    }
    #[test]
    fn of_two_figures_for_its_room_one_goes_out() {
        let asked = asked(json!({"messages": [], "max_tokens": 1, "max_completion_tokens": 100_000}));
        let only = |name: &str| json!({"model": "m", "messages": [], name: 100_000});
        assert_eq!(outgoing(AiProfile::OpenAi, "m", false, &asked), only("max_completion_tokens"));
        assert_eq!(outgoing(AiProfile::Mistral, "m", false, &asked), only("max_tokens"));
    }
    #[test]
    fn text_comes_from_a_string_or_from_its_chunks_without_what_was_thought() {
        let thinking = json!({"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]});
        assert_eq!(text(&json!("a")), "a");
        assert_eq!(text(&json!([thinking, {"type": "text", "text": "b"}, {"type": "text", "text": "c"}])), "bc");
        assert_eq!(text(&Value::Null), "");
    }
    #[test]
    fn a_stream_is_heard_as_far_as_it_came() {
        let stream = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"Bon\"},\"finish_reason\":null}]}\r\n\r\n: ping\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"jour\"}]},\"finish_reason\":\"stop\"}],\
            \"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}\n\ndata: [DONE]\n\ndata: {\"choi";
        let usage = Usage { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, cached_tokens: 0 };
        let all = Heard { text: "Bonjour".into(), model: Some("m".into()), usage: Some(usage), finish_reason: Some("stop".into()) };
        assert_eq!(heard(stream.as_bytes()), all);
        assert_eq!(heard(&[0xff, 0xfe]), Heard::default());
    }
    #[test]
    fn what_was_read_before_stands_in_one_of_two_places() {
        let cached = |said: Value| Usage::read(&said).unwrap().cached_tokens;
        assert_eq!(cached(json!({"prompt_tokens": 9, "num_cached_tokens": 7})), 7);
        assert_eq!(cached(json!({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}, "num_cached_tokens": 7})), 4);
        assert_eq!(
            cached(json!({"prompt_tokens": 9, "prompt_tokens_details": null, "num_cached_tokens": 70})),
            9,
            "never more than there was"
        );
        assert_eq!(cached(json!({"prompt_tokens": 9})), 0);
    }
    #[test]
    fn what_is_no_completion_is_refused() {
        for bytes in ["", "nonsense", "{}", r#"{"choices":[]}"#, r#"{"choices":[{"message":"x"}]}"#] {
            assert_eq!(incoming(bytes.into()).unwrap_err(), Fault::Invalid, "{bytes}");
        }
        let least = incoming(r#"{"choices":[{"message":{"content":null}}],"usage":null}"#.into()).unwrap();
        assert_eq!((least.text.as_str(), least.usage), ("", Usage::default()));
    }
}
