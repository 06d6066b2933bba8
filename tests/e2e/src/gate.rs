//! A gate between phone and server: holds one request at a chosen point until the test lets it go on.
//!
//! So a test can kill either side at exactly that point, without ever waiting for time.

use crate::Outcome;
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

/// No command of a test takes as long to reach the gate.
const ARRIVES_WITHIN: Duration = Duration::from_secs(120);

/// Where a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// It came from the phone; the server knows nothing.
    Asked,
    /// The server has the first half of it.
    Half,
    /// The server has all of it; nobody waited for the answer.
    Sent,
    /// The server has answered; the phone knows nothing.
    Answered,
    /// The phone has the first half of the answer.
    HalfAnswered,
}

/// Every point, in the order of time.
pub const POINTS: [Point; 5] = [Point::Asked, Point::Half, Point::Sent, Point::Answered, Point::HalfAnswered];

/// A gate that holds the first request.
#[derive(Debug)]
pub struct Gate {
    /// The address phones call.
    pub url: String,
    held: Receiver<()>,
    go_on: Sender<()>,
}

impl Gate {
    /// Opens a gate in front of `server` (an `http://host:port`).
    ///
    /// # Errors
    /// When no port is free.
    pub fn before(server: &str, point: Point) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let target = server.trim_start_matches("http://").to_owned();
        let (tell, held) = channel();
        let (go_on, wait) = channel();
        std::thread::spawn(move || {
            let Ok((phone, _)) = listener.accept() else { return };
            let hold = |at: Point| {
                if at == point {
                    // Where the test is gone there is nobody to wait for.
                    let _gone = tell.send(()).map(|()| wait.recv());
                }
            };
            // A broken connection is what the test is about.
            let _broken = carry(&phone, &target, hold);
            let _closed = phone.shutdown(Shutdown::Both);
        });
        Ok(Self { url, held, go_on })
    }

    /// Waits until the request is held.
    ///
    /// # Errors
    /// When no request comes.
    pub fn wait(&self) -> Outcome<()> {
        Ok(self.held.recv_timeout(ARRIVES_WITHIN)?)
    }

    /// Lets the request go on, as far as both sides still live.
    pub fn go_on(&self) {
        // A gate whose connection broke has ended already.
        let _ended = self.go_on.send(());
    }
}

fn carry(mut phone: &TcpStream, target: &str, hold: impl Fn(Point)) -> std::io::Result<()> {
    let request = message(phone)?;
    hold(Point::Asked);
    let mut server = TcpStream::connect(target)?;
    let (first, rest) = request.split_at(request.len() / 2);
    server.write_all(first)?;
    hold(Point::Half);
    server.write_all(rest)?;
    hold(Point::Sent);
    let answer = message(&server)?;
    hold(Point::Answered);
    let (first, rest) = answer.split_at(answer.len() / 2);
    phone.write_all(first)?;
    hold(Point::HalfAnswered);
    phone.write_all(rest)
}

/// Reads a head and the body that it announces.
fn message(mut stream: &TcpStream) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut byte = [0];
    while !all.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        all.extend(byte);
    }
    let head = String::from_utf8_lossy(&all).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    let start = all.len();
    all.resize(start + length, 0);
    stream.read_exact(all.get_mut(start..).unwrap_or_default())?;
    Ok(all)
}
