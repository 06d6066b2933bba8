//! The invented township: thirteen villages, nine units that send helpers, households and who helps whom.
//!
//! It is told as the papers the offices use (CSV with their headings), so that it takes the same way into the store as a real
//! township: through the import.

use super::chance::Chance;

/// The township of the rectification report; its villages but three have invented names.
pub(crate) const TOWNSHIP: &str = "610802209000";
/// The village of the demo's secretary and helpers.
pub(crate) const VILLAGE: &str = "610802209201";

const VILLAGES: [&str; 13] =
    ["红石桥村", "左界村", "双红村", "肖峁村", "井界村", "沙界村", "古城村", "长海村", "马路村", "新庙村", "东梁村", "西湾村", "柳滩村"];
/// The first four are poor villages; the other nine have a unit of the district each.
const POOR_VILLAGES: usize = 4;
const UNITS: [&str; 9] = ["区水利局", "区林业局", "区教育局", "区交通局", "区文旅局", "区民政局", "区财政局", "区农业局", "区卫健局"];
const OFFICE: &str = "红石桥乡人民政府";
const CAUSES: [&str; 6] = ["因病", "因残", "因学", "缺技术", "缺劳动力", "缺资金"];
/// A helper of the township has so many households, as long as a village's helpers last.
const HOUSEHOLDS_A_HELPER: usize = 6;
const HELPERS_A_VILLAGE: usize = 6;
/// The fewest households with which everything that the demo tells happens: two helpers in each village.
pub(crate) const HOUSEHOLDS_MIN: u64 = 156;

/// A paper: the name of its file, and its text.
pub(crate) struct Paper {
    /// Name of the file.
    pub(crate) name: &'static str,
    /// CSV or JSON.
    pub(crate) text: String,
}

/// A cadre of the township.
struct Cadre {
    unit: &'static str,
    name: String,
    mobile: String,
    /// Obliged to help a household: the unit's liaison and its leaders.
    rank: &'static str,
}

/// Writes the papers of a township of so many households.
pub(crate) fn papers(seed: u64, households: u64) -> Vec<Paper> {
    let mut chance = Chance::new(seed);
    let (cadres, cadre_rows) = cadres(&mut chance);
    let mut household_rows = vec![
        "乡,村,户编号,户主编号,户主姓名,户主证件号码,家庭人口数,是否危房户,是否解决安全饮用水,年度,识别标准,主要致贫原因,年收入".to_owned(),
    ];
    let mut members =
        vec!["乡,村,户编号,人口编号,姓名,性别,出生日期,证件类型,证件号码,民族,成员联系电话,年度,与户主关系,文化程度".to_owned()];
    let mut pairings =
        vec!["序号,乡镇,村,组,户主姓名,户编号,家庭人口,户属性,脱贫年度,帮扶责任人姓名,单位,职务,联系电话,帮扶起始时间".to_owned()];
    for n in 0..usize::try_from(households).unwrap_or(0) {
        let village = n % VILLAGES.len();
        let number = format!("6108022090{:06}", n + 1);
        let family = family(&mut chance, n, &number, VILLAGES[village], &mut members);
        household_rows.push(format!(
            "红石桥乡,{},{number},{number}01,{},{},{},否,是,2019,国家标准,{},{}",
            VILLAGES[village],
            family.head,
            family.identity,
            family.size,
            chance.pick(&CAUSES),
            chance.number(8000, 40000)
        ));
        let helper = helper_of(&cadres, village, n);
        let exited = chance.in_hundred(60);
        pairings.push(format!(
            "{},红石桥乡,{},{},{},{number},{},{},{},{},{},{},{},2018-{:02}-{:02}",
            n + 1,
            VILLAGES[village],
            chance.number(1, 6),
            family.head,
            family.size,
            if exited { "一般脱贫户" } else { "低保贫困户" },
            if exited { "2018" } else { "" },
            helper.name,
            helper.unit,
            helper.rank,
            helper.mobile,
            chance.number(1, 9),
            chance.number(1, 28)
        ));
    }
    vec![
        Paper { name: "villages.csv", text: villages() },
        Paper { name: "户表.csv", text: lines(&household_rows) },
        Paper { name: "人表.csv", text: lines(&members) },
        Paper { name: "帮扶责任人.csv", text: cadre_rows },
        Paper { name: "结对帮扶花名册.csv", text: lines(&pairings) },
        Paper { name: "整改事项.json", text: include_str!("issues.json").to_owned() },
    ]
}

fn lines(rows: &[String]) -> String {
    let mut text = rows.join("\n");
    text.push('\n');
    text
}

