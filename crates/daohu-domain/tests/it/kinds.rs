//! The declarations: whole, consistent, and covered by schema and glossary; the real workbooks' columns are all known.

use daohu_domain::{
    choices,
    glossary::glossary,
    kind::{Choice, Field, Kind, Level, Mask, Shape, SpanOf, plain_heading},
    kinds,
    role::{self, Role},
    schema::json_schema,
};
use std::collections::BTreeSet;

/// The columns of the year's household table (户表).
const HOUSEHOLD_COLUMNS: &str = "省 市 县 乡 村 户编号 户主编号 户主姓名 户主证件号码 家庭人口数 是否危房户 人均纯收入 年收入 是否解决安全饮用水 年度 村办公电话 \
    开户银行名称 银行卡号 识别标准 主要致贫原因 次要致贫原因 工资性收入 生产经营性收入 财产性收入 转移性收入 计划生育金 低保金 五保金 养老保险金 生态补偿金 \
    其他转移性收入 生产经营性支出 纯收入 资产收益扶贫分红收入 其他财产性收入 耕地面积（亩） 水面面积 是否加入农民专业合作组织 退耕还林面积（亩） 林果面积（亩） \
    牧草地面积 林地面积（亩） 是否通生产用电 是否通生活用电 是否通广播电视 与村主干路距离 入户路类型 住房面积 是否有卫生厕所 主要燃料类型 危房级别 \
    是否有龙头企业带动 是否有创业致富带头人带动";

/// The columns of the year's table of people (人表).
const MEMBER_COLUMNS: &str = "省 市 县 乡 村 户编号 人口编号 姓名 性别 出生日期 证件类型 证件号码 民族 户联系电话 成员联系电话 年度 与户主关系 文化程度 在校生状况 \
    劳动技能 务工时间（月） 健康状况 政治面貌 务工企业名称 是否享受低保 是否参加城镇职工基本养老保险 是否参加大病保险 \
    是否参加新型农村合作医疗（城乡居民基本医疗保险） 是否参加城乡居民基本养老保险 失学或辍学原因 是否会讲普通话 是否参加商业补充医疗保险 是否国外务工 产业分类 \
    是否接受大病医疗救助 是否接受其他健康扶贫 公益性岗位类型 公益性岗位(月数) 就业渠道 残疾类别 务工所在地 户主姓名 户主证件号码 是否参加城镇职工基本医疗保险 \
    是否特困供养人员 残疾证办证年度 识别标准";

/// The columns of the table of helpers.
const CADRE_COLUMNS: &str =
    "帮扶单位 帮扶单位类型 帮扶单位隶属关系 姓名 是否第一书记 是否工作队队长 是否驻村队员 性别 职务级别 证件号码 联系电话";

/// The columns of the pairing roster.
const PAIRING_COLUMNS: &str =
    "序号 乡镇 村 组 户主姓名 户编号 家庭人口 户属性 脱贫年度 帮扶责任人姓名 单位 职务 联系电话 帮扶起始时间 调整情况 备注";

/// The columns of the table of villages.
const REGION_COLUMNS: &str = "code name poor_village";

/// Words that no label or sentence may hold: nobody is ranked, timed or tracked here.
pub(crate) const NEVER: [&str; 18] = [
    "打卡",
    "签到率",
    "排名",
    "排行",
    "积分榜",
    "在线时长",
    "活跃度",
    "倒数",
    "轨迹",
    "监控",
    "同步成功",
    "上传成功",
    "非法",
    "系统错误",
    "check-in",
    "streak",
    "ranking",
    "leaderboard",
];

/// All fields of a kind, those of events and rows with them.
fn all_fields(kind: &Kind) -> Vec<&'static Field> {
    let direct = kind.fields.iter().chain(kind.events.iter().flat_map(|event| event.fields));
    direct
        .flat_map(|field| {
            std::iter::once(field).chain(match field.shape {
                Shape::Rows(of) => of,
                _ => &[],
            })
        })
        .collect()
}

/// All lists of values of a kind.
fn all_lists(kind: &Kind) -> Vec<(&'static str, &'static [Choice])> {
    let lists = all_fields(kind).into_iter().filter_map(|field| match field.shape {
        Shape::Choice(of) | Shape::Choices(of) | Shape::Spans(SpanOf::Choice(of)) => Some((field.key, of)),
        _ => None,
    });
    lists.chain([("states", kind.states)]).filter(|(_, of)| !of.is_empty()).collect()
}

