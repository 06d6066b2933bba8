//! `daohu demo`: an invented township with two months of visits, told by simulated phones, then served.
//!
//! The roster goes in through the import, as a real one would; every visit is recorded by the field core on a phone with its own key and
//! arrives through `/v1/sync`. Nothing in it is a picture of data: what the pages show was counted.

mod chance;
mod phone;
mod replay;
mod story;
mod township;

use crate::{
    args::{Demo, Shared},
    commands::{Answer, serve},
    config, print,
    refusal::Refusal,
};
use daohu_domain::{calendar::Instant, id::Id, place::Place, role::Role};
use daohu_server::{
    app::{Settings, app},
    auth::users::{self, NewUser, Span},
    clock::ServerClock,
    import::{self, ImportOptions},
    office::Office,
    random::{Random, SystemRandom},
};
use phone::Door;
use replay::{ReplayError, Stage};
use serde_json::{Value as Json, json};
use std::{fs, path::Path};
use story::{Pair, Who};
use township::Paper;

pub(crate) use township::HOUSEHOLDS_MIN;

/// When the roster was imported and the phones were handed out.
const BEGINS: &str = "2019-04-01T08:00:00+08:00";
/// When the demo is served: May is frozen.
const SERVED: &str = "2019-06-20T09:00:00+08:00";
/// The clock of everybody while the demo is made.
const CLOCK_FILE: &str = "demo-clock";
/// How long the printed code lives.
const CODE_MS: i64 = 24 * 3_600_000;
/// The fixed sign-ins: login, role, place, password.
const SIGN_INS: [(&str, Role, Option<&str>, &str); 6] = [
    ("office", Role::TownOffice, Some(township::TOWNSHIP), "demo-office-2019"),
    ("secretary", Role::VillageSecretary, Some(township::VILLAGE), "demo-secretary-2019"),
    ("inspector", Role::Inspector, Some(township::TOWNSHIP), "demo-inspector-2019"),
    ("sysadmin", Role::Sysadmin, None, "demo-sysadmin-2019"),
    ("secadmin", Role::Secadmin, None, "demo-secadmin-2019"),
    ("auditor", Role::Auditor, None, "demo-auditor-2019"),
];
const HELPER_PASSWORD: &str = "demo-helper-2019";

/// Makes the township where there is none, and serves it.
pub(crate) fn demo(shared: &Shared, flags: &Demo) -> Result<Answer, Refusal> {
    if flags.serve.blobs.is_some() {
        // Nothing of the demo is a photo, and its folder is thrown away with all that is in it.
        return Err(Refusal::later("--blobs"));
    }
    let listen = config::address(&flags.serve.listen)?;
    if !config::is_loopback(listen) && !flags.random_passwords() {
        return Err(Refusal::usage(
            "演示密码是公开的,只能在本机用;要让别人连,请加 --demo-passwords random。",
            "the demo's passwords are public: listen on this machine only, or add --demo-passwords random",
        ));
    }
    let ready = shared.data.join("demo.json");
    // The clock file is there while a demo is being made: one that was broken off is begun again.
    if (flags.fresh && ready.exists()) || shared.data.join(CLOCK_FILE).exists() {
        fs::remove_dir_all(&shared.data).map_err(|error| unwritable(&error))?;
    }
    if !ready.exists() {
        // What is deleted above is only ever a folder that was empty before a demo was made in it.
        if fs::read_dir(&shared.data).is_ok_and(|mut inside| inside.next().is_some()) {
            return Err(Refusal::usage(
                "这个文件夹里有东西,但不是演示;换一个 --data。",
                "this folder holds something that is no demo; give another --data",
            ));
        }
        make(shared, flags, &ready)?;
    }
    let told: Json = fs::read_to_string(&ready).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if flags.no_serve {
        return Ok(told.into());
    }
    open_doors(shared, flags, told)
}

