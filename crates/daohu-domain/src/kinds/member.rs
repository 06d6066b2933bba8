//! Members of a household (家庭成员), with all columns of the year's table of people (人表).
//!
//! Health, disability, allowances and schooling are secrets: they are kept on the server alone.

use crate::{
    choices::{ID_TYPE, PARTY, RELATION, SEX, STANDARD},
    declare::{choice, choices, column, day, int, one, text, yes_no},
    kind::{Choice, Field, Home, Import, Kind, Mask},
    role::{FACT_PROPOSERS, FACT_WRITERS, FAMILY_READERS},
};

const EDUCATION: &[Choice] = &[
    one("illiterate", "文盲或半文盲", "illiterate or nearly so").also(&["文盲半文盲", "文盲"]),
    one("primary", "小学", "primary school"),
    one("junior", "初中", "junior secondary school"),
    one("senior", "高中", "senior secondary school").also(&["中专", "高中（中专）"]),
    one("college", "大专", "junior college"),
    one("university", "本科及以上", "university").also(&["本科", "大学"]),
];

const SCHOOL: &[Choice] = &[
    one("preschool_age", "学龄前儿童", "below school age"),
    one("kindergarten", "学前教育", "kindergarten"),
    one("primary", "小学", "primary school"),
    one("junior", "初中", "junior secondary school"),
    one("grade_7", "七年级", "grade 7"),
    one("grade_8", "八年级", "grade 8"),
    one("grade_9", "九年级", "grade 9"),
    one("senior", "高中", "senior secondary school"),
    one("senior_1", "普通高中一年级", "senior secondary, year 1").also(&["高中一年级"]),
    one("senior_2", "普通高中二年级", "senior secondary, year 2").also(&["高中二年级"]),
    one("senior_3", "普通高中三年级", "senior secondary, year 3").also(&["高中三年级"]),
    one("vocational_1", "中职一年级", "vocational school, year 1"),
    one("vocational_2", "中职二年级", "vocational school, year 2"),
    one("vocational_3", "中职三年级", "vocational school, year 3"),
    one("college_1", "高职高专一年级", "junior college, year 1"),
    one("college_2", "高职高专二年级", "junior college, year 2"),
    one("college_3", "高职高专三年级", "junior college, year 3"),
    one("technician_1", "技师学院一年级", "technician college, year 1"),
    one("technician_2", "技师学院二年级", "technician college, year 2"),
    one("technician_3", "技师学院三年级", "technician college, year 3"),
    one("technician_4", "技师学院四年级", "technician college, year 4"),
    one("university_1", "本科一年级", "university, year 1"),
    one("university_2", "本科二年级", "university, year 2"),
    one("university_3", "本科三年级", "university, year 3"),
    one("university_4", "本科四年级", "university, year 4"),
    one("university_5", "本科五年级", "university, year 5"),
    one("master", "硕士研究生及以上", "master or above"),
];

const LABOUR: &[Choice] = &[
    one("skilled", "技能劳动力", "skilled labour"),
    one("ordinary", "普通劳动力", "ordinary labour"),
    one("weak", "弱劳动力或半劳动力", "weak or half labour").also(&["弱劳动力", "半劳动力"]),
    one("lost", "丧失劳动力", "labour lost"),
    one("none", "无劳动力", "no labour"),
];

const HEALTH: &[Choice] = &[
    one("healthy", "健康", "healthy"),
    one("chronic", "长期慢性病", "long chronic illness"),
    one("serious", "患有大病", "serious illness").also(&["大病"]),
    one("disabled", "残疾", "disability"),
];

