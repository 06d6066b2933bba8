//! What visits weigh on the wire, beside the same visits as lines of JSON.
//!
//! The visits are made like those of the benchmark: about a hundred Chinese characters of narrative, twenty to a
//! thousand a batch. Counted are the raw changes with the sixteen bytes of their ids, compressed together.

use crate::sample::{NINE, at, fields, village};
use daohu_domain::{id::Id, kinds, time::Stamp};
use daohu_mutate::Numbers;
use daohu_record::{Document, Event, Fields, GuardContext, Header, Json, Limits, guard};
use serde_json::json;
use sha2::{Digest, Sha256};

const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎";
const GIVEN: &str = "建国志强秀英桂兰玉梅海军永平占林凤英世明文斌彩霞维忠红霞小平改莲生荣治国翠花俊杰爱莲振华铁柱";
const OPENINGS: [&str; 4] = [
    "今日上午入户,见到户主{a},家中现有{m}口人,老人{b}近期{h}。",
    "下午到{a}家走访,其妻{b}在家,{a}本人在{w}务工,月收入约{y}元。",
    "与{a}在院内交谈约{t}分钟,了解到家里今年种植玉米{k}亩、马铃薯{j}亩。",
    "到户时{a}正在羊圈喂羊,现存栏{s}只,较上月增加{d}只。",
];
const MIDDLES: [&str; 6] = [
    "核对了低保、养老保险和合作医疗缴费凭证,其中{b}的慢病本年报销{y}元已到账。",
    "安全饮水正常,水压偏小,已记下管线位置,拟联系{w}水站检修。",
    "房屋东侧窑面有裂缝,长约{k}厘米,拍照留存,建议鉴定后列入维修计划。",
    "孩子{b}在{w}上学,享受生活补助{y}元,无辍学风险。",
    "产业补助资金{y}元已于{d}日打卡发放,用于购买种羊{j}只。",
    "宣传了小额信贷和务工交通补贴政策,{a}表示愿意申请{y}元贷款用于扩建圈舍。",
];
const ENDINGS: [&str; 5] = [
    "{a}提出希望参加{w}的养殖培训,已登记。",
    "反映村道照明不足,共{j}处,转村委会处理。",
    "约定下月{d}日前后再来核实收入台账。",
    "暂无其他诉求,对帮扶工作表示满意。",
    "需协调解决{b}的残疾证换证事宜,责任人为本人,{d}日前办结。",
];
const WORDS: [&str; 12] = ["榆阳区", "红石桥", "左界", "肖峁", "双红", "神木", "横山", "鄂尔多斯", "西安", "井界", "补浪河", "芹河"];
const HEALTH: [&str; 5] = ["血压偏高,已按时服药", "腿疼行动不便", "身体状况良好", "刚从区医院复查回来", "感冒未愈"];
const PURPOSES: [&str; 5] = ["explain_policy", "deliver_project", "risk", "learn_situation", "income"];

fn pick<'a>(numbers: &mut Numbers, from: &[&'a str]) -> &'a str {
    from[numbers.below(from.len())]
}

fn name(numbers: &mut Numbers) -> String {
    let letter = |numbers: &mut Numbers, of: &str| of.chars().nth(numbers.below(of.chars().count())).unwrap();
    let mut name = letter(numbers, SURNAMES).to_string();
    for _ in 0..1 + numbers.below(3).min(1) {
        name.push(letter(numbers, GIVEN));
    }
    name
}

fn narrative(numbers: &mut Numbers) -> String {
    let holder = name(numbers);
    let first = numbers.below(MIDDLES.len());
    let second = (first + 1 + numbers.below(MIDDLES.len() - 1)) % MIDDLES.len();
    let parts = [pick(numbers, &OPENINGS), MIDDLES[first], MIDDLES[second], pick(numbers, &ENDINGS)];
    let mut text = String::new();
    for part in parts {
        let mut part = part.replace("{a}", &holder).replace("{b}", &name(numbers)).replace("{w}", pick(numbers, &WORDS));
        part = part.replace("{h}", pick(numbers, &HEALTH)).replace("{y}", &(200 + 10 * numbers.below(880)).to_string());
        for (hole, from, to) in [("{m}", 1, 7), ("{t}", 15, 90), ("{k}", 3, 60), ("{j}", 1, 12), ("{s}", 5, 90), ("{d}", 1, 28)] {
            part = part.replace(hole, &(from + numbers.below(to - from)).to_string());
        }
        text.push_str(&part);
    }
    text
}

/// One visit: its record and the same as a line of JSON.
struct Visit {
    id: Id,
    header: Header,
    fields: Fields,
    event: Event,
    submitted: i64,
    line: Json,
}

