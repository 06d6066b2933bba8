//! The commands: one JSON value each, the statuses 0, 1 and 2, the key file, the server's address.

use crate::program::World;
use serde_json::json;
use std::fs;

#[test]
fn a_helper_enrols_visits_and_syncs_by_the_commands_alone() {
    let world = World::new();
    let enrolled = world.done(&["enrol", "--server", &world.url, "--code", "CODE-0", "--label", "旧手机"]);
    assert_eq!((enrolled["role"].as_str(), enrolled["grants"].as_array().unwrap().len()), (Some("helper"), 2));
    world.done(&["sync"]);
    let due = world.done(&["due"]);
    assert_eq!((due["counts"]["due"].as_u64(), due["households"][0]["met"].as_bool()), (Some(1), Some(false)));
    let household = world.household.to_string();

    let made = world.done(&[
        "visit",
        "--household",
        &household,
        "--mode",
        "入户",
        "--purpose",
        "verify",
        "--met",
        "白文才:本人",
        "--narrative",
        "核对了收入台账,羊增加两只。",
        "--check",
        "water=yes",
        "--promise",
        "换残疾证;2019-06-01",
    ]);

    assert_eq!((made["visit"]["state"].as_str(), made["visit"]["month"].as_str()), (Some("submitted"), Some("2019-05")));
    assert_eq!(made["visit"]["household"], json!(world.household));
    assert!(made["hints"].is_array());
    let synced = world.done(&["sync"]);
    assert_eq!((synced["pushed"].as_u64(), synced["receipts"].as_u64(), synced["more"].as_bool()), (Some(1), Some(1), Some(false)));
    let shown = world.done(&["household", "6108022090001"]);
    assert_eq!((shown["visits"][0]["state"].as_str(), shown["digest"].as_str().unwrap().len()), (Some("received"), 64));
    assert_eq!(world.done(&["status"])["unsent"], 0);
    assert_eq!(world.done(&["record", "list", "visit"])["records"].as_array().unwrap().len(), 1);
    assert_eq!(world.done(&["month", &household, "2019-05", "--submit"])["month_record"]["state"], "submitted");
}

#[test]
fn a_refusal_is_one_json_value_with_code_and_two_sentences_and_status_one() {
    let world = World::enrolled();
    let (status, json) = world.run(&["visit", "show", "01890000-0000-7000-8000-000000000000"]);
    assert_eq!((status, json["error"]["code"].as_str()), (1, Some("not_found")));
    assert!(!json["error"]["zh"].as_str().unwrap().is_empty() && !json["error"]["en"].as_str().unwrap().is_empty());
    let (status, json) = world.run(&["enrol", "--server", &world.url, "--code", "CODE-0"]);
    assert_eq!((status, json["error"]["code"].as_str()), (1, Some("already_enrolled")));
    let household = world.household.to_string();
    let (status, json) = world.run(&["edit", &household, "phone=13812345678"]);
    assert_eq!((status, json["error"]["code"].as_str()), (1, Some("forbidden_writer")));
}

#[test]
fn a_refusal_never_repeats_what_was_typed() {
    let world = World::enrolled();
    let typed = "13812345678";
    let cases: [&[&str]; 6] = [
        &["month", "H", "2019-06", "--set", "work=王", typed],
        &["edit", "H", typed],
        &["visit", "show", typed],
        &["household", typed],
        &[typed],
        &["due", "--month", typed],
    ];
    for args in cases {
        let (status, json) = world.run(args);
        assert!(status > 0 && !json.to_string().contains(typed), "{json}");
    }
}

#[test]
fn wrong_usage_and_what_this_version_lacks_are_status_two() {
    let world = World::enrolled();
    let cases: [&[&str]; 4] = [&["no-such-command"], &["visit"], &["attach", "x.jpg"], &["evidence", "list", "--all"]];
    for args in cases {
        let (status, json) = world.run(args);
        assert_eq!(status, 2, "{args:?}: {json}");
        assert!(json["error"]["code"].is_string(), "{args:?}");
    }
}

