//! Runs the built binary over a folder of its own.

use serde_json::Value;
use std::{
    error::Error,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Outcome<Value> {
        serde_json::from_str(&self.stdout).map_err(|why| format!("{why}: {} {}", self.stdout, self.stderr).into())
    }

    pub(crate) fn code(&self) -> String {
        self.json().ok().and_then(|json| json["error"]["code"].as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// A data folder and an instant.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) now: String,
}

impl Desk {
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self { folder: tempfile::tempdir()?, now: "2019-05-05T09:00:00+08:00".to_owned() })
    }

    /// A desk with a township, two villages, two households and two cadres.
    pub(crate) fn with_township() -> Outcome<Self> {
        let desk = Self::new()?;
        for (code, name, level, parent) in [
            ("610802209000", "红石桥乡", "town", None),
            ("610802209201", "左界村", "village", Some("610802209000")),
            ("610802209202", "双红村", "village", Some("610802209000")),
        ] {
            let parent = parent.map(|parent| format!("parent={parent}"));
            let mut words = vec!["record".to_owned(), "add".to_owned(), "region".to_owned(), "place=610802209000".to_owned()];
            words.extend([format!("code={code}"), format!("name={name}"), format!("level={level}")]);
            words.extend(parent);
            desk.done(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        for (number, place) in [("6108022090420001", "610802209201"), ("6108022090420002", "610802209202")] {
            let spans =
                ["status=poor,2018-01-01,".to_owned(), "tier=monthly,2018-01-01,".to_owned(), format!("places={place},2018-01-01,")];
            let (place, number) = (format!("place={place}"), format!("number={number}"));
            let mut words = vec!["record", "add", "household", &place, &number, "head_name=王建军"];
            words.extend(spans.iter().map(String::as_str));
            desk.done(&words)?;
        }
        for name in ["name=李秀英", "name=高有福"] {
            desk.done(&["record", "add", "cadre", name])?;
        }
        Ok(desk)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daohu"));
        command.args(words).arg("--data").arg(self.path("data")).env_remove("DAOHU_LANG").env_remove("DAOHU_NOW").env_remove("DAOHU_DATA");
        command
    }

    /// Runs with `--json` at the desk's instant.
    pub(crate) fn run(&self, words: &[&str]) -> Outcome<Ran> {
        let mut all = words.to_vec();
        all.extend(["--json", "--now", &self.now]);
        ran(self.command(&all), None)
    }

    /// Runs what must succeed and returns its JSON.
    pub(crate) fn done(&self, words: &[&str]) -> Outcome<Value> {
        let ran = self.run(words)?;
        if ran.status == 0 { ran.json() } else { Err(format!("{words:?}: {} {} {}", ran.status, ran.stdout, ran.stderr).into()) }
    }

    /// The id of the first record of a kind that holds a text.
    pub(crate) fn id(&self, kind: &str, text: &str) -> Outcome<String> {
        let page = self.done(&["record", "list", kind, "--q", text])?;
        Ok(page["records"][0]["id"].as_str().ok_or_else(|| format!("no {kind} with {text}"))?.to_owned())
    }
}

/// Runs a command to its end, with something on stdin or nothing.
pub(crate) fn ran(mut command: Command, stdin: Option<&str>) -> Outcome<Ran> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A command that refuses before it reads closes the pipe: that is its right.
        let _closed = pipe.write_all(stdin.unwrap_or_default().as_bytes());
    }
    let output = child.wait_with_output()?;
    Ok(Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}
