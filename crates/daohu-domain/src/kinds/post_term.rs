//! Terms in a post (任职): which post must be filled where, and who filled it from when to when.
//!
//! A record without a cadre says that the post is required in that span; a record with one says who held it.

use crate::{
    declare::{choice, day, one, text, to_one, yes_no},
    kind::{Choice, Field, Fields, Home, Kind},
    place::Place,
    role::{EVERYONE, ROSTER_WRITERS},
    validate::{Violation, day_of, problem},
};

/// The posts that the rules and people speak of.
const TITLE: &[Choice] = &[
    one("town_secretary", "乡党委书记", "township Party secretary").also(&["镇党委书记"]),
    one("town_head", "乡长", "township head").also(&["镇长"]),
    one("town_deputy_secretary", "党委副书记", "deputy Party secretary"),
    one("town_deputy_head", "专职副乡长", "deputy township head").also(&["副乡长", "副镇长"]),
    one("town_discipline", "纪委书记", "discipline secretary"),
    one("office_head", "扶贫办主任", "head of the poverty relief office"),
    one("office_clerk", "扶贫专干", "poverty relief clerk"),
    one("village_secretary", "村党支部书记", "village Party secretary").also(&["村支书"]),
    one("village_head", "村委会主任", "head of the villagers' committee").also(&["村主任"]),
    one("village_supervisor", "村监委会主任", "head of the village supervision committee"),
    one("village_clerk", "村文书", "village clerk"),
    one("group_head", "村民小组长", "head of a villagers' group"),
    one("first_secretary", "第一书记", "first secretary"),
    one("team_leader", "工作队长", "leader of the resident team"),
    one("team_member", "工作队员", "member of the resident team"),
    one("village_contact", "包村干部", "contact cadre of a village"),
    one("unit_liaison", "单位联络员", "liaison of a unit"),
    one("other", "其他", "other"),
];

/// Why a term began or ended (变动原因).
const REASON: &[Choice] = &[
    one("appointed", "任命", "appointed"),
    one("election", "换届", "election"),
    one("transferred", "调动", "transferred"),
    one("dismissed", "免职", "dismissed"),
    one("retired", "退休", "retired"),
    one("secondment_ended", "挂职结束", "secondment ended"),
    one("recalled", "召回", "recalled"),
    one("sick_leave", "病休", "sick leave"),
    one("other", "其他", "other"),
];

static FIELDS: [Field; 10] = [
    text("post", "岗位编号", "post").max(60).l1().required().sealed(),
    choice("title", "岗位", "title", TITLE).l1(),
    text("at", "任职区划代码", "code of the place").max(12).l1().required().sealed(),
    yes_no("required", "是否应配", "must be filled").l1(),
    to_one("cadre", "任职人", "cadre", "cadre").l1().sealed(),
    day("from", "起始日期", "from").l1().required(),
    day("to", "结束日期", "to").l1(),
    choice("reason", "变动原因", "reason", REASON).l1(),
    text("basis", "文号", "document number").max(60).l1(),
    to_one("org", "单位", "unit", "org").l1(),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("post_term", "任职", "term in a post", Home::Township)
    .reference()
    .read_by(EVERYONE)
    .written_by(ROSTER_WRITERS)
    .fields(&FIELDS)
    .check(check);

fn check(fields: &Fields) -> Vec<Violation> {
    let mut found = Vec::new();
    if fields.get("at").and_then(|value| value.as_str()).is_some_and(|text| text.parse::<Place>().is_err()) {
        found.push(problem("at", "任职区划代码要写 12 位数字。", "write the code of the place as 12 digits"));
    }
    if let (Some(from), Some(to)) = (day_of(fields, "from"), day_of(fields, "to"))
        && to <= from
    {
        found.push(problem("to", "结束日期要晚于起始日期。", "the last day must lie after the first"));
    }
    let filled = fields.get("cadre").is_some_and(|value| !value.is_null());
    let required = fields.get("required").and_then(serde_json::Value::as_bool).unwrap_or(false);
    if !filled && !required {
        found.push(problem(
            "cadre",
            "写任职人；只登记应配岗位时，把“是否应配”写成“是”。",
            "name the cadre; to record only that the post must be filled, set it as required",
        ));
    }
    found
}
