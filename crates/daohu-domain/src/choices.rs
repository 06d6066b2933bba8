//! Lists of values that several kinds or rules share: slug, Chinese label, English label.
//!
//! Slugs are never translated and never change; workbooks and people use the labels.

use crate::{declare::one, kind::Choice};

/// How a visit was made (走访方式); only the first two count as a visit in person.
pub const MODE: &[Choice] = &[
    one("home", "入户", "at home").also(&["入户走访", "上门"]),
    one("worksite", "务工地走访", "at the place of work").also(&["务工地"]),
    one("phone", "电话", "telephone").also(&["电话联系"]),
    one("video", "视频", "video call"),
    one("village_office", "村部见面", "met at the village office").also(&["村部"]),
    one("gathering", "集体活动", "gathering"),
];

/// What a visit was for (走访目的).
pub const PURPOSE: &[Choice] = &[
    one("learn_situation", "了解情况", "learn the situation").also(&["了解基本情况"]),
    one("fill_handbook", "填写手册", "fill in the handbook").also(&["填写扶贫手册"]),
    one("plan", "制定计划", "make a plan").also(&["制定脱贫计划"]),
    one("deliver_project", "落实项目", "deliver a project").also(&["落实资金项目"]),
    one("explain_policy", "宣传政策", "explain policy").also(&["宣传扶贫政策"]),
    one("festival", "节日慰问", "festival greeting").also(&["节日假日慰问"]),
    one("verify", "核实信息", "verify facts"),
    one("income", "收入核算", "work out income"),
    one("dispute", "矛盾化解", "settle a dispute"),
    one("collect_need", "需求采集", "collect needs"),
    one("risk", "风险排查", "look for risks"),
    one("policy_payment", "政策兑现", "policy payment"),
    one("return_visit", "回访", "return visit"),
    one("other", "其他", "other").also(&["其他帮扶活动"]),
];

/// Why nobody was met.
pub const ABSENT_REASON: &[Choice] = &[
    one("migrant_work", "外出务工", "away for work"),
    one("hospital", "住院", "in hospital"),
    one("relatives", "走亲", "visiting relatives").also(&["走亲戚"]),
    one("refused", "拒访", "refused"),
    one("moved", "迁居", "moved away"),
    one("other", "其他", "other"),
];

/// The answer to a check of the visit.
pub const CHECK: &[Choice] = &[one("yes", "是", "yes"), one("no", "否", "no"), one("na", "不适用", "not applicable")];

/// Whether a household is in duty, and why not (户状态).
pub const HOUSEHOLD_STATUS: &[Choice] = &[
    one("poor", "未脱贫", "poor").also(&["贫困户"]),
    one("exited_with_policy", "脱贫享受政策", "exited, policies go on").also(&["脱贫户", "已脱贫"]),
    one("monitored", "监测中", "monitored").also(&["监测户", "监测对象"]),
    one("observed", "风险消除观察期", "risk gone, observed"),
    one("ordinary", "一般农户", "ordinary household"),
    one("closed", "销户", "closed").also(&["整户销户"]),
    one("removed", "清退", "removed from the register"),
];

/// What a cadre is to a household (帮扶角色).
pub const PAIRING_ROLE: &[Choice] = &[
    one("primary", "主帮扶", "primary helper").also(&["第一责任人", "帮扶责任人"]),
    one("assistant", "协帮扶", "assistant helper").also(&["第二责任人"]),
    one("supervisor", "监督联系人", "supervising contact"),
];

/// Where a visit stands.
pub const VISIT_STATES: &[Choice] = &[
    one("draft", "草稿", "draft"),
    one("in_progress", "进行中", "in progress"),
    one("sealed", "已封存", "sealed"),
    one("submitted", "已提交", "submitted"),
    one("received", "已收到", "received"),
    one("flagged", "待核", "flagged"),
    one("passed", "已通过", "passed"),
    one("returned", "退回", "returned"),
    one("correcting", "更正中", "being corrected"),
    one("voided", "作废", "voided"),
    one("appealed", "申诉", "appealed"),
];

