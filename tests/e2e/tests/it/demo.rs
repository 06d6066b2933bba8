//! The demo as a newcomer meets it: what it tells is counted, what it prints works when it is pasted, its logs name nobody.
//!
//! A smaller township than `./run` makes, told by the same story.

use daohu_e2e::{Outcome, built, call, http::send, start, text};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

const TOWNSHIP: &str = "610802209000";
const NOW: &str = "2019-06-20T09:00:00+08:00";

/// A demo that is served from a folder of its own.
struct Demo {
    folder: tempfile::TempDir,
    child: Child,
    /// The line on stdout.
    ready: Json,
}

impl Demo {
    fn start() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("daohu-demo-").tempdir()?;
        let log = fs::File::create(folder.path().join("demo.log"))?;
        let mut command = Command::new(built("daohu")?);
        command.args(["demo", "--households", "156", "--listen", "127.0.0.1:0", "--data"]);
        let (child, line) = start(command.arg(folder.path().join("data")).env("TMPDIR", folder.path()), log)?;
        let mut demo = Self { folder, child, ready: Json::Null };
        demo.ready = serde_json::from_str(&line).map_err(|why| format!("demo said {line:?}: {why}: {}", demo.log().unwrap_or_default()))?;
        Ok(demo)
    }

    /// What stood on stderr so far.
    fn log(&self) -> Outcome<String> {
        Ok(fs::read_to_string(self.folder.path().join("demo.log"))?)
    }

    fn url(&self) -> Outcome<&str> {
        text(&self.ready, "listening")
    }

    /// Asks with a command beside the serving process.
    fn daohu(&self, words: &[&str]) -> Outcome<Json> {
        let stored = self.folder.path().join("data").display().to_string();
        let answer = call("daohu", &[words, &["--data", &stored, "--now", NOW]].concat(), &[])?;
        if answer.status == 0 { Ok(answer.json) } else { Err(format!("{words:?}: {}", answer.json).into()) }
    }

    /// Every record of a kind.
    fn records(&self, kind: &str) -> Outcome<Vec<Json>> {
        let mut records = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut words = vec!["record", "list", kind, "--limit", "200"];
            words.extend(cursor.iter().flat_map(|cursor| ["--cursor", cursor.as_str()]));
            let page = self.daohu(&words)?;
            records.extend(page["records"].as_array().ok_or("no records")?.iter().cloned());
            cursor = page["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(records);
            }
        }
    }

    /// Signs in with a printed password and returns the token.
    fn sign_in(&self, login: &str, password: &str) -> Outcome<String> {
        let body = json!({ "login": login, "password": password }).to_string();
        let reply = send(self.url()?, ("POST", "/api/v1/sessions"), &[("content-type", "application/json")], body.as_bytes())?;
        assert_eq!(reply.status, 201, "{login}");
        Ok(text(&serde_json::from_slice(&reply.body)?, "token")?.to_owned())
    }

    /// Asks the office's door as somebody who has signed in.
    fn ask(&self, token: &str, path: &str) -> Outcome<Json> {
        let reply = send(self.url()?, ("GET", path), &[("authorization", &format!("Bearer {token}"))], b"")?;
        assert_eq!(reply.status, 200, "{path}");
        Ok(serde_json::from_slice(&reply.body)?)
    }

    /// The commands it prints: the indented lines after the sentence that says what they are for.
    fn printed_commands(&self) -> Outcome<Vec<String>> {
        let log = self.log()?;
        let (_, after) = log.split_once("try it:").ok_or("no word of what to try")?;
        Ok(after.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect())
    }

    /// Ends it as an operator does.
    fn stop(mut self) -> Outcome<(Option<i32>, PathBuf, tempfile::TempDir)> {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?.success());
        let status = self.child.wait()?.code();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir()?);
        Ok((status, folder.path().join("demo.log"), folder))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _gone = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn number(value: &Json) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// What was invented is in the figures, in both months.
fn it_tells_what_it_promises(demo: &Demo) -> Outcome<()> {
    let month = |month: &str| demo.daohu(&["coverage", "--place", TOWNSHIP, "--month", month]);
    let (april, may) = (month("2019-04")?, month("2019-05")?);
    for figures in [&april, &may] {
        let (sums, timeliness) = (&figures["sums"], &figures["timeliness"]);
        assert_eq!((&figures["frozen"], &sums["households"]), (&json!(true), &json!(156)));
        // Reviews happened: what the secretaries passed is verified, and nearly all that was handed in was read.
        assert!(number(&sums["met_verified"]) * 10 > number(&sums["met_declared"]) * 7, "{sums}");
        assert!(number(&sums["met_declared"]) > number(&sums["met_verified"]) && number(&sums["due"]) > number(&sums["met_declared"]));
        assert!(number(&timeliness["review_on_time"][0]) * 10 > number(&timeliness["record_on_time"][0]) * 8, "{timeliness}");
    }
    // Nobody could visit before the roster was in force: an earlier month is no month of failures.
    let march = month("2019-03")?;
    assert_eq!((&march["sums"]["due"], &march["sums"]["households"]), (&json!(0), &json!(0)), "{}", march["sums"]);
    // A helper who left in March stood on paper until 28 April; another left in May and nobody came.
    assert_eq!((&april["sums"]["hidden_days"], &april["sums"]["gap_days"]), (&json!(6 * 27), &json!(0)));
    assert_eq!((&may["sums"]["gap_households"], &may["sums"]["hidden_days"]), (&json!(6), &json!(0)));
    let takeovers = april["takeovers"].as_array().ok_or("no takeovers")?;
    assert_eq!((takeovers.len(), takeovers.iter().filter(|takeover| takeover["first_visit_days"] == 1).count()), (6, 3));
    assert!(number(&may["report"]["declared"]["reasons"]["late_sync"][0]) > 0, "{}", may["report"]);
    assert_eq!(may["sums"]["backfill"], 1, "the one that was declared");
    let visits = demo.records("visit")?;
    let texts: Vec<_> = visits.iter().filter_map(|visit| Some((visit["fields"]["narrative"].as_str()?, &visit["place"]))).collect();
    let is_copied = |one: &(&str, &Json)| texts.iter().any(|other| other.0 == one.0 && other.1 != one.1 && one.0.contains("表示满意"));
    assert_eq!(texts.iter().filter(|one| is_copied(one)).count(), 2, "two villages share a text");
    assert_eq!(demo.records("issue")?.len(), 13);
    let units: Vec<_> = may["units"].as_array().ok_or("no units")?.iter().filter(|unit| unit["fulfil"][1] != 0).collect();
    assert_eq!(units.len(), 9);
    for unit in units {
        assert!(unit["fulfil"][0] == 1 && (3..=5).contains(&number(&unit["fulfil"][1])), "one of 1 + k: {unit}");
    }
    assert_eq!(demo.daohu(&["quarantine", "list"])?, json!([]), "nothing of the story was refused");
    Ok(())
}

