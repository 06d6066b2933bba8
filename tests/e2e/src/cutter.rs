//! One address in front of a server that comes and goes on other ports: it carries bytes both ways and cuts some connections off after
//! any byte.

use crate::chance::Chance;
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// Bytes after which the longest of the cut connections ends: more than one exchange of this load has.
const CUT_AFTER_MAX: u64 = 2_000;

/// The address to call, and what went through it.
#[derive(Debug)]
pub struct Cutter {
    /// The address phones call.
    pub url: String,
    line: Arc<Line>,
}

#[derive(Debug)]
struct Line {
    target: Mutex<String>,
    chance: Mutex<Chance>,
    carried: AtomicU64,
    cut: AtomicUsize,
}

impl Cutter {
    /// Opens the address. Every second connection is cut at a byte that the seed chooses.
    ///
    /// # Errors
    /// When no port is free.
    pub fn new(seed: u64) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let line = Arc::new(Line {
            target: Mutex::default(),
            chance: Mutex::new(Chance(seed)),
            carried: AtomicU64::new(0),
            cut: AtomicUsize::new(0),
        });
        let of_thread = Arc::clone(&line);
        std::thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                // A server that is not there is a connection that ends at once.
                let _none = of_thread.join(phone);
            }
        });
        Ok(Self { url, line })
    }

    /// Names the server that later connections go to.
    pub fn point_at(&self, server: &str) {
        server.trim_start_matches("http://").clone_into(&mut lock(&self.line.target));
    }

    /// Returns how many bytes went through, both ways.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.line.carried.load(Ordering::SeqCst)
    }

    /// Returns how many connections were cut off.
    #[must_use]
    pub fn cut(&self) -> usize {
        self.line.cut.load(Ordering::SeqCst)
    }
}

impl Line {
    fn join(self: &Arc<Self>, phone: TcpStream) -> std::io::Result<()> {
        let target = lock(&self.target).clone();
        let server = TcpStream::connect(target)?;
        let left = {
            let mut chance = lock(&self.chance);
            if chance.below(2) == 0 { chance.below(CUT_AFTER_MAX) } else { u64::MAX }
        };
        let left = Arc::new(AtomicU64::new(left));
        for (from, to) in [(phone.try_clone()?, server.try_clone()?), (server, phone)] {
            let (line, left) = (Arc::clone(self), Arc::clone(&left));
            std::thread::spawn(move || {
                let _broken = line.carry(&from, &to, &left);
                _ = from.shutdown(Shutdown::Both);
                _ = to.shutdown(Shutdown::Both);
            });
        }
        Ok(())
    }

    fn carry(&self, mut from: &TcpStream, mut to: &TcpStream, left: &AtomicU64) -> std::io::Result<()> {
        let mut buffer = [0; 1_024];
        loop {
            let got = from.read(&mut buffer)?;
            if got == 0 {
                return Ok(());
            }
            let before = left.load(Ordering::SeqCst);
            let may = usize::try_from(before).unwrap_or(usize::MAX).min(got);
            left.store(before - may as u64, Ordering::SeqCst);
            to.write_all(buffer.get(..may).unwrap_or_default())?;
            self.carried.fetch_add(may as u64, Ordering::SeqCst);
            if may < got {
                self.cut.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
