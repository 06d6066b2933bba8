//! What is personal stands in no log and in no file of a phone that can be read without its key.

use calamine::{Data, Reader, open_workbook_auto};
use daohu_e2e::{
    COMMANDS_LOG, Outcome, SERVER_LOG, World, built,
    http::{escaped, send},
    shared, text,
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// How often a process is killed, so that one is caught while its write-ahead log is full.
const KILLS: usize = 12;

fn holds(content: &[u8], secret: &str) -> bool {
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let found = |bytes: &[u8]| content.windows(bytes.len()).any(|part| part == bytes);
    found(secret.as_bytes()) || found(&wide)
}

#[test]
fn the_files_of_a_killed_phone_tell_no_name_and_no_word_of_a_visit() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let household = text(&pairing, "household")?;
    let phone = world.phone("helper", &["--role", "helper", "--cadre", text(&pairing, "cadre")?])?;
    let shown = phone.call(&["household", household])?;
    let head = text(&shown["fields"], "head_name")?;
    let mut secrets = vec![head.to_owned(), "王改莲".to_owned()];
    let (mut logs, mut kept) = (0, 0);
    for round in 0..KILLS {
        let narrative = format!("王家第{round}回说羊圈漏雨要修");
        let flags = ["--mode", "home", "--purpose", "verify", "--met", "王改莲:配偶", "--narrative", &narrative];
        let until = if round % 2 == 0 { "--draft" } else { "--submit" };
        let visit = [&["visit", "--household", household], &flags[..], &[until]].concat();
        phone.call(&visit)?;
        let mut child = phone.start_at(&world.url, &visit)?;
        secrets.push(narrative);
        let log = Path::new(&format!("{}-wal", phone.db)).to_path_buf();
        // The moment when something is written and not yet moved into the main file.
        while child.try_wait()?.is_none() && fs::metadata(&log).map_or(0, |log| log.len()) == 0 {
            std::hint::spin_loop();
        }
        // Later from round to round: before, amid and after the write.
        for _ in 0..round * 100_000 {
            std::hint::spin_loop();
        }
        child.kill()?;
        child.wait()?;

        for ending in ["", "-wal", "-shm"] {
            let file = format!("{}{ending}", phone.db);
            let Ok(content) = fs::read(&file) else { continue };
            logs += usize::from(ending == "-wal" && !content.is_empty());
            kept += content.len();
            assert!(!holds(&content, "SQLite format 3"), "{file} is not encrypted");
            for secret in &secrets {
                assert!(!holds(&content, secret), "round {round}: {ending} tells {secret}");
            }
        }
    }
    assert!(logs > 0 && kept > 0, "vacuous: no log of {KILLS} kills held anything");
    let status = phone.call(&["status"])?;
    let written = [&status["drafts"], &status["unsent"]].map(|count| count.as_u64().unwrap_or(0));
    assert!(written.iter().all(|count| *count >= 6), "vacuous: {written:?} written");
    Ok(())
}

/// Every name, telephone and identity number of the township's papers.
fn people() -> Outcome<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for file in fs::read_dir(shared("data/hongshiqiao")?)? {
        let file = file?.path();
        if file.extension().is_none_or(|ending| ending != "xlsx") {
            continue;
        }
        let mut book = open_workbook_auto(&file)?;
        for sheet in book.sheet_names() {
            let mut columns = BTreeSet::new();
            for row in book.worksheet_range(&sheet)?.rows() {
                let cells: Vec<String> = row.iter().map(|cell| told(cell).trim().to_owned()).collect();
                let headed = cells.iter().enumerate().filter(|(_, cell)| cell.contains("姓名")).map(|(at, _)| at);
                let headings: Vec<usize> = headed.collect();
                if headings.is_empty() {
                    found.extend(columns.iter().filter_map(|at: &usize| cells.get(*at)).filter(|name| name.chars().count() > 1).cloned());
                } else {
                    columns.extend(headings);
                }
                found.extend(cells.into_iter().filter(|cell| is_number(cell)));
            }
        }
    }
    Ok(found)
}

fn told(cell: &Data) -> String {
    match cell {
        Data::Float(number) => format!("{number}"),
        other => other.to_string(),
    }
}

/// A telephone number or an identity number.
fn is_number(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let rest = cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'X' || byte == b'x');
    rest && (digits == 11 && cell.starts_with('1') || (17..=20).contains(&digits))
}

/// Runs a command as a person does who reads its sentences, and keeps what it told on stderr.
///
/// Commands that are written wrongly (exit 2) stay out: like any program's, their sentence quotes the word that was typed.
fn say(world: &World, binary: &str, words: &[&str]) -> Outcome<()> {
    let (store, now) = if binary == "daohu" {
        (["--data".to_owned(), world.stored()], world.now()?)
    } else {
        (["--db".to_owned(), world.path("helper.db").display().to_string()], world.now()?)
    };
    let output = Command::new(built(binary)?).args(words).args(store).args(["--now", &now]).stdin(Stdio::null()).output()?;
    fs::OpenOptions::new().create(true).append(true).open(world.path(COMMANDS_LOG))?.write_all(&output.stderr)?;
    Ok(())
}