/// Where a month record stands.
pub const MONTH_RECORD_STATES: &[Choice] = &[
    one("open", "填写中", "open"),
    one("submitted", "已提交", "submitted"),
    one("village_reviewed", "村级已把关", "reviewed by the village"),
    one("town_reviewed", "乡级已把关", "reviewed by the township"),
    one("returned", "退回", "returned"),
    one("archived", "已归档", "archived"),
    one("backfill", "补录", "backfill"),
    one("not_due", "不需", "not due"),
];

/// Where a task stands.
pub const TASK_STATES: &[Choice] = &[
    one("open", "待办", "open"),
    one("done", "已办", "done"),
    one("accepted", "已采纳", "accepted"),
    one("rejected", "未采纳", "not accepted"),
];

/// Where a household stands in a month (户月状态).
pub const HOUSEHOLD_MONTH_STATES: &[Choice] = &[
    one("met", "已走访", "visited"),
    one("late", "迟报", "late"),
    one("unmet", "未走访", "not visited"),
    one("gap", "空档", "gap"),
    one("not_due", "不需", "not due"),
];

/// What a review decides; the first three are what a reviewer chooses, the others are acts of the office.
pub const REVIEW_RESULT: &[Choice] = &[
    one("pass", "通过", "pass"),
    one("return", "退回", "return"),
    one("refer", "存疑", "refer").also(&["存疑转核查"]),
    one("accept", "采信", "accept the explanation"),
    one("void", "作废", "void"),
    one("restore", "恢复", "restore"),
    one("open_paper", "看过原件", "paper original seen"),
    one("approve_backfill", "批准补录", "approve the backfill"),
    one("flag", "列为疑点", "open a lead"),
];

/// Sex.
pub const SEX: &[Choice] = &[one("male", "男", "male"), one("female", "女", "female")];

/// The rank of a cadre (职务级别); 副科级以上 begins at `township_deputy`.
pub const RANK: &[Choice] = &[
    one("state_chief", "国家级正职", "state level"),
    one("state_deputy", "国家级副职", "state level, deputy"),
    one("province_chief", "省部级正职", "provincial level"),
    one("province_deputy", "省部级副职", "provincial level, deputy"),
    one("department_chief", "厅局级正职", "department level"),
    one("department_deputy", "厅局级副职", "department level, deputy"),
    one("county_chief", "县处级正职", "county level"),
    one("county_deputy", "县处级副职", "county level, deputy"),
    one("township_chief", "乡科级正职", "township level").also(&["正科级"]),
    one("township_deputy", "乡科级副职", "township level, deputy").also(&["副科级"]),
    one("section_member", "科员级", "section member").also(&["科员"]),
    one("clerk", "办事员级", "clerk").also(&["办事员"]),
    one("unranked", "未定职", "unranked").also(&["未定级"]),
];

/// Party membership (政治面貌).
pub const PARTY: &[Choice] = &[
    one("member", "中共党员", "Party member").also(&["党员"]),
    one("probationary", "中共预备党员", "probationary Party member").also(&["预备党员"]),
    one("youth_league", "共青团员", "Youth League member").also(&["团员"]),
    one("democratic", "民主党派", "member of a democratic party"),
    one("masses", "群众", "no party"),
];

/// By which standard a household was identified (识别标准).
pub const STANDARD: &[Choice] = &[
    one("national", "国家标准", "national standard"),
    one("provincial", "省定标准", "provincial standard"),
    one("municipal", "市定标准", "municipal standard"),
];

