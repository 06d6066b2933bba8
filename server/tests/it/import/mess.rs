//! What offices do to their tables, and what is read all the same.

use super::{
    maker::{CADRE, HOUSEHOLD, Office, Outcome, PAIRING, PLACES, expect, fixtures, id_number, sheets},
    memory::MemoryTarget,
};
use encoding_rs::GB18030;

const NOW: &str = "2019-05-05T09:00:00+08:00";

fn gbk(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

#[test]
fn a_roster_of_another_township_in_gbk_with_wrapped_numbers_is_read() -> Outcome {
    let mut office = Office::new()?;
    let (first, second) = (id_number("19790724", 11), id_number("19850102", 12));
    office.file("01区划.csv", gbk("区划代码,名称,是否贫困村\r\n=\"610802105000\",芹河镇,\r\n=\"610802105200\",前湾村,是\r\n"))?;
    office.file(
        "02户表.csv",
        gbk("主要致贫原因,户主姓名,户编号,家庭人口数,村,乡镇\r\n因病,\"杨　杰\",=\"6108021050000001\",３,前湾村,芹河镇\r\n\r\n缺技术,汤贵,\"=\"\"6108021050000002\"\"\",２人,前湾,芹河\r\n"),
    )?;
    office.file("03干部.csv", gbk(&format!("序号,姓名,帮扶单位,职务级别,联系电话,证件号码\r\n1,王军,区水利局,科员,13900000001,=\"{first}\"\r\n2,李英,区水利局,副科级,13900000002,=\"{second}\"\r\n")))?;
    office.file(
        "04花名册.csv",
        gbk("帮扶起始时间,帮扶责任人姓名,单位,户编号,村,乡镇,户属性,组\r\n2018年2月24日,王 军,区水利局,=\"6108021050000001\",前湾村,芹河镇,低保脱贫户,４\r\n20180302,李英,区水利局,=\"6108021050000002\",前湾村,芹河镇,一般贫困户,1\r\n"),
    )?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    expect("gbk_csv", &plan)
}

#[test]
fn up_to_three_title_rows_and_a_unit_line_stand_above_the_headings() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    let titles = [vec!["芹河镇户表"], vec!["填报单位:芹河镇人民政府", "", "填报时间:2019年6月"], vec!["单位:人、元"]];
    for count in 0..=3 {
        let number = format!("610802105000000{count}");
        let mut rows: Vec<Vec<&str>> = titles.iter().take(count).cloned().collect();
        rows.push(HOUSEHOLD.to_vec());
        rows.push(vec!["芹河镇", "前湾村", &number, "张三", "3", "因残"]);
        rows.push(vec!["填表人:", "", "审核人:", "", "负责人:"]);
        office.workbook(&format!("户表{count}.xlsx"), &rows)?;
    }

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    expect("title_rows", &plan)
}

#[test]
fn columns_may_be_extra_missing_reordered_and_named_a_little_otherwise() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    let headings = vec!["户编号*", "满意度", "耕地面积", "户主 姓名", "村", "主要致贫原因", "人均纯收入(元)", "村", "是否危房户", "年度"];
    let rows = vec![
        headings.clone(),
        vec!["6108021050000001", "很满意", "7.58亩", "张三", "前湾村", "因病", "5,767.60", "x", "是", "201812"],
        vec!["6108021050000002", "", "n:12", "李四", "〃", "同上", "n:13319.5", "", "不清楚", "2018"],
        headings,
        vec!["6108021050000003", "/", "－", "王五", "后湾村", "缺资金、因学", "－1200", "", "否", "2018"],
        vec!["合计", "", "n:19.58"],
        vec!["备注：本表一式两份"],
    ];
    office.workbook("户表.xlsx", &rows)?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    expect("columns", &plan)
}

#[test]
fn merged_villages_are_filled_down_and_hidden_columns_are_read() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let plain = rust_xlsxwriter::Format::new();
    sheet.merge_range(0, 0, 0, 5, "芹河镇户表", &plain)?;
    for (column, heading) in (0_u16..).zip(HOUSEHOLD) {
        sheet.write(1, column, heading)?;
    }
    sheet.merge_range(2, 0, 4, 0, "芹河镇", &plain)?;
    sheet.merge_range(2, 1, 3, 1, "前湾村", &plain)?;
    sheet.write(4, 1, "后湾村")?;
    for (row, number) in (2_u32..).zip(["6108021050000001", "6108021050000002", "6108021050000003"]) {
        sheet.write(row, 2, number)?.write(row, 3, "张三")?.write(row, 4, 3)?.write(row, 5, "因病")?;
    }
    sheet.set_column_hidden(2)?;
    office.file("户表.xlsx", book.save_to_buffer()?)?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    expect("merged_and_hidden", &plan)
}

