//! Accounts, devices, pairings, leaves and records through the binary, with the keys that scripts rely on.

use serde_json::{Value, json};

use crate::run::{Desk, Outcome, ran};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn has_keys(value: &Value, wanted: &[&str]) -> bool {
    wanted.iter().all(|key| keys(value).contains(key))
}

#[test]
fn a_user_is_added_with_a_made_password_that_is_shown_once() -> Outcome {
    let desk = Desk::with_township()?;

    let added =
        desk.done(&["user", "add", "--login", "office", "--role", "town_office", "--place", "610802209000", "--from", "2019-05-01"])?;
    let listed = desk.done(&["user", "list"])?;

    let user = &added["user"];
    assert!(has_keys(user, &["id", "login", "cadre", "disabled", "roles"]), "{added}");
    assert_eq!(user["roles"], json!([{"role": "town_office", "place": "610802209000", "unit": null, "from": "2019-05-01", "to": null}]));
    let password = added["password"].as_str().ok_or("no password")?;
    assert_eq!(password.len(), 19);
    assert!(!listed.to_string().contains(password) && listed[0]["login"] == "office");
    Ok(())
}

#[test]
fn a_password_from_stdin_is_taken_and_not_repeated() -> Outcome {
    let desk = Desk::with_township()?;
    let words = ["user", "add", "--login", "a", "--role", "sysadmin", "--password-stdin", "--json"];

    let added = ran(desk.command(&words), Some("a-long-password-2019\n"))?;
    let weak = ran(desk.command(&["user", "password", "--login", "a", "--password-stdin", "--json"]), Some("short\n"))?;

    assert_eq!(added.json()?["password"], Value::Null, "{}", added.stderr);
    assert!(!added.stdout.contains("a-long-password-2019"));
    assert_eq!((weak.status, weak.code().as_str()), (1, "weak_password"));
    Ok(())
}

#[test]
fn a_refusal_never_repeats_what_was_typed() -> Outcome {
    let desk = Desk::with_township()?;
    let typed = "13812345678";
    let cases: [&[&str]; 6] = [
        &["record", "show", typed],
        &["record", "edit", "H", "contact_note=王", typed],
        &["user", "disable", "--login", typed],
        &["device", "code", "--user", "s", "--ttl", typed],
        &["user", "list", typed],
        &["coverage", "--month", typed],
    ];
    for words in cases {
        for more in [&["--json"][..], &[]] {
            let told = ran(desk.command(&[words, more].concat()), None)?;
            assert!(told.status > 0 && !told.stdout.contains(typed) && !told.stderr.contains(typed), "{} {}", told.stdout, told.stderr);
        }
    }
    Ok(())
}

#[test]
fn a_refusal_says_what_was_not_found_and_what_to_do() -> Outcome {
    let desk = Desk::with_township()?;
    desk.done(&["user", "add", "--login", "s", "--role", "village_secretary", "--place", "610802209201"])?;
    let cases: [(&[&str], i32, &str, &str); 7] = [
        (&["import", "/nowhere"], 1, "not_found", "没有这个文件"),
        (&["coverage", "--scenario", "/nowhere.json"], 1, "not_found", "没有这个文件"),
        (&["verify", "--receipt", "/nowhere.dhr", "--key", &"00".repeat(32)], 1, "not_found", "没有这个文件"),
        (&["import-batch", "/nowhere.dhb"], 1, "not_found", "没有这个文件"),
        (&["user", "disable", "--login", "nobody"], 1, "not_found", "没有这个账号"),
        (&["user", "ungrant", "--login", "s", "--role", "helper"], 1, "not_found", "没有这个职务"),
        (&["config", "set", "no_such_rule=1"], 2, "usage", "config show"),
    ];
    for (words, status, code, said) in cases {
        let told = ran(desk.command(&[words, &["--json"][..]].concat()), None)?;
        assert_eq!((told.status, told.code().as_str()), (status, code), "{words:?}");
        let zh = told.json()?["error"]["zh"].as_str().unwrap_or_default().to_owned();
        assert!(zh.contains(said), "{words:?}: {zh}");
    }
    Ok(())
}

#[test]
fn roles_are_given_and_taken_and_an_account_is_closed() -> Outcome {
    let desk = Desk::with_township()?;
    desk.done(&["user", "add", "--login", "s", "--role", "village_secretary", "--place", "610802209201"])?;

    let granted = desk.done(&["user", "grant", "--login", "s", "--role", "helper"])?;
    let ungranted = desk.done(&["user", "ungrant", "--login", "s", "--role", "village_secretary"])?;
    let disabled = desk.done(&["user", "disable", "--login", "s"])?;

    let roles = |value: &Value| {
        value["user"]["roles"]
            .as_array()
            .map(|all| all.iter().filter_map(|role| role["role"].as_str().map(str::to_owned)).collect::<Vec<_>>())
    };
    assert_eq!(roles(&granted), Some(vec!["village_secretary".to_owned(), "helper".to_owned()]));
    assert_eq!(roles(&ungranted), Some(vec!["helper".to_owned()]));
    assert_eq!(disabled["user"]["disabled"], true);
    assert_eq!(desk.run(&["user", "grant", "--login", "nobody", "--role", "helper"])?.code(), "not_found");
    assert_eq!(desk.run(&["user", "add", "--login", "s", "--role", "helper"])?.code(), "login_taken");
    Ok(())
}

#[test]
fn a_second_factor_is_shown_once() -> Outcome {
    let desk = Desk::with_township()?;
    desk.done(&["user", "add", "--login", "a", "--role", "auditor"])?;

    let shown = desk.done(&["user", "totp", "--login", "a"])?;
    let off = desk.done(&["user", "totp", "--login", "a", "--off"])?;

    assert_eq!(shown["totp"]["secret"].as_str().map(str::len), Some(32));
    assert!(shown["totp"]["address"].as_str().is_some_and(|address| address.starts_with("otpauth://totp/daohu:a?")));
    assert_eq!((&shown["user"]["totp"], &off["user"]["totp"]), (&json!(true), &json!(false)));
    Ok(())
}

