//! Visits (走访): what one helper recorded at one household. Written once and never edited.
//!
//! A correction is an event or a new visit that names the one it corrects, so the first record stays readable for
//! ever. Photo, position and signature are never required.

use crate::{
    calendar::{DAY_MS, Instant},
    choices::{ABSENT_REASON, CHECK, MODE, PURPOSE, VISIT_STATES},
    declare::{choice, choices, day, event, evidence, instant, int, long_text, one, point, rows, text, texts, to_many, to_one, yes_no},
    kind::{By, Choice, EventType, Field, Fields, Home, Json, Kind},
    role::{VISITORS, WORK_READERS},
    time::Stamp,
    validate::{Violation, has, instant_of, problem},
};
use serde_json::json;

/// Names the eight checks (两不愁三保障, income, policy).
pub const CHECK_KEYS: [&str; 8] = ["food", "clothing", "education", "medical", "housing", "water", "income", "policy"];

/// Why an author voids a visit of his own.
const VOID_REASON: &[Choice] = &[
    one("duplicate", "重复", "recorded twice"),
    one("wrong_household", "走错户", "wrong household"),
    one("test", "测试", "a test"),
    one("untrue", "确认不实", "not true"),
    one("other", "其他", "other"),
];

static PERSON_MET: [Field; 2] =
    [text("name", "姓名", "name").max(40).required(), text("relation", "与户主关系", "relation to the head").max(40)];

static PROMISE: [Field; 2] = [text("text", "承诺事项", "promise").max(200).required(), day("day", "办结日期", "due day")];

static FIELDS: [Field; 29] = [
    choice("mode", "走访方式", "how", MODE).required().sealed().headed(&["走访方式"]),
    choices("purpose", "走访目的", "purpose", PURPOSE).required().sealed().headed(&["走访类型", "走访目的"]),
    instant("start", "开始时间", "start").required().sealed().headed(&["走访时间"]),
    instant("end", "结束时间", "end").sealed(),
    rows("met", "见到的人", "people met", &PERSON_MET).sealed(),
    choice("absent_reason", "没见到人的原因", "why nobody was met", ABSENT_REASON).sealed(),
    choice("food", "不愁吃", "food", CHECK).sealed(),
    choice("clothing", "不愁穿", "clothing", CHECK).sealed(),
    choice("education", "义务教育", "compulsory education", CHECK).sealed(),
    choice("medical", "基本医疗", "basic medical care", CHECK).sealed(),
    choice("housing", "住房安全", "safe housing", CHECK).sealed(),
    choice("water", "饮水安全", "safe water", CHECK).sealed(),
    choice("income", "收入", "income", CHECK).sealed(),
    choice("policy", "政策落实", "policies delivered", CHECK).sealed(),
    long_text("narrative", "走访记录", "narrative").sealed().headed(&["走访内容", "走访记录"]),
    to_many("participants", "同行干部", "cadres who took part", "cadre").sealed(),
    to_one("recorder", "记录人", "recorder", "cadre").sealed().headed(&["走访人"]),
    yes_no("for_other", "代记", "recorded for another").sealed(),
    rows("promises", "承诺事项", "promises", &PROMISE).sealed(),
    texts("kept", "已兑现的承诺", "promises kept").sealed(),
    day("original_date", "补录的走访日期", "day of the visit, backfilled").sealed(),
    text("backfill_reason", "补录原因", "reason of the backfill").max(200).sealed(),
    to_one("corrects", "更正的走访", "visit it corrects", "visit").sealed(),
    to_one("duplicate_of", "重复于", "duplicate of", "visit").sealed(),
    to_many("names", "涉及的分户", "households named", "household").sealed(),
    yes_no("household_confirmed", "户已确认", "confirmed by the household").sealed(),
    evidence("photos", "照片", "photos").sealed().headed(&["佐证"]),
    text("app", "程序版本", "version of the program").max(40).l1().sealed(),
    point("point", "位置", "position").sealed(),
];

static BEGAN: [Field; 2] = [
    int("began_boot", "开始时的开机序号", "boot in which it began", 0, u32::MAX as i64).l1(),
    int("began_mono_ms", "开始时的单调时钟", "monotonic clock at which it began, in ms", 0, i64::MAX).l1(),
];
static REASON: [Field; 1] = [choice("reason", "原因", "reason", VOID_REASON)];
static CORRECTION: [Field; 2] =
    [text("reason", "修改说明", "what was changed and why").max(500), long_text("narrative", "走访记录", "narrative")];