fn is_snake(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

fn slugs(of: &[Choice]) -> Vec<&str> {
    of.iter().map(|choice| choice.slug).collect()
}

#[test]
fn every_file_of_the_folder_is_a_kind_found_by_its_name() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kinds");
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    files.sort();
    let names: Vec<&str> = kinds::all().iter().map(|kind| kind.name).collect();
    assert_eq!(names, files, "a kind is named after its file");
    assert!(names.len() >= 14, "{names:?}");
    assert!(names.iter().all(|name| kinds::find(name).is_some_and(|kind| kind.name == *name)));
    assert!(kinds::find("streak").is_none());
}

#[test]
fn every_field_and_value_has_a_slug_a_chinese_and_an_english_label() {
    for kind in kinds::all() {
        assert!(is_snake(kind.name) && is_chinese(kind.zh) && kind.en.is_ascii() && !kind.en.is_empty(), "{}", kind.name);
        for field in all_fields(kind) {
            let place = format!("{}.{}", kind.name, field.key);
            assert!(is_snake(field.key), "{place}: key");
            assert!(is_chinese(field.zh), "{place}: zh");
            assert!(field.en.is_ascii() && !field.en.is_empty(), "{place}: en");
        }
        for (key, of) in all_lists(kind) {
            let distinct: BTreeSet<&str> = slugs(of).into_iter().collect();
            assert_eq!(distinct.len(), of.len(), "{}.{key}: a slug stands twice", kind.name);
            for choice in of {
                let place = format!("{}.{key}.{}", kind.name, choice.slug);
                assert!(is_snake(choice.slug) && is_chinese(choice.zh) && choice.en.is_ascii() && !choice.en.is_empty(), "{place}");
            }
        }
        for event in kind.events {
            assert!(is_snake(event.name) && is_chinese(event.zh) && event.en.is_ascii(), "{}.{}", kind.name, event.name);
        }
    }
}

#[test]
fn labels_of_one_list_are_told_apart() {
    for kind in kinds::all() {
        for (key, of) in all_lists(kind) {
            let mut words: Vec<&str> = of.iter().flat_map(|choice| std::iter::once(choice.zh).chain(choice.also.iter().copied())).collect();
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count, "{}.{key}: a word means two things", kind.name);
        }
    }
}

#[test]
fn declarations_name_only_what_there_is() {
    for kind in kinds::all() {
        let keys: BTreeSet<&str> = kind.fields.iter().map(|field| field.key).collect();
        assert_eq!(keys.len(), kind.fields.len(), "{}: a key stands twice", kind.name);
        for key in kind.unique {
            assert!(keys.contains(key) || (*key == "subject" && kind.subject.must_be()), "{}: unique {key}", kind.name);
        }
        let states: BTreeSet<&str> = slugs(kind.states).into_iter().collect();
        for event in kind.events {
            assert!(!event.from.is_empty(), "{}.{} can never happen", kind.name, event.name);
            assert!(event.from.iter().all(|state| states.contains(state)), "{}.{} from", kind.name, event.name);
            assert!(event.to.is_empty() || states.contains(event.to), "{}.{} to", kind.name, event.name);
        }
        for field in all_fields(kind) {
            if let Shape::Ref(target) | Shape::Refs(target) | Shape::Spans(SpanOf::Ref(target)) = field.shape {
                assert!(kinds::find(target).is_some(), "{}.{} refers to no kind: {target}", kind.name, field.key);
            }
            let is_text = matches!(field.shape, Shape::Text { .. } | Shape::LongText { .. });
            assert!(field.merge != daohu_domain::kind::Merge::Text || is_text, "{}.{} merges no text", kind.name, field.key);
        }
        assert!(!kind.audience.is_empty() && !kind.writers.is_empty(), "{}", kind.name);
        assert!(kind.writers.iter().all(|role| kind.audience.contains(role)), "{}: who writes also reads", kind.name);
        assert!(!kind.fields.iter().any(|field| field.key == "subject"), "{}: a name of the header", kind.name);
    }
}

#[test]
fn administrators_read_and_write_no_record() {
    for kind in kinds::all() {
        for role in [Role::Sysadmin, Role::Secadmin, Role::Auditor] {
            let named = kind.fields.iter().filter_map(|field| field.writers).flatten().any(|writer| *writer == role);
            assert!(!kind.audience.contains(&role) && !kind.writers.contains(&role) && !named, "{}", kind.name);
        }
    }
}