#[test]
fn a_device_code_is_crockford_and_ends_by_the_servers_clock() -> Outcome {
    let desk = Desk::with_township()?;
    desk.done(&["user", "add", "--login", "h", "--role", "helper"])?;

    let code = desk.done(&["device", "code", "--user", "h", "--ttl", "24h"])?;

    assert_eq!((code["expires_at"].as_str(), &code["uses"]), (Some("2019-05-06T09:00:00+08:00"), &json!(1)));
    let text = code["code"].as_str().ok_or("no code")?;
    assert!(text.len() == 14 && text.split('-').count() == 3 && !text.contains(['I', 'L', 'O', 'U']), "{text}");
    assert_eq!(desk.done(&["device", "list"])?, json!([]));
    assert_eq!(desk.run(&["device", "revoke", "019b0000-0000-7000-8000-000000000000", "--reason", "lost"])?.code(), "not_found");
    Ok(())
}

#[test]
fn pairings_begin_and_end_by_record_or_number() -> Outcome {
    let desk = Desk::with_township()?;
    let (cadre, household) = (desk.id("cadre", "李秀英")?, desk.id("household", "6108022090420001")?);

    let added =
        desk.done(&["pairing", "add", "--household", "6108022090420001", "--cadre", &cadre, "--role", "primary", "--from", "2019-01-01"])?;
    let id = added["pairing"]["id"].as_str().ok_or("no id")?;
    let of_household = desk.done(&["pairing", "list", "--household", &household, "--on", "2019-05-05"])?;
    let ended = desk.done(&["pairing", "end", id, "--to", "2019-05-10", "--reason", "调离"])?;
    let after = desk.done(&["pairing", "list", "--cadre", &cadre, "--on", "2019-05-10"])?;

    assert!(has_keys(&added["pairing"], &["id", "household", "number", "cadre", "role", "from", "to"]), "{added}");
    assert_eq!((of_household[0]["id"].as_str(), of_household[0]["number"].as_str()), (Some(id), Some("6108022090420001")));
    assert_eq!((ended["pairing"]["to"].as_str(), after), (Some("2019-05-10"), json!([])));
    Ok(())
}

#[test]
fn a_leave_names_its_deputy() -> Outcome {
    let desk = Desk::with_township()?;
    let (cadre, deputy) = (desk.id("cadre", "李秀英")?, desk.id("cadre", "高有福")?);

    let added = desk.done(&["leave", "add", "--cadre", &cadre, "--from", "2019-05-01", "--to", "2019-05-31", "--deputy", &deputy])?;

    assert_eq!((added["leave"]["cadre"].as_str(), added["leave"]["deputy"].as_str()), (Some(cadre.as_str()), Some(deputy.as_str())));
    Ok(())
}

#[test]
fn records_are_listed_by_page_shown_and_edited() -> Outcome {
    let desk = Desk::with_township()?;
    let household = desk.id("household", "6108022090420001")?;

    let first = desk.done(&["record", "list", "region", "--limit", "2"])?;
    let second = desk.done(&["record", "list", "region", "--limit", "2", "--cursor", first["next"].as_str().ok_or("no next")?])?;
    let edited = desk.done(&["record", "edit", &household, "contact_note=上午在家"])?;
    let shown = desk.done(&["record", "show", &household])?;

    let count = |page: &Value| page["records"].as_array().map_or(0, Vec::len);
    assert_eq!((count(&first), count(&second), &second["next"]), (2, 1, &Value::Null));
    assert!(has_keys(&first["records"][0], &["id", "kind", "place", "fields"]), "{first}");
    assert_eq!((&edited["fields"]["contact_note"], &shown["fields"]), (&json!("上午在家"), &edited["fields"]));
    assert_eq!(desk.run(&["record", "list", "unicorn"])?.code(), "unknown_kind");
    assert_eq!(desk.run(&["record", "list", "region", "--cursor", "zz"])?.code(), "bad_cursor");
    Ok(())
}

#[test]
fn the_log_verifies_and_says_that_its_clock_was_set() -> Outcome {
    let desk = Desk::with_township()?;

    let proof = desk.done(&["verify"])?;
    let rebuilt = desk.done(&["rebuild"])?;

    assert!(has_keys(&proof, &["ok", "tree_size", "root", "batches", "clock", "first_bad"]), "{proof}");
    assert_eq!((&proof["ok"], &proof["clock"], &proof["first_bad"]), (&json!(true), &json!("set"), &Value::Null));
    assert_eq!(rebuilt["differences"], 0, "{rebuilt}");
    assert_eq!(desk.done(&["quarantine", "list"])?, json!([]));
    Ok(())
}

#[test]
fn people_read_tables_and_scripts_read_json() -> Outcome {
    let desk = Desk::with_township()?;
    desk.done(&["user", "add", "--login", "office", "--role", "town_office", "--place", "610802209000"])?;

    let table = ran(desk.command(&["user", "list"]), None)?;
    let coverage =
        ran(desk.command(&["coverage", "--place", "610802209000", "--month", "2019-05", "--now", "2019-06-20T09:00:00+08:00"]), None)?;

    assert!(table.stdout.contains("登录名") && table.stdout.contains("office"), "{}", table.stdout);
    assert!(
        coverage.stdout.contains("申报") && coverage.stdout.contains("0/2(0.0%)") && coverage.stdout.contains("首报"),
        "{}",
        coverage.stdout
    );
    Ok(())
}
