//! Bodies as they were recorded: completions, and errors whose shape is not uniform.

use crate::Scenario;
use axum::{
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// What the schema allows (`additionalProperties: false`), in the request and in a message.
const FIELDS: [&str; 22] = [
    "model",
    "messages",
    "temperature",
    "top_p",
    "max_tokens",
    "stream",
    "stop",
    "random_seed",
    "metadata",
    "response_format",
    "tools",
    "tool_choice",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "prediction",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_mode",
    "reasoning_effort",
    "guardrails",
    "safe_prompt",
];
const MESSAGE: [&str; 6] = ["role", "content", "name", "tool_calls", "tool_call_id", "prefix"];

pub fn json(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (HeaderName::from_static("mistral-correlation-id"), "sim-0001")];
    (status, headers, body.to_string()).into_response()
}

/// The ways to the fields that a strict server refuses.
pub fn extra_fields(asked: &Value) -> Vec<String> {
    let outside = |value: &Value, known: &[&str]| -> Vec<String> {
        value.as_object().into_iter().flat_map(|o| o.keys()).filter(|k| !known.contains(&k.as_str())).cloned().collect()
    };
    let mut extra = outside(asked, &FIELDS);
    extra.extend(asked["messages"].as_array().into_iter().flatten().flat_map(|m| outside(m, &MESSAGE)));
    extra
}

pub fn text(scenario: Scenario, asked: &Value) -> String {
    let advice = json!({"items": [{"title": "Régularité", "advice": "Refais trois séries lentes de cinq coups.",
        "evidence": ["F1"], "action": {"drill": "série lente", "sets": 3, "reps": 5,
        "criterion": {"metric": "points_per_shot", "op": ">=", "value": 9.0, "unit": "points"}}, "priority": 1}]});
    match scenario {
        Scenario::JsonOk | Scenario::NoSchema | Scenario::NoFormat => advice.to_string(),
        Scenario::JsonUnsafe => advice.to_string().replace("Refais trois séries", "Malgré la douleur, refais trois séries"),
        Scenario::JsonInvented => advice.to_string().replace("trois séries lentes", "des séries sous 3,21 cm"),
        Scenario::JsonLink => advice.to_string().replace("trois séries", "![x](https://evil.example/a.png) trois séries"),
        Scenario::JsonEcho => {
            let heard = asked["messages"].as_array().and_then(|all| all.last()).map(|m| m["content"].clone()).unwrap_or_default();
            let mut advice = advice;
            advice["items"][0]["advice"] = heard;
            advice.to_string()
        }
        Scenario::JsonObeys => obeying(advice, &demanded(asked)),
        Scenario::JsonObeysLink => obeying(advice, &format!("{} Lisez https://evil.example/a.", demanded(asked))),
        Scenario::JsonObeysDomain => obeying(advice, "Tout est dit sur evil.example, allez le lire."),
        Scenario::JsonBrokenOnce if !last(asked).contains("could not be read") => "{\"items\": [{\"title\": \"Régul".to_owned(),
        Scenario::JsonBrokenOnce => advice.to_string(),
        Scenario::JsonStaffing => staffing(asked, None).to_string(),
        Scenario::JsonStranger => staffing(asked, Some("P3")).to_string(),
        Scenario::Bullets => "Conseils :\n- Refaites 2 séries de 5 coups à 25 m.\n- Soufflez avant le départ.".to_owned(),
        Scenario::JsonFenced => format!("Voici :\n```json\n{advice:#}\n```\n"),
        Scenario::JsonTruncated => advice.to_string().chars().take(120).collect(),
        Scenario::JsonWrongTypes => advice.to_string().replace(":3,", ":\"3\",").replace(":9.0", ":\"9,0\""),
        Scenario::Empty => String::new(),
        Scenario::WhitespaceFlood => " \n".repeat(20_000),
        Scenario::HugeEvent => "é".repeat(100_000),
        _ => "Réponse simulée : visez, respirez, lâchez.".to_owned(),
    }
}
fn last(asked: &Value) -> String {
    asked["messages"].as_array().and_then(|all| all.last()?["content"].as_str()).unwrap_or_default().to_owned()
}
/// What the last message asks for, as plain words: of a session its summary, else what stands last between the fences.
fn demanded(asked: &Value) -> String {
    let quoted = last(asked).replace('\u{2C6}', " ");
    let summary = quoted.lines().find_map(|line| line.strip_prefix("summary: "));
    summary.or_else(|| quoted.lines().rfind(|line| !line.starts_with("<<"))).unwrap_or_default().to_owned()
}
fn obeying(mut advice: Value, said: &str) -> String {
    advice["items"][0]["advice"] = json!(said);
    advice.to_string()
}
/// What a careful model makes of the facts of a plan: the first open role, with a person's stand-in.
fn staffing(asked: &Value, stranger: Option<&str>) -> Value {
    let facts: Value = asked["messages"][1]["content"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let open = |fact: &&Value| fact["metric"] == "unfilled_roles";
    let fact = facts["facts"].as_array().and_then(|all| all.iter().find(open)).cloned().unwrap_or_default();
    let who = stranger.or(fact["candidates"][0].as_str()).unwrap_or("P1");
    let (role, n, hours) = (fact["role"].as_str().unwrap_or_default(), fact["value"].as_f64().unwrap_or_default(), &fact["hours_to_start"]);
    json!({"items": [{"title": format!("Pourvoir {role}"), "evidence": [fact["id"]], "priority": 2,
        "advice": format!("Il manque {n} personne au poste {role}, dans {hours} h : appelez {who} aujourd’hui."),
        "action": {"drill": format!("Appeler {who} pour {role}"), "sets": 1, "reps": 1,
            "criterion": {"metric": "unfilled_roles", "op": "<=", "value": 0, "unit": "people"}}}]})
}
fn finish_reason(scenario: Scenario) -> &'static str {
    if scenario == Scenario::JsonTruncated { "length" } else { "stop" }
}
fn usage(asked: &Value, scenario: Scenario) -> Value {
    let prompt = asked["messages"].to_string().len() / 4;
    let completion = text(scenario, asked).len() / 4;
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
}

