//! Households (户): the family as the office knows it, with all columns of the year's household table (户表).
//!
//! What people on the ground may write is the contact note; every other fact changes by a proposal to the village.
//! Status, tier, place and absence are spans, so that a figure of a past month stays what it was. Causes of poverty
//! name illness, so they are secrets like the numbers of identity.

use crate::{
    choices::{CAUSE, HOUSEHOLD_STATUS, PROPERTY, STANDARD},
    declare::{amount, choice, choices, column, fen, int, one, spans, text, to_many, yes_no},
    kind::{Choice, Field, Home, Import, Kind, Mask, SpanOf},
    role::{EVERYONE, FACT_PROPOSERS, FACT_WRITERS, NOTE_WRITERS},
};

const ROAD: &[Choice] = &[
    one("earth", "泥土路", "earth road").also(&["土路"]),
    one("gravel", "砂石路", "gravel road"),
    one("concrete", "水泥路", "concrete road"),
    one("asphalt", "沥青路", "asphalt road").also(&["柏油路"]),
];

const FUEL: &[Choice] = &[
    one("firewood", "柴草", "firewood"),
    one("dung", "干畜粪", "dung"),
    one("coal", "煤炭", "coal").also(&["煤"]),
    one("clean", "清洁能源", "clean energy"),
    one("other", "其他", "other"),
];

const HOUSE_GRADE: &[Choice] = &[
    one("a", "A级", "grade A").also(&["A"]),
    one("b", "B级", "grade B").also(&["B"]),
    one("c", "C级", "grade C").also(&["C"]),
    one("d", "D级", "grade D").also(&["D"]),
];