/// Works as an office does in a month: imports, signs in well and badly, asks, visits, syncs, is refused.
fn work(world: &mut World, secrets: &[&str; 3]) -> Outcome<()> {
    let [name, phone_number, id_number] = *secrets;
    world.serve()?;
    world.daohu(&["import", &shared("data/hongshiqiao")?.display().to_string()])?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let (household, cadre) = (text(&pairing, "household")?, text(&pairing, "cadre")?);
    let phone = world.phone("helper", &["--role", "helper", "--cadre", cadre])?;
    phone.call(&["sync"])?;
    world.at("2019-05-12T10:00:00+08:00")?;
    let narrative = format!("见到{name}，核对台账。");
    let secret = format!("电话{phone_number}，证件{id_number}。");
    for said in [&narrative, &secret] {
        let met = format!("{name}:本人");
        let visit = ["visit", "--household", household, "--mode", "home", "--purpose", "verify", "--met", &met, "--narrative", said];
        phone.attempt(&visit)?;
        say(world, "daohu-field", &visit)?;
    }
    for note in [name, phone_number, id_number] {
        say(world, "daohu-field", &["edit", household, &format!("contact_note=找{note}")])?;
        say(world, "daohu-field", &["edit", household, &format!("head_name={note}")])?;
        say(world, "daohu-field", &["household", note])?;
        say(world, "daohu-field", &["enrol", "--server", &world.url, "--code", note])?;
        say(world, "daohu-field", &["visit", "--household", household, "--mode", note, "--met", note])?;
    }
    say(world, "daohu-field", &["household", household])?;
    say(world, "daohu-field", &["sync"])?;
    phone.call(&["sync"])?;
    for query in [name, phone_number, id_number] {
        world.daohu(&["record", "list", "household", "--q", query])?;
        say(world, "daohu", &["record", "list", "household", "--q", query])?;
        say(world, "daohu", &["record", "add", "cadre", &format!("name={query}"), "sex=未知"])?;
        say(
            world,
            "daohu",
            &["record", "add", "household", "place=610802209201", &format!("head_name={query}"), &format!("phone={query}")],
        )?;
        say(world, "daohu", &["user", "add", "--login", query, "--role", "helper"])?;
        say(world, "daohu", &["pairing", "list", "--household", query])?;
        say(world, "daohu", &["import", query])?;
        say(world, "daohu", &["config", "set", &format!("freeze_day={query}")])?;
    }
    let rows = format!("户编号,户主姓名,联系电话,证件号码,出生日期\n,{name},{phone_number},{id_number},{name}\n");
    fs::write(world.path("人表.csv"), rows)?;
    say(world, "daohu", &["import", &world.path("人表.csv").display().to_string()])?;
    say(world, "daohu", &["import", &shared("data/hongshiqiao")?.display().to_string()])?;
    sign_in_and_ask(world, secrets, household)
}

fn sign_in_and_ask(world: &World, secrets: &[&str; 3], household: &str) -> Outcome<()> {
    let office = world.daohu(&["user", "add", "--login", "office", "--role", "town_office", "--place", "610802209000"])?;
    let password = text(&office, "password")?;
    let post = |login: &str, password: &str| {
        let body = json!({ "login": login, "password": password }).to_string();
        send(&world.url, ("POST", "/api/v1/sessions"), &[("content-type", "application/json")], body.as_bytes())
    };
    for secret in secrets {
        assert_eq!(post(secret, secret)?.status, 401);
        assert_ne!(post("office", secret)?.status, 201);
    }
    let signed_in = post("office", password)?;
    assert_eq!(signed_in.status, 201, "{}", String::from_utf8_lossy(&signed_in.body));
    let token: serde_json::Value = serde_json::from_slice(&signed_in.body)?;
    let bearer = format!("Bearer {}", text(&token, "token")?);
    let mut paths = vec![
        "/".to_owned(),
        "/api/v1/households?place=610802209000&limit=200".to_owned(),
        format!("/api/v1/households/{household}"),
        format!("/api/v1/households/{household}/visits"),
        "/api/v1/visits?place=610802209000&month=2019-05".to_owned(),
        "/api/v1/coverage?place=610802209000&month=2019-05".to_owned(),
        "/api/v1/gaps?place=610802209000&month=2019-05".to_owned(),
    ];
    for secret in secrets.iter().map(|secret| escaped(secret)) {
        paths.extend([
            format!("/api/v1/households?place=610802209000&q={secret}"),
            format!("/api/v1/households/{secret}"),
            format!("/api/v1/households?cursor={secret}"),
            format!("/{secret}"),
        ]);
    }
    for path in &paths {
        let reply = send(&world.url, ("GET", path), &[("authorization", &bearer)], b"")?;
        assert!(reply.status < 500, "{path}: {}", reply.status);
    }
    Ok(())
}

#[test]
fn logs_tell_no_name_no_telephone_and_no_identity_number() -> Outcome<()> {
    let people = people()?;
    let one = |fits: &dyn Fn(&str) -> bool| people.iter().map(String::as_str).find(|text| fits(text)).ok_or("the papers lack one");
    let secrets = [
        one(&|text| !is_number(text) && text.chars().count() == 3)?,
        one(&|text| is_number(text) && text.len() == 11)?,
        one(&|text| is_number(text) && text.len() == 18)?,
    ];
    assert!(people.len() > 1_500, "vacuous: only {} secrets", people.len());
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;

    work(&mut world, &secrets)?;

    let logs = [SERVER_LOG, COMMANDS_LOG].map(|name| fs::read_to_string(world.path(name)));
    for log in logs {
        let log = log?;
        assert!(log.lines().count() > 5, "vacuous: {log}");
        for secret in &people {
            let line = log.lines().find(|line| line.contains(secret.as_str()) || line.contains(&escaped(secret)));
            assert!(line.is_none(), "{secret} stands in {}", line.unwrap_or_default());
        }
    }
    Ok(())
}