#[test]
fn days_are_read_from_date_cells_and_from_bare_serial_numbers() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    office.workbook("户表.xlsx", &[HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", "6108021050000001", "张三", "n:3", "因病"]])?;
    office.workbook(
        "人表.xlsx",
        &[
            vec!["户编号", "人口编号", "姓名", "与户主关系", "出生日期", "文化程度", "在校生状况", "健康状况", "户联系电话"],
            vec![
                "6108021050000001",
                "61080210500000010",
                "张三",
                "户主",
                "d:1979-07-24",
                "初中",
                "非在校生",
                "残疾,患有大病",
                "n:13900000003",
            ],
            vec!["6108021050000001", "61080210500000011", "王梅", "配偶", "n:29060", "小学", "无", "健康", ""],
            vec!["6108021050000001", "61080210500000012", "张小", "之子", "2008年9月", "小学", "七年级", "健康", ""],
            vec!["6108021050000001", "61080210500000013", "张老", "之父", "n:12345.5", "", "", "长期慢性病", ""],
        ],
    )?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    expect("serial_dates", &plan)
}

#[test]
fn an_empty_first_sheet_is_skipped_and_a_second_table_is_said_not_to_be_read() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    let rows = vec![HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", "6108021050000001", "张三", "3", "因病"]];
    let old = vec![HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", "6108021050000001", "张三旧", "4", "因病"]];
    let note = vec![vec!["说明"], vec!["先填户表"]];
    office.file("户表.xlsx", sheets(&[("Sheet1", &[]), ("说明", &note), ("户表", &rows), ("2018年", &old)])?)?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    expect("empty_first_sheet", &plan)
}

#[test]
fn an_old_workbook_is_read() -> Outcome {
    let mut office = Office::new()?;
    std::fs::copy(fixtures().join("places.xls"), office.path().join("区划.xls"))?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    expect("old_workbook", &plan)
}

#[test]
fn a_roster_without_numbers_finds_its_households_by_village_and_head() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    office.workbook(
        "户表.xlsx",
        &[
            HOUSEHOLD.to_vec(),
            vec!["芹河镇", "前湾村", "6108021050000001", "张三", "3", "因病"],
            vec!["芹河镇", "后湾村", "6108021050000002", "张三", "2", "因病"],
            vec!["芹河镇", "后湾村", "6108021050000003", "李四", "2", "因病"],
            vec!["芹河镇", "后湾村", "6108021050000004", "李四", "5", "因病"],
        ],
    )?;
    office.workbook("干部.xlsx", &[CADRE.to_vec(), vec!["区水利局", "王军", "科员级", &id_number("19790724", 11), "13900000001"]])?;
    office.workbook(
        "花名册.xlsx",
        &[
            vec!["乡镇", "村", "户主姓名", "帮扶责任人姓名", "单位", "帮扶起始时间"],
            vec!["芹河镇", "前湾村", "张三", "王军", "区水利局", "2018.3.2"],
            vec!["芹河镇", "后湾村", "张 三", "王军", "区水利局", "2018.3.2"],
            vec!["芹河镇", "后湾村", "李四", "王军", "区水利局", "2018.3.2"],
        ],
    )?;

    let report = office.import(&mut MemoryTarget::default())?;

    let found: Vec<_> = report.refused.iter().map(|refusal| (refusal.row, refusal.code)).collect();
    assert_eq!(found, [(Some(4), "unknown_household")], "two heads of one village have this name");
    assert_eq!(serde_json::to_value(&report.counts)?["pairing"]["imported"], 2);
    Ok(())
}

#[test]
fn cadres_of_two_townships_live_where_they_help() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", format!("{PLACES}610802106000,马合镇,\n610802106200,前湾村,是\n"))?;
    office.workbook(
        "户表.xlsx",
        &[
            HOUSEHOLD.to_vec(),
            vec!["芹河镇", "前湾村", "6108021050000001", "张三", "3", "因病"],
            vec!["马合镇", "前湾村", "6108021060000001", "李四", "2", "因病"],
        ],
    )?;
    let (first, second) = (id_number("19790724", 11), id_number("19850102", 12));
    office.workbook(
        "干部.xlsx",
        &[
            CADRE.to_vec(),
            vec!["区水利局", "王军", "科员级", &first, "13900000001"],
            vec!["区水利局", "李英", "科员级", &second, "13900000002"],
        ],
    )?;
    office.workbook(
        "花名册.xlsx",
        &[
            PAIRING.to_vec(),
            vec!["芹河镇", "前湾村", "6108021050000001", "王军", "区水利局", "13900000001", "2018.3.2"],
            vec!["马合镇", "前湾村", "6108021060000001", "李英", "区水利局", "13900000002", "2018.3.2"],
        ],
    )?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    assert!(plan.report.is_clean(), "{:?}", plan.report.refused);
    let places: Vec<String> = plan.writes.iter().filter(|write| write.kind == "cadre").map(|write| write.place.to_string()).collect();
    assert_eq!(places, ["610802105000", "610802106000"]);
    Ok(())
}

