//! One HTTP request to the office's door, as a person with a socket sends it.

use crate::Outcome;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Sends a request to `server` (an `http://host:port`) and reads the whole answer.
///
/// # Errors
/// When the connection breaks or the answer is not HTTP.
pub fn send(server: &str, (method, path): (&str, &str), headers: &[(&str, &str)], body: &[u8]) -> Outcome<Reply> {
    let host = server.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("the answer has no end of its head")?;
    let (head, body) = answer.split_at(end);
    let status = std::str::from_utf8(head)?.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Reply { status, body: body.get(4..).unwrap_or_default().to_vec() })
}

/// Writes a text as it stands in a query.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