#[test]
fn numbers_of_people_and_health_are_secrets() {
    let secret = |kind: &str, key: &str| kinds::find(kind).unwrap().field(key).unwrap().level;
    for (kind, key) in [
        ("household", "phone"),
        ("household", "id_number"),
        ("household", "bank_name"),
        ("household", "main_cause"),
        ("household", "other_causes"),
        ("member", "id_number"),
        ("member", "phone"),
        ("member", "health"),
        ("member", "disability"),
        ("member", "school"),
        ("member", "illness_relief"),
        ("cadre", "phone"),
        ("cadre", "id_number"),
        ("visit", "point"),
    ] {
        assert!(secret(kind, key) >= Level::L3, "{kind}.{key}");
    }
    assert_eq!(secret("household", "bank"), Level::L4);
    for kind in kinds::all() {
        for field in kind.fields {
            let masked = matches!(field.mask, Mask::IdNumber | Mask::Phone | Mask::Bank | Mask::Hidden);
            assert_eq!(masked, field.is_secret(), "{}.{}: a secret has a mask, and only a secret", kind.name, field.key);
        }
    }
}

#[test]
fn the_slugs_of_the_contracts_are_declared() {
    assert_eq!(slugs(choices::MODE), ["home", "worksite", "phone", "video", "village_office", "gathering"]);
    assert_eq!(
        slugs(choices::PURPOSE),
        [
            "learn_situation",
            "fill_handbook",
            "plan",
            "deliver_project",
            "explain_policy",
            "festival",
            "verify",
            "income",
            "dispute",
            "collect_need",
            "risk",
            "policy_payment",
            "return_visit",
            "other"
        ]
    );
    assert_eq!(slugs(choices::ABSENT_REASON), ["migrant_work", "hospital", "relatives", "refused", "moved", "other"]);
    assert_eq!(slugs(choices::CHECK), ["yes", "no", "na"]);
    assert_eq!(
        slugs(choices::VISIT_STATES),
        ["draft", "in_progress", "sealed", "submitted", "received", "flagged", "passed", "returned", "correcting", "voided", "appealed"]
    );
    assert_eq!(
        slugs(choices::MONTH_RECORD_STATES),
        ["open", "submitted", "village_reviewed", "town_reviewed", "returned", "archived", "backfill", "not_due"]
    );
    assert_eq!(slugs(choices::REVIEW_RESULT).get(..3), Some(&["pass", "return", "refer"][..]));
    assert_eq!(slugs(choices::PAIRING_ROLE), ["primary", "assistant", "supervisor"]);
    assert_eq!(slugs(choices::HOUSEHOLD_STATUS), ["poor", "exited_with_policy", "monitored", "observed", "ordinary", "closed", "removed"]);
    assert_eq!(slugs(choices::HOUSEHOLD_MONTH_STATES), ["met", "late", "unmet", "gap", "not_due"]);
    assert_eq!(
        role::ALL.map(Role::slug),
        [
            "helper",
            "assistant_helper",
            "first_secretary",
            "village_secretary",
            "village_clerk",
            "village_supervisor",
            "village_contact",
            "town_office",
            "town_deputy",
            "town_leader",
            "town_discipline",
            "unit_liaison",
            "inspector",
            "county_office",
            "sysadmin",
            "secadmin",
            "auditor"
        ]
    );
    let visit = kinds::find("visit").unwrap();
    for key in ["food", "clothing", "education", "medical", "housing", "water", "income", "policy"] {
        assert!(visit.field(key).is_some(), "{key}");
    }
    assert_eq!(
        choices::VISIT_STATES.iter().map(|state| state.zh).collect::<Vec<_>>().join(" "),
        "草稿 进行中 已封存 已提交 已收到 待核 已通过 退回 更正中 作废 申诉"
    );
    assert_eq!(
        choices::MONTH_RECORD_STATES.iter().map(|state| state.zh).collect::<Vec<_>>().join(" "),
        "填写中 已提交 村级已把关 乡级已把关 退回 已归档 补录 不需"
    );
}

