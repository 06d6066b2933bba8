//! What happens in the township in April and May 2019, in order of time: a pure function of the roster and a seed.
//!
//! Told on purpose: helpers who left and whose households were handed over late (a hidden gap in April), households handed over to
//! nobody (a gap in May), one text copied between two villages, one backfill declared and one not, phones that came back after the freeze.

use super::chance::Chance;
use daohu_domain::{
    calendar::{Day, Instant, Month, start_of},
    id::Id,
    place::Place,
};

/// A primary pairing of the roster.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    /// The pairing.
    pub(crate) id: Id,
    /// The household.
    pub(crate) household: Id,
    /// Its village.
    pub(crate) place: Place,
    /// The helper.
    pub(crate) cadre: Id,
}

/// Whose step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// The office.
    Office,
    /// A helper's phone.
    Helper(Id),
    /// A village secretary's phone.
    Secretary(Place),
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// A visit that began so many minutes ago.
    Visit { household: Id, mode: &'static str, minutes: u64, text: String },
    /// A visit of an earlier day, declared as a backfill.
    Backfill { household: Id, day: Day },
    /// A visit of an earlier instant, written as if it had just been made.
    Undeclared { household: Id, start: Instant },
    /// Hands in the month record.
    MonthRecord { household: Id, month: Month },
    /// Comes level with the server.
    Sync,
    /// Reviews all month records of a month that stand submitted.
    Review { month: Month },
    /// Ends a pairing and gives the household to another helper, or to nobody.
    HandOver { pairing: Id, household: Id, to: Option<Id> },
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// When.
    pub(crate) at: Instant,
    /// Who.
    pub(crate) who: Who,
    /// What.
    pub(crate) act: Act,
}

const MINUTE_MS: i64 = 60_000;

/// Openings, middles and ends of what is written down after a visit; `#` becomes a number.
const OPENINGS: &[&str] = &[
    "上午入户,户主在家,聊了近况。",
    "下午到户,家中老人在,孩子在外上学。",
    "在院内见到户主,正在喂羊,现存栏#只。",
    "约在家中见面,谈了约#分钟。",
];
const MIDDLES: &[&str] = &[
    "核对了低保和养老保险到账情况。",
    "看了水龙头,水压正常。",
    "房屋东侧有小裂缝,长约#厘米,已记下。",
    "产业补助已到账,准备再买#只羊。",
    "讲了小额信贷和务工补贴政策。",
    "今年种玉米#亩,出苗整齐。",
];
const ENDINGS: &[&str] = &["约好下月再来核对收入台账。", "想参加养殖培训,已登记。", "暂无其他诉求。", "反映村道照明不足,转村委会。"];
/// The text that two villages share.
const COPIED: &str = "入户宣传政策,查看住房和饮水,了解收入情况,群众对帮扶工作表示满意,无其他诉求。";

/// The months that are told.
pub(crate) fn months() -> [Month; 2] {
    let month = |number| Month::new(2019, number).unwrap_or_else(|| Month::of(Day::MIN));
    [month(4), month(5)]
}

fn at(day: Day, hour: u64, minute: u64) -> Instant {
    let minutes = i64::try_from(hour * 60 + minute).unwrap_or(0);
    Instant(start_of(day).0 + minutes * MINUTE_MS)
}

fn day_of(month: Month, number: u64) -> Day {
    let days = jiff::Span::new().days(i64::try_from(number).unwrap_or(1) - 1);
    month.first_day().checked_add(days).unwrap_or_else(|_| month.first_day())
}

fn text(chance: &mut Chance) -> String {
    let mut text = String::new();
    for parts in [OPENINGS, MIDDLES, MIDDLES, ENDINGS] {
        text.push_str(&chance.pick(parts).replace('#', &chance.number(3, 60).to_string()));
    }
    text
}

/// Tells the two months.
pub(crate) fn story(pairs: &[Pair], seed: u64) -> Vec<Step> {
    let mut chance = Chance::new(seed ^ 0x5701);
    let mut steps = hand_overs(pairs);
    let mut helpers: Vec<Id> = pairs.iter().map(|pair| pair.cadre).collect();
    helpers.sort_unstable();
    helpers.dedup();
    for (n, helper) in helpers.iter().enumerate() {
        let own: Vec<&Pair> = pairs.iter().filter(|pair| pair.cadre == *helper).collect();
        let is_late = n % 15 == 7;
        for month in months() {
            tell_month(&mut steps, &own, (month, n, is_late), &mut chance);
        }
        if is_late {
            steps.push(Step { at: at(day_of(months()[1].plus(1), 14), 19, 0), who: Who::Helper(*helper), act: Act::Sync });
        }
    }
    let mut villages: Vec<Place> = pairs.iter().map(|pair| pair.place).collect();
    villages.sort_unstable();
    villages.dedup();
    for village in villages {
        for month in months() {
            let day = day_of(month.plus(1), 5 + chance.number(0, 2));
            let who = Who::Secretary(village);
            steps.push(Step { at: at(day, 9, 0), who, act: Act::Sync });
            steps.push(Step { at: at(day, 9, 30), who, act: Act::Review { month } });
            steps.push(Step { at: at(day, 18, 0), who, act: Act::Sync });
        }
    }
    steps.sort_by_key(|step| (step.at, step.who));
    steps
}

