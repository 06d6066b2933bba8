//! Bad rows beside good ones, and files that are no tables.

use super::{
    maker::{CADRE, HOUSEHOLD, Office, Outcome, PAIRING, PLACES, expect, id_number},
    memory::MemoryTarget,
};

const NOW: &str = "2019-05-05T09:00:00+08:00";
const MEMBER: [&str; 6] = ["户编号", "人口编号", "姓名", "与户主关系", "出生日期", "证件号码"];

fn with_places_and_one_household() -> Result<Office, Box<dyn std::error::Error>> {
    let office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    office.workbook("户表.xlsx", &[HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", "6108021050000001", "张三", "3", "因病"]])?;
    Ok(office)
}

#[test]
fn where_no_file_reads_the_first_is_named() -> Outcome {
    let mut office = Office::new()?;
    office.file("户表.xlsx", "这不是表格")?;
    office.file("人表.xlsx", "这也不是")?;

    let error = office.import(&mut MemoryTarget::default()).err().ok_or("it was taken")?;

    assert_eq!((error.code(), error.file()), ("not_a_workbook", Some("人表.xlsx")));
    assert!(error.sentence().0.starts_with("人表.xlsx：") && error.sentence().1.starts_with("人表.xlsx: "), "{:?}", error.sentence());
    Ok(())
}

#[test]
fn a_bad_date_in_row_17_refuses_that_row_alone() -> Outcome {
    let mut office = with_places_and_one_household()?;
    let numbers: Vec<String> = (1..=20).map(|n| format!("6108021050000001{n:02}")).collect();
    let mut rows = vec![vec!["芹河镇人表"], MEMBER.to_vec()];
    for number in &numbers {
        rows.push(vec!["6108021050000001", number, "张某", "其他", "1980.1.2", ""]);
    }
    if let Some(birth) = rows.get_mut(16).and_then(|row| row.get_mut(4)) {
        *birth = "2019.13.4";
    }
    office.workbook("人表.xlsx", &rows)?;

    let report = office.import(&mut MemoryTarget::default())?;

    let refused = serde_json::to_value(&report.refused)?;
    assert_eq!(refused.as_array().map(Vec::len), Some(1));
    assert_eq!(refused[0]["file"], "人表.xlsx");
    assert_eq!(refused[0]["row"], 17);
    assert_eq!(refused[0]["column"], "出生日期");
    assert_eq!(refused[0]["value"], "2019.13.4");
    assert_eq!(refused[0]["code"], "bad_date");
    let count = &serde_json::to_value(&report.counts)?["member"];
    assert_eq!((&count["rows"], &count["imported"], &count["refused"]), (&20.into(), &19.into(), &1.into()));
    Ok(())
}

#[test]
fn every_refusal_names_its_cell() -> Outcome {
    let mut office = Office::new()?;
    let long = "长".repeat(41);
    let ids: Vec<String> = (1..=7).map(|n| id_number("19790724", n)).collect();
    office.file("区划.csv", format!("{PLACES}6108021052,短码村,否\n,无码村,否\n610802105201,重码村,否\n"))?;
    office.workbook(
        "户表.xlsx",
        &[
            HOUSEHOLD.to_vec(),
            vec!["芹河镇", "前湾村", "6108021050000001", "张三", "3", "因病"],
            vec!["芹河镇", "前湾村", "无", "张三", "3", "因病"],
            vec!["芹河镇", "无名村", "6108021050000002", "张三", "3", "因病"],
            vec!["别的镇", "前湾村", "6108021050000003", "张三", "3", "因病"],
            vec!["芹河镇", "前湾村", "6108021050000004", "张三", "三口", "因病"],
            vec!["芹河镇", "前湾村", "n:6108021050000005", "张三", "3", "因病"],
            vec!["芹河镇", "前湾村", "6108021050000001", "李四", "3", "因病"],
            vec!["芹河镇", "前湾村", "6108021050000006", &long, "3", "因病"],
            vec!["芹河镇", "前湾村", "6108021050000007", "", "3", "因病"],
            vec!["芹河镇", "前湾村", "6108021050000008", "好户", "3", "因懒"],
        ],
    )?;
    office.workbook(
        "干部.xlsx",
        &[
            CADRE.to_vec(),
            vec!["区水利局", "王军", "科员级", &ids[0], "13900000001"],
            vec!["区教育局", "王军", "科员级", &ids[1], "13900000002"],
            vec!["区教育局", "李英", "科员级", "610802197907240031", "13900000003"],
            vec!["区教育局", "赵某", "科员级", "无", "/"],
            vec!["区教育局", "钱某", "科员级", &ids[2], "13900000002"],
            vec!["区教育局", "孙某", "科员级", &ids[3], "12345"],
        ],
    )?;
    office.workbook(
        "花名册.xlsx",
        &[
            [&PAIRING[..], &["备注"]].concat(),
            vec!["芹河镇", "前湾村", "6108021050000001", "王军", "区水利局", "13900000001", "2018.3.2", ""],
            vec!["芹河镇", "前湾村", "6108021050000099", "王军", "区水利局", "13900000001", "2018.3.2", ""],
            vec!["芹河镇", "前湾村", "6108021050000008", "周某", "区水利局", "13900000001", "2018.3.2", ""],
            vec!["芹河镇", "前湾村", "6108021050000008", "王军", "", "", "2018.3.2", ""],
            vec!["芹河镇", "前湾村", "6108021050000001", "王军", "区教育局", "13900000002", "2018.9.1", ""],
            vec!["芹河镇", "前湾村", "6108021050000008", "王军", "区教育局", "13900000002", "", ""],
            vec!["芹河镇", "前湾村", "6108021050000008", "王军", "区教育局", "13900000002", "2018.2.30", ""],
            vec!["芹河镇", "前湾村", "6108021050000008", "王军", "区教育局", "13900000002", "2018.3.2", "户主电话13912345678"],
            vec!["芹河镇", "前湾村", "6108021050000008", "王军", "区教育局", "13900000002", "2018.3.2", "与户主电话联系"],
            vec!["芹河镇", "前湾村", "6108021050000008", "王军", "区教育局", "13900000002", "2018.3.2", ""],
        ],
    )?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    expect("refused_rows", &plan)
}

#[test]
fn a_text_file_named_xlsx_is_no_workbook() -> Outcome {
    let mut office = Office::new()?;
    office.file("户表.xlsx", "这是一段文字,不是表格")?;

    let answer = office.import(&mut MemoryTarget::default());

    assert_eq!(answer.err().map(|error| error.code()), Some("not_a_workbook"));
    Ok(())
}

#[test]
fn a_file_that_is_no_table_does_not_keep_the_others_out() -> Outcome {
    let mut office = with_places_and_one_household()?;
    office.file("坏.xlsx", b"PK\x03\x04 cut in the middle")?;
    office.file("别的.csv", "品名,数量\n大米,3\n")?;
    office.file("别的.json", "{\"a\": 1}")?;
    office.file("说明.txt", "请勿改动")?;
    office.file("~$户表.xlsx", "somebody has it open")?;

    let report = office.import(&mut MemoryTarget::default())?;

    let mut found: Vec<_> = report.refused.iter().map(|refusal| (refusal.file.as_str(), refusal.row, refusal.code)).collect();
    found.sort_unstable();
    assert_eq!(found, [("别的.csv", None, "unknown_table"), ("别的.json", None, "unknown_table"), ("坏.xlsx", None, "not_a_workbook")]);
    let mut ignored = report.ignored.clone();
    ignored.sort_unstable();
    assert_eq!(ignored, ["~$户表.xlsx", "说明.txt"]);
    assert_eq!(serde_json::to_value(&report.counts)?["household"]["imported"], 1);
    assert!(!report.is_clean());
    Ok(())
}

#[test]
fn a_file_named_by_itself_must_be_readable() -> Outcome {
    let office = Office::new()?;
    let note = office.file("说明.txt", "请勿改动")?;
    let missing = office.path().join("没有.xlsx");

    let codes: Vec<_> = [note, missing]
        .into_iter()
        .map(|path| match daohu_server::import::read::read(&[path]) {
            Ok(files) => files.files.into_iter().find_map(|file| file.content.err()).map(|error| error.code()),
            Err(error) => Some(error.code()),
        })
        .collect();

    assert_eq!(codes, [Some("not_a_workbook"), Some("not_found")]);
    Ok(())
}

#[test]
fn a_sheet_with_a_far_away_cell_is_too_big_and_not_read_into_memory() -> Outcome {
    let mut office = Office::new()?;
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write(0, 0, "户编号")?.write(1_048_575, 16_383, "远")?;
    office.file("户表.xlsx", book.save_to_buffer()?)?;

    let answer = office.import(&mut MemoryTarget::default());

    assert_eq!(answer.err().map(|error| error.code()), Some("too_big"));
    Ok(())
}