#[test]
fn every_column_of_the_townships_workbooks_is_known_and_means_one_thing() {
    for (name, columns, count) in [
        ("household", HOUSEHOLD_COLUMNS, 53),
        ("member", MEMBER_COLUMNS, 47),
        ("cadre", CADRE_COLUMNS, 11),
        ("pairing", PAIRING_COLUMNS, 16),
        ("region", REGION_COLUMNS, 3),
    ] {
        let kind = kinds::find(name).unwrap();
        let import = kind.import.unwrap();
        let headings: Vec<&str> = columns.split_whitespace().collect();
        assert_eq!(headings.len(), count, "{name}");
        for heading in &headings {
            let plain = plain_heading(heading);
            let fields = kind.fields.iter().filter(|field| field.headings.iter().any(|known| plain_heading(known) == plain)).count();
            let others = import.columns.iter().filter(|column| column.headings.iter().any(|known| plain_heading(known) == plain)).count();
            assert_eq!(fields + others, 1, "{name}: {heading}");
        }
        assert!(import.marks.iter().all(|mark| headings.contains(mark)), "{name}: a mark that the table does not have");
        for column in import.columns {
            if let Some((kind, key)) = column.what.split_once('.') {
                assert!(kinds::find(kind).is_some_and(|kind| kind.field(key).is_some()), "{name}: {}", column.what);
            }
        }
    }
}

#[test]
fn marks_tell_the_tables_apart() {
    for (name, columns) in [
        ("household", HOUSEHOLD_COLUMNS),
        ("member", MEMBER_COLUMNS),
        ("cadre", CADRE_COLUMNS),
        ("pairing", PAIRING_COLUMNS),
        ("region", REGION_COLUMNS),
    ] {
        let headings: Vec<&str> = columns.split_whitespace().collect();
        let fitting: Vec<&str> = kinds::all()
            .iter()
            .filter(|kind| kind.import.is_some_and(|import| import.marks.iter().all(|mark| headings.contains(mark))))
            .map(|kind| kind.name)
            .collect();
        assert_eq!(fitting, [name]);
    }
}

#[test]
fn national_codes_stand_once_in_a_kind() {
    for kind in kinds::all() {
        let mut codes: Vec<&str> = kind.fields.iter().filter_map(|field| field.code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count, "{}", kind.name);
    }
    assert_eq!(kinds::find("household").unwrap().field("head_name").unwrap().code, Some("AAC029"));
}

#[test]
fn the_schema_covers_every_field_and_value() {
    for kind in kinds::all() {
        let schema = json_schema(kind);
        let text = schema.to_string();
        for field in kind.fields {
            let declared = &schema["properties"][field.key];
            assert_eq!(declared["title"], field.zh, "{}.{}", kind.name, field.key);
            assert!(declared["type"].is_string(), "{}.{}", kind.name, field.key);
            let required = schema["required"].as_array().unwrap().iter().any(|key| key == field.key);
            assert_eq!(required, field.required, "{}.{}", kind.name, field.key);
        }
        for (key, of) in all_lists(kind) {
            for choice in of {
                let all = [choice.slug, choice.zh, choice.en];
                assert!(all.iter().all(|word| text.contains(&format!("\"{word}\""))), "{}.{key}.{}", kind.name, choice.slug);
            }
        }
        assert_eq!(schema["x-events"].as_array().unwrap().len(), kind.events.len());
    }
}

#[test]
fn the_glossary_covers_every_kind_field_value_state_and_role_in_both_languages() {
    for zh_first in [true, false] {
        let page = glossary(zh_first);
        let row = |zh: &str, en: &str| if zh_first { format!("| {zh} | {en} |") } else { format!("| {en} | {zh} |") };
        for kind in kinds::all() {
            for field in all_fields(kind) {
                assert!(page.contains(&row(field.zh, field.en)), "{}.{}", kind.name, field.key);
            }
            for (key, of) in all_lists(kind) {
                for choice in of {
                    assert!(page.contains(&row(choice.zh, choice.en)), "{}.{key}.{}", kind.name, choice.slug);
                }
            }
            for event in kind.events {
                assert!(page.contains(&row(event.zh, event.en)), "{}.{}", kind.name, event.name);
            }
        }
        assert!(role::ALL.iter().all(|role| page.contains(&row(role.zh(), role.en()))));
    }
    let page = glossary(true);
    assert!(page.contains("\n## 户 · household (`household`)\n"), "Chinese first");
}

#[test]
fn no_label_ranks_times_or_tracks_anybody() {
    let page = format!("{}{}", glossary(true), glossary(false)).to_lowercase();
    let found: Vec<&str> = NEVER.into_iter().filter(|word| page.contains(word)).collect();
    assert!(found.is_empty(), "{found:?}");
    for kind in kinds::all() {
        let schema = json_schema(kind).to_string().to_lowercase();
        assert!(!NEVER.iter().any(|word| schema.contains(word)), "{}", kind.name);
    }
}
