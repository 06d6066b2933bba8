//! Inspection rounds (巡察, 督查): who looked when, and when the findings were handed over.

use crate::{
    declare::{choice, column, day, long_text, one, text, yes_no},
    kind::{Choice, Field, Fields, Home, Import, Kind},
    role::{OFFICE_READERS, ROSTER_WRITERS},
    validate::{Violation, day_of, problem},
};

const LEVEL: &[Choice] = &[
    one("central", "中央", "central"),
    one("province", "省", "province"),
    one("city", "市", "city"),
    one("county", "区县", "county").also(&["区", "县"]),
    one("township", "乡自查", "township's own").also(&["乡"]),
];

const KIND_OF: &[Choice] = &[
    one("central_inspection", "巡视", "central or provincial inspection"),
    one("inspection", "巡察", "inspection"),
    one("poverty_supervision", "扶贫专项督查", "supervision of poverty relief"),
    one("assessment", "成效考核", "assessment of effects"),
    one("third_party", "第三方评估", "third-party evaluation"),
    one("audit", "审计", "audit"),
    one("cross_check", "交叉检查", "cross check"),
    one("unannounced", "暗访", "unannounced visit"),
    one("self_check", "自查", "self-check"),
];

static FIELDS: [Field; 10] = [
    text("name", "名称", "name").max(100).l1().required().headed(&["名称", "巡察名称"]),
    choice("level", "级别", "level", LEVEL).l1().headed(&["级别"]),
    choice("kind", "类型", "kind", KIND_OF).l1().headed(&["类型"]),
    text("team", "检查组", "team").max(100).l1().headed(&["检查组", "反馈单位"]),
    day("from", "开始日期", "from").l1().headed(&["开始日期"]),
    yes_no("from_approx", "开始日期是否约数", "the start is approximate").l1(),
    day("to", "结束日期", "until").l1().headed(&["结束日期"]),
    day("feedback", "反馈日期", "findings handed over on").l1().headed(&["反馈日期", "反馈时间"]),
    day("plan_meeting", "专题会议日期", "meeting on the plan").l1(),
    long_text("note", "备注", "note").max(2000).l1().headed(&["备注"]),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("inspection", "巡察督查", "inspection", Home::Township)
    .read_by(OFFICE_READERS)
    .written_by(ROSTER_WRITERS)
    .fields(&FIELDS)
    .unique(&["name"])
    .check(check)
    .import(Import {
        table: "inspection",
        zh: "巡察督查表",
        marks: &["名称", "反馈日期"],
        columns: &[column("serial", &["序号"])],
        key: &["name"],
    });

fn check(fields: &Fields) -> Vec<Violation> {
    match (day_of(fields, "from"), day_of(fields, "to")) {
        (Some(from), Some(to)) if to < from => vec![problem("to", "结束日期不能早于开始日期。", "the end must not lie before the start")],
        _ => Vec::new(),
    }
}
