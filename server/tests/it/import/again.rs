//! The same roster, or a newer one, a second time.

use super::{
    maker::{CADRE, HOUSEHOLD, Office, Outcome, PLACES, id_number},
    memory::MemoryTarget,
};
use daohu_domain::id::Id;
use daohu_server::import::memory::{ImportMemory, Known};
use daohu_server::import::report::Count;
use serde_json::{Value, json};

const NUMBER: &str = "6108021050000001";
const NEXT_YEAR: &str = "2020-03-01T09:00:00+08:00";

fn roster(people: &str, property: &str) -> Result<Office, Box<dyn std::error::Error>> {
    let office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    write_household(&office, people)?;
    office.workbook("干部.xlsx", &[CADRE.to_vec(), vec!["区水利局", "王军", "科员级", &id_number("19790724", 11), "13900000001"]])?;
    office.workbook(
        "花名册.xlsx",
        &[
            vec!["村", "户编号", "户属性", "帮扶责任人姓名", "单位", "联系电话", "帮扶起始时间"],
            vec!["前湾村", NUMBER, property, "王军", "区水利局", "13900000001", "2018.3.2"],
        ],
    )?;
    Ok(office)
}

fn write_household(office: &Office, people: &str) -> Outcome {
    office.workbook("户表.xlsx", &[HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", NUMBER, "张三", people, "因病"]])?;
    Ok(())
}

fn count(report: &daohu_server::import::report::ImportReport, kind: &'static str) -> Count {
    report.counts.clone().of(kind).to_owned()
}

fn household(target: &MemoryTarget) -> Result<Known, Box<dyn std::error::Error>> {
    Ok(target.records("household")?.into_iter().next().ok_or("no household")?)
}

#[test]
fn a_second_time_nothing_changes() -> Outcome {
    let mut office = roster("3", "一般贫困户")?;
    let mut target = MemoryTarget::default();
    office.import(&mut target)?;
    let before = target.clone();

    let plan = office.plan(&target, NEXT_YEAR, None)?;

    assert!(plan.writes.is_empty(), "{:?}", plan.writes);
    for kind in ["region", "org", "cadre", "household", "pairing"] {
        let count = count(&plan.report, kind);
        assert_eq!((count.unchanged, count.kept), (count.rows, 0), "{kind}");
        assert_eq!(target.records(kind)?, before.records(kind)?, "{kind}");
    }
    Ok(())
}

#[test]
fn a_changed_cell_updates_its_field_alone() -> Outcome {
    let mut office = roster("3", "一般贫困户")?;
    let mut target = MemoryTarget::default();
    office.import(&mut target)?;
    write_household(&office, "4")?;

    let plan = office.plan(&target, NEXT_YEAR, None)?;

    assert_eq!(count(&plan.report, "household").updated, 1);
    let changes: Vec<_> = plan.writes.iter().map(|write| (write.kind, json!(write.fields))).collect();
    assert_eq!(changes, [("household", json!({"people": 4}))]);
    Ok(())
}

#[test]
fn an_emptied_cell_empties_its_field_and_a_missing_column_does_not() -> Outcome {
    let mut office = roster("3", "一般贫困户")?;
    let mut target = MemoryTarget::default();
    office.import(&mut target)?;
    office.workbook("户表.xlsx", &[vec!["村", "户编号", "户主姓名", "家庭人口数"], vec!["前湾村", NUMBER, "张三", "无"]])?;

    office.import(&mut target)?;

    let fields = household(&target)?.fields;
    assert_eq!(fields.get("people"), None);
    let cause = target.secret_digest(household(&target)?.id, "main_cause")?;
    assert_eq!(cause.as_deref(), Some("plain:illness"), "no column told of it this time");
    Ok(())
}

#[test]
fn a_field_that_a_person_changed_is_left_alone_and_counted() -> Outcome {
    let mut office = roster("3", "一般贫困户")?;
    let mut target = MemoryTarget::default();
    office.import(&mut target)?;
    let id = household(&target)?.id;
    target.record_mut("household", id).ok_or("gone")?.fields.insert("people".to_owned(), json!(5));

    let same = office.import(&mut target)?;
    write_household(&office, "4")?;
    let newer = office.import(&mut target)?;

    for report in [&same, &newer] {
        let count = count(report, "household");
        assert_eq!((count.unchanged, count.updated, count.kept), (1, 0, 1));
        let kept: Vec<_> = report.warnings.iter().filter(|warning| warning.code == "kept").collect();
        assert_eq!(
            kept.iter().map(|warning| (warning.row, warning.column.as_deref())).collect::<Vec<_>>(),
            [(Some(2), Some("家庭人口数"))]
        );
    }
    assert_eq!(household(&target)?.fields.get("people"), Some(&json!(5)));
    Ok(())
}

#[test]
fn a_missing_row_ends_nothing() -> Outcome {
    let mut office = roster("3", "一般贫困户")?;
    let mut target = MemoryTarget::default();
    office.import(&mut target)?;
    office.workbook("户表.xlsx", &[HOUSEHOLD.to_vec(), vec!["芹河镇", "后湾村", "6108021050000002", "李四", "2", "因残"]])?;
    std::fs::remove_file(office.path().join("花名册.xlsx"))?;

    let report = office.import(&mut target)?;

    assert_eq!((count(&report, "household").imported, target.records("household")?.len()), (1, 2));
    assert_eq!(target.records("pairing")?.iter().filter(|known| known.fields.contains_key("to")).count(), 0);
    Ok(())
}

#[test]
fn a_status_that_a_newer_roster_tells_holds_from_its_day_on() -> Outcome {
    let mut target = MemoryTarget::default();
    roster("3", "一般贫困户")?.import(&mut target)?;
    let mut newer = roster("3", "一般脱贫户")?;

    newer.import_at(&mut target, NEXT_YEAR, None)?;

    assert_eq!(
        household(&target)?.fields.get("status"),
        Some(&json!([
            {"value": "poor", "from": "2019-01-01", "to": "2020-01-01"},
            {"value": "exited_with_policy", "from": "2020-01-01", "to": null}
        ]))
    );
    Ok(())
}

#[test]
fn a_table_of_households_alone_does_not_take_a_status_back() -> Outcome {
    let mut office = roster("3", "一般脱贫户")?;
    let mut target = MemoryTarget::default();
    office.import(&mut target)?;
    let before = household(&target)?.fields.get("status").cloned();
    std::fs::remove_file(office.path().join("花名册.xlsx"))?;

    let report = office.import_at(&mut target, NEXT_YEAR, None)?;

    assert_eq!(household(&target)?.fields.get("status").cloned(), before);
    assert_eq!(count(&report, "household").unchanged, 1);
    Ok(())
}

#[test]
fn the_day_of_a_roster_is_the_one_asked_for() -> Outcome {
    let mut target = MemoryTarget::default();

    roster("3", "一般脱贫户")?.import_at(&mut target, NEXT_YEAR, Some("2018-07-15"))?;

    let fields = household(&target)?.fields;
    for field in ["status", "tier", "places"] {
        assert_eq!(fields.get(field).map(|spans| &spans[0]["from"]), Some(&json!("2018-07-15")), "{field}");
    }
    let cadre = target.records("cadre")?.into_iter().next().ok_or("no cadre")?;
    assert_eq!(cadre.fields.get("terms").map(|spans| &spans[0]["from"]), Some(&json!("2018-07-15")));
    assert_eq!(target.records("pairing")?.first().and_then(|known| known.fields.get("from").cloned()), Some(json!("2018-03-02")));
    Ok(())
}

#[test]
fn a_cadre_first_known_by_telephone_is_the_same_when_the_number_comes() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    office.workbook("干部.xlsx", &[CADRE.to_vec(), vec!["区水利局", "王军", "科员级", "", "13900000001"]])?;
    let mut target = MemoryTarget::default();
    office.import(&mut target)?;
    office.workbook("干部.xlsx", &[CADRE.to_vec(), vec!["区教育局", "王军", "科员级", &id_number("19790724", 11), "13900000001"]])?;

    let report = office.import_at(&mut target, NEXT_YEAR, None)?;

    assert_eq!((count(&report, "cadre").updated, target.records("cadre")?.len()), (1, 1), "{report:?}");
    Ok(())
}

#[test]
fn another_helper_for_a_household_that_is_held_is_an_overlap() -> Outcome {
    let mut office = roster("3", "一般贫困户")?;
    let mut target = MemoryTarget::default();
    office.import(&mut target)?;
    office.workbook("干部.xlsx", &[CADRE.to_vec(), vec!["区水利局", "李英", "科员级", &id_number("19850102", 12), "13900000002"]])?;
    let rows = |from| {
        vec![vec!["户编号", "帮扶责任人姓名", "单位", "联系电话", "帮扶起始时间"], vec![NUMBER, "李英", "区水利局", "13900000002", from]]
    };
    office.workbook("花名册.xlsx", &rows("2019.4.28"))?;

    let refused = office.import(&mut target)?;
    let pairing = target.records("pairing")?.first().map(|known| known.id).ok_or("no pairing")?;
    target.record_mut("pairing", pairing).ok_or("gone")?.fields.insert("to".to_owned(), json!("2019-04-28"));
    let handed_over = office.import(&mut target)?;

    assert_eq!(refused.refused.iter().map(|refusal| refusal.code).collect::<Vec<_>>(), ["overlap"]);
    assert!(handed_over.is_clean(), "a handover on one day is no overlap");
    assert_eq!(target.records("pairing")?.len(), 2);
    Ok(())
}

#[test]
fn a_household_that_a_person_entered_is_found_by_its_number() -> Outcome {
    let mut office = roster("3", "一般贫困户")?;
    let mut target = MemoryTarget::default();
    let id = Id::v7(1, [7; 10]);
    let fields = [("number", json!(NUMBER)), ("head_name", json!("张三")), ("people", json!(9))];
    let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    target.add("household", Known { id, place: "610802105200".parse()?, subject: Some(id), fields });

    let report = office.import(&mut target)?;

    let known = household(&target)?;
    assert_eq!((target.records("household")?.len(), known.id), (1, id));
    assert_eq!(known.fields.get("people"), Some(&Value::from(9)));
    assert_eq!((count(&report, "household").updated, count(&report, "household").kept), (1, 1));
    Ok(())
}

#[test]
fn a_dry_run_tells_all_and_writes_nothing() -> Outcome {
    let office = roster("3", "一般贫困户")?;
    let mut target = MemoryTarget::default();
    let options = daohu_server::import::ImportOptions { dry_run: true, as_of: None, now: "2019-05-05T09:00:00+08:00".parse()? };
    let mut drawn = 0;
    let mut new_id = || {
        drawn += 1;
        Id::v7(drawn, [0; 10])
    };

    let report = daohu_server::import::run::import(&mut target, &[office.path().to_path_buf()], options, &mut new_id)?;

    assert!(report.dry_run);
    assert_eq!(count(&report, "household").imported, 1);
    assert!(target.records("household")?.is_empty());
    Ok(())
}

#[test]
fn the_order_of_files_is_free() -> Outcome {
    let first = roster("3", "一般贫困户")?;
    let names = ["花名册.xlsx", "干部.xlsx", "户表.xlsx", "区划.csv"];
    let backwards: Vec<_> = names.iter().map(|name| first.path().join(name)).collect();
    let forwards: Vec<_> = backwards.iter().rev().cloned().collect();
    let options = daohu_server::import::ImportOptions { dry_run: true, as_of: None, now: "2019-05-05T09:00:00+08:00".parse()? };

    let counts: Vec<_> = [backwards, forwards]
        .iter()
        .map(|paths| {
            let mut drawn = 0;
            let mut new_id = || {
                drawn += 1;
                Id::v7(drawn, [0; 10])
            };
            daohu_server::import::run::import(&mut MemoryTarget::default(), paths, options, &mut new_id).map(|report| report.counts)
        })
        .collect::<Result<_, _>>()?;

    assert_eq!(counts.first(), counts.get(1));
    assert_eq!(counts.first().map(|counts| counts.clone().of("pairing").imported), Some(1));
    Ok(())
}
