//! What every end-to-end test needs: the real binaries, a world with a server, phones, and a proxy between them.
//!
//! Nothing here links the server or the field core: the tests see what a person with a shell sees.

pub mod chance;
pub mod cutter;
pub mod gate;
pub mod http;
pub mod proxy;

use serde_json::Value as Json;
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The file in a world's folder that holds what servers told on stderr.
pub const SERVER_LOG: &str = "server.log";

/// The file in a world's folder that holds what commands told on stderr.
pub const COMMANDS_LOG: &str = "commands.log";

/// What a test meets when something is not as it should be.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A place of the folder that holds the rule vectors and the township's papers.
///
/// # Errors
/// A sentence that says where it was looked for.
pub fn shared(inside: &str) -> Outcome<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("DAOHU_SHARED").map_or(beside, PathBuf::from);
    let path = folder.join(inside);
    if path.exists() { Ok(path) } else { Err(format!("the folder shared is missing (looked for {})", path.display()).into()) }
}

/// The answer of one command: exit status and the one JSON value it printed.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The exit status.
    pub status: i32,
    /// What stood on stdout.
    pub json: Json,
    /// What stood on stderr.
    pub told: String,
}

/// Starts a command that serves, its log in a file; returns it with its first line on stdout, which says where.
///
/// # Errors
/// When it cannot be started.
pub fn start(command: &mut Command, log: fs::File) -> Outcome<(Child, String)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no stdout")?).read_line(&mut line)?;
    Ok((child, line))
}

/// Runs a built binary with `--json` and returns what it answered.
///
/// # Errors
/// A sentence with both outputs when stdout is not one JSON value.
pub fn call<I: AsRef<OsStr>>(binary: &str, words: &[I], variables: &[(&str, &str)]) -> Outcome<Answer> {
    let output = Command::new(built(binary)?).args(words).arg("--json").envs(variables.iter().copied()).stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let shown: Vec<_> = words.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_str(&text).map_err(|why| format!("{binary} {}: {why}: {text}{told}", shown.join(" ")))?;
    Ok(Answer { status: output.status.code().unwrap_or(-1), json, told })
}

/// The path of a binary (or of `examples/NAME`) in the folder `DAOHU_BINARIES`, else beside this test's own.
///
/// # Errors
/// A sentence when it has not been built.
pub fn built(binary: &str) -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    let beside = own.parent().and_then(Path::parent).ok_or("the test has no folder")?;
    let path = std::env::var_os("DAOHU_BINARIES").map_or_else(|| beside.to_path_buf(), PathBuf::from).join(binary);
    if path.exists() { Ok(path) } else { Err(format!("{binary} is not built: run `cargo build --workspace --bins` first").into()) }
}

/// A data folder with the township imported, a clock file, and perhaps a server over it.
#[derive(Debug)]
pub struct World {
    folder: tempfile::TempDir,
    server: Option<Child>,
    /// The address of the running server.
    pub url: String,
    /// The public key of its log, in hex.
    pub server_key: String,
    /// What the import answered.
    pub imported: Json,
}

impl World {
    /// Imports the township's own papers at an instant.
    ///
    /// # Errors
    /// When the import is refused.
    pub fn new(now: &str) -> Outcome<Self> {
        let mut world = Self::empty(now)?;
        let papers = shared("data/hongshiqiao")?;
        world.imported = world.daohu(&["import", &papers.display().to_string()])?;
        Ok(world)
    }

