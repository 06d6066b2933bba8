//! Evidence (佐证): a photo or a file, and what it is said to show.
//!
//! The record names files by their SHA-256 and never holds one. What the camera wrote into a file stands here as facts; where it was
//! taken is a secret like the position of a visit.

use crate::{
    declare::{choice, day, event, evidence, instant, int, one, point, text, to_one, yes_no},
    kind::{By, Choice, EventType, Field, Fields, Home, Json, Kind},
    role::{Role, WORK_READERS},
    validate::{Violation, has, problem, text_of},
};

/// What a piece of evidence is.
pub const SORT: &[Choice] = &[
    one("photo", "照片", "photo"),
    one("video", "视频", "video"),
    one("minutes", "会议记录", "minutes"),
    one("sign_in_sheet", "签到册", "sign-in sheet"),
    one("roster", "花名册", "roster"),
    one("notice", "通知文件", "notice").also(&["通知", "文件"]),
    one("ledger", "台账", "ledger"),
    one("voucher", "凭证", "voucher"),
    one("publicity_photo", "公示照片", "photo of a public notice"),
    one("screenshot", "系统截图", "screenshot"),
    one("other", "其他", "other"),
];

/// How a file came into the program.
pub const SOURCE: &[Choice] = &[
    one("camera", "当场拍摄", "taken in the app"),
    one("album", "相册导入", "from the album"),
    one("scan", "扫描", "scanned"),
    one("file", "外部文件", "a file from elsewhere"),
];

/// What a photo stands for beside a claim.
pub const STAGE: &[Choice] = &[
    one("before", "整改前", "before"),
    one("after", "整改后", "after"),
    one("archive", "历史照片", "old photo"),
];

/// What evidence is evidence of.
pub const TARGET_KIND: &[Choice] = &[
    one("visit", "走访", "visit"),
    one("month_record", "月纪实", "month record"),
    one("issue", "问题", "issue"),
    one("task", "交办事项", "task"),
    one("household", "户", "household"),
];

const STATES: &[Choice] = &[one("attached", "已附", "attached"), one("withdrawn", "已撤下", "withdrawn")];

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

static FIELDS: [Field; 29] = [
    choice("sort", "佐证种类", "sort of evidence", SORT).required().sealed(),
    to_one("target", "所证记录", "record it is evidence of", "visit").required().sealed(),
    choice("target_kind", "所证记录的种类", "kind of the record", TARGET_KIND).required().sealed(),
    text("slot", "应有佐证项", "evidence asked for that it is").max(60).l1().sealed(),
    evidence("file", "保存件", "file that is kept").required().sealed(),
    evidence("thumb", "缩略图", "thumbnail").sealed(),
    evidence("original", "原件", "original").required().sealed(),
    int("size", "保存件大小", "size of the file that is kept", 1, 1 << 40).scaled(0, "B").l1().sealed(),
    int("original_size", "原件大小", "size of the original", 1, 1 << 40).scaled(0, "B").l1().sealed(),
    yes_no("keeps_original", "保留原件", "the original is kept").l1().sealed(),
    text("media_type", "文件类型", "media type").max(80).l1().required().sealed(),
    int("width", "宽", "width", 1, 100_000).scaled(0, "px").l1().sealed(),
    int("height", "高", "height", 1, 100_000).scaled(0, "px").l1().sealed(),
    choice("source", "来源", "source", SOURCE).required().sealed(),
    instant("taken_at", "拍摄时间", "taken at").sealed(),
    yes_no("taken_zoned", "拍摄时间带时区", "the time taken has its zone").l1().sealed(),
    text("camera", "拍摄设备", "device that took it").max(120).sealed(),
    text("software", "处理软件", "software that wrote it").max(120).sealed(),
    day("event_date", "所证日期", "day it shows").sealed(),
    choice("stage", "前后", "before or after", STAGE).sealed(),
    to_one("pair", "前后对照", "the other one of the pair", "evidence").sealed(),
    yes_no("faces_consent", "人像已征得同意", "faces: consent was given").sealed(),
    text("matter", "事由", "matter").max(200),
    text("when", "时间", "when").max(60),
    text("where", "地点", "where").max(200),
    text("who", "人物", "who").max(200),
    text("background", "背景", "background").max(400),
    text("photographer", "摄影者", "photographer").max(60),
    point("point", "拍摄位置", "where it was taken").sealed(),
];

static REASON: [Field; 1] = [text("reason", "说明", "explanation").max(500)];

static EVENTS: [EventType; 1] =
    [event("withdraw", "撤下", "take down").by(By::AuthorOr(&[Role::TownOffice])).leads(&["attached"], "withdrawn").carries(&REASON)];

/// Declares the kind.
pub static KIND: Kind = Kind::new("evidence", "佐证", "evidence", Home::Village)
    .of_household_or_none()
    .read_by(WORK_READERS)
    .written_by(WRITERS)
    .fields(&FIELDS)
    .moves(STATES, &EVENTS)
    .check(check);

fn check(fields: &Fields) -> Vec<Violation> {
    let mut found = Vec::new();
    let several = |key: &str| fields.get(key).and_then(Json::as_array).is_some_and(|hashes| hashes.len() != 1);
    for key in ["file", "thumb", "original"].into_iter().filter(|key| several(key)) {
        found.push(problem(key, "只写一个文件的校验值。", "name one file, by its hash"));
    }
    if text_of(fields, "sort") == Some("photo") && has(fields, "file") && !has(fields, "thumb") {
        found.push(problem("thumb", "照片要有缩略图。", "a photo has a thumbnail"));
    }
    found
}
