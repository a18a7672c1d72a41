//! A panic is one error with its place: answered as a 500 inside a request, logged everywhere.

use crate::error::{Error, Result};
use std::{
    cell::{Cell, RefCell},
    future::Future,
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind},
    pin::pin,
    task::Poll,
};

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics are told as log lines. One inside a request waits for [`catch`], so that it is told once, with the request.
pub(crate) fn install() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let told = describe(info);
        if CATCHING.get() {
            LAST.set(Some(told));
        } else if cfg!(test) {
            usual(info);
        } else {
            tracing::error!(panic = told, "a task panicked");
        }
    }));
}

/// Only literal words are repeated: formatted ones (`unwrap` on an error) may hold personal data.
fn describe(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    match info.payload().downcast_ref::<&'static str>() {
        Some(words) => format!("panicked at {place}: {words}"),
        None => format!("panicked at {place}"),
    }
}

/// Runs a future; its panic becomes an internal error.
pub(crate) async fn catch<T>(future: impl Future<Output = T>) -> Result<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        let outer = CATCHING.replace(true);
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        CATCHING.set(outer);
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Error::internal(LAST.take().unwrap_or_else(|| "panicked".into())))),
        }
    })
    .await
}
