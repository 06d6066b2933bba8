//! Regions (行政区划): the tree of places, with its history; codes move and merge.

use crate::{
    declare::{choice, column, day, one, text, texts, yes_no},
    kind::{Choice, Field, Fields, Home, Import, Kind},
    place::Place,
    role::{EVERYONE, ROSTER_WRITERS},
    validate::{Violation, day_of, problem},
};

/// The level of a place.
pub const LEVEL: &[Choice] = &[
    one("province", "省级", "province"),
    one("city", "地级", "prefecture"),
    one("county", "县级", "county"),
    one("town", "乡级", "township"),
    one("village", "村级", "village"),
    one("group", "村民小组", "villagers' group"),
    one("hamlet", "自然村", "hamlet"),
];

/// What a village is in the poverty register (村属性).
const VILLAGE_PROPERTY: &[Choice] = &[
    one("poor", "贫困村", "poor village"),
    one("not_poor", "非贫困村", "not a poor village"),
    one("deeply_poor", "深度贫困村", "deeply poor village"),
    one("exited", "已退出村", "village that has exited").also(&["已出列村", "出列村"]),
];

static FIELDS: [Field; 12] = [
    text("code", "区划代码", "code").max(12).l1().required().sealed().headed(&["区划代码", "code", "代码", "统计用区划代码"]),
    text("name", "名称", "name").max(60).l1().required().headed(&["名称", "name", "区划名称"]),
    text("short_name", "简称", "short name").max(30).l1().headed(&["简称"]),
    choice("level", "级别", "level", LEVEL).l1().required().headed(&["级别"]),
    text("parent", "上级代码", "code of the place above").max(12).l1().headed(&["上级代码"]),
    day("valid_from", "启用日期", "valid from").l1().headed(&["启用日期"]),
    day("valid_to", "停用日期", "valid until").l1().headed(&["停用日期"]),
    yes_no("poor_village", "是否贫困村", "poor village").l1().headed(&["是否贫困村", "poor_village", "贫困村"]),
    choice("village_property", "村属性", "village property", VILLAGE_PROPERTY).l1().national("AAD004").headed(&["村属性"]),
    texts("predecessors", "前身代码", "codes of predecessors").l1().headed(&["前身代码"]),
    texts("successors", "后继代码", "codes of successors").l1().headed(&["后继代码"]),
    text("foreign_code", "外部系统代码", "code in other systems").max(40).l1().headed(&["外部系统代码"]),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("region", "行政区划", "place", Home::Township)
    .reference()
    .read_by(EVERYONE)
    .written_by(ROSTER_WRITERS)
    .fields(&FIELDS)
    .unique(&["code"])
    .check(check)
    .import(Import {
        table: "region",
        zh: "行政区划表",
        marks: &["code", "name"],
        columns: &[column("serial", &["序号"])],
        key: &["code"],
    });

fn check(fields: &Fields) -> Vec<Violation> {
    let mut found = Vec::new();
    for key in ["code", "parent"] {
        let text = fields.get(key).and_then(|value| value.as_str());
        if text.is_some_and(|text| text.parse::<Place>().is_err()) {
            found.push(problem(
                key,
                "区划代码要写 12 位数字，例如 610802209201。",
                "write the code of a place as 12 digits, such as 610802209201",
            ));
        }
    }
    if let (Some(from), Some(to)) = (day_of(fields, "valid_from"), day_of(fields, "valid_to"))
        && to <= from
    {
        found.push(problem("valid_to", "停用日期要晚于启用日期。", "the last day must lie after the first"));
    }
    found
}
