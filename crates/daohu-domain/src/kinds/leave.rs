//! Leaves (请假): a cadre's approved absence and who stands in.

use crate::{
    declare::{day, text, to_one},
    kind::{Field, Fields, Home, Kind},
    role::{OFFICE_READERS, ROSTER_WRITERS},
    validate::{Violation, day_of, problem, text_of},
};

static FIELDS: [Field; 5] = [
    to_one("cadre", "请假人", "cadre", "cadre").required().sealed(),
    day("from", "起始日期", "from").required().sealed(),
    day("to", "结束日期", "until").required(),
    to_one("deputy", "代管人", "deputy", "cadre"),
    text("note", "备注", "note").max(200),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("leave", "请假", "leave", Home::Township)
    .read_by(OFFICE_READERS)
    .written_by(ROSTER_WRITERS)
    .fields(&FIELDS)
    .unique(&["cadre", "from"])
    .check(check);

fn check(fields: &Fields) -> Vec<Violation> {
    let mut found = Vec::new();
    if let (Some(from), Some(to)) = (day_of(fields, "from"), day_of(fields, "to"))
        && to <= from
    {
        found.push(problem("to", "结束日期要晚于起始日期，写销假的那一天。", "the end must lie after the start: write the first day back"));
    }
    if text_of(fields, "deputy").is_some() && text_of(fields, "deputy") == text_of(fields, "cadre") {
        found.push(problem("deputy", "代管人要写另一个人。", "the deputy must be somebody else"));
    }
    found
}