#[test]
fn a_number_that_stands_in_a_formula_without_a_value_is_read() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0_u16..).zip(HOUSEHOLD) {
        sheet.write(0, column, heading)?;
    }
    let number = rust_xlsxwriter::Formula::new("=\"6108021050000001\"").set_result("");
    let people = rust_xlsxwriter::Formula::new("=1+2").set_result("3");
    sheet
        .write(1, 0, "芹河镇")?
        .write(1, 1, "前湾村")?
        .write(1, 2, number)?
        .write(1, 3, "张三")?
        .write(1, 4, people)?
        .write(1, 5, "因病")?;
    office.file("户表.xlsx", book.save_to_buffer()?)?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    let household = plan.writes.iter().find(|write| write.kind == "household").ok_or("no household")?;
    assert_eq!((household.key.as_str(), household.fields.get("people")), ("6108021050000001", Some(&3.into())));
    Ok(())
}

#[test]
fn headings_of_two_rows_are_read_as_one() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    office.workbook("户表.xlsx", &[HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", "6108021050000001", "张三", "3", "因病"]])?;
    office.workbook("干部.xlsx", &[CADRE.to_vec(), vec!["区水利局", "王军", "科员级", &id_number("19790724", 11), "13900000001"]])?;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let plain = rust_xlsxwriter::Format::new();
    sheet.merge_range(0, 0, 0, 6, "结对帮扶花名册", &plain)?;
    for (column, heading) in [(0, "村"), (1, "户编号"), (2, "脱贫年度"), (3, "户属性")] {
        sheet.merge_range(1, column, 2, column, heading, &plain)?;
    }
    sheet.merge_range(1, 4, 1, 6, "帮扶责任人", &plain)?;
    sheet.merge_range(1, 7, 2, 7, "帮扶起始时间", &plain)?;
    sheet.write(2, 4, "姓名")?.write(2, 5, "单位")?.write(2, 6, "联系电话")?;
    for (column, text) in
        (0_u16..).zip(["前湾村", "6108021050000001", "未脱贫", "一般贫困户", "王军", "区水利局", "13900000001", "2018.3.2"])
    {
        sheet.write(3, column, text)?;
    }
    office.file("花名册.xlsx", book.save_to_buffer()?)?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    assert!(plan.report.is_clean() && plan.report.warnings.is_empty(), "{:?}", plan.report);
    let file = plan.report.files.iter().find(|file| file.table == "pairing").ok_or("no table of pairings")?;
    assert_eq!((file.header_row, file.rows, file.skipped, file.unknown_columns.len()), (Some(2), 1, 0, 0));
    Ok(())
}

#[test]
fn a_relation_that_is_in_no_list_becomes_other_and_the_member_arrives() -> Outcome {
    let mut office = Office::new()?;
    office.file("区划.csv", PLACES)?;
    office.workbook("户表.xlsx", &[HOUSEHOLD.to_vec(), vec!["芹河镇", "前湾村", "6108021050000001", "张三", "3", "因病"]])?;
    office.workbook(
        "人表.xlsx",
        &[vec!["户编号", "人口编号", "姓名", "与户主关系"], vec!["6108021050000001", "61080210500000010", "李四", "表弟"]],
    )?;

    let plan = office.plan(&MemoryTarget::default(), NOW, None)?;

    assert!(plan.report.is_clean(), "{:?}", plan.report.refused);
    let member = plan.writes.iter().find(|write| write.kind == "member").ok_or("no member")?;
    assert_eq!(member.fields.get("relation"), Some(&"other".into()));
    let warned: Vec<_> = plan.report.warnings.iter().map(|warning| (warning.row, warning.value.as_deref(), warning.code)).collect();
    assert_eq!(warned, [(Some(2), Some("表弟"), "unknown_choice")]);
    Ok(())
}