/// Opens the office at the demo's time and serves it; the ready line carries the sign-ins.
fn open_doors(shared: &Shared, flags: &Demo, mut told: Json) -> Result<Answer, Refusal> {
    let peek = Office::open(&shared.data, ServerClock::frozen(instant(SERVED)?), SystemRandom)?;
    let begins = instant(SERVED)?.max(peek.last_entry_at()?.unwrap_or(instant(SERVED)?));
    drop(peek);
    let office = Office::open(&shared.data, ServerClock::running(begins), SystemRandom)?;
    let code = office.device_code("helper", CODE_MS)?;
    told["code"] = code["code"].clone();
    told["now"] = json!(begins.to_string());
    serve::listen_on(office, &flags.serve, |url, line| {
        line["sign_ins"] = told["sign_ins"].clone();
        say(url, &told);
    })
}

fn instant(text: &str) -> Result<Instant, Refusal> {
    text.parse().map_err(|_| Refusal::of("internal"))
}

/// Prints, for people, where to look and what to try.
fn say(url: &str, told: &Json) {
    let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
    print::err(&format!("\n到户演示 / the demo: {url}\n"));
    for sign_in in told["sign_ins"].as_array().into_iter().flatten() {
        let word = |key: &str| sign_in[key].as_str().unwrap_or_default().to_owned();
        print::err(&format!("  {:<10} {:<20} {}", word("login"), word("password"), word("role")));
    }
    let (household, now) = (text("household"), text("now"));
    print::err(&format!("\nhelper 和 helper2 共同帮扶的户 / the household of helper and helper2: {household}"));
    print::err("自己走一遍:登记、走访、上传 / try it: enrol, visit, sync\n");
    for line in try_it(url, &text("code"), &household, &now) {
        print::err(&format!("  {line}"));
    }
    print::err("");
}

/// The three commands that a newcomer pastes.
fn try_it(url: &str, code: &str, household: &str, now: &str) -> [String; 3] {
    let binary = std::env::current_exe().ok().and_then(|path| path.parent().map(|folder| folder.join("daohu-field")));
    let binary = binary.unwrap_or_else(|| "daohu-field".into());
    let phone = std::env::temp_dir().join(format!("daohu-phone-{code}.db"));
    let begin = format!("{} --db {} --now {now}", as_word(&binary), as_word(&phone));
    [
        format!("{begin} enrol --server {url} --code {code}"),
        format!(
            "{begin} visit --household {household} --mode home --purpose verify --met 户主:本人 --narrative 入户核对收入台账,羊存栏12只,水管冬天冻过,约好下月带人来修。"
        ),
        format!("{begin} sync"),
    ]
}

/// Writes a path as one word of a shell.
fn as_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|letter| letter.is_alphanumeric() || "/._-+".contains(letter));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Makes the township: roster, accounts, phones, two months.
fn make(shared: &Shared, flags: &Demo, ready: &Path) -> Result<(), Refusal> {
    fs::create_dir_all(&shared.data).map_err(|error| unwritable(&error))?;
    let clock_file = shared.data.join(CLOCK_FILE);
    fs::write(&clock_file, format!("{BEGINS}\n")).map_err(|error| unwritable(&error))?;
    let clock = ServerClock::file(clock_file.clone()).map_err(|_| Refusal::of("internal"))?;
    let office = Office::open(&shared.data, clock, SystemRandom)?;
    office.begin_serving()?;
    let folder = shared.data.join("demo-phones");
    fs::create_dir_all(&folder).map_err(|error| unwritable(&error))?;
    print::err("装入虚构的乡镇… / loading an invented township…");
    import_papers(&office, &folder, township::papers(flags.seed, flags.households))?;
    let pairs = pairs(&office)?;
    set_obligations(&office)?;
    if let Some(left) = story::cast(&pairs).left {
        end_service(&office, left)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| unwritable(&error))?;
    let door = Door::new(app(office.clone(), Settings::default()), runtime);
    let mut stage = Stage::new(&office, &door, clock_file.clone(), &folder);
    let (told, logins) = accounts(&office, &pairs, flags)?;
    stage.logins = logins;
    print::err("给每人发一部手机… / handing out phones…");
    stage.at(instant(BEGINS)?).map_err(failed)?;
    stage.enrol_all(flags.seed).map_err(failed)?;
    play(&mut stage, &pairs, flags.seed)?;
    stage.at(instant(SERVED)?).map_err(failed)?;
    drop(stage);
    fs::remove_dir_all(&folder).map_err(|error| unwritable(&error))?;
    fs::write(ready, format!("{told}\n")).map_err(|error| unwritable(&error))?;
    fs::remove_file(&clock_file).map_err(|error| unwritable(&error))
}