    /// Makes a world with nothing in it.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn empty(now: &str) -> Outcome<Self> {
        let world = Self {
            folder: tempfile::Builder::new().prefix("daohu-e2e-").tempdir()?,
            server: None,
            url: String::new(),
            server_key: String::new(),
            imported: Json::Null,
        };
        world.at(now)?;
        Ok(world)
    }

    /// A path inside the world's folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder of the server.
    #[must_use]
    pub fn stored(&self) -> String {
        self.path("data").display().to_string()
    }

    /// Sets the clock of the server and of every later command.
    ///
    /// # Errors
    /// When the clock file cannot be written.
    pub fn at(&self, instant: &str) -> Outcome<()> {
        // Written beside and moved: a server that reads the clock at this moment must never see an empty file.
        fs::write(self.path("now.next"), format!("{instant}\n"))?;
        fs::rename(self.path("now.next"), self.path("now"))?;
        Ok(())
    }

    /// The instant of the clock file.
    ///
    /// # Errors
    /// When the clock file cannot be read.
    pub fn now(&self) -> Outcome<String> {
        Ok(fs::read_to_string(self.path("now"))?.trim().to_owned())
    }

    /// Runs a command of the server that must succeed.
    ///
    /// # Errors
    /// Its answer, when it is refused.
    pub fn daohu(&self, words: &[&str]) -> Outcome<Json> {
        let answer = self.try_daohu(words)?;
        if answer.status == 0 { Ok(answer.json) } else { Err(format!("daohu {words:?}: {} {}", answer.status, answer.json).into()) }
    }

    /// Runs a command of the server and returns whatever it answers.
    ///
    /// # Errors
    /// When it prints no JSON.
    pub fn try_daohu(&self, words: &[&str]) -> Outcome<Answer> {
        let (stored, now) = (self.stored(), self.now()?);
        let mut all = words.to_vec();
        all.extend(["--data", &stored, "--now", &now]);
        self.keep_told(call("daohu", &all, &[])?)
    }

    /// Keeps what a command told on stderr beside the server's log.
    fn keep_told(&self, answer: Answer) -> Outcome<Answer> {
        let mut log = fs::OpenOptions::new().create(true).append(true).open(self.path(COMMANDS_LOG))?;
        log.write_all(answer.told.as_bytes())?;
        Ok(answer)
    }

    /// Starts the server on a free port of the loopback.
    ///
    /// # Errors
    /// When it does not say where it listens.
    pub fn serve(&mut self) -> Outcome<()> {
        let clock = format!("@{}", self.path("now").display());
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path(SERVER_LOG))?;
        let mut serve = Command::new(built("daohu")?);
        serve.args(["serve", "--data", &self.stored(), "--listen", "127.0.0.1:0", "--now", &clock]);
        let (child, line) = start(&mut serve, log)?;
        self.server = Some(child);
        let ready: Json = serde_json::from_str(&line).map_err(|why| format!("serve said {line:?}: {why}"))?;
        text(&ready, "listening")?.clone_into(&mut self.url);
        text(&ready, "server_key")?.clone_into(&mut self.server_key);
        Ok(())
    }

    /// Says that no server runs.
    #[must_use]
    pub const fn is_killed(&self) -> bool {
        self.server.is_none()
    }

    /// Kills the server at once (SIGKILL), as a power cut would.
    ///
    /// # Errors
    /// When there is none to kill.
    pub fn kill(&mut self) -> Outcome<()> {
        if let Some(mut child) = self.server.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Adds a user, makes a code and enrols a phone with it.
    ///
    /// # Errors
    /// When any of the three is refused.
    pub fn phone(&self, login: &str, user: &[&str]) -> Outcome<Phone<'_>> {
        let mut words = vec!["user", "add", "--login", login];
        words.extend_from_slice(user);
        self.daohu(&words)?;
        let code = self.daohu(&["device", "code", "--user", login])?;
        let phone = Phone { world: self, db: self.path(&format!("{login}.db")).display().to_string() };
        phone.call(&["enrol", "--server", &self.url, "--code", text(&code, "code")?])?;
        Ok(phone)
    }

    /// A phone whose store exists already.
    #[must_use]
    pub fn phone_again(&self, login: &str) -> Phone<'_> {
        Phone { world: self, db: self.path(&format!("{login}.db")).display().to_string() }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(mut child) = self.server.take() {
            let _gone = child.kill().and_then(|()| child.wait());
        }
    }
}

/// One phone: a store, and the command line over it.
#[derive(Debug)]
pub struct Phone<'a> {
    world: &'a World,
    /// The path of its store.
    pub db: String,
}

impl Phone<'_> {
    /// Runs a command that must succeed, at the world's clock.
    ///
    /// # Errors
    /// Its answer, when it is refused.
    pub fn call(&self, words: &[&str]) -> Outcome<Json> {
        let answer = self.attempt(words)?;
        if answer.status == 0 { Ok(answer.json) } else { Err(format!("daohu-field {words:?}: {} {}", answer.status, answer.json).into()) }
    }

    /// Runs a command and returns whatever it answers.
    ///
    /// # Errors
    /// When it prints no JSON.
    pub fn attempt(&self, words: &[&str]) -> Outcome<Answer> {
        self.attempt_at(&self.world.url, words)
    }

    /// Runs a command against another address than the world's.
    ///
    /// # Errors
    /// When it prints no JSON.
    pub fn attempt_at(&self, url: &str, words: &[&str]) -> Outcome<Answer> {
        let words = self.words(words)?;
        self.world.keep_told(call("daohu-field", &words, &[("DAOHU_SERVER", url)])?)
    }

    /// Starts a command and does not wait for it; its stdout is read by nobody.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_at(&self, url: &str, words: &[&str]) -> Outcome<Child> {
        let told = fs::OpenOptions::new().create(true).append(true).open(self.world.path(COMMANDS_LOG))?;
        let mut command = Command::new(built("daohu-field")?);
        command.args(self.words(words)?).arg("--json").env("DAOHU_SERVER", url);
        Ok(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(told).spawn()?)
    }

    fn words(&self, words: &[&str]) -> Outcome<Vec<String>> {
        let now = self.world.now()?;
        let all = ["--db", self.db.as_str()].into_iter().chain(words.iter().copied()).chain(["--now", now.as_str()]);
        Ok(all.map(str::to_owned).collect())
    }
}

/// A text inside an answer, by its key.
///
/// # Errors
/// A sentence with the answer, when there is none.
pub fn text<'a>(answer: &'a Json, key: &str) -> Outcome<&'a str> {
    answer[key].as_str().ok_or_else(|| format!("no text {key} in {answer}").into())
}