#[test]
fn a_narrative_file_that_cannot_be_read_is_named_as_that_and_nothing_is_written() {
    let world = World::enrolled();
    let household = world.household.to_string();
    let (status, json) = world.run(&["visit", "--household", &household, "--narrative-file", "/nowhere.txt"]);
    assert_eq!((status, json["error"]["code"].as_str()), (2, Some("usage")));
    assert!(json["error"]["zh"].as_str().is_some_and(|zh| zh.contains("--narrative-file")), "{json}");
    let status = world.run(&["status"]).1;
    assert_eq!((&status["unsent"], &status["drafts"]), (&serde_json::json!(0), &serde_json::json!(0)));
}

#[test]
fn a_wrong_code_and_an_unreachable_office_say_so_and_leave_no_enrolment() {
    let world = World::new();
    let (status, json) = world.run(&["enrol", "--server", &world.url, "--code", "WRONG"]);
    assert_eq!((status, json["error"]["code"].as_str()), (1, Some("code_unknown")));
    let (status, json) = world.run(&["enrol", "--server", "http://127.0.0.1:1", "--code", "CODE-0"]);
    assert_eq!((status, json["error"]["code"].as_str()), (1, Some("offline")));
    let (_, json) = world.run(&["due"]);
    assert_eq!(json["error"]["code"].as_str().unwrap_or("none"), "none");
    world.done(&["enrol", "--server", &world.url, "--code", "CODE-0"]);
}

#[test]
fn the_key_file_is_private_and_without_it_nothing_opens() {
    let world = World::enrolled();
    let key = world.db().with_extension("db.key");
    assert_eq!(fs::metadata(&key).unwrap().len(), 32);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::write(&key, [9; 32]).unwrap();
    assert_eq!(world.run(&["status"]).1["error"]["code"], "wrong_key");
    fs::remove_file(&key).unwrap();
    assert_eq!(world.run(&["due"]).1["error"]["code"], "wrong_key");
    assert_eq!(World::new().run(&["due"]).1["error"]["code"], "not_enrolled");
    assert_eq!(world.run(&["enrol", "--server", &world.url, "--code", "CODE-0"]).1["error"]["code"], "wrong_key");
}

#[test]
fn another_address_of_the_same_office_is_used_once_or_remembered() {
    let world = World::enrolled();
    let mut elsewhere = world.command(&["sync"]);
    elsewhere.env("DAOHU_SERVER", "http://127.0.0.1:1");
    assert_eq!(elsewhere.output().unwrap().status.code(), Some(1));
    world.done(&["sync", "--server", &world.url.replace("127.0.0.1", "localhost")]);
    assert!(world.done(&["status"])["server"].as_str().unwrap().contains("localhost"));
    assert_eq!(world.done(&["sync", "--max-requests", "1"])["requests"], 1);
}

#[test]
fn without_json_the_answer_is_chinese_or_english_text() {
    let world = World::enrolled();
    let text = |lang: &str| world.text(&["due", "--lang", lang]);
    assert!(text("zh").contains("应访 1") && text("zh").contains("白文才"), "{}", text("zh"));
    assert!(text("en").contains("due 1"), "{}", text("en"));
}

#[test]
fn a_phone_that_the_office_has_closed_is_told_so_and_what_to_do() {
    let world = World::enrolled();
    let visit = ["visit", "--household", "6108022090001", "--mode", "home", "--purpose", "verify", "--met", "白文才:本人"];
    world.done(&[&visit[..], &["--narrative", "核对了收入台账。"]].concat());
    world.server.lock().unwrap().closed = Some((403, "device_revoked"));
    assert_eq!(world.run(&["sync"]).1["error"]["code"], "device_revoked");

    let (zh, en) = (world.text(&["status", "--lang", "zh"]), world.text(&["status", "--lang", "en"]));

    assert!(zh.starts_with("这台手机已停用，未上传的都还在手机上，请把手机交给办公室。\n1 条没上传，还在本机\n"), "{zh}");
    assert!(en.starts_with("This phone is disabled;") && !en.contains("waiting for signal"), "{en}");
}