fn play(stage: &mut Stage<'_>, pairs: &[Pair], seed: u64) -> Result<(), Refusal> {
    let steps = story::story(pairs, seed);
    for (n, step) in steps.iter().enumerate() {
        if n % 500 == 0 {
            print::err(&format!("两个月的走访 {n}/{} … / two months of visits", steps.len()));
        }
        stage.play(step, pairs).map_err(failed)?;
    }
    Ok(())
}

fn failed(error: ReplayError) -> Refusal {
    match error {
        ReplayError::Office(error) => error.into(),
        other => Refusal::of("internal").saying(format!("演示没做成:{other}"), format!("the demo could not be made: {other}")),
    }
}

fn unwritable(error: &std::io::Error) -> Refusal {
    Refusal::of("disk_full").saying(format!("文件夹写不进去:{error}"), format!("the folder cannot be written: {error}"))
}

fn import_papers(office: &Office, folder: &Path, written: Vec<Paper>) -> Result<(), Refusal> {
    let papers = folder.join("papers");
    fs::create_dir_all(&papers).map_err(|error| unwritable(&error))?;
    for paper in written {
        fs::write(papers.join(paper.name), paper.text).map_err(|error| unwritable(&error))?;
    }
    // The roster is in force from the day the story begins: before it nobody could visit, and no month is owed.
    let options = ImportOptions { dry_run: false, as_of: Some(office.now().day()), now: office.now() };
    let report = import::office::run(office, &[papers], options).map_err(|error| Refusal::of(error.code()))?;
    if report.refused.is_empty() {
        Ok(())
    } else {
        Err(Refusal::of("internal").saying(
            format!("演示的名册有 {} 行没收", report.refused.len()),
            format!("{} rows of the demo's papers were refused", report.refused.len()),
        ))
    }
}

/// The primary pairings of the roster.
fn pairs(office: &Office) -> Result<Vec<Pair>, Refusal> {
    let listed = office.pairing_list(None, None, Some(office.now().day()))?;
    let mut pairs = Vec::new();
    for row in listed.as_array().into_iter().flatten() {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let id = |key: &str| text(key).parse::<Id>().ok();
        let (Some(pairing), Some(household), Some(cadre)) = (id("id"), id("household"), id("cadre")) else { continue };
        pairs.push((text("number"), Pair { id: pairing, household, place: office.record(household)?.place, cadre }));
    }
    // Ids have chance in them; numbers are the same in every township of one seed.
    pairs.sort_by(|(one, a), (other, b)| (a.place, one).cmp(&(b.place, other)));
    Ok(pairs.into_iter().map(|(_, pair)| pair).collect())
}

