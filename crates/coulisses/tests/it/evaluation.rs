//! `coulisses ai eval`: the binary as an operator runs it, by rules, and against a provider that is reached over the network.

use crate::process::{run, scratch};
use serde_json::Value;
use simulator::Simulator;

/// How many questions: every case in two languages.
const QUESTIONS: u64 = 50;

/// Runs it in this folder, with this model of the simulator.
async fn eval(folder: &str, simulator: &Simulator, model: &str, args: &[&str]) -> (i32, String, String) {
    let (folder, url, model) = (folder.to_owned(), simulator.url(), model.to_owned());
    let args: Vec<String> = ["ai", "eval"].iter().chain(args).map(|a| (*a).to_owned()).collect();
    let running = tokio::task::spawn_blocking(move || {
        let prices = format!("{model}=1/2");
        let env = [
            ("DATA_DIR", folder.as_str()),
            ("AI_BASE_URL", &url),
            ("AI_PROFILE", "mistral"),
            ("MISTRAL_API_KEY", "sk-canary"),
            ("AI_MODEL", &model),
            ("AI_PRICES", &prices),
            ("LOG_LEVEL", "error"),
        ];
        run(&args.iter().map(String::as_str).collect::<Vec<_>>(), &env)
    });
    running.await.unwrap()
}
/// The report of a run that went well.
fn report((code, out, errors): (i32, String, String)) -> Value {
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(out.lines().find(|line| line.starts_with("{\"at\"")).unwrap_or_else(|| panic!("{out}"))).unwrap()
}

#[test]
fn without_a_model_the_rules_are_measured_and_live_is_refused() {
    let folder = scratch();
    let env = [("DATA_DIR", folder.to_str().unwrap()), ("LOG_LEVEL", "error")];
    let (code, table, errors) = run(&["ai", "eval"], &env);
    assert!(code == 0 && table.contains(&format!("rules, {QUESTIONS} questions")), "{table}{errors}");
    let found = report(run(&["ai", "eval", "--json"], &env));
    assert_eq!((&found["live"], &found["questions"], &found["by_model"]), (&Value::from(false), &Value::from(QUESTIONS), &Value::from(0)));
    assert!(found["shown"].as_u64().unwrap() > QUESTIONS && found["score"].as_f64().unwrap() > 0.5, "{found}");
    let (code, out, errors) = run(&["ai", "eval", "--live"], &env);
    assert!(code == 1 && errors.lines().count() == 1 && errors.contains("MISTRAL_API_KEY") && !out.contains("questions"), "{out}{errors}");
    for args in [&["ai", "eval", "--prompt", "shooting/1"][..], &["ai", "eval", "--live", "--prompt", "shooting"]] {
        assert_eq!(run(args, &env).0, 2, "{args:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_is_measured_and_compared_with_what_was_measured_before() {
    let (simulator, folder) = (Simulator::start(0).await.unwrap(), scratch());
    let at = folder.to_str().unwrap().to_owned();
    let good = report(eval(&at, &simulator, "sim-json_ok", &["--live", "--json"]).await);
    let asked = simulator.counts().started as u64;
    assert_eq!((asked, good["questions"].as_u64()), (QUESTIONS, Some(QUESTIONS)), "every question is asked once");
    let number = |of: &Value, name: &str| of[name].as_u64().unwrap_or_default();
    // The simulator speaks of sessions whatever it is asked, so plans and one gate stop what it says of them.
    assert_eq!((number(&good["parse"], "strict"), number(&good, "written")), (QUESTIONS, QUESTIONS));
    assert_eq!(number(&good, "by_model") + number(&good["failed"], "ungrounded"), QUESTIONS, "{good}");
    assert!(number(&good, "by_model") == 30 && number(&good["dropped"], "goal") == 20, "{good}");
    assert_eq!(good["grounded"], 1.0);
    let (sent, brought) = (number(&good, "prompt_tokens"), number(&good, "completion_tokens"));
    assert!(sent > 10_000 && number(&good, "cost_micro_eur").abs_diff(sent + 2 * brought) <= QUESTIONS, "{good}");
    let hash = good["prompts"]["shooting/1"].as_str().unwrap();
    assert_eq!(
        (hash.len(), good["prompts"].as_object().unwrap().len(), good["latencies_ms"].as_array().unwrap().len() as u64),
        (64, 3, QUESTIONS)
    );

    let invented = report(eval(&at, &simulator, "sim-json_invented", &["--live", "--json"]).await);
    assert_eq!((invented["grounded"].as_f64(), number(&invented, "by_model")), (Some(0.0), 0), "{invented}");
    assert_eq!(number(&invented["failed"], "ungrounded"), QUESTIONS);

    let (code, table, errors) = eval(&at, &simulator, "sim-json_fenced", &["--live"]).await;
    assert_eq!(code, 0, "{errors}");
    assert!(table.contains("parse     extracted 50") && table.contains(&format!("shooting/1 ({})", &hash[..8])), "{table}");
    let earlier: Vec<&str> = table.split("earlier:\n").nth(1).unwrap_or_else(|| panic!("{table}")).lines().collect();
    assert!(earlier.len() == 2 && earlier[0].contains("sim-json_invented") && earlier[1].contains("sim-json_ok"), "{earlier:#?}");

    let (code, _, errors) = eval(&at, &simulator, "sim-401a", &["--live"]).await;
    assert!(code == 1 && errors.contains("refuses the operator’s key") && !errors.contains("canary"), "{errors}");
    let (code, _, errors) = eval(&at, &simulator, "sim-json_ok", &["--live", "--prompt", "shooting/7"]).await;
    assert!(code == 1 && errors.contains("no version 7"), "{errors}");
    std::fs::remove_dir_all(folder).unwrap();
}
