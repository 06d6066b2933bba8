//! Cadres (帮扶责任人, 干部): people who help, review or lead, and where they served.
//!
//! A cadre may also be a member of a village household; the two records are linked by people, never merged.

use crate::{
    choices::{PARTY, RANK, SEX},
    declare::{choice, column, spans, text, to_one, yes_no},
    kind::{Field, Home, Import, Kind, Mask, SpanOf},
    role::{EVERYONE, ROSTER_WRITERS},
};

static FIELDS: [Field; 17] = [
    text("name", "姓名", "name").max(40).required().national("AAB002").headed(&["姓名", "帮扶责任人姓名", "帮扶责任人"]),
    text("number", "帮扶干部编号", "number").max(40).national("AAK110").headed(&["帮扶干部编号"]),
    choice("sex", "性别", "sex", SEX).national("AAB003").headed(&["性别"]),
    choice("rank", "职务级别", "rank", RANK).l1().national("AAF031").headed(&["职务级别", "级别"]),
    text("duty", "职务", "post in the unit").max(60).l1().national("AAK888").headed(&["派出单位职务", "单位职务"]),
    to_one("org", "单位", "unit", "org").l1().national("AAP001"),
    spans("terms", "任职单位", "service in units", SpanOf::Ref("org")).l1(),
    text("phone", "联系电话", "telephone").max(20).l3(Mask::Phone).national("AAR012").headed(&["联系电话", "手机号码"]),
    text("id_number", "证件号码", "identity number").max(22).l3(Mask::IdNumber).national("AAB004").headed(&["证件号码", "身份证号"]),
    choice("party", "政治面貌", "party membership", PARTY).national("AAK033").headed(&["政治面貌"]),
    text("education", "学历", "education").max(40).national("AAK036").headed(&["学历"]),
    text("skill", "技术特长", "skill").max(80).national("AAK037").headed(&["技术特长"]),
    yes_no("first_secretary", "是否第一书记", "first secretary").l1().national("AAK032").headed(&["是否第一书记", "第一书记"]),
    yes_no("team_leader", "是否工作队队长", "leader of the resident team").l1().national("AAK031").headed(&["是否工作队队长", "队长"]),
    yes_no("team_deputy", "是否工作队副队长", "deputy leader of the resident team")
        .l1()
        .national("AAK666")
        .headed(&["是否工作队副队长", "副队长"]),
    yes_no("team_member", "是否驻村队员", "member of the resident team").l1().national("AAK039").headed(&["是否驻村队员", "驻村队员"]),
    yes_no("village_contact", "是否包村干部", "contact cadre of a village").l1().national("AAK777").headed(&["是否包村干部", "包村干部"]),
];

/// Declares the kind.
pub static KIND: Kind =
    Kind::new("cadre", "干部", "cadre", Home::Township).reference().read_by(EVERYONE).written_by(ROSTER_WRITERS).fields(&FIELDS).import(
        Import {
            table: "cadre",
            zh: "帮扶责任人信息表",
            marks: &["姓名", "职务级别"],
            columns: &[
                column("serial", &["序号"]),
                column("org.name", &["帮扶单位", "派出单位", "单位", "单位名称"]),
                column("org.type", &["帮扶单位类型", "单位类型"]),
                column("org.belongs", &["帮扶单位隶属关系", "隶属关系"]),
                column("from", &["开始时间"]),
                column("to", &["结束时间"]),
                column("note", &["备注"]),
            ],
            key: &["id_number", "phone"],
        },
    );
