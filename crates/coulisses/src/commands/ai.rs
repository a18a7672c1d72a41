//! `ai eval`: what the coach is worth, by rules or with the model that is set up, on cases that are always the same.

use super::{End, Outcome, say};
use crate::setup::open;
use base::{Error, Settings};
use coach::{evaluation, prompts::model::Place};

pub async fn eval(settings: Settings, live: bool, json: bool, prompt: Option<String>) -> Outcome {
    let tried = prompt.map(|text| place(&text)).transpose()?;
    if tried.is_some() && !live {
        return Err(End::Usage("--prompt says what a model is asked with, and needs --live".to_owned()));
    }
    let app = open(settings).await?;
    let report = evaluation::run(&app, live, tried.as_ref()).await?;
    if json {
        say(&serde_json::to_string(&report).map_err(Error::internal)?);
        return Ok(());
    }
    report.table().iter().for_each(|line| say(line));
    if live {
        let earlier = evaluation::earlier(&app, &report).await?;
        if !earlier.is_empty() {
            say("\nearlier:");
        }
        earlier.iter().for_each(|one| say(&one.summary()));
    }
    Ok(())
}
fn place(text: &str) -> Result<Place, End> {
    let place = text.split_once('/').and_then(|(name, version)| Some(Place { name: name.to_owned(), version: version.parse().ok()? }));
    place.ok_or_else(|| End::Usage("--prompt is a name and a version, such as shooting/3".to_owned()))
}