static FIELDS: [Field; 41] = [
    text("number", "人口编号", "person number").max(40).required().national("AAB001").headed(&["人口编号"]),
    text("name", "姓名", "name").max(40).required().masked(Mask::Name).national("AAB002").headed(&["姓名"]),
    choice("sex", "性别", "sex", SEX).national("AAB003").headed(&["性别"]),
    day("birth", "出生日期", "date of birth").national("AAB005").headed(&["出生日期"]),
    choice("id_type", "证件类型", "kind of identity paper", ID_TYPE).national("AAB018").headed(&["证件类型"]),
    text("id_number", "证件号码", "identity number").max(22).l3(Mask::IdNumber).national("AAB004").headed(&["证件号码"]),
    text("nation", "民族", "nationality").max(20).national("AAB007").headed(&["民族"]),
    text("phone", "成员联系电话", "telephone").max(20).l3(Mask::Phone).headed(&["成员联系电话", "联系电话"]),
    int("year", "年度", "year of the table", 1980, 2100).national("AAR040").headed(&["年度"]),
    choice("relation", "与户主关系", "relation to the head", RELATION).required().national("AAB006").headed(&["与户主关系"]),
    choice("education", "文化程度", "education", EDUCATION).national("AAB008").headed(&["文化程度"]),
    choice("school", "在校生状况", "at school", SCHOOL).l3(Mask::Hidden).national("AAB009").headed(&["在校生状况"]),
    choice("labour", "劳动技能", "labour", LABOUR).national("AAB010").headed(&["劳动技能", "劳动能力"]),
    int("work_months", "务工时间", "months of work away", 0, 12).scaled(0, "月").headed(&["务工时间（月）", "务工时间"]),
    choices("health", "健康状况", "health", HEALTH).l3(Mask::Hidden).national("AAB017").headed(&["健康状况"]),
    choice("party", "政治面貌", "party membership", PARTY).national("AAK033").headed(&["政治面貌"]),
    text("employer", "务工企业名称", "employer").max(80).headed(&["务工企业名称"]),
    yes_no("allowance", "是否享受低保", "subsistence allowance").l3(Mask::Hidden).headed(&["是否享受低保"]),
    yes_no("worker_pension", "是否参加城镇职工基本养老保险", "workers' pension insurance").headed(&["是否参加城镇职工基本养老保险"]),
    yes_no("serious_illness_insurance", "是否参加大病保险", "serious illness insurance").headed(&["是否参加大病保险"]),
    yes_no("rural_medical", "是否参加城乡居民基本医疗保险", "residents' medical insurance").headed(&[
        "是否参加新型农村合作医疗（城乡居民基本医疗保险）",
        "是否参加城乡居民基本医疗保险",
        "是否参加新型农村合作医疗",
    ]),
    yes_no("resident_pension", "是否参加城乡居民基本养老保险", "residents' pension insurance").headed(&["是否参加城乡居民基本养老保险"]),
    text("dropout_reason", "失学或辍学原因", "why out of school")
        .max(100)
        .l3(Mask::Hidden)
        .headed(&["失学或辍学原因", "义务教育阶段未上学原因"]),
    yes_no("mandarin", "是否会讲普通话", "speaks Mandarin").headed(&["是否会讲普通话"]),
    yes_no("commercial_medical", "是否参加商业补充医疗保险", "commercial medical insurance").headed(&["是否参加商业补充医疗保险"]),
    yes_no("works_abroad", "是否国外务工", "works abroad").headed(&["是否国外务工"]),
    text("trade", "产业分类", "trade").max(60).headed(&["产业分类"]),
    yes_no("illness_relief", "是否接受大病医疗救助", "relief for serious illness").l3(Mask::Hidden).headed(&["是否接受大病医疗救助"]),
    yes_no("other_health_help", "是否接受其他健康扶贫", "other help for health").l3(Mask::Hidden).headed(&["是否接受其他健康扶贫"]),
    text("public_post", "公益性岗位类型", "public service post").max(60).headed(&["公益性岗位类型"]),
    int("public_post_months", "公益性岗位月数", "months in a public service post", 0, 12)
        .scaled(0, "月")
        .headed(&["公益性岗位(月数)", "公益性岗位月数"]),
    text("job_channel", "就业渠道", "how the work was found").max(60).headed(&["就业渠道"]),
    text("disability", "残疾类别", "kind of disability").max(60).l3(Mask::Hidden).headed(&["残疾类别"]),
    text("work_place", "务工所在地", "place of work").max(80).national("AAB029").headed(&["务工所在地"]),
    yes_no("worker_medical", "是否参加城镇职工基本医疗保险", "workers' medical insurance").headed(&["是否参加城镇职工基本医疗保险"]),
    yes_no("special_care", "是否特困供养人员", "in special care").l3(Mask::Hidden).headed(&["是否特困供养人员"]),
    int("disability_card_year", "残疾证办证年度", "year of the disability card", 1980, 2100).l3(Mask::Hidden).headed(&["残疾证办证年度"]),
    choice("standard", "识别标准", "standard of identification", STANDARD).national("AAC005").headed(&["识别标准"]),
    yes_no("soldier", "是否现役军人", "serving soldier").headed(&["是否现役军人"]),
    yes_no("accident_insurance", "是否享受人身意外保险补贴", "accident insurance subsidy").headed(&["是否享受人身意外保险补贴"]),
    day("left", "离户日期", "left the household on"),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("member", "家庭成员", "member", Home::Village)
    .of_household()
    .read_by(FAMILY_READERS)
    .written_by(FACT_WRITERS)
    .proposed_by(FACT_PROPOSERS)
    .fields(&FIELDS)
    .unique(&["number"])
    .import(Import {
        table: "member",
        zh: "人表",
        marks: &["人口编号", "与户主关系"],
        columns: &[
            column("serial", &["序号"]),
            column("province", &["省"]),
            column("city", &["市"]),
            column("county", &["县", "区县"]),
            column("town", &["乡", "乡镇"]),
            column("village", &["村"]),
            column("household.number", &["户编号"]),
            column("household.phone", &["户联系电话"]),
            column("household.head_name", &["户主姓名"]),
            column("household.id_number", &["户主证件号码"]),
            column("note", &["备注"]),
        ],
        key: &["number"],
    });
