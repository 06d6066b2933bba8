//! Coverage of a store and of scenarios, gaps, rules, and an import through the binary.

use daohu_domain::coverage::{Scenario, coverage};
use serde_json::{Value, json};
use std::path::PathBuf;

use crate::run::{Desk, Outcome};

/// A township of one village and one household that was visited once.
fn scenario() -> Value {
    json!({
        "query": {"place": "610802209000", "month": "2019-05", "as_of": "2019-06-20T00:00:00+08:00"},
        "regions": [{"code": "610802209000", "name": "乡", "level": "town", "parent": null}, {"code": "610802209201", "name": "村", "level": "village", "parent": "610802209000"}],
        "households": [{"id": "H1", "status": [{"status": "poor", "from": "2018-01-01", "to": null}], "tier": [{"tier": "monthly", "from": "2018-01-01", "to": null}],
            "places": [{"place": "610802209201", "from": "2018-01-01", "to": null}]}],
        "pairings": [{"id": "P1", "household": "H1", "cadre": "zhang", "role": "primary", "from": "2018-01-01", "to": null}],
        "visits": [{"id": "V1", "household": "H1", "recorder": "zhang", "mode": "home", "start": "2019-05-10T09:00:00+08:00", "end": "2019-05-10T09:40:00+08:00",
            "time": {"trusted": "2019-05-10T09:00:00+08:00"}, "submitted_at": "2019-05-10T09:50:00+08:00", "received_at": "2019-05-10T10:00:00+08:00"}],
    })
}

#[test]
fn a_scenario_prints_exactly_what_the_rules_give_and_opens_no_store() -> Outcome {
    let desk = Desk::new()?;
    let (bare, wrapped, lines) = (desk.path("bare.json"), desk.path("wrapped.json"), desk.path("many.jsonl"));
    std::fs::write(&bare, scenario().to_string())?;
    std::fs::write(&wrapped, json!({"title": "t", "scenario": scenario()}).to_string())?;
    std::fs::write(&lines, format!("{}\n\n{}\n", scenario(), json!({"scenario": scenario()})))?;
    let expected = serde_json::to_value(coverage(&Scenario::read(&scenario())?)?)?;

    for file in [bare, wrapped] {
        assert_eq!(desk.done(&["coverage", "--scenario", &file.display().to_string()])?, expected);
    }
    let many = desk.run(&["coverage", "--scenario", &lines.display().to_string()])?;
    let each: Vec<Value> = many.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;

    assert_eq!(each, [expected.clone(), expected.clone()]);
    assert_eq!(expected["report"]["declared"]["first"], json!([1, 1]));
    assert!(!desk.path("data").exists(), "no store was opened");
    Ok(())
}

#[test]
fn a_scenario_that_cannot_be_counted_is_refused_with_its_code() -> Outcome {
    let desk = Desk::new()?;
    let file = desk.path("bad.json");
    let file_name = file.display().to_string();
    let mut bad_month = scenario();
    bad_month["query"]["month"] = json!("2019-13");
    let mut bad_place = scenario();
    bad_place["query"]["place"] = json!("999999999999");
    for (text, code, status) in [
        (bad_month.to_string(), "bad_month", 1),
        (bad_place.to_string(), "bad_place", 1),
        ("{".to_owned(), "usage", 2),
        ("{}".to_owned(), "usage", 2),
    ] {
        std::fs::write(&file, &text)?;
        let ran = desk.run(&["coverage", "--scenario", &file_name])?;
        assert_eq!((ran.code().as_str(), ran.status), (code, status), "{text}");
    }
    assert_eq!(desk.run(&["coverage", "--scenario", "/nowhere.json"])?.code(), "not_found");
    Ok(())
}

#[test]
fn every_agreed_example_is_printed_as_agreed() -> Outcome {
    let desk = Desk::new()?;
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("DAOHU_SHARED").map_or(beside, PathBuf::from).join("vectors");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let agreed: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let printed = desk.done(&["coverage", "--scenario", &path.display().to_string()])?;
        assert_eq!(printed, agreed["expected"], "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 45, "only {seen} examples");
    Ok(())
}

#[test]
fn a_store_answers_coverage_gaps_and_rules() -> Outcome {
    let mut desk = Desk::with_township()?;
    let cadre = desk.id("cadre", "李秀英")?;
    desk.done(&["pairing", "add", "--household", "6108022090420001", "--cadre", &cadre, "--role", "primary", "--from", "2019-01-01"])?;
    desk.now = "2019-06-20T09:00:00+08:00".to_owned();

    let answer = desk.done(&["coverage", "--place", "610802209000", "--month", "2019-05"])?;
    let gaps = desk.done(&["gaps", "--place", "610802209000", "--month", "2019-05"])?;
    let config = desk.done(&["config", "show"])?;
    let set = desk.done(&["config", "set", "freeze_day=12", "--from", "2019-07-01"])?;

    for key in ["place", "month", "frozen", "sums", "percent", "report", "timeliness", "households", "cadres", "first_roster"] {
        assert!(answer.get(key).is_some(), "{key} is not in {answer}");
    }
    assert_eq!((&answer["sums"]["due"], &answer["sums"]["gap_households"]), (&json!(2), &json!(1)));
    for key in ["household", "number", "place", "gap_days", "hidden_days", "since", "last_holder", "reason"] {
        assert!(gaps[0].get(key).is_some(), "{key} is not in {gaps}");
    }
    assert_eq!(gaps[0]["number"], "6108022090420002");
    assert_eq!(config["config"]["freeze_day"], 10);
    assert!(set["version"].as_u64() > config["version"].as_u64(), "{set}");
    Ok(())
}

#[test]
fn an_import_exits_0_when_clean_and_1_with_the_whole_answer_when_a_row_is_refused() -> Outcome {
    let desk = Desk::new()?;
    let villages = desk.path("villages.csv");
    let head = "区划代码,名称,级别,上级代码";
    std::fs::write(&villages, format!("{head}\n610802209000,红石桥乡,town,\n610802209201,左界村,village,610802209000\n"))?;
    let papers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let papers = std::env::var_os("DAOHU_SHARED").map_or(papers, PathBuf::from).join("data/hongshiqiao/villages.csv");

    let clean = desk.run(&["import", &papers.display().to_string()])?;
    let again = desk.done(&["import", &papers.display().to_string()])?;
    let missing = desk.run(&["import", "/nowhere"])?;

    let answer = clean.json()?;
    assert_eq!((clean.status, &answer["counts"]["region"]["imported"]), (0, &json!(14)), "{answer}");
    assert_eq!((&again["counts"]["region"]["imported"], &again["counts"]["region"]["unchanged"]), (&json!(0), &json!(14)));
    assert_eq!((missing.status, missing.code().as_str()), (1, "not_found"));

    let text = std::fs::read_to_string(&papers)?;
    let bad = desk.path("bad.csv");
    std::fs::write(&bad, format!("{}\nnot-a-code,坏村,village,610802209000\n", text.trim_end()))?;
    let refused = desk.run(&["import", &bad.display().to_string()])?;
    let answer = refused.json()?;
    assert_eq!((refused.status, answer["refused"].as_array().map(Vec::len)), (1, Some(1)), "{answer}");
    Ok(())
}