fn villages() -> String {
    let mut rows = vec!["code,name,poor_village".to_owned(), format!("{TOWNSHIP},红石桥乡,")];
    for (n, name) in VILLAGES.iter().enumerate() {
        rows.push(format!("6108022092{n:02},{name},{}", if n < POOR_VILLAGES { "是" } else { "否" }));
    }
    lines(&rows)
}

/// Per unit one liaison who has households, and two to four leaders who have none: the finding of the report. Township cadres help the rest.
fn cadres(chance: &mut Chance) -> (Vec<Cadre>, String) {
    let mut rows = vec![
        "帮扶单位,帮扶单位类型,帮扶单位隶属关系,姓名,是否第一书记,是否工作队队长,是否驻村队员,性别,职务级别,证件号码,联系电话".to_owned(),
    ];
    let mut cadres = Vec::new();
    let mut add = |unit: &'static str, rank: &'static str, first: bool, chance: &mut Chance| {
        let identity = chance.identity(1964, 1994);
        let n = u64::try_from(cadres.len()).unwrap_or(0);
        let cadre = Cadre { unit, name: chance.name(), mobile: chance.mobile(n).to_string(), rank };
        rows.push(format!(
            "{unit},国家机关,{},{},{},否,否,{},{rank},{},{}",
            if unit == OFFICE { "乡" } else { "区" },
            cadre.name,
            if first { "是" } else { "否" },
            if identity.is_woman { "女" } else { "男" },
            identity.number,
            cadre.mobile
        ));
        cadres.push(cadre);
    };
    for unit in UNITS {
        add(unit, "科员级", true, chance);
        for _ in 0..chance.number(2, 4) {
            add(unit, "乡科级副职", false, chance);
        }
    }
    for n in 0..VILLAGES.len() * HELPERS_A_VILLAGE {
        add(OFFICE, if n % 6 == 0 { "乡科级副职" } else { "科员级" }, false, chance);
    }
    (cadres, lines(&rows))
}

/// The liaison helps two households of the unit's village; the township's cadres help the rest.
fn helper_of(cadres: &[Cadre], village: usize, household: usize) -> &Cadre {
    let round = household / VILLAGES.len();
    if village >= POOR_VILLAGES && round < 2 {
        let unit = UNITS[village - POOR_VILLAGES];
        if let Some(liaison) = cadres.iter().find(|cadre| cadre.unit == unit) {
            return liaison;
        }
    }
    let office: Vec<_> = cadres.iter().filter(|cadre| cadre.unit == OFFICE).collect();
    office[village * HELPERS_A_VILLAGE + round / HOUSEHOLDS_A_HELPER % HELPERS_A_VILLAGE]
}

struct Family {
    head: String,
    identity: String,
    size: u64,
}

fn family(chance: &mut Chance, n: usize, number: &str, village: &str, members: &mut Vec<String>) -> Family {
    let size = chance.number(1, 5);
    let mobile = chance.mobile(u64::try_from(n).unwrap_or(0) + 1000);
    let mut head = None;
    for place in 1..=size {
        let identity = if place <= 2 { chance.identity(1945, 1985) } else { chance.identity(1990, 2012) };
        let name = chance.name();
        let relation = match (place, identity.is_woman) {
            (1, _) => "户主",
            (2, _) => "配偶",
            (_, true) => "之女",
            (_, false) => "之子",
        };
        members.push(format!(
            "红石桥乡,{village},{number},{number}{place:02},{name},{},{},居民身份证,{},汉族,{},2019,{relation},{}",
            if identity.is_woman { "女" } else { "男" },
            identity.born,
            identity.number,
            if place == 1 { mobile.to_string() } else { String::new() },
            chance.pick(&["小学", "初中", "高中"])
        ));
        head.get_or_insert((name, identity.number));
    }
    let (head, identity) = head.unwrap_or_default();
    Family { head, identity, size }
}

#[cfg(test)]
mod tests {
    use super::papers;

    #[test]
    fn the_township_has_450_households_and_a_pairing_for_each() {
        let papers = papers(2019, 450);
        let rows = |name: &str| papers.iter().find(|paper| paper.name == name).map(|paper| paper.text.lines().count() - 1);
        assert_eq!((rows("户表.csv"), rows("结对帮扶花名册.csv"), rows("villages.csv")), (Some(450), Some(450), Some(14)));
    }

    #[test]
    fn no_two_people_share_a_telephone() {
        let papers = papers(2019, 450);
        let text = &papers.iter().find(|paper| paper.name == "帮扶责任人.csv").map(|paper| paper.text.clone()).unwrap_or_default();
        let mut mobiles: Vec<_> = text.lines().skip(1).filter_map(|row| row.rsplit(',').next()).collect();
        let all = mobiles.len();
        mobiles.sort_unstable();
        mobiles.dedup();
        assert_eq!(mobiles.len(), all);
    }
}