/// Runs the commands as they stand there, and finds the visit at the office.
fn its_commands_work_as_printed(demo: &Demo, token: &str) -> Outcome<()> {
    let june = |what: &str| demo.ask(token, &format!("/api/v1/{what}?place={TOWNSHIP}&month=2019-06"));
    assert_eq!((june("visits")?["items"].as_array().map(Vec::len), number(&june("coverage")?["sums"]["met_declared"])), (Some(0), 0));
    let commands = demo.printed_commands()?;
    assert_eq!(commands.len(), 3, "{commands:?}");

    for (command, expected) in commands.iter().zip(["已登记", "已提交", "送出 1"]) {
        let output = Command::new("sh").args(["-c", command]).current_dir(demo.folder.path()).stdin(Stdio::null()).output()?;
        let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains(expected), "{command}: {said}{told}");
    }

    let visits = june("visits")?;
    assert_eq!((visits["items"].as_array().map(Vec::len), &visits["items"][0]["time"]), (Some(1), &json!("trusted")), "{visits}");
    assert_eq!(visits["items"][0]["occurred_day"], "2019-06-20");
    assert_eq!(number(&june("coverage")?["sums"]["met_declared"]), 1);
    Ok(())
}

/// Names of the roster, and every number in a text that could be a telephone or an identity.
fn people(demo: &Demo) -> Outcome<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for (kind, field) in [("household", "head_name"), ("member", "name"), ("cadre", "name")] {
        names.extend(demo.records(kind)?.iter().filter_map(|record| record["fields"][field].as_str().map(str::to_owned)));
    }
    assert!(names.len() > 400, "vacuous: {} names", names.len());
    Ok(names)
}

fn numbers(text: &str) -> Vec<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let digits = |word: &str| word.bytes().filter(u8::is_ascii_digit).count();
    words
        .filter(|word| match word.len() {
            11 => digits(word) == 11 && word.starts_with('1'),
            18 => digits(word) >= 17,
            _ => false,
        })
        .collect()
}

#[test]
fn the_demo_tells_what_it_promises_its_commands_work_as_printed_and_its_log_names_nobody() -> Outcome<()> {
    let demo = Demo::start()?;

    it_tells_what_it_promises(&demo)?;
    let page = send(demo.url()?, ("GET", "/"), &[], b"")?;
    assert_eq!((page.status, String::from_utf8_lossy(&page.body).contains("<form")), (200, true), "a stranger is asked to sign in");
    let sign_ins = demo.ready["sign_ins"].as_array().ok_or("no sign-ins")?;
    assert_eq!(sign_ins.len(), 8);
    for sign_in in sign_ins {
        assert!(demo.log()?.contains(text(sign_in, "password")?), "the people at the terminal see it as well");
        demo.sign_in(text(sign_in, "login")?, text(sign_in, "password")?)?;
    }
    let token = demo.sign_in("office", "demo-office-2019")?;
    let page = send(demo.url()?, ("GET", "/"), &[("authorization", &format!("Bearer {token}"))], b"")?;
    assert!(String::from_utf8_lossy(&page.body).contains("演示时钟"), "the page says whose clock it shows");
    its_commands_work_as_printed(&demo, &token)?;

    let people = people(&demo)?;
    for path in ["households", "gaps"] {
        demo.ask(&token, &format!("/api/v1/{path}?place={TOWNSHIP}&month=2019-05"))?;
    }
    let (status, log, _folder) = demo.stop()?;
    let log = fs::read_to_string(log)?;
    assert_eq!(status, Some(0), "it drains and ends well");
    assert!(log.lines().filter(|line| line.contains("/v1/sync")).count() > 0, "vacuous: {log}");
    let named: Vec<_> = people.iter().filter(|name| log.contains(name.as_str())).collect();
    assert!(named.is_empty() && numbers(&log).is_empty(), "the log tells {named:?} {:?}", numbers(&log));
    Ok(())
}

#[test]
fn a_number_that_could_be_a_telephone_or_an_identity_is_found_in_a_text() {
    assert_eq!(
        numbers("电话19900001234,证件610800196401010013和61080019640101001X。户6108022090000002"),
        ["19900001234", "610800196401010013", "61080019640101001X"]
    );
}
