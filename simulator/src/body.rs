//! Streams as bytes: the recorded layout, slowly, in pieces, or cut.

use crate::{Scenario, stats::Run, wire};
use axum::body::{Body, Bytes};
use futures_util::stream;
use serde_json::Value;
use std::{io, time::Duration};

/// A piece of the body, and how long it lets others wait.
struct Piece(Duration, Result<Bytes, io::Error>);

fn now(bytes: impl Into<Bytes>) -> Piece {
    Piece(Duration::ZERO, Ok(bytes.into()))
}
fn broken() -> Piece {
    Piece(Duration::from_millis(20), Err(io::Error::new(io::ErrorKind::ConnectionReset, "cut")))
}

pub fn stream(scenario: Scenario, wait: Option<Duration>, asked: &Value, run: Run) -> Body {
    let end = if scenario == Scenario::Crlf { "\r\n\r\n" } else { "\n\n" };
    let mut events: Vec<String> = wire::chunks(scenario, asked).into_iter().map(|json| format!("data: {json}{end}")).collect();
    events.push(format!("data: [DONE]{end}"));
    let pieces = match scenario {
        Scenario::SlowChunks => events.into_iter().map(|e| Piece(wait.unwrap_or(Duration::from_millis(50)), Ok(e.into()))).collect(),
        Scenario::CutMidChunk => vec![now(events[0].clone()), now(events[1][..20].to_owned()), broken()],
        Scenario::CutBeforeDone => {
            events.pop();
            events.into_iter().map(now).chain([broken()]).collect()
        }
        Scenario::DoneMissing => {
            events.pop();
            events.into_iter().map(now).collect()
        }
        Scenario::SplitUtf8 => {
            let whole = events.concat().into_bytes();
            let inside = whole.iter().position(|b| !b.is_ascii()).map_or(1, |at| at + 1);
            vec![now(whole[..inside].to_vec()), Piece(Duration::from_millis(20), Ok(whole[inside..].to_vec().into()))]
        }
        Scenario::Comments => events.into_iter().flat_map(|e| [now(": a comment\n\n"), now(e)]).collect(),
        _ => events.into_iter().map(now).collect(),
    };
    of(pieces, run)
}
/// A JSON answer that ends in the middle.
pub fn cut(run: Run) -> Body {
    of(vec![now("{\"id\":\"sim-0001\",\"choices\":[{\"index\":0,"), broken()], run)
}

fn of(pieces: Vec<Piece>, run: Run) -> Body {
    let steps = stream::unfold((pieces.into_iter(), Some(run)), async |(mut pieces, mut run)| {
        let Some(Piece(wait, bytes)) = pieces.next() else {
            run.take().into_iter().for_each(Run::finish);
            return None;
        };
        // Even a sleep of no time at all lasts until the timer's next tick.
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        if bytes.is_err() {
            run.take().into_iter().for_each(Run::finish);
        }
        Some((bytes, (pieces, run)))
    });
    Body::from_stream(steps)
}