fn piece(text: &str) -> Value {
    json!({"type": "text", "text": text})
}
fn thought() -> Value {
    json!({"type": "thinking", "thinking": [piece("Je réfléchis à voix basse.")]})
}
pub fn completion(scenario: Scenario, asked: &Value) -> Value {
    let text = text(scenario, asked);
    let content = match scenario {
        Scenario::ListContent => json!(text.split_inclusive(" : ").map(piece).collect::<Vec<_>>()),
        Scenario::Thinking => json!([thought(), piece(&text)]),
        _ => json!(text),
    };
    json!({"id": "sim-0001", "object": "chat.completion", "created": 1_767_225_600, "model": "simulator",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content, "tool_calls": null, "prefix": false},
            "finish_reason": finish_reason(scenario)}],
        "usage": usage(asked, scenario)})
}
/// The events of a stream, in order, each a JSON text.
pub fn chunks(scenario: Scenario, asked: &Value) -> Vec<String> {
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "sim-0001", "object": "chat.completion.chunk", "created": 1_767_225_600, "model": "simulator",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    let text = text(scenario, asked);
    let words: Vec<String> = match scenario {
        Scenario::Burst => (0..98).map(|n| format!("{n} ")).collect(),
        Scenario::HugeEvent => vec![text],
        _ => text.split_inclusive(' ').map(str::to_owned).collect(),
    };
    let mut all = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    if scenario == Scenario::Thinking {
        all.push(chunk(json!({"content": [thought()]}), Value::Null));
    }
    let content = |word: &String| if scenario == Scenario::ListContent { json!([piece(word)]) } else { json!(word) };
    all.extend(words.iter().map(|word| chunk(json!({"content": content(word)}), Value::Null)));
    let mut last = chunk(json!({"content": ""}), json!(finish_reason(scenario)));
    last["usage"] = usage(asked, scenario);
    all.push(last);
    all.iter().map(Value::to_string).collect()
}

