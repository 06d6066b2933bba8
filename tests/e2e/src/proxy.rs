//! A proxy between phone and server that counts bodies and can answer or cut as a bad network does.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What the proxy does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Passes it on and passes the answer back.
    Pass,
    /// Passes it on and drops the answer: the server did it, the phone does not know.
    LoseAnswer,
    /// Answers like the sign-in page of a hotel network: status 200, HTML.
    Portal,
}

/// Counts of what went through, and the address to call.
#[derive(Debug)]
pub struct Proxy {
    /// The address phones call.
    pub url: String,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    up: AtomicUsize,
    down: AtomicUsize,
    requests: AtomicUsize,
}

impl Proxy {
    /// Opens a proxy in front of `server` (an `http://host:port`).
    ///
    /// # Errors
    /// When no port is free.
    pub fn before(server: &str, mood: Mood) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let target = server.trim_start_matches("http://").to_owned();
        let counts = Arc::new(Counts::default());
        let seen = Arc::clone(&counts);
        std::thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                let (target, seen) = (target.clone(), Arc::clone(&seen));
                std::thread::spawn(move || {
                    // A broken connection is the network's business; the phone sees it as such.
                    let _broken = carry(&phone, &target, mood, &seen);
                    let _closed = phone.shutdown(Shutdown::Both);
                });
            }
        });
        Ok(Self { url, counts })
    }

    /// Bytes of bodies up and down, and requests, since the last reset.
    #[must_use]
    pub fn counted(&self) -> (usize, usize, usize) {
        (self.counts.up.load(Ordering::SeqCst), self.counts.down.load(Ordering::SeqCst), self.counts.requests.load(Ordering::SeqCst))
    }

    /// Starts counting anew.
    pub fn reset(&self) {
        for count in [&self.counts.up, &self.counts.down, &self.counts.requests] {
            count.store(0, Ordering::SeqCst);
        }
    }
}

/// The head of a message as it came, and its body.
struct Message {
    head: String,
    body: Vec<u8>,
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Message>> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        // One request a connection keeps this proxy simple.
        if !line.to_ascii_lowercase().starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Message { head, body }))
}

fn carry(mut phone: &TcpStream, target: &str, mood: Mood, counts: &Counts) -> std::io::Result<()> {
    let Some(request) = read(phone)? else { return Ok(()) };
    counts.requests.fetch_add(1, Ordering::SeqCst);
    counts.up.fetch_add(request.body.len(), Ordering::SeqCst);
    if mood == Mood::Portal {
        let page = "<html><body>请先登录本网络</body></html>";
        return write!(
            phone,
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
            page.len()
        );
    }
    let mut server = TcpStream::connect(target)?;
    server.write_all(request.head.as_bytes())?;
    server.write_all(b"connection: close\r\n\r\n")?;
    server.write_all(&request.body)?;
    let Some(answer) = read(&server)? else { return Ok(()) };
    if mood == Mood::LoseAnswer {
        return Ok(());
    }
    counts.down.fetch_add(answer.body.len(), Ordering::SeqCst);
    phone.write_all(answer.head.as_bytes())?;
    phone.write_all(b"connection: close\r\n\r\n")?;
    phone.write_all(&answer.body)
}
