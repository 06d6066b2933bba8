//! Month records (月纪实): what the month brought one household, written up from its visits.

use crate::{
    choices::MONTH_RECORD_STATES,
    declare::{choice, event, long_text, month, one, text, to_many},
    kind::{By, Choice, EventType, Field, Home, Kind},
    role::{VISITORS, WORK_READERS},
};

/// Names the six texts in the order of the booklet.
pub const TEXT_KEYS: [&str; 6] = ["work", "policy", "income_change", "measures", "needs", "next_plan"];

/// Why a record is submitted though the household was not visited.
pub const UNMET_REASON: &[Choice] = &[
    one("not_at_home", "两次没见到人", "nobody met twice").also(&["户不在家连续两次"]),
    one("disaster", "自然灾害", "natural disaster"),
    one("epidemic", "疫情", "epidemic"),
    one("gap", "帮扶空档", "no helper").also(&["助手空档"]),
    one("other", "其他", "other"),
];

static FIELDS: [Field; 8] = [
    month("month", "月份", "month").required().sealed(),
    long_text("work", "本月工作", "work of the month").max(3000).merged(),
    long_text("policy", "政策落实", "policies delivered").max(3000).merged(),
    long_text("income_change", "收入变化", "change of income").max(3000).merged(),
    long_text("measures", "措施进展", "progress of measures").max(3000).merged(),
    long_text("needs", "问题与诉求", "problems and needs").max(3000).merged(),
    long_text("next_plan", "下月打算", "plan for next month").max(3000).merged(),
    to_many("visits", "本月走访", "visits of the month", "visit").growing(),
];

static SUBMISSION: [Field; 2] =
    [choice("reason", "未走访原因", "why the household was not visited", UNMET_REASON), text("note", "补充说明", "note").max(500)];

static EVENTS: [EventType; 3] = [
    event("submit", "提交", "submit").by(By::AuthorOr(VISITORS)).leads(&["open", "returned", "archived"], "submitted").carries(&SUBMISSION),
    event("withdraw", "撤回", "withdraw").by(By::AuthorOr(VISITORS)).leads(&["submitted"], "open"),
    event("ask_backfill", "申请补录", "ask for a backfill").by(By::AuthorOr(VISITORS)).leads(&["archived"], "").carries(&SUBMISSION),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("month_record", "月纪实", "month record", Home::Village)
    .of_household()
    .read_by(WORK_READERS)
    .written_by(VISITORS)
    .fields(&FIELDS)
    .moves(MONTH_RECORD_STATES, &EVENTS)
    .unique(&["subject", "month"]);