fn random_id(numbers: &mut Numbers, at_ms: i64) -> Id {
    let bytes = [numbers.next().to_be_bytes(), numbers.next().to_be_bytes()].concat();
    Id::v7(at_ms, bytes[..10].try_into().unwrap())
}

fn visit(numbers: &mut Numbers, index: i64, people: (Id, &[Id]), photos: bool) -> Visit {
    let start = NINE + index * 600_000 + i64::try_from(numbers.below(60_000)).unwrap();
    let end = start + 900_000 + i64::try_from(numbers.below(4_500_000)).unwrap();
    let submitted = end + 20_000 + i64::try_from(numbers.below(90_000)).unwrap();
    let (helper, households) = people;
    let which = numbers.below(households.len());
    let id = random_id(numbers, end);
    let narrative = narrative(numbers);
    let purpose = pick(numbers, &PURPOSES);
    let pictures: Vec<String> =
        (0..if photos { 2 } else { 0 }).map(|_| hex::encode(Sha256::digest(numbers.next().to_be_bytes()))).collect();
    let mut written = fields(json!({
        "mode": "home", "purpose": [purpose], "start": at(start), "end": at(end),
        "met": [{"name": "户主", "relation": "本人"}], "narrative": narrative, "recorder": helper.to_string(),
    }));
    let mut line = json!({
        "kind": "visit", "id": hex::encode(id.as_bytes()), "household": format!("6108022092{:02}{which:04}", numbers.below(13)), "visitor": "c0007",
        "month": "2019-06", "started_at": start, "ended_at": end, "met": numbers.below(6), "purpose": purpose, "narrative": narrative,
    });
    if photos {
        written.insert("photos".to_owned(), json!(pictures));
        line["photos"] = json!(pictures);
    }
    let header = Header { id, kind: "visit".to_owned(), place: village(), subject: Some(households[which]), by: helper };
    let stamp = Stamp { wall_ms: submitted, mono_ms: submitted - NINE + 7_777_777, boot: 3 };
    let event = Event { name: "submit".to_owned(), stamp, fields: Fields::new() };
    Visit { id, header, fields: written, event, submitted, line }
}

/// The bytes of a batch per visit: ours and those of the JSON lines, both compressed with zstd at level 3.
fn weigh(count: i64, households: usize, photos: bool) -> (f64, f64) {
    let mut numbers = Numbers(7);
    let device = random_id(&mut numbers, NINE);
    let helper = random_id(&mut numbers, NINE);
    let households: Vec<Id> = (0..households).map(|_| random_id(&mut numbers, NINE)).collect();
    let kind = kinds::find("visit").unwrap();
    let (mut raw, mut lines) = (Vec::new(), Vec::new());
    for index in 0..count {
        let visit = visit(&mut numbers, index, (helper, &households), photos);
        let (_, change) = Document::create(&visit.header, kind, &visit.fields, Some(&visit.event), device, visit.submitted).unwrap();
        let context = GuardContext {
            kind_of: &kinds::find,
            device,
            record: visit.id,
            place: village(),
            may: &crate::sample::anyone,
            limits: Limits::default(),
        };
        guard(None, &change.bytes, &context).unwrap();
        raw.extend(visit.id.as_bytes());
        raw.extend(&change.bytes);
        lines.extend(serde_json::to_vec(&visit.line).unwrap());
        lines.push(b'\n');
    }
    let per_visit = |bytes: &[u8]| f64::from(u32::try_from(zstd::bulk::compress(bytes, 3).unwrap().len()).unwrap()) / count as f64;
    (per_visit(&raw), per_visit(&lines))
}

#[test]
fn twenty_visits_weigh_less_than_two_hundred_and_fifty_bytes_each() {
    let (ours, json) = weigh(20, 8, false);
    println!("20 visits: {ours:.1} B each, JSON {json:.1}");
    assert!(ours <= 180.0, "{ours}");
    let (with_photos, json) = weigh(20, 8, true);
    println!("20 visits with two photos: {with_photos:.1} B each, JSON {json:.1}");
    assert!(with_photos <= 250.0, "{with_photos}");
}

#[test]
fn a_thousand_visits_weigh_at_most_a_quarter_more_than_their_json() {
    for photos in [false, true] {
        let (ours, json) = weigh(1000, 400, photos);
        println!("1000 visits, photos {photos}: {ours:.1} B each, JSON {json:.1}, ratio {:.3}", ours / json);
        assert!(ours <= 1.25 * json, "{ours} against {json}");
    }
}
