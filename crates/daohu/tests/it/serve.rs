//! `daohu serve` as a process: it says once where it listens, works beside other commands, keeps persons out of its log, and ends well.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use crate::run::{Desk, Outcome};

/// A serving process, ended when dropped.
struct Server {
    child: Child,
    ready: Value,
    log: std::path::PathBuf,
}

impl Server {
    fn start(desk: &Desk, more: &[&str]) -> Outcome<Self> {
        let clock = desk.path("now");
        std::fs::write(&clock, &desk.now)?;
        let clock = format!("@{}", clock.display());
        let mut words = vec!["serve", "--listen", "127.0.0.1:0", "--now", &clock];
        words.extend(more);
        let log = desk.path("server.log");
        let mut child = desk.command(&words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no stdout")?).read_line(&mut line)?;
        let ready =
            serde_json::from_str(&line).map_err(|why| format!("{why}: {line:?} {}", std::fs::read_to_string(&log).unwrap_or_default()))?;
        Ok(Self { child, ready, log })
    }

    fn ask(&self, head: &str, body: &str) -> Outcome<String> {
        let address = self.ready["listening"].as_str().ok_or("no address")?.trim_start_matches("http://");
        ask(address, head, body)
    }

    fn stop(mut self) -> Outcome<(Option<i32>, String)> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        assert!(told.success());
        let status = self.child.wait()?.code();
        Ok((status, std::fs::read_to_string(&self.log)?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn ask(address: &str, head: &str, body: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "{head}\r\nhost: daohu\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn a_server_says_where_it_listens_and_ends_on_sigterm() -> Outcome {
    let desk = Desk::with_township()?;
    let ready_file = desk.path("ready");
    let server = Server::start(&desk, &["--ready-file", &ready_file.display().to_string()])?;

    let health = server.ask("GET /healthz HTTP/1.1", "")?;
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&ready_file)?)?;
    let beside = desk.done(&["user", "list"])?;

    assert_eq!(written, server.ready);
    assert_eq!(server.ready["server_key"].as_str().map(str::len), Some(64));
    assert!(health.contains("200 OK") && health.contains("\"clock\":\"set\""), "{health}");
    assert_eq!(beside, serde_json::json!([]), "commands work beside the server");
    assert_eq!(server.stop()?.0, Some(0));
    Ok(())
}

#[test]
fn the_log_has_templates_and_codes_and_nothing_of_anybody() -> Outcome {
    let desk = Desk::with_township()?;
    let added = desk.done(&["user", "add", "--login", "office", "--role", "town_office", "--place", "610802209000"])?;
    let password = added["password"].as_str().ok_or("no password")?;
    let server = Server::start(&desk, &[])?;
    let json = "\r\ncontent-type: application/json";

    let signed =
        server.ask(&format!("POST /api/v1/sessions HTTP/1.1{json}"), &format!("{{\"login\":\"office\",\"password\":\"{password}\"}}"))?;
    let token = signed.split("\"token\":\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or(signed.clone())?.to_owned();
    let bearer = format!("\r\nauthorization: Bearer {token}");
    let list = server.ask(&format!("GET /api/v1/households?q=%E7%8E%8B%E5%BB%BA%E5%86%9B HTTP/1.1{bearer}"), "")?;
    let one = server.ask(&format!("GET /api/v1/households/6108022090420001 HTTP/1.1{bearer}"), "")?;
    server.ask("GET /13812345678 HTTP/1.1", "")?;
    server.ask(&format!("POST /api/v1/sessions HTTP/1.1{json}"), "{\"login\":\"13812345678\",\"password\":\"wrong-password-2019\"}")?;
    let (status, log) = server.stop()?;

    assert!(list.contains("200 OK") && list.contains("王建军") && one.contains("200 OK"), "{list} {one}");
    assert_eq!(status, Some(0));
    let lines: Vec<Value> = log.lines().map(serde_json::from_str).collect::<Result<_, _>>().map_err(|why| format!("{why}: {log}"))?;
    assert_eq!(lines.iter().filter(|line| line["fields"]["message"] == "request").count(), 5, "{log}");
    for expected in
        ["\"route\":\"/api/v1/households/{id}\"", "\"code\":\"bad_login\"", "\"status\":201", "\"method\":\"GET\"", "\"route\":\"none\""]
    {
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
    for secret in ["%E7%8E%8B", "王建军", "6108022090420001", "13812345678", "wrong-password", password, &token] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    Ok(())
}

#[test]
fn health_answers_on_the_listener_for_it_alone() -> Outcome {
    let desk = Desk::with_township()?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let watch = format!("127.0.0.1:{port}");
    let server = Server::start(&desk, &["--metrics-listen", &watch])?;

    let health = ask(&watch, "GET /readyz HTTP/1.1", "")?;
    let other = ask(&watch, "GET /v1/config HTTP/1.1", "")?;

    assert!(health.contains("200 OK") && other.contains("404"), "{health} {other}");
    assert_eq!(server.stop()?.0, Some(0));
    Ok(())
}

/// Serves with these words until it ends by itself.
fn refused(desk: &Desk, words: &[&str]) -> Outcome<crate::run::Ran> {
    let mut command = desk.command(&["serve", "--json"]);
    command.args(words).stdin(Stdio::null());
    crate::run::ran(command, None)
}

#[test]
fn a_clock_behind_the_log_is_refused_and_so_is_a_file_with_such_a_time() -> Outcome {
    let desk = Desk::with_township()?;
    let (earlier, file) = ("2019-05-05T08:59:00+08:00", desk.path("earlier"));
    std::fs::write(&file, earlier)?;

    for now in [earlier.to_owned(), format!("@{}", file.display())] {
        let refused = refused(&desk, &["--listen", "127.0.0.1:0", "--now", &now])?;
        assert_eq!((refused.status, refused.code().as_str()), (1, "clock_behind"), "{}", refused.stderr);
    }
    Ok(())
}

#[test]
fn a_server_that_gets_no_address_leaves_nothing_in_the_log() -> Outcome {
    let desk = Desk::with_township()?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let size = |desk: &Desk| -> Outcome<u64> { Ok(desk.done(&["verify"])?["tree_size"].as_u64().ok_or("no size")?) };
    let before = size(&desk)?;

    let refused = refused(&desk, &["--listen", &taken.local_addr()?.to_string(), "--now", &desk.now])?;

    assert_eq!(refused.status, 1, "{}", refused.stderr);
    assert_eq!(size(&desk)?, before);
    Ok(())
}
