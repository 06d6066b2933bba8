//! Serving the application on a listener until told to stop: what is being answered is answered first.

pub mod bounded;
pub mod keeper;

use axum::Router;
use bounded::{Bounded, CONNECTIONS_MAX, Peer, SILENCE_MAX};
use std::{future::Future, io, time::Duration};
use tokio::{net::TcpListener, sync::watch};

/// How long a stopping server waits for what is being answered; a client that reads nothing must not keep it alive.
pub const DRAIN_MAX: Duration = Duration::from_secs(20);

/// Serves until `shutdown` is done, then answers what has begun and returns.
///
/// # Errors
/// When the listener fails; what was answered before is answered.
pub async fn serve(app: Router, listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    serve_on(app, Bounded::new(listener, CONNECTIONS_MAX, SILENCE_MAX), shutdown).await
}

/// Serves on a listener with bounds of its own.
///
/// # Errors
/// As [`serve`].
pub async fn serve_on(app: Router, listener: Bounded, shutdown: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let (stopping, mut stopped) = watch::channel(false);
    let stop = async move {
        shutdown.await;
        // Nobody listens any more only when the server has already ended.
        let _ended = stopping.send(true);
    };
    let serving = axum::serve(listener, app.into_make_service_with_connect_info::<Peer>()).with_graceful_shutdown(stop);
    let late = async move {
        let _stopped = stopped.wait_for(|stopped| *stopped).await.is_ok();
        // A limit, not a wait: the branch below wins as soon as the last answer is sent.
        let _limit = tokio::time::timeout(DRAIN_MAX, std::future::pending::<()>()).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended,
        () = late => Ok(()),
    }
}