static EXPLANATION: [Field; 1] = [long_text("text", "说明", "explanation").max(2000)];
static JOINED: [Field; 1] = [to_one("cadre", "干部", "cadre", "cadre")];

const UNJUDGED: &[&str] = &["submitted", "received", "flagged", "returned", "correcting", "draft"];
const STANDING: &[&str] = &["submitted", "received", "flagged", "passed", "returned", "correcting"];

static EVENTS: [EventType; 9] = [
    event("submit", "提交", "submit").leads(&["draft"], "submitted").carries(&BEGAN),
    event("withdraw", "撤回", "withdraw").leads(&["submitted", "received", "flagged"], "draft"),
    event("correct", "更正", "correct").leads(&["returned"], "correcting").carries(&CORRECTION),
    event("correct", "更正", "correct").leads(&["submitted", "received", "flagged", "passed", "correcting"], "").carries(&CORRECTION),
    event("resubmit", "再提交", "resubmit").leads(&["draft", "returned", "correcting"], "submitted").carries(&CORRECTION),
    event("void", "作废", "void").leads(UNJUDGED, "voided").carries(&REASON),
    event("explain", "说明", "explain").leads(STANDING, "").carries(&EXPLANATION),
    event("appeal", "申诉", "appeal").leads(&["voided"], "appealed").carries(&EXPLANATION),
    event("join", "一同走访", "join").by(By::Roles(VISITORS)).leads(STANDING, "").carries(&JOINED),
];

/// Returns what a submit event carries of the clocks at which its visit began, where its own clocks are not near enough to
/// tell: handed in after a restart, or more than a day later.
#[must_use]
pub fn began(start: &Stamp, submitted: &Stamp) -> Fields {
    let near = start.boot == submitted.boot && submitted.mono_ms.saturating_sub(start.mono_ms) <= DAY_MS;
    let carried = [("began_boot", json!(start.boot)), ("began_mono_ms", json!(start.mono_ms))];
    if near { Fields::new() } else { carried.into_iter().map(|(key, value)| (key.to_owned(), value)).collect() }
}

/// Returns the clocks at which a visit began, where its submit event carries them; `start` is what the visit claims.
#[must_use]
pub fn began_at(event: &Fields, start: Instant) -> Option<Stamp> {
    let boot = event.get("began_boot").and_then(Json::as_u64).and_then(|boot| u32::try_from(boot).ok())?;
    Some(Stamp { wall_ms: start.0, mono_ms: event.get("began_mono_ms").and_then(Json::as_i64)?, boot })
}

/// Declares the kind.
pub static KIND: Kind = Kind::new("visit", "走访", "visit", Home::Village)
    .of_household()
    .read_by(WORK_READERS)
    .written_by(VISITORS)
    .fields(&FIELDS)
    .moves(VISIT_STATES, &EVENTS)
    .check(check);

fn check(fields: &Fields) -> Vec<Violation> {
    let mut found = Vec::new();
    let absent = has(fields, "absent_reason");
    let met = has(fields, "met");
    if !met && !absent {
        found.push(problem("met", "写下见到了谁；没见到人就选原因。", "say whom you met, or why nobody was met"));
    }
    if met && absent {
        found.push(problem(
            "absent_reason",
            "见到了人就不选“没见到人”的原因，二者留一个。",
            "somebody was met: leave out why nobody was met",
        ));
    }
    if !absent && !has(fields, "narrative") && !CHECK_KEYS.iter().any(|key| has(fields, key)) {
        found.push(problem("narrative", "写一句今天的情况，或者看一项、勾一项。", "write one sentence, or answer one check"));
    }
    if let (Some(start), Some(end)) = (instant_of(fields, "start"), instant_of(fields, "end"))
        && end < start
    {
        found.push(problem("end", "结束时间不能早于开始时间。", "the end must not lie before the start"));
    }
    if has(fields, "original_date") && !has(fields, "backfill_reason") {
        found.push(problem("backfill_reason", "补录要写当时为什么没记。", "a backfill needs the reason why it was not recorded then"));
    }
    if has(fields, "backfill_reason") && !has(fields, "original_date") {
        found.push(problem("original_date", "补录要写走访是哪一天。", "a backfill needs the day of the visit"));
    }
    found
}