/// Why a household is poor (致贫原因).
pub const CAUSE: &[Choice] = &[
    one("illness", "因病", "illness"),
    one("disability", "因残", "disability"),
    one("schooling", "因学", "cost of schooling"),
    one("disaster", "因灾", "disaster"),
    one("wedding", "因婚", "cost of a wedding"),
    one("funeral", "因丧", "cost of a funeral"),
    one("land", "缺土地", "lack of land"),
    one("water", "缺水", "lack of water"),
    one("skill", "缺技术", "lack of skill"),
    one("labour", "缺劳动力", "lack of labour").also(&["缺劳力"]),
    one("capital", "缺资金", "lack of capital"),
    one("roads", "交通条件落后", "poor roads"),
    one("motivation", "自身发展动力不足", "lack of motivation").also(&["自身发展力不足"]),
    one("other", "其他", "other"),
];

/// What a household is on the register (户属性).
pub const PROPERTY: &[Choice] = &[
    one("general_poor", "一般贫困户", "poor"),
    one("allowance_poor", "低保贫困户", "poor, with subsistence allowance"),
    one("special_care_poor", "特困供养贫困户", "poor, in special care").also(&["五保贫困户", "五保户", "低保户五保户"]),
    one("general_exited", "一般脱贫户", "exited"),
    one("allowance_exited", "低保脱贫户", "exited, with subsistence allowance"),
    one("special_care_exited", "特困供养脱贫户", "exited, in special care").also(&["五保脱贫户"]),
];

/// What a member is to the head of the household (与户主关系).
pub const RELATION: &[Choice] = &[
    one("head", "户主", "head").also(&["本人"]),
    one("spouse", "配偶", "spouse").also(&["妻", "夫"]),
    one("son", "之子", "son").also(&["子"]),
    one("daughter", "之女", "daughter").also(&["女"]),
    one("daughter_in_law", "之儿媳", "daughter-in-law").also(&["儿媳"]),
    one("son_in_law", "之女婿", "son-in-law").also(&["女婿"]),
    one("grandson", "之孙子", "grandson").also(&["孙子"]),
    one("granddaughter", "之孙女", "granddaughter").also(&["孙女"]),
    one("daughters_son", "之外孙子", "daughter's son").also(&["外孙子"]),
    one("daughters_daughter", "之外孙女", "daughter's daughter").also(&["外孙女"]),
    one("father", "之父", "father").also(&["父"]),
    one("mother", "之母", "mother").also(&["母"]),
    one("wifes_father", "之岳父", "wife's father").also(&["岳父"]),
    one("wifes_mother", "之岳母", "wife's mother").also(&["岳母"]),
    one("husbands_father", "之公公", "husband's father").also(&["公公"]),
    one("husbands_mother", "之婆婆", "husband's mother").also(&["婆婆"]),
    one("grandfather", "之祖父", "grandfather").also(&["祖父"]),
    one("grandmother", "之祖母", "grandmother").also(&["祖母"]),
    one("mothers_father", "之外祖父", "mother's father").also(&["外祖父"]),
    one("mothers_mother", "之外祖母", "mother's mother").also(&["外祖母"]),
    one("sibling", "之兄弟姐妹", "brother or sister").also(&["兄弟姐妹"]),
    one("great_grandson", "之曾孙子", "great-grandson").also(&["曾孙子"]),
    one("great_granddaughter", "之曾孙女", "great-granddaughter").also(&["曾孙女"]),
    one("nephew", "之侄儿", "nephew").also(&["侄儿"]),
    one("niece", "之侄女", "niece").also(&["侄女"]),
    one("brothers_wife", "之兄弟媳妇", "brother's wife").also(&["兄弟媳妇"]),
    one("uncle", "之叔伯", "uncle").also(&["叔伯"]),
    one("other", "其他", "other"),
];

/// The kind of an identity paper (证件类型).
pub const ID_TYPE: &[Choice] = &[
    one("resident", "居民身份证", "identity card").also(&["身份证"]),
    one("disability", "残疾人证", "disability card").also(&["残疾证"]),
    one("other", "其他", "other"),
];