#[test]
fn who_reads_only_the_beginning_of_an_answer_gets_no_complaint() {
    let world = World::enrolled();
    for format in [&["due", "--json"][..], &["due"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = world.plain(format).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
    }
}

#[test]
fn receipts_are_written_as_files() {
    let world = World::enrolled();
    let household = world.household.to_string();
    world.done(&[
        "visit",
        "--household",
        &household,
        "--mode",
        "home",
        "--purpose",
        "income",
        "--met",
        "白文才:本人",
        "--narrative",
        "核对台账。",
    ]);
    world.done(&["sync"]);
    let out = world.db().with_extension("receipts");
    let receipts = world.done(&["receipts", "--out", &out.to_string_lossy()]);
    let file = fs::read(receipts[0]["file"].as_str().unwrap()).unwrap();
    let read = daohu_wire::receipt::from_file(&file).unwrap();
    read[0].verify(&world.server.lock().unwrap().key.public()).unwrap();
}

#[test]
fn a_damaged_store_is_set_aside_and_the_next_command_works() {
    let world = World::enrolled();
    let mut bytes = fs::read(world.db()).unwrap();
    for byte in &mut bytes[100..200] {
        *byte ^= 0x5A;
    }
    fs::write(world.db(), bytes).unwrap();
    let (status, json) = world.run(&["due"]);
    assert_eq!((status, json["error"]["code"].as_str()), (1, Some("store_damaged")));
    assert!(fs::exists(json["error"]["detail"]["set_aside"].as_str().unwrap()).unwrap());
    assert_eq!(world.done(&["due"])["counts"]["due"], 1);
    world.done(&["sync"]);
}

const WORDS: &str = "左界村电脑备份口令一二三四";

#[test]
fn a_batch_file_that_could_not_be_written_was_not_exported() {
    let world = World::enrolled();
    let household = world.household.to_string();
    world.done(&[
        "visit",
        "--household",
        &household,
        "--mode",
        "home",
        "--purpose",
        "verify",
        "--met",
        "王某某:本人",
        "--narrative",
        "看了。",
    ]);
    let (folder, file) = (world.db().with_file_name("nowhere/a.dhb"), world.db().with_file_name("a.dhb"));

    let (status, json) = world.run(&["export-batch", folder.to_str().unwrap()]);

    assert_eq!((status, json["error"]["code"].as_str()), (1, Some("file_not_written")));
    assert_eq!(world.done(&["status"])["exported"], 0, "there is no file");
    assert_eq!(world.done(&["export-batch", file.to_str().unwrap()])["items"], 1);
    assert_eq!(world.done(&["status"])["exported"], 1);
}

#[test]
fn a_restored_store_has_its_key_before_it_has_its_name_and_no_key_is_written_over() {
    let world = World::enrolled();
    let (file, db) = (world.db().with_file_name("b.dhp"), world.db());
    let (moved, file) = (world.db().with_file_name("c.db"), file.to_str().unwrap());
    let key = |db: &std::path::Path| format!("{}.key", db.display());
    assert_eq!(world.told(&["backup", file], WORDS).0, 0);
    std::fs::rename(&db, &moved).unwrap();
    std::fs::rename(key(&db), key(&moved)).unwrap();

    // Another store's key lies there: it stays, and no store comes into being that it would not open.
    std::fs::write(key(&db), [7; 32]).unwrap();
    let (status, json) = world.told(&["restore", file], WORDS);
    assert_eq!((status, json["error"]["code"].as_str(), db.exists()), (1, Some("already_there"), false));
    assert_eq!(std::fs::read(key(&db)).unwrap(), [7; 32]);

    // As after a kill between the two: the key lies there, the store does not.
    std::fs::copy(key(&moved), key(&db)).unwrap();
    assert_eq!(world.told(&["restore", file], WORDS).0, 0);
    world.done(&["due"]);
}
