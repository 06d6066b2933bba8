//! `daohu serve`: opens the office, listens, says so once, and serves until it is told to stop.

use super::Answer;
use crate::{
    args::{Serve, Shared},
    config, print,
    refusal::Refusal,
};
use daohu_server::{
    app::{Settings, app, watcher},
    blobs::ShelfPlace,
    disk::DiskBounds,
    office::Office,
    serve::{keeper::keep, serve as run},
};
use serde_json::{Value as Json, json};
use std::{io, net::SocketAddr, path::Path};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Serves until SIGTERM or SIGINT.
pub(super) fn serve(shared: &Shared, flags: &Serve) -> Result<Answer, Refusal> {
    refuse_later(flags)?;
    let listen = config::address(&flags.listen)?;
    if shared.now.as_deref().is_some_and(|now| !now.is_empty()) && !config::is_loopback(listen) {
        return Err(Refusal { exit: 2, ..Refusal::of("clock_not_loopback") });
    }
    if let Some(place) = &flags.blobs {
        ShelfPlace::say(&shared.data, place)?;
    }
    let office = config::serving_office(shared, disk_bounds(flags))?;
    if matches!(office.shelf().place(), ShelfPlace::Bucket(_)) {
        // A wrong name or key is better told now than to a phone.
        office.shelf().look().map_err(|_| Refusal::of("blobs_unreachable"))?;
    }
    listen_on(office, flags, |_, _| {})
}

/// Reads from where on there is too little room.
fn disk_bounds(flags: &Serve) -> DiskBounds {
    let bytes = |mb: Option<u64>, default: u64| mb.map_or(default, |mb| mb.saturating_mul(1024 * 1024));
    let default = DiskBounds::default();
    DiskBounds { low_bytes: bytes(flags.disk_low, default.low_bytes), floor_bytes: bytes(flags.disk_floor, default.floor_bytes) }
}

/// Serves an opened office; `ready` may add to the ready line and say more once the address is known.
pub(crate) fn listen_on(office: Office, flags: &Serve, ready: impl FnOnce(&str, &mut Json)) -> Result<Answer, Refusal> {
    refuse_later(flags)?;
    let listen = config::address(&flags.listen)?;
    let watch = flags.metrics_listen.as_deref().map(config::address).transpose()?;
    log_to_stderr();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| failed("start", &error))?;
    runtime.block_on(listen_and_serve(office, flags, (listen, watch), ready))?;
    Ok(Answer::Said)
}

/// Refuses what a later version has, so that nobody believes it was done.
fn refuse_later(flags: &Serve) -> Result<(), Refusal> {
    let given = [
        ("--database", flags.database.is_some()),
        ("--tls-cert", flags.tls_cert.is_some()),
        ("--tls-key", flags.tls_key.is_some()),
        ("--tls-self-signed", flags.tls_self_signed),
    ];
    given.into_iter().find(|(_, is_given)| *is_given).map_or(Ok(()), |(flag, _)| Err(Refusal::later(flag)))
}

/// Writes structured lines to stderr; `DAOHU_LOG` narrows or widens them.
pub(crate) fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("DAOHU_LOG").unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // Set twice only in a process that serves twice; the first one stays.
    let _set_before = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(io::stderr).with_target(false).try_init();
}

async fn listen_and_serve(
    office: Office,
    flags: &Serve,
    (listen, watch_at): (SocketAddr, Option<SocketAddr>),
    say_ready: impl FnOnce(&str, &mut Json),
) -> Result<(), Refusal> {
    let listener = TcpListener::bind(listen).await.map_err(|error| failed(&flags.listen, &error))?;
    let bound = listener.local_addr().map_err(|error| failed(&flags.listen, &error))?;
    let (stop, stopped) = watch::channel(false);
    let watching = match watch_at {
        Some(address) => {
            let listener = TcpListener::bind(address).await.map_err(|error| failed("--metrics-listen", &error))?;
            Some(tokio::spawn(run(watcher(office.clone()), listener, until(stopped.clone()))))
        }
        None => None,
    };
    // Only a server that has its address notes its start in the log.
    office.begin_serving()?;
    // Said in the log at once where it is low: whoever starts a server looks there.
    let _said = office.disk();
    let settings = Settings { watched_here: config::is_loopback(bound), ..Settings::default() };
    let mut term = signal(SignalKind::terminate()).map_err(|error| failed("SIGTERM", &error))?;
    let url = format!("http://{bound}");
    let mut ready = json!({"listening": url, "server_key": hex::encode(office.server_key())});
    say_ready(&url, &mut ready);
    let ready = ready.to_string();
    if let Some(file) = &flags.ready_file {
        write_ready(file, &ready).map_err(|error| failed("--ready-file", &error))?;
    }
    if !config::is_loopback(bound) {
        print::err("这个地址不加密，请只在办公室内网用。/ This address is not encrypted; use it inside the office's network only.");
    }
    print::out(&ready);
    let keeping = tokio::spawn(keep(office.clone(), until(stopped.clone())));
    let served = tokio::spawn(run(app(office, settings), listener, until(stopped)));
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    // Both servers hold a receiver until they have drained.
    let _stopping = stop.send(true);
    let _kept = keeping.await;
    let ended = served.await.map_err(|error| failed("serve", &io::Error::other(error)))?;
    if let Some(watching) = watching {
        let _ended = watching.await;
    }
    ended.map_err(|error| failed("serve", &error))
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone: then it is time to stop as well.
    let _said = stopped.wait_for(|stopped| *stopped).await.is_ok();
}

/// Writes the ready line beside its name and moves it there: whoever waits for the file finds the whole line.
fn write_ready(file: &Path, line: &str) -> io::Result<()> {
    let beside = file.with_extension("part");
    std::fs::write(&beside, format!("{line}\n"))?;
    std::fs::rename(beside, file)
}

fn failed(what: &str, error: &io::Error) -> Refusal {
    Refusal::of("cannot_listen")
        .saying(format!("“{what}”没做成：{error}。请换一个地址或端口。"), format!("`{what}` failed: {error}; try another address or port"))
}
