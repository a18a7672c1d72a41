//! `serve`: opens the house and keeps it open until it is told to stop.

use super::{Outcome, say};
use crate::{
    ops::metrics_alone,
    router::router,
    setup::{Trouble, only_server, open, worker},
    systemd::Systemd,
};
use base::{
    App, Settings,
    auth::signing,
    bus::Message,
    http::{
        State,
        serve::{self, Limits, Signals},
        stack,
    },
    telemetry,
};
use std::net::SocketAddr;
use tokio::{net::TcpListener, task::JoinHandle};

pub async fn run(settings: Settings, demo: bool) -> Outcome {
    let log = telemetry::init(&settings.log_level, &settings.replica);
    let limits = Limits { drain: settings.drain(), grace: settings.shutdown_grace, ..Limits::default() };
    let listener = TcpListener::bind(settings.bind).await.map_err(|e| Trouble::Failed(format!("BIND {}: {e}", settings.bind)))?;
    let _only_server = only_server(&settings)?;
    if demo {
        crate::demo::on_first_start(settings.clone()).await?.iter().for_each(|line| say(line));
    }
    let app = open(settings).await?;
    log.register(&app.metrics);
    app.traces.register(&app.metrics);
    let service = stack(&app, router(&app));
    let outbox = tokio::spawn(worker(&app).run());
    let signing = tokio::spawn(signing::keep(app.clone()));
    let retention = tokio::spawn(crate::retention::run(app.clone()));
    let backups = tokio::spawn(crate::backups::run(app.clone()));
    let metrics = match app.settings.metrics_addr.filter(|_| app.settings.metrics_enabled) {
        Some(at) => Some(serve_metrics(&app, at).await?),
        None => None,
    };
    let at = listener.local_addr().map_err(|e| Trouble::Failed(e.to_string()))?;
    let signals = Signals::of_the_system().map_err(|e| Trouble::Failed(format!("listening for signals: {e}")))?;
    if !identity::admin::any(&app).await? {
        say(
            "nobody administers this server yet: run `coulisses admin create --email you@example.org` beside it, and open the link it prints",
        );
    }
    say(&format!("listening: http://{at}"));
    let systemd = Systemd::of_this_process().map(|systemd| tokio::spawn(systemd.keep_told(app.state.clone())));
    serve::run(listener, service, app.state.clone(), &app.metrics, limits, signals).await;
    coach::flush(&app).await;
    outbox.abort();
    signing.abort();
    retention.abort();
    backups.abort();
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    app.bus.publish(Message::Bye);
    app.traces.flush().await;
    app.db.close().await?;
    if let Some(telling) = systemd {
        telling.abort();
    }
    Ok(())
}

/// A listener for those who watch, apart from everybody else's; it answers until the server has ended.
async fn serve_metrics(app: &App, at: SocketAddr) -> Result<JoinHandle<()>, Trouble> {
    let unfit = |e: std::io::Error| Trouble::Failed(format!("METRICS_ADDR {at}: {e}"));
    let listener = TcpListener::bind(at).await.map_err(unfit)?;
    say(&format!("metrics: http://{}/metrics", listener.local_addr().map_err(unfit)?));
    let (app, (never, signals)) = (app.clone(), Signals::by_hand());
    Ok(tokio::spawn(async move {
        let _never = never;
        serve::run(listener, metrics_alone(&app), State::default(), &app.metrics, Limits::default(), signals).await;
    }))
}