fn tell_month(steps: &mut Vec<Step>, own: &[&Pair], (month, n, is_late): (Month, usize, bool), chance: &mut Chance) {
    let Some(who) = own.first().map(|pair| Who::Helper(pair.cadre)) else { return };
    let mut add = |at: Instant, act: Act| steps.push(Step { at, who, act });
    let is_may = month == months()[1];
    let next = month.plus(1);
    for (k, pair) in own.iter().enumerate() {
        let (day, household) = (day_of(month, chance.number(2, 27)), pair.household);
        let (hour, minute, minutes) = (chance.number(9, 17), chance.number(0, 59), chance.number(20, 70));
        let luck = chance.number(1, 100);
        match (is_may, n, k) {
            (true, 3, 0) => add(at(day_of(month, 28), 20, 0), Act::Backfill { household, day: day_of(month, 12) }),
            (true, 4, 0) => add(at(day_of(month, 29), 20, 0), Act::Undeclared { household, start: at(day_of(month, 10), 10, 0) }),
            _ if luck <= 3 => {}
            _ => {
                let mode = if luck <= 7 { "phone" } else { "home" };
                let text = if is_may && k == 1 && (n == 5 || n == 20) { COPIED.to_owned() } else { text(chance) };
                add(at(day, hour, minute), Act::Visit { household, mode, minutes, text });
            }
        }
        if luck > 3 && chance.in_hundred(94) {
            add(at(day_of(next, 2), 18, u64::try_from(k % 60).unwrap_or(0)), Act::MonthRecord { household, month });
        }
    }
    if !(is_late && is_may) {
        for day in [day_of(month, 10), day_of(month, 20), day_of(month, 29), day_of(next, 2)] {
            add(at(day, 21, u64::try_from(n % 60).unwrap_or(0)), Act::Sync);
        }
    }
}

/// Six households of a helper who left in March are handed over on 28 April; seven of another village go to nobody on 1 May.
fn hand_overs(pairs: &[Pair]) -> Vec<Step> {
    let mut steps = Vec::new();
    let (late, never) = movers(pairs);
    let april = day_of(months()[0], 28);
    let may = day_of(months()[1], 1);
    if let Some((from, to)) = late {
        for pair in pairs.iter().filter(|pair| pair.cadre == from).take(6) {
            let act = Act::HandOver { pairing: pair.id, household: pair.household, to: Some(to) };
            steps.push(Step { at: at(april, 8, 0), who: Who::Office, act });
        }
    }
    for pair in pairs.iter().filter(|pair| Some(pair.cadre) == never).take(7) {
        steps.push(Step {
            at: at(may, 8, 0),
            who: Who::Office,
            act: Act::HandOver { pairing: pair.id, household: pair.household, to: None },
        });
    }
    steps
}

/// The helper who left in March with the one who takes over, and the helper who leaves in May with no successor: of two villages, each with
/// at least five households.
pub(crate) fn movers(pairs: &[Pair]) -> (Option<(Id, Id)>, Option<Id>) {
    let busy = |village: Place| {
        let mut found: Vec<Id> = pairs.iter().filter(|pair| pair.place == village).map(|pair| pair.cadre).collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|cadre| pairs.iter().filter(|pair| pair.cadre == *cadre).count() >= 5);
        found
    };
    let mut villages: Vec<Place> = pairs.iter().map(|pair| pair.place).collect();
    villages.sort_unstable();
    villages.dedup();
    let late = villages.get(3).map(|village| busy(*village)).and_then(|found| Some((*found.first()?, *found.get(1)?)));
    let never = villages.get(2).and_then(|village| busy(*village).first().copied());
    (late, never)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster() -> Vec<Pair> {
        let id = |n: u8, k: u8| Id::from_bytes([n, k, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        (0..60_u8)
            .map(|n| Pair {
                id: id(1, n),
                household: id(2, n),
                place: format!("61080220920{}", n % 5).parse().unwrap(),
                cadre: id(3, n % 5 + 5 * (n / 30)),
            })
            .collect()
    }

    #[test]
    fn time_only_runs_forward_and_the_same_seed_tells_the_same_story() {
        let told = story(&roster(), 7);
        assert!(told.windows(2).all(|two| two[0].at <= two[1].at));
        assert_eq!(told, story(&roster(), 7));
        assert_ne!(told, story(&roster(), 8));
    }

    #[test]
    fn one_backfill_is_declared_one_is_not_and_a_text_is_copied() {
        let told = story(&roster(), 7);
        let count = |test: fn(&Act) -> bool| told.iter().filter(|step| test(&step.act)).count();
        assert_eq!(count(|act| matches!(act, Act::Backfill { .. })), 1);
        assert_eq!(count(|act| matches!(act, Act::Undeclared { .. })), 1);
        assert!(count(|act| matches!(act, Act::HandOver { to: None, .. })) >= 5);
        assert!(count(|act| matches!(act, Act::HandOver { to: Some(_), .. })) >= 5);
    }
}
