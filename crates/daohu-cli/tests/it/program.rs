//! A township on a port of its own, and the program run against it.

use crate::fake::{Fake, TOWN, VILLAGE};
use daohu_domain::id::Id;
use daohu_field::Request;
use serde_json::{Value as Json, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};
use tempfile::TempDir;

pub(crate) const NOW: &str = "2019-05-05T09:00:00+08:00";
const MAY_5: i64 = 1_557_018_000_000;

/// One township, one household, one helper.
pub(crate) struct World {
    pub(crate) server: Arc<Mutex<Fake>>,
    pub(crate) url: String,
    pub(crate) household: Id,
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut server = Fake::new(MAY_5);
        let cadre = server.write("cadre", TOWN, None, json!({ "name": "张三" }));
        let household = server.write(
            "household",
            VILLAGE,
            None,
            json!({
                "number": "6108022090001",
                "head_name": "白文才",
                "status": [{ "value": "poor", "from": "2019-01-01", "to": null }],
                "tier": [{ "value": "monthly", "from": "2019-01-01", "to": null }],
            }),
        );
        server.write("pairing", VILLAGE, Some(household), json!({ "cadre": cadre, "role": "primary", "from": "2019-01-01" }));
        let user = server.user(cadre, "张三");
        server.grant(user, Some("helper"), VILLAGE, Some(household));
        let server = Arc::new(Mutex::new(server));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&server);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { server, url, household, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.folder.path().join("a.db")
    }

    /// Prepares the program with the flags of every run; its answer is JSON.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.plain(args);
        command.arg("--json");
        command
    }

    /// Prepares the program as a person runs it.
    pub(crate) fn plain(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daohu-field"));
        command.args(args).arg("--db").arg(self.db()).args(["--now", NOW]);
        command.env_remove("DAOHU_SERVER").env_remove("DAOHU_NOW").env_remove("DAOHU_LANG").stdin(Stdio::null());
        command
    }

    /// Runs the program as a person does; returns what it printed.
    pub(crate) fn text(&self, args: &[&str]) -> String {
        String::from_utf8(self.plain(args).output().unwrap().stdout).unwrap()
    }

    /// Runs the program; returns its status and its one JSON value.
    pub(crate) fn run(&self, args: &[&str]) -> (i32, Json) {
        answer(&self.command(args).output().unwrap())
    }

    /// Runs the program, which must succeed.
    pub(crate) fn done(&self, args: &[&str]) -> Json {
        let (status, json) = self.run(args);
        assert_eq!(status, 0, "{args:?}: {json}");
        json
    }

    /// Runs the program with a line on its standard input.
    pub(crate) fn told(&self, args: &[&str], line: &str) -> (i32, Json) {
        let mut child = self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that refuses before it reads closes the pipe: that is its right.
        let _closed = child.stdin.take().unwrap().write_all(format!("{line}\n").as_bytes());
        answer(&child.wait_with_output().unwrap())
    }

    pub(crate) fn enrolled() -> Self {
        let world = Self::new();
        world.done(&["enrol", "--server", &world.url, "--code", "CODE-0"]);
        world.done(&["sync"]);
        world
    }
}

fn answer(output: &Output) -> (i32, Json) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text} {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap_or(-1), json)
}

fn serve(mut stream: TcpStream, server: &Mutex<Fake>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split_whitespace();
        let method = if words.next() == Some("GET") { "GET" } else { "POST" };
        let path = words.next().unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let response = server.lock().unwrap().handle(&Request { method, path, headers, body });
        let head = format!("HTTP/1.1 {} x\r\ncontent-length: {}\r\n\r\n", response.status, response.body.len());
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&response.body)).is_err() {
            return;
        }
    }
}