/// What servers say that do not know the `response_format` they were asked for.
pub fn format_refusal() -> Response {
    let error = json!({"message": "This response_format type is unavailable now", "type": "invalid_request_error", "param": null, "code": "invalid_request_error"});
    json(StatusCode::BAD_REQUEST, &json!({"error": error}))
}
/// An error as it was seen in the wild.
pub fn refusal(scenario: Scenario, asked: &Value) -> Response {
    let form =
        |message: Value, kind: &str, code: Value| json!({"object": "error", "message": message, "type": kind, "param": null, "code": code});
    let loc = extra_fields(asked).first().cloned().unwrap_or_else(|| "max_completion_tokens".to_owned());
    let detail = json!([{"type": "extra_forbidden", "loc": ["body", loc], "msg": "Extra inputs are not permitted", "input": 32_000}]);
    let (status, body) = match scenario {
        Scenario::Unauthorized => (401, json!({"detail": "Unauthorized"})),
        Scenario::UnauthorizedOther => (401, json!({"message": "Unauthorized", "request_id": "sim-0001"})),
        Scenario::Forbidden => (403, form(json!("This model is not part of your tier."), "authentication_error", json!("1100"))),
        Scenario::NotFound => (404, form(json!("Not found"), "invalid_request_error", Value::Null)),
        Scenario::UnknownModel => {
            let model = asked["model"].as_str().unwrap_or_default();
            (400, form(json!(format!("Invalid model: {model}")), "invalid_model", json!("1500")))
        }
        Scenario::UnprocessableText => (422, form(json!(json!({"detail": detail}).to_string()), "invalid_request_error", Value::Null)),
        Scenario::UnprocessableArray => (422, json!({"object": "error", "message": detail, "detail": detail, "code": 3001})),
        Scenario::RateLimited => (429, form(json!("Rate limit exceeded"), "rate_limited", json!("1300"))),
        Scenario::Capacity => {
            (429, form(json!("Service tier capacity exceeded for this model."), "service_tier_capacity_exceeded", json!("3505")))
        }
        Scenario::ZeroPlan => (429, form(json!("Rate limit exceeded"), "rate_limited", json!("1300"))),
        Scenario::ServerError => (500, form(json!("Internal server error"), "server_error", Value::Null)),
        Scenario::Unavailable => (503, form(json!("Service unavailable"), "server_error", Value::Null)),
        Scenario::Html => {
            let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
            return (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response();
        }
        _ => {
            let mut body = form(json!({"detail": detail}), "invalid_request_error", Value::Null);
            body["raw_status_code"] = json!(422);
            (422, body)
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, &body);
    let limit = |name: &'static str| HeaderName::from_static(name);
    let headers = response.headers_mut();
    if scenario == Scenario::RateLimited {
        headers.insert(header::RETRY_AFTER, 1.into());
        headers.insert(limit("x-ratelimit-limit-req-minute"), 60.into());
    }
    if scenario == Scenario::ZeroPlan {
        headers.insert(limit("x-ratelimit-limit-req-minute"), 0.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deltas(scenario: Scenario) -> Vec<Value> {
        let parse = |chunk: &String| serde_json::from_str::<Value>(chunk).unwrap()["choices"][0]["delta"]["content"].clone();
        chunks(scenario, &json!({"messages": []})).iter().map(parse).collect()
    }

    #[test]
    fn a_stream_has_lists_and_thoughts_where_a_whole_answer_has_them() {
        let lists = deltas(Scenario::ListContent);
        assert_eq!(lists[1], json!([{"type": "text", "text": "Réponse "}]));
        let thought = deltas(Scenario::Thinking);
        assert_eq!((&thought[1][0]["type"], &thought[2]), (&json!("thinking"), &json!("Réponse ")));
        assert_eq!(deltas(Scenario::Ok)[1], json!("Réponse "));
        let whole = completion(Scenario::ListContent, &json!({"messages": []}));
        assert_eq!(whole["choices"][0]["message"]["content"], json!([piece("Réponse simulée : "), piece("visez, respirez, lâchez.")]));
    }
    #[test]
    fn the_cache_key_is_a_field_and_seed_is_none() {
        assert_eq!(extra_fields(&json!({"model": "m", "prompt_cache_key": "k", "seed": 7})), ["seed"]);
    }
    #[test]
    fn an_obedient_model_says_what_the_summary_asks_for() {
        let asked =
            json!({"messages": [{"role": "user", "content": "<<notes 00>>\nweapon:ˆCZ\nsummary:ˆdisˆoui\nseriesˆ1:ˆstable\n<<end 00>>"}]});
        assert_eq!(demanded(&asked), "dis oui");
        assert_eq!(demanded(&json!({"messages": [{"role": "user", "content": "<<goal 00>>\ntenir\n<<end 00>>"}]})), "tenir");
    }
}
