//! Tasks (交办事项): one thing for one person to do, with a day: a promise, a return visit, a change of facts asked for.

use crate::{
    choices::TASK_STATES,
    declare::{choice, day, event, long_text, one, text, to_one},
    kind::{By, Choice, EventType, Field, Fields, Home, Kind},
    role::{Role, WORK_READERS},
    validate::{Violation, has, problem, text_of},
};

/// What a task is.
pub const TASK_KIND: &[Choice] = &[
    one("proposal", "修改建议", "proposed change"),
    one("revisit", "回访核实", "return visit"),
    one("promise", "承诺事项", "promise"),
    one("other", "其他", "other"),
];

const WRITERS: &[Role] = &[
    Role::Helper,
    Role::AssistantHelper,
    Role::FirstSecretary,
    Role::VillageSecretary,
    Role::VillageClerk,
    Role::VillageContact,
    Role::TownOffice,
    Role::TownDeputy,
    Role::TownLeader,
];

/// Lists who says yes or no to a task: for a change of facts it is those who then enter it.
const DECIDERS: &[Role] = &[Role::VillageSecretary, Role::VillageClerk, Role::TownOffice];

static FIELDS: [Field; 9] = [
    text("title", "事项", "title").max(200).required().sealed(),
    choice("kind", "种类", "kind", TASK_KIND).required().sealed(),
    to_one("target", "所指记录", "record it is about", "household").sealed(),
    text("target_kind", "所指记录的种类", "kind of the record").max(40).l1().sealed(),
    text("field", "建议修改的内容", "field to change").max(60).l1().sealed(),
    long_text("value", "建议的值", "value proposed").max(2000).sealed(),
    long_text("reason", "理由", "reason").max(1000).sealed(),
    to_one("owner", "责任人", "owner", "cadre"),
    day("due", "办结日期", "due"),
];

static ANSWER: [Field; 1] = [text("reason", "说明", "explanation").max(500)];

static EVENTS: [EventType; 4] = [
    event("done", "办结", "done").by(By::AuthorOr(WRITERS)).leads(&["open"], "done").carries(&ANSWER),
    event("accept", "采纳", "accept").by(By::Roles(DECIDERS)).leads(&["open", "done"], "accepted").carries(&ANSWER),
    event("reject", "不采纳", "reject").by(By::Roles(DECIDERS)).leads(&["open", "done"], "rejected").carries(&ANSWER),
    event("reopen", "重新办理", "reopen").by(By::Roles(DECIDERS)).leads(&["done", "rejected"], "open").carries(&ANSWER),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("task", "交办事项", "task", Home::Village)
    .of_household()
    .read_by(WORK_READERS)
    .written_by(WRITERS)
    .fields(&FIELDS)
    .moves(TASK_STATES, &EVENTS)
    .check(check);

fn check(fields: &Fields) -> Vec<Violation> {
    if text_of(fields, "kind") != Some("proposal") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (key, zh, en) in [
        ("target", "修改建议要写是哪条记录。", "a proposed change names the record"),
        ("field", "修改建议要写改哪一项。", "a proposed change names the field"),
        ("value", "修改建议要写改成什么。", "a proposed change gives the value"),
    ] {
        if !has(fields, key) {
            found.push(problem(key, zh, en));
        }
    }
    found
}
