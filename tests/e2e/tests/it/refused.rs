//! Bad input and bad luck: a stable code, one sentence in both languages, the right exit status, nothing lost.

use daohu_e2e::{
    Answer, Outcome, World,
    proxy::{Mood, Proxy},
    text,
};

fn code(answer: &Answer) -> &str {
    let error = &answer.json["error"];
    assert!(
        error["zh"].as_str().is_some_and(|zh| !zh.is_empty()) && error["en"].as_str().is_some_and(|en| !en.is_empty()),
        "{}",
        answer.json
    );
    error["code"].as_str().unwrap_or_default()
}

#[test]
fn a_wrong_used_or_unknown_code_enrols_nobody() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let phone = world.phone("helper", &["--role", "helper", "--cadre", text(&pairing, "cadre")?])?;
    let used = world.daohu(&["device", "code", "--user", "helper"])?;
    let other = world.phone_again("other");
    let enrol = |code: &str| other.attempt(&["enrol", "--server", &world.url, "--code", code]);

    let unknown = enrol("0000-0000-0000")?;
    assert_eq!((unknown.status, code(&unknown)), (1, "code_unknown"));
    assert_eq!(enrol(text(&used, "code")?)?.status, 0);
    let third = world.phone_again("third");
    let again = third.attempt(&["enrol", "--server", &world.url, "--code", text(&used, "code")?])?;
    assert_eq!((again.status, code(&again)), (1, "code_used"));
    phone.call(&["sync"])?;
    Ok(())
}

#[test]
fn a_captive_portal_marks_nothing_sent() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let phone = world.phone("helper", &["--role", "helper", "--cadre", text(&pairing, "cadre")?])?;
    phone.call(&["sync"])?;
    phone.call(&[
        "visit",
        "--household",
        text(&pairing, "household")?,
        "--mode",
        "phone",
        "--purpose",
        "verify",
        "--met",
        "户主:本人",
        "--narrative",
        "电话核对。",
    ])?;

    let portal = phone.attempt_at(&Proxy::before(&world.url, Mood::Portal)?.url, &["sync"])?;
    assert_eq!((portal.status, code(&portal)), (1, "not_our_server"));
    assert_eq!(phone.call(&["status"])?["unsent"], 1);

    let lost = phone.attempt_at(&Proxy::before(&world.url, Mood::LoseAnswer)?.url, &["sync"])?;
    assert_eq!((lost.status, code(&lost)), (1, "offline"));
    assert_eq!(phone.call(&["status"])?["unsent"], 1);
    phone.call(&["sync"])?;
    assert_eq!(phone.call(&["status"])?["unsent"], 0);
    let visits = world.daohu(&["record", "list", "visit"])?;
    assert_eq!(visits["records"].as_array().map(Vec::len), Some(1), "sent twice, there once");
    Ok(())
}

#[test]
fn a_lost_phone_is_closed_at_once_and_one_of_a_leaver_may_still_send() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let household = text(&pairing, "household")?;
    let visit = |phone: &daohu_e2e::Phone<'_>| {
        phone.call(&[
            "visit",
            "--household",
            household,
            "--mode",
            "home",
            "--purpose",
            "verify",
            "--met",
            "户主:本人",
            "--narrative",
            "入户核对。",
        ])
    };
    for (login, reason, status) in [("left", "left", 0), ("closed", "disable", 0), ("lost", "lost", 1)] {
        let phone = world.phone(login, &["--role", "helper", "--cadre", text(&pairing, "cadre")?])?;
        phone.call(&["sync"])?;
        visit(&phone)?;
        let device = phone.call(&["status"])?;
        if reason == "disable" {
            world.daohu(&["user", "disable", "--login", login])?;
        } else {
            world.daohu(&["device", "revoke", text(&device, "device")?, "--reason", reason])?;
        }

        let sync = phone.attempt(&["sync"])?;

        assert_eq!(sync.status, status, "{}", sync.json);
        if status == 0 {
            assert_eq!(sync.json["pushed"], 1, "{}", sync.json);
            assert!(sync.json["revoked"].as_array().is_some_and(|ended| !ended.is_empty()), "{}", sync.json);
            assert_eq!(phone.call(&["due"])?["households"].as_array().map(Vec::len), Some(0), "nothing of a family stays");
            assert_eq!(phone.call(&["status"])?["unsent"], 0);
        }
        if status == 1 {
            assert_eq!(code(&sync), "device_revoked");
            assert_eq!(phone.call(&["status"])?["unsent"], 1, "still on the phone");
        }
    }
    let visits = world.daohu(&["record", "list", "visit"])?;
    assert_eq!(visits["records"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[test]
fn a_wrong_key_a_bad_month_and_a_text_named_xlsx_are_refused_in_a_sentence() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let phone = world.phone("helper", &["--role", "helper", "--cadre", text(&pairing, "cadre")?])?;
    std::fs::write(world.path("other.key"), [7_u8; 32])?;
    let wrong = phone.attempt(&["--key-file", &world.path("other.key").display().to_string(), "due"])?;
    assert_eq!((wrong.status, code(&wrong)), (1, "wrong_key"));

    let month = world.try_daohu(&["coverage", "--place", "610802209000", "--month", "2019-13"])?;
    assert_eq!((month.status, code(&month)), (1, "bad_month"));
    let place = world.try_daohu(&["coverage", "--place", "61080220", "--month", "2019-05"])?;
    assert_eq!((place.status, code(&place)), (1, "bad_place"));

    std::fs::write(world.path("户表.xlsx"), "这不是工作簿")?;
    let book = world.try_daohu(&["import", &world.path("户表.xlsx").display().to_string()])?;
    assert_eq!(book.status, 1, "{}", book.json);
    assert!(book.json.to_string().contains("not_a_workbook"), "{}", book.json);
    let kind = phone.attempt(&["record", "list", "unicorn"])?;
    assert_eq!((kind.status, code(&kind)), (1, "unknown_kind"));
    Ok(())
}
