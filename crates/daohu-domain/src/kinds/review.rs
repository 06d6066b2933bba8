//! Reviews (月把关) and the other acts by which the office judges a visit or a month record.
//!
//! Nobody writes "passed" into somebody's visit: a review is a record of its own, and the state of what it names is
//! folded from it.

use crate::{
    choices::REVIEW_RESULT,
    declare::{choice, int, long_text, one, text, texts, to_one},
    kind::{Choice, Field, Fields, Home, Kind},
    role::{REVIEWERS, Role, TOWN_REVIEWERS, VILLAGE_REVIEWERS, WORK_READERS},
    validate::{Violation, has, problem, text_of},
};

/// What a review judges.
pub const TARGET_KIND: &[Choice] = &[one("visit", "走访", "visit"), one("month_record", "月纪实", "month record")];

/// At which level a review is made; the server goes by the reviewer's role, a phone shows this.
pub const LEVEL: &[Choice] = &[one("village", "村级", "village"), one("town", "乡级", "township"), one("county", "区级", "county")];

/// Lists who reviews at each level, the highest last.
pub const REVIEWERS_AT: [(&str, &[Role]); 2] = [("village", VILLAGE_REVIEWERS), ("town", TOWN_REVIEWERS)];

/// Why something is returned.
pub const RETURN_REASON: &[Choice] = &[
    one("incomplete", "资料不全", "incomplete"),
    one("wrong_day", "日期不对", "wrong day"),
    one("wrong_person", "人不对", "wrong person"),
    one("too_empty", "太空", "says too little"),
    one("photo_differs", "与照片不符", "differs from the photo"),
    one("wrong_household", "走错户", "wrong household"),
    one("see_paper", "要看原件", "paper original wanted"),
    one("other", "其他", "other"),
];

static FIELDS: [Field; 9] = [
    to_one("target", "把关对象", "what is reviewed", "visit").required().sealed(),
    choice("target_kind", "对象种类", "kind of what is reviewed", TARGET_KIND).required().sealed(),
    choice("result", "结果", "result", REVIEW_RESULT).required().sealed(),
    choice("level", "把关级别", "level of the review", LEVEL).sealed(),
    text("rule", "疑点规则", "rule of the lead").max(40).sealed(),
    choice("return_reason", "退回原因", "why it is returned", RETURN_REASON).sealed(),
    long_text("reason", "意见", "reason").max(1000).sealed(),
    texts("opened", "看过的佐证", "evidence opened").sealed(),
    int("screen_seconds", "查看用时", "time on screen", 0, 86_400).scaled(0, "秒").sealed(),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("review", "月把关", "review", Home::Village)
    .of_household()
    .read_by(WORK_READERS)
    .written_by(REVIEWERS)
    .fields(&FIELDS)
    .check(check);

fn check(fields: &Fields) -> Vec<Violation> {
    let mut found = Vec::new();
    let result = text_of(fields, "result").unwrap_or("");
    let explained = has(fields, "reason") || has(fields, "return_reason");
    if matches!(result, "return" | "refer" | "void" | "restore") && !explained {
        found.push(problem("reason", "写一句原因，让对方知道改什么。", "give the reason, so that the other side knows what to change"));
    }
    if matches!(result, "accept" | "flag") && !has(fields, "rule") {
        found.push(problem("rule", "写明是哪一条疑点规则。", "name the rule of the lead"));
    }
    found
}
