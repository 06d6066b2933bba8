//! Units (帮扶单位): who sends helpers, and who of its people is obliged to help.

use crate::{
    choices::RANK,
    declare::{choice, column, long_text, one, spans, text},
    kind::{Choice, Field, Home, Import, Kind, Mask, SpanOf},
    role::{EVERYONE, ROSTER_WRITERS},
};

/// The type of a unit.
const TYPE: &[Choice] = &[
    one("state_organ", "国家机关", "state organ").also(&["党政机关", "机关"]),
    one("institution", "事业单位", "public institution"),
    one("social_organisation", "社会团体", "social organisation").also(&["社会组织", "群团组织"]),
    one("university", "高等院校", "university"),
    one("state_enterprise", "国有企业", "state enterprise"),
    one("private_enterprise", "民营企业", "private enterprise"),
    one("army", "军队", "army"),
    one("eastern_partner", "东部对口帮扶省市", "eastern partner"),
    one("designated", "定点机构", "designated body").also(&["定点扶贫单位"]),
    one("village_body", "村民自治组织", "villagers' self-government body"),
    one("other", "其他", "other"),
];

/// To whom a unit belongs (隶属关系).
const BELONGS: &[Choice] = &[
    one("central", "中央", "central"),
    one("province", "省", "province"),
    one("city", "市", "city").also(&["地区", "市/地区"]),
    one("district", "区", "district"),
    one("county", "县", "county"),
    one("street", "街道", "sub-district"),
    one("town", "镇", "town"),
    one("township", "乡", "township"),
    one("residents", "居民委员会", "residents' committee").also(&["居委会"]),
    one("villagers", "村民委员会", "villagers' committee").also(&["村委会"]),
    one("army", "军队", "army"),
    one("other", "其他", "other"),
];

static FIELDS: [Field; 13] = [
    text("name", "单位名称", "name").max(80).l1().required().national("AAP001").headed(&["帮扶单位", "单位名称", "单位", "派出单位"]),
    text("number", "单位编号", "number").max(40).l1().national("AAP110").headed(&["单位编号"]),
    choice("type", "单位类型", "type", TYPE).l1().headed(&["帮扶单位类型", "单位类型"]),
    choice("belongs", "隶属关系", "belongs to", BELONGS).l1().national("AAP004").headed(&["帮扶单位隶属关系", "隶属关系"]),
    text("place", "所在区划代码", "code of its place").max(12).l1().headed(&["所在区划代码"]),
    text("address", "单位地址", "address").max(120).l1().national("AAR013").headed(&["单位地址"]),
    text("phone", "联系电话", "telephone").max(40).l3(Mask::Phone).national("AAR012").headed(&["单位联系电话", "单位电话"]),
    text("leader", "负责人", "head").max(40).headed(&["负责人"]),
    text("liaison", "联络员", "liaison").max(40).headed(&["联络员"]),
    long_text("obliged_rule", "义务人口径", "rule of who is obliged").max(500).l1().headed(&["义务人口径"]),
    choice("obliged_rank", "义务起始职务级别", "rank from which all are obliged", RANK).l1().headed(&["义务起始职务级别"]),
    spans("obliged", "义务人", "obliged people", SpanOf::Ref("cadre")),
    spans("villages", "帮扶村", "villages helped", SpanOf::Place).l1(),
];

/// Declares the kind.
pub static KIND: Kind = Kind::new("org", "单位", "unit", Home::Township)
    .reference()
    .read_by(EVERYONE)
    .written_by(ROSTER_WRITERS)
    .fields(&FIELDS)
    .unique(&["name"])
    .import(Import {
        table: "org",
        zh: "帮扶单位表",
        marks: &["单位名称", "单位类型"],
        columns: &[column("serial", &["序号"]), column("note", &["备注"])],
        key: &["name"],
    });
