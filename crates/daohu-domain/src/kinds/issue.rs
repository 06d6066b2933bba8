//! Issues (问题): what an inspection found, and the measures against it. The ledger that closes them comes later.

use crate::{
    declare::{choice, column, day, int, long_text, one, text, texts, to_many, to_one},
    kind::{Choice, Field, Home, Import, Kind},
    role::{OFFICE_READERS, Role},
};

const WRITERS: &[Role] = &[Role::FirstSecretary, Role::VillageSecretary, Role::VillageClerk, Role::VillageContact, Role::TownOffice];

const CLASS: &[Choice] = &[one("common", "共性", "common"), one("single", "个性", "single")];

const RECTIFY: &[Choice] = &[
    one("at_once", "立行立改", "at once"),
    one("by_a_day", "限期整改", "by a day").also(&["限期"]),
    one("long_term", "长期整改", "long term").also(&["长期", "长期坚持"]),
];

const NATURE: &[Choice] = &[
    one("procedure", "程序不规范", "procedure not kept"),
    one("papers", "资料不全", "papers incomplete"),
    one("duty", "责任不落实", "duty not taken"),
    one("policy", "政策未落实", "policy not delivered"),
    one("falsified", "造假", "falsified"),
    one("behind", "工作滞后", "work behind"),
];

const SEVERITY: &[Choice] =
    &[one("ordinary", "一般", "ordinary"), one("considerable", "较重", "considerable"), one("serious", "严重", "serious")];

static FIELDS: [Field; 21] = [
    text("no", "问题编号", "number").max(40).l1().required().sealed().headed(&["问题编号", "编号", "no"]),
    to_one("inspection", "来源", "inspection", "inspection").l1(),
    text("area", "领域", "area").max(100).l1().headed(&["领域", "area"]),
    choice("class", "问题类别", "class", CLASS).l1().headed(&["问题类别", "class"]),
    long_text("problem", "具体问题", "problem").required().merged().headed(&["具体问题", "problem"]),
    long_text("measures", "整改措施", "measures").merged().headed(&["整改措施", "整改措施(逐条)", "measures"]),
    choice("rectify", "整改类型", "kind of rectification", RECTIFY).l1().headed(&["整改类型", "整改类型(立行立改/限期/长期)", "rectify"]),
    text("basis", "依据文号", "document number").max(200).l1().headed(&["依据文号", "basis"]),
    int("villages", "涉及村数", "villages concerned", 0, 10_000).l1().headed(&["涉及村数", "villages"]),
    texts("village_codes", "涉及村", "codes of the villages concerned").l1(),
    to_many("households", "涉及户", "households concerned", "household"),
    choice("nature", "问题性质", "nature", NATURE).l1().headed(&["问题性质"]),
    choice("severity", "严重程度", "severity", SEVERITY).l1().headed(&["严重程度"]),
    day("found_on", "发现日期", "found on").l1().headed(&["发现(反馈)时间", "发现时间", "发现日期"]),
    day("due", "完成时限", "due").l1().headed(&["完成时限", "整改时限"]),
    text("lead_unit", "牵头单位", "lead unit").max(100).l1().headed(&["牵头单位"]),
    text("leader", "责任领导", "leader in charge").max(60).headed(&["责任领导"]),
    text("handler", "具体责任人", "person in charge").max(60).headed(&["具体责任人", "责任人"]),
    texts("required_evidence", "应有佐证", "evidence required").l1().headed(&["应有佐证", "required_evidence"]),
    long_text("progress", "整改进展", "progress").merged().headed(&["整改进展", "整改进展(按周/月)"]),
    long_text("attachments", "附记", "notes kept with it").headed(&["附记"]),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("issue", "问题", "issue", Home::Township)
    .read_by(OFFICE_READERS)
    .written_by(WRITERS)
    .fields(&FIELDS)
    .unique(&["inspection", "no"])
    .import(Import {
        table: "issue",
        zh: "问题清单",
        marks: &["问题编号", "具体问题"],
        columns: &[
            column("serial", &["序号"]),
            column("inspection.name", &["反馈单位/来源", "来源"]),
            column("unit", &["涉及单位(村)"]),
            column("households", &["涉及户数"]),
            column("note", &["备注"]),
        ],
        key: &["no", "inspection"],
    });