/// Each unit of the district owes a pairing from its liaison and every leader; only the liaisons are paired.
fn set_obligations(office: &Office) -> Result<(), Refusal> {
    let cadres = office.record_list("cadre", None, None, Some(500), None)?;
    let units = office.record_list("org", None, None, Some(500), None)?;
    let mut village = 4_u64;
    for unit in units["records"].as_array().into_iter().flatten() {
        let (Some(id), Some(name)) = (unit["id"].as_str().and_then(|id| id.parse::<Id>().ok()), unit["fields"]["name"].as_str()) else {
            continue;
        };
        if !name.starts_with('区') {
            continue;
        }
        let staff = cadres["records"].as_array().into_iter().flatten().filter(|cadre| cadre["fields"]["org"] == unit["id"]);
        let obliged: Vec<String> = staff.filter_map(|cadre| Some(format!("{},2019-01-01,", cadre["id"].as_str()?))).collect();
        let place = (610_802_209_200 + village).to_string();
        office.record_edit(id, &[("obliged", &obliged.join(";")), ("place", &place)])?;
        village += 1;
    }
    Ok(())
}

/// The helper left on 11 March; his pairings stay on paper until 28 April.
fn end_service(office: &Office, cadre: Id) -> Result<(), Refusal> {
    let row = office.record(cadre)?;
    let unit = row.fields.get("org").and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    office.record_edit(cadre, &[("terms", &format!("{unit},2019-01-01,2019-03-11"))])?;
    Ok(())
}

type Logins = std::collections::BTreeMap<Who, String>;

/// Adds the fixed sign-ins and an account for every helper and every village's secretary.
fn accounts(office: &Office, pairs: &[Pair], flags: &Demo) -> Result<(Json, Logins), Refusal> {
    let mut logins = Logins::new();
    let mut sign_ins = Vec::new();
    let mut add = |login: &str, role: Role, place: Option<Place>, cadre: Option<Id>, password: Option<&str>| -> Result<(), Refusal> {
        let shown = password.map(|fixed| if flags.random_passwords() { random_password() } else { fixed.to_owned() });
        let to = (role == Role::Inspector).then(|| jiff::civil::date(2019, 7, 31));
        let span = Span { role, place, unit: None, from: None, to };
        users::add(office, &NewUser { login: login.to_owned(), cadre, span, password: shown.clone() })?;
        if let Some(password) = shown {
            let place = place.map(|place| place.to_string());
            sign_ins.push(json!({ "login": login, "role": role.to_string(), "place": place, "password": password }));
        }
        Ok(())
    };
    for (login, role, place, password) in SIGN_INS {
        add(login, role, place.and_then(|place| place.parse().ok()), None, Some(password))?;
    }
    let village: Place = township::VILLAGE.parse().map_err(|_| Refusal::of("internal"))?;
    let common = pairs.iter().find(|pair| pair.place == village).ok_or(Refusal::of("internal"))?;
    let second = pairs.iter().find(|pair| pair.place == village && pair.cadre != common.cadre).ok_or(Refusal::of("internal"))?;
    office.pairing_add(&common.household.to_string(), second.cadre, "assistant", jiff::civil::date(2019, 4, 1), None)?;
    let left = story::cast(pairs).left;
    for (n, helper) in story::helpers(pairs).into_iter().enumerate().filter(|(_, helper)| Some(*helper) != left) {
        let (login, role, password) = match helper {
            id if id == common.cadre => ("helper".to_owned(), Role::Helper, Some(HELPER_PASSWORD)),
            id if id == second.cadre => ("helper2".to_owned(), Role::AssistantHelper, Some(HELPER_PASSWORD)),
            _ => (format!("h{:03}", n + 1), Role::Helper, None),
        };
        add(&login, role, None, Some(helper), password)?;
        logins.insert(Who::Helper(helper), login);
    }
    for place in story::villages(pairs) {
        let login = if place == village { "secretary".to_owned() } else { format!("s{}", place.number() % 1000) };
        if place != village {
            add(&login, Role::VillageSecretary, Some(place), None, None)?;
        }
        logins.insert(Who::Secretary(place), login);
    }
    let number = office.record(common.household)?.fields.get("number").cloned().unwrap_or_default();
    Ok((json!({ "sign_ins": sign_ins, "household": number }), logins))
}

/// Twelve letters and digits that nobody knows.
fn random_password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 12];
    SystemRandom.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}
