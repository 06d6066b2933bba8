//! Words that make no sense, what this version does not have, and the two languages.

use crate::run::{Desk, Outcome, ran};

#[test]
fn wrong_words_give_one_json_value_and_exit_2() -> Outcome {
    let desk = Desk::new()?;
    for words in [
        vec!["frobnicate"],
        vec![],
        vec!["coverage", "--place", "610802209000"],
        vec!["coverage", "--month", "2019-05", "--scenario", "x.json"],
        vec!["user", "add", "--login", "a"],
        vec!["device", "revoke", "019b0000-0000-7000-8000-000000000000", "--reason", "stolen"],
        vec!["pairing", "list", "--on", "5 May"],
        vec!["record", "edit", "not-an-id", "a=b"],
        vec!["record", "add", "cadre", "name"],
        vec!["user", "add", "--login", "a", "--role", "king"],
        vec!["verify", "--receipt", "x"],
        vec!["verify", "--log", "x"],
        vec!["verify", "--key", "00"],
        vec!["backup"],
        vec!["export"],
        vec!["key", "rotate"],
        vec!["device", "code", "--user", "a", "--ttl", "soon"],
    ] {
        let ran = desk.run(&words)?;
        let error = &ran.json()?["error"];
        assert_eq!(ran.status, 2, "{words:?}: {}", ran.stdout);
        assert!(["code", "zh", "en", "detail"].iter().all(|key| error.get(key).is_some()), "{words:?}: {error}");
    }
    Ok(())
}

#[test]
fn what_comes_later_says_so_and_never_exits_0() -> Outcome {
    let desk = Desk::new()?;
    let words = ["audit", "list"];
    let as_json = desk.run(&words)?;
    let plain = ran(desk.command(&["audit", "list", "--lang", "en"]), None)?;
    assert_eq!((as_json.status, as_json.code().as_str()), (2, "not_in_this_version"));
    assert_eq!((plain.status, plain.stdout.as_str()), (2, ""));
    assert!(plain.stderr.contains("not in this version"), "{}", plain.stderr);
    for flag in [&["--database", "postgres://x"][..], &["--tls-cert", "a", "--tls-key", "b"], &["--tls-self-signed"]] {
        let mut words = vec!["serve", "--listen", "127.0.0.1:0"];
        words.extend(flag);
        assert_eq!(desk.run(&words)?.code(), "not_in_this_version", "{flag:?}");
    }
    Ok(())
}

#[test]
fn a_set_clock_is_refused_where_others_can_reach_the_server() -> Outcome {
    let desk = Desk::new()?;

    let refused = desk.run(&["serve", "--listen", "0.0.0.0:0"])?;

    assert_eq!((refused.status, refused.code().as_str()), (2, "clock_not_loopback"));
    assert!(!desk.path("data").exists(), "nothing is made before the refusal");
    Ok(())
}

#[test]
fn sentences_go_to_stderr_in_the_language_asked_for() -> Outcome {
    let desk = Desk::new()?;
    let words = ["user", "disable", "--login", "nobody"];

    let zh = ran(desk.command(&words), None)?;
    let mut english = desk.command(&words);
    english.env("DAOHU_LANG", "en");
    let en = ran(english, None)?;

    assert_eq!((zh.status, zh.stdout.as_str(), en.status, en.stdout.as_str()), (1, "", 1, ""));
    assert!(zh.stderr.contains("没有这个账号") && en.stderr.contains("There is no such user"), "{} {}", zh.stderr, en.stderr);
    Ok(())
}

#[test]
fn help_and_version_are_answers() -> Outcome {
    let desk = Desk::new()?;

    let help = ran(desk.command(&["--help"]), None)?;
    let version = ran(desk.command(&["--version"]), None)?;

    assert_eq!((help.status, version.status), (0, 0));
    assert!(help.stdout.contains("coverage") && help.stdout.contains("到户"), "{}", help.stdout);
    assert!(version.stdout.starts_with("daohu "), "{}", version.stdout);
    Ok(())
}

#[test]
fn a_bad_place_or_month_has_its_code_and_exit_1() -> Outcome {
    let desk = Desk::new()?;
    for (words, code) in [
        (["coverage", "--place", "6108", "--month", "2019-05"], "bad_place"),
        (["coverage", "--place", "610802209000", "--month", "2019-13"], "bad_month"),
        (["gaps", "--place", "610802209000", "--month", "May"], "bad_month"),
    ] {
        let ran = desk.run(&words)?;
        assert_eq!((ran.status, ran.code().as_str()), (1, code), "{words:?}");
    }
    Ok(())
}
