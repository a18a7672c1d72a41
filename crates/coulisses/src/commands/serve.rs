//! `serve`: opens the house and keeps it open until it is told to stop.

use super::{Outcome, say};
use crate::{
    router::router,
    setup::{Trouble, open, worker},
};
use base::{
    Settings,
    http::{Serving, Shell, serve},
    telemetry,
};
use std::sync::Arc;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::Mutex,
};

pub async fn run(settings: Settings) -> Outcome {
    telemetry::init(&settings.log_level);
    let serving = Serving { drain: settings.drain(), grace: settings.shutdown_grace, ..Serving::default() };
    let listener = TcpListener::bind(settings.bind).await.map_err(|e| Trouble::Failed(format!("BIND {}: {e}", settings.bind)))?;
    let app = open(settings).await?;
    let _only_server = app.db.lock_for_serving()?;
    let shell = Arc::new(Shell::new(app.clone(), router(&app)));
    let outbox = tokio::spawn(worker(&app).run());
    let at = listener.local_addr().map_err(|e| Trouble::Failed(e.to_string()))?;
    let stops = Stops::listen()?;
    say(&format!("listening: http://{at}"));
    serve(listener, shell, serving, move || stops.next()).await;
    outbox.abort();
    app.db.close().await?;
    Ok(())
}

/// SIGTERM or Ctrl-C, as often as they come.
struct Stops(Arc<Mutex<(Signal, Signal)>>);
impl Stops {
    fn listen() -> Result<Self, Trouble> {
        let hear = |kind| signal(kind).map_err(|e| Trouble::Failed(format!("listening for signals: {e}")));
        Ok(Self(Arc::new(Mutex::new((hear(SignalKind::terminate())?, hear(SignalKind::interrupt())?)))))
    }
    fn next(&self) -> base::http::Stop {
        let signals = self.0.clone();
        Box::pin(async move {
            let mut both = signals.lock().await;
            let (terminate, interrupt) = &mut *both;
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        })
    }
}
