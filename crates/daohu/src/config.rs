//! What a run is started with: where the data is, which clock it goes by, and where it may listen.

use crate::{args::Shared, print, refusal::Refusal};
use daohu_server::{
    clock::ServerClock,
    disk::{DiskBounds, SystemSpace},
    office::Office,
    random::SystemRandom,
};
use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    path::Path,
    time::SystemTime,
};

/// Reads the clock of a run: a one-shot command's stands still, a server's runs on.
///
/// # Errors
/// `usage` when the text is no instant and no file with one.
pub(crate) fn clock(shared: &Shared, runs_on: bool) -> Result<ServerClock, Refusal> {
    let Some(text) = shared.now.as_deref().filter(|text| !text.is_empty()) else { return Ok(ServerClock::system()) };
    ServerClock::read(text, runs_on).map_err(|_| {
        Refusal::usage(
            "--now 写成 2019-06-05T09:00:00+08:00，或 @文件（第一行是这样的时刻）。",
            "write --now as 2019-06-05T09:00:00+08:00, or @FILE with one on its first line",
        )
    })
}

/// Opens the office of a run.
///
/// # Errors
/// As the office says.
pub(crate) fn office(shared: &Shared, runs_on: bool) -> Result<Office, Refusal> {
    open(shared, clock(shared, runs_on)?, DiskBounds::default())
}

/// Opens an office, and says where a copy lies of a store that was brought to this version.
fn open(shared: &Shared, clock: ServerClock, bounds: DiskBounds) -> Result<Office, Refusal> {
    let before = copies(&shared.data);
    let opened = Office::open_on(&shared.data, clock, SystemRandom, (Box::new(SystemSpace), bounds));
    for (name, _) in copies(&shared.data).difference(&before) {
        let copy = shared.data.join(name);
        print::err(&format!(
            "数据库已升级，原来的一份留在 {0}。/ The store was brought to this version; it was kept as it was in {0}.",
            copy.display()
        ));
    }
    Ok(opened?)
}

/// Returns the copies of earlier versions in a data folder, each with the time it was written.
fn copies(data: &Path) -> BTreeSet<(String, Option<SystemTime>)> {
    let Ok(found) = std::fs::read_dir(data) else { return BTreeSet::new() };
    let named = found.filter_map(Result::ok).filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry)));
    named
        .filter(|(name, _)| name.starts_with("daohu.db.before-") && !name.ends_with(".part"))
        .map(|(name, entry)| (name, entry.metadata().and_then(|about| about.modified()).ok()))
        .collect()
}

/// Opens the office of a server, which looks at the room that is left.
///
/// # Errors
/// As the office says.
pub(crate) fn serving_office(shared: &Shared, bounds: DiskBounds) -> Result<Office, Refusal> {
    open(shared, clock(shared, true)?, bounds)
}

/// Reads an address to listen on; a name like `localhost` is looked up.
///
/// # Errors
/// `usage` when it is none.
pub(crate) fn address(text: &str) -> Result<SocketAddr, Refusal> {
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| {
        Refusal::usage("这不是监听地址，写成 127.0.0.1:8780 这样。", "this is no address to listen on; write it like 127.0.0.1:8780")
    })
}

/// Tells whether only this machine reaches an address.
pub(crate) fn is_loopback(address: SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for (text, expected) in [
            ("127.0.0.1:0", true),
            ("[::1]:80", true),
            ("127.9.9.9:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:8780", false),
            ("192.168.1.2:80", false),
            ("[::]:1", false),
        ] {
            assert_eq!(is_loopback(address(text).unwrap()), expected, "{text}");
        }
        assert_eq!(address("nonsense").unwrap_err().exit, 2);
    }
}