static FIELDS: [Field; 64] = [
    text("number", "户编号", "household number").max(40).required().national("AAC001").headed(&["户编号"]),
    text("head_number", "户主编号", "number of the head").max(40).headed(&["户主编号"]),
    text("head_name", "户主姓名", "head of household")
        .max(40)
        .required()
        .masked(Mask::Name)
        .national("AAC029")
        .headed(&["户主姓名", "户主"]),
    text("contact_note", "联系备注", "contact note").max(500).by(NOTE_WRITERS).headed(&["联系备注"]),
    text("group", "组", "villagers' group").max(20).headed(&["组", "村民小组"]),
    text("hamlet", "自然村", "hamlet").max(40).national("AAD001").headed(&["自然村"]),
    spans("status", "户状态", "status", SpanOf::Choice(HOUSEHOLD_STATUS)),
    spans("tier", "走访频次档", "visiting tier", SpanOf::Text),
    spans("places", "所在村", "place", SpanOf::Place),
    to_many("parents", "分合前户", "households it came from", "household"),
    spans("away", "整户外出", "whole household away", SpanOf::Nothing),
    choice("property", "户属性", "register property", PROPERTY).national("AAC006").headed(&["户属性", "贫困户属性"]),
    int("exit_year", "脱贫年度", "year of exit", 1980, 2100).headed(&["脱贫年度"]),
    text("phone", "联系电话", "telephone").max(20).l3(Mask::Phone).national("AAR012").headed(&["联系电话", "户联系电话"]),
    text("id_number", "户主证件号码", "identity number of the head").max(22).l3(Mask::IdNumber).headed(&["户主证件号码"]),
    text("bank_name", "开户银行名称", "bank").max(60).l3(Mask::Hidden).national("AAQ002").headed(&["开户银行名称", "开户银行"]),
    text("bank", "银行卡号", "bank card number").max(30).l4(Mask::Bank).national("AAC004").headed(&["银行卡号"]),
    int("people", "家庭人口数", "people in the household", 0, 60).headed(&["家庭人口数", "家庭人口", "年度家庭人口数"]),
    yes_no("unsafe_house", "是否危房户", "unsafe house").national("AAC318").headed(&["是否危房户"]),
    fen("income_per_head", "人均纯收入", "net income per head").headed(&["人均纯收入", "人均纯收入（元）"]),
    fen("income_year", "年收入", "income of the year").headed(&["年收入"]),
    yes_no("safe_water", "是否解决安全饮用水", "safe drinking water").national("AAC312").headed(&["是否解决安全饮用水"]),
    int("year", "年度", "year of the table", 1980, 2100).national("AAR040").headed(&["年度"]),
    text("village_phone", "村办公电话", "telephone of the village office").max(40).l3(Mask::Phone).headed(&["村办公电话"]),
    choice("standard", "识别标准", "standard of identification", STANDARD).national("AAC005").headed(&["识别标准"]),
    choice("main_cause", "主要致贫原因", "main cause of poverty", CAUSE).l3(Mask::Hidden).national("AAC007").headed(&["主要致贫原因"]),
    choices("other_causes", "次要致贫原因", "other causes of poverty", CAUSE)
        .l3(Mask::Hidden)
        .national("AAC008")
        .headed(&["次要致贫原因", "其他致贫原因"]),
    fen("wage_income", "工资性收入", "income from wages").national("AAC073").headed(&["工资性收入"]),
    fen("business_income", "生产经营性收入", "income from production").national("AAC071").headed(&["生产经营性收入"]),
    fen("property_income", "财产性收入", "income from property").national("AAC072").headed(&["财产性收入"]),
    fen("transfer_income", "转移性收入", "transfer income").national("AAC085").headed(&["转移性收入"]),
    fen("family_planning_pay", "计划生育金", "family planning payment").national("AAC076").headed(&["计划生育金"]),
    fen("allowance_pay", "低保金", "subsistence allowance").national("AAC077").headed(&["低保金", "最低生活保障金"]),
    fen("special_care_pay", "五保金", "special care payment").national("AAC086").headed(&["五保金", "特困人员救助供养金"]),
    fen("pension_pay", "养老保险金", "pension").national("AAC087").headed(&["养老保险金", "养老金或离退休金"]),
    fen("ecology_pay", "生态补偿金", "ecological compensation").national("AAC078").headed(&["生态补偿金"]),
    fen("other_transfer", "其他转移性收入", "other transfer income").national("AAC083").headed(&["其他转移性收入"]),
    fen("business_cost", "生产经营性支出", "cost of production").national("AAC074").headed(&["生产经营性支出", "生产经营性支出（合计）"]),
    fen("net_income", "纯收入", "net income").headed(&["纯收入"]),
    fen("dividend", "资产收益扶贫分红收入", "dividend from assets").headed(&["资产收益扶贫分红收入"]),
    fen("other_property", "其他财产性收入", "other income from property").headed(&["其他财产性收入"]),
    amount("arable_area", "耕地面积", "arable land").scaled(2, "亩").national("AAC301").headed(&["耕地面积（亩）", "耕地面积"]),
    amount("irrigated_area", "有效灌溉面积", "irrigated land")
        .scaled(2, "亩")
        .national("AAC302")
        .headed(&["有效灌溉面积（亩）", "有效灌溉面积"]),
    amount("water_area", "水面面积", "water").scaled(2, "亩").national("AAC307").headed(&["水面面积", "水面面积（亩）"]),
    yes_no("cooperative", "是否加入农民专业合作组织", "in a cooperative").national("AAC084").headed(&["是否加入农民专业合作组织"]),
    amount("returned_forest_area", "退耕还林面积", "farmland returned to forest")
        .scaled(2, "亩")
        .national("AAC304")
        .headed(&["退耕还林面积（亩）", "退耕还林面积"]),
    amount("orchard_area", "林果面积", "orchard").scaled(2, "亩").national("AAC305").headed(&["林果面积（亩）", "林果面积"]),
    amount("pasture_area", "牧草地面积", "pasture").scaled(2, "亩").national("AAC306").headed(&["牧草地面积", "牧草地面积（亩）"]),
    amount("forest_area", "林地面积", "forest").scaled(2, "亩").national("AAC303").headed(&["林地面积（亩）", "林地面积"]),
    yes_no("production_power", "是否通生产用电", "power for production").national("AAC308").headed(&["是否通生产用电"]),
    yes_no("living_power", "是否通生活用电", "power for living").headed(&["是否通生活用电"]),
    yes_no("broadcast", "是否通广播电视", "radio and television").headed(&["是否通广播电视"]),
    amount("road_distance", "与村主干路距离", "distance to the village road")
        .scaled(2, "公里")
        .headed(&["与村主干路距离", "与村主干路距离（公里）"]),
    choice("road", "入户路类型", "road to the house", ROAD).national("AAC316").headed(&["入户路类型"]),
    amount("house_area", "住房面积", "floor area").scaled(2, "平方米").headed(&["住房面积", "住房面积（平方米）"]),
    yes_no("toilet", "是否有卫生厕所", "sanitary toilet").national("AAC319").headed(&["是否有卫生厕所"]),
    choice("fuel", "主要燃料类型", "main fuel", FUEL).national("AAC320").headed(&["主要燃料类型"]),
    choice("house_grade", "危房级别", "grade of the house", HOUSE_GRADE).national("AAC322").headed(&["危房级别"]),
    yes_no("company_led", "是否有龙头企业带动", "led by a company").headed(&["是否有龙头企业带动"]),
    yes_no("leader_led", "是否有创业致富带头人带动", "led by a successful villager").headed(&["是否有创业致富带头人带动"]),
    text("foreign_number", "外部系统户编号", "number in other systems").max(60).headed(&["外部系统户编号"]),
    int("identified_year", "识别年度", "year of identification", 1980, 2100).headed(&["识别年度"]),
    yes_no("relocated", "是否易地扶贫搬迁户", "relocated household").headed(&["是否易地扶贫搬迁户"]),
    yes_no("martyr_family", "是否军烈属", "family of a soldier or martyr").national("AAC012").headed(&["是否军烈属"]),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("household", "户", "household", Home::Village)
    .of_household()
    .read_by(EVERYONE)
    .written_by(FACT_WRITERS)
    .proposed_by(FACT_PROPOSERS)
    .fields(&FIELDS)
    .unique(&["number"])
    .import(Import {
        table: "household",
        zh: "户表",
        marks: &["户编号", "户主姓名", "家庭人口数", "主要致贫原因"],
        columns: &[
            column("serial", &["序号"]),
            column("province", &["省"]),
            column("city", &["市"]),
            column("county", &["县", "区县"]),
            column("town", &["乡", "乡镇"]),
            column("village", &["村"]),
            column("note", &["备注"]),
        ],
        key: &["number"],
    });
