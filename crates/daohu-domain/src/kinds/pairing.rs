//! Pairings (结对): which cadre stands for which household, from when to when.
//!
//! A pairing is never edited into another one: the old one gets its end, a new one begins.

use crate::{
    choices::PAIRING_ROLE,
    declare::{choice, column, day, one, text, to_one, yes_no},
    kind::{Choice, Field, Fields, Home, Import, Kind},
    role::{ROSTER_WRITERS, WORK_READERS},
    validate::{Violation, day_of, problem},
};

/// Where a helper comes from.
const SOURCE: &[Choice] = &[
    one("unit", "单位结对", "sent by a unit"),
    one("resident_team", "驻村工作队", "resident team"),
    one("township", "乡镇包户", "township cadre"),
    one("village", "村干部包户", "village cadre"),
    one("party_member", "党员联户", "Party member of the village"),
];

/// Why a pairing ended.
const END_REASON: &[Choice] = &[
    one("transferred", "调动", "transferred"),
    one("retired", "退休", "retired"),
    one("election", "换届", "election"),
    one("unit_changed", "单位调整", "unit rearranged"),
    one("household_closed", "户销户", "household closed"),
    one("unit_replaced", "单位更换", "unit replaced"),
    one("recalled", "不胜任召回", "recalled"),
    one("corrected", "更正", "entered by mistake"),
    one("other", "其他", "other"),
];

static FIELDS: [Field; 13] = [
    to_one("cadre", "帮扶责任人", "helper", "cadre").required().sealed().national("AAK110"),
    choice("role", "帮扶角色", "role", PAIRING_ROLE).required().sealed().headed(&["帮扶角色"]),
    day("from", "帮扶起始时间", "from").required().sealed().national("AAR020").headed(&["帮扶起始时间", "帮扶开始时间", "开始时间"]),
    day("to", "帮扶结束时间", "to").national("AAR021").headed(&["帮扶结束时间", "结束时间"]),
    to_one("unit", "帮扶单位", "unit", "org"),
    choice("source", "帮扶来源", "where the helper comes from", SOURCE).headed(&["帮扶来源"]),
    text("basis", "依据文号", "document number").max(100).headed(&["依据文号", "依据"]),
    text("number", "结对编号", "pairing number").max(40).national("AAC080").headed(&["结对编号"]),
    choice("end_reason", "结束原因", "reason of the end", END_REASON).headed(&["结束原因"]),
    text("end_note", "结束说明", "note on the end").max(200),
    text("adjustment", "调整情况", "earlier adjustment").max(200).headed(&["调整情况"]),
    text("note", "备注", "note").max(500).headed(&["备注"]),
    yes_no("confirmed_by_household", "户已确认", "confirmed by the household"),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("pairing", "结对", "pairing", Home::Village)
    .of_household()
    .read_by(WORK_READERS)
    .written_by(ROSTER_WRITERS)
    .fields(&FIELDS)
    .unique(&["subject", "cadre", "role", "from"])
    .check(check)
    .import(Import {
        table: "pairing",
        zh: "结对帮扶花名册",
        marks: &["户编号", "帮扶责任人姓名", "帮扶起始时间"],
        columns: &[
            column("serial", &["序号"]),
            column("town", &["乡镇", "乡"]),
            column("village", &["村"]),
            column("household.group", &["组"]),
            column("household.head_name", &["户主姓名"]),
            column("household.number", &["户编号"]),
            column("household.people", &["家庭人口", "家庭人口数"]),
            column("household.property", &["户属性"]),
            column("household.exit_year", &["脱贫年度"]),
            column("cadre.name", &["帮扶责任人姓名", "帮扶责任人"]),
            column("org.name", &["单位", "帮扶单位"]),
            column("cadre.rank", &["职务"]),
            column("cadre.phone", &["联系电话"]),
        ],
        key: &["household", "cadre", "role", "from"],
    });

fn check(fields: &Fields) -> Vec<Violation> {
    match (day_of(fields, "from"), day_of(fields, "to")) {
        (Some(from), Some(to)) if to <= from => {
            vec![problem(
                "to",
                "结束时间要晚于起始时间；同一天交接时，旧的结束日就是新的起始日。",
                "the end must lie after the start; on a handover the old end is the new start",
            )]
        }
        _ => Vec::new(),
    }
}
