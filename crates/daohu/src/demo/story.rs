//! What happens in the township in April and May 2019, in order of time: a pure function of the roster and a seed.
//!
//! Told on purpose (`Cast`): a helper who left and whose households were handed over late (a hidden gap in April), households handed over
//! to nobody (a gap in May), one text copied between two villages, one backfill declared and one not, phones that came back after the freeze.

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
    /// Hands in the month record, with the reason why nobody went there where nobody did.
    MonthRecord { household: Id, month: Month, reason: Option<&'static str> },
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

/// Why a household was only called.
const NOT_THERE: &str = "全家外出务工,电话联系。";

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

/// The helpers in the order of the roster.
pub(crate) fn helpers(pairs: &[Pair]) -> Vec<Id> {
    let mut found: Vec<Id> = Vec::new();
    for pair in pairs {
        if !found.contains(&pair.cadre) {
            found.push(pair.cadre);
        }
    }
    found
}

/// The villages in the order of their codes.
pub(crate) fn villages(pairs: &[Pair]) -> Vec<Place> {
    let mut found: Vec<Place> = pairs.iter().map(|pair| pair.place).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// To whom something happens that the figures must show.
#[derive(Debug)]
pub(crate) struct Cast {
    /// Left on 11 March; the households were handed over on 28 April.
    pub(crate) left: Option<Id>,
    takes_over: Option<Id>,
    /// Leaves on 1 May, followed by nobody.
    leaves: Option<Id>,
    /// Declares a backfill.
    backfills: Option<Id>,
    /// Writes an old visit down as if it had just been made.
    hides: Option<Id>,
    /// Two of two villages who hand in the same text.
    copies: [Option<Id>; 2],
    /// Come back after the freeze.
    slow: Vec<Id>,
}

/// Chooses them from the roster.
pub(crate) fn cast(pairs: &[Pair]) -> Cast {
    let villages = villages(pairs);
    let of = |village: usize, n: usize| {
        let place = *villages.get(village)?;
        let of_village: Vec<Pair> = pairs.iter().filter(|pair| pair.place == place).cloned().collect();
        helpers(&of_village).get(n).copied()
    };
    Cast {
        left: of(3, 0),
        takes_over: of(3, 1),
        leaves: of(2, 0),
        backfills: of(0, 0),
        hides: of(7, 1),
        copies: [of(5, 1), of(6, 1)],
        slow: helpers(pairs).into_iter().skip(10).step_by(15).collect(),
    }
}

/// Tells the two months.
pub(crate) fn story(pairs: &[Pair], seed: u64) -> Vec<Step> {
    let mut chance = Chance::new(seed ^ 0x5701);
    let cast = cast(pairs);
    let mut steps = hand_overs(pairs, &cast);
    let of = |helper: Option<Id>| pairs.iter().filter(move |pair| Some(pair.cadre) == helper);
    for helper in helpers(pairs).into_iter().filter(|helper| Some(*helper) != cast.left) {
        let mut held: Vec<&Pair> = of(Some(helper)).collect();
        for month in months() {
            let is_may = month == months()[1];
            if is_may && cast.takes_over == Some(helper) {
                held.extend(of(cast.left));
            }
            if !(is_may && cast.leaves == Some(helper)) {
                tell_month(&mut steps, (helper, &held), (month, &cast), &mut chance);
            }
        }
    }
    for village in villages(pairs) {
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

fn tell_month(steps: &mut Vec<Step>, (helper, held): (Id, &[&Pair]), (month, cast): (Month, &Cast), chance: &mut Chance) {
    let mut add = |at: Instant, act: Act| steps.push(Step { at, who: Who::Helper(helper), act });
    let (is_may, next) = (month == months()[1], month.plus(1));
    let is = |one: Option<Id>| one == Some(helper);
    // Who leaves on the first hands in what there is on the last day.
    let closing = if is(cast.leaves) { day_of(month, 30) } else { day_of(next, 2) };
    for (k, pair) in held.iter().enumerate() {
        let (day, household) = (day_of(month, chance.number(2, 27)), pair.household);
        let (hour, minute, minutes) = (chance.number(9, 17), chance.number(0, 59), chance.number(20, 70));
        let luck = chance.number(1, 100);
        let (told, copied) = (text(chance), is_may && k == 0 && cast.copies.contains(&Some(helper)));
        let mut reason = None;
        match k {
            0 if is_may && is(cast.backfills) => add(at(day_of(month, 28), 20, 0), Act::Backfill { household, day: day_of(month, 12) }),
            0 if is_may && is(cast.hides) => {
                add(at(day_of(month, 29), 20, 0), Act::Undeclared { household, start: at(day_of(month, 10), 10, 0) });
            }
            _ if copied => add(at(day, hour, minute), Act::Visit { household, mode: "home", minutes, text: COPIED.to_owned() }),
            _ if luck <= 3 => continue,
            _ => {
                let mode = if luck <= 7 { "phone" } else { "home" };
                reason = (mode == "phone").then_some(NOT_THERE);
                add(at(day, hour, minute), Act::Visit { household, mode, minutes, text: told });
            }
        }
        if chance.in_hundred(94) {
            add(at(closing, 18, u64::try_from(k % 60).unwrap_or(0)), Act::MonthRecord { household, month, reason });
        }
    }
    let mut syncs = vec![at(day_of(month, 10), 21, 0), at(day_of(month, 20), 21, 0), at(day_of(month, 29), 21, 0), at(closing, 21, 0)];
    if is_may && cast.slow.contains(&helper) {
        syncs = vec![at(day_of(next, 14), 19, 0)];
    }
    syncs.into_iter().for_each(|at| add(at, Act::Sync));
}

/// The households of who left in March go to a colleague on 28 April, who sees the first of them the day after; those of who leaves in May
/// go to nobody.
fn hand_overs(pairs: &[Pair], cast: &Cast) -> Vec<Step> {
    let mut steps = Vec::new();
    let (april, may) = (day_of(months()[0], 28), day_of(months()[1], 1));
    let of = |helper: Option<Id>| pairs.iter().filter(move |pair| Some(pair.cadre) == helper);
    for (day, helper, to) in [(april, cast.left, cast.takes_over), (may, cast.leaves, None)] {
        steps.extend(of(helper).map(|pair| Step {
            at: at(day, 8, 0),
            who: Who::Office,
            act: Act::HandOver { pairing: pair.id, household: pair.household, to },
        }));
    }
    let Some(who) = cast.takes_over.map(Who::Helper) else { return steps };
    steps.push(Step { at: at(april, 20, 0), who, act: Act::Sync });
    for (hour, pair) in (9..).zip(of(cast.left).take(3)) {
        let household = pair.household;
        let text = "今天接手这户,第一次入户,认了门,核对了家庭人口。".to_owned();
        let act = Act::Visit { household, mode: "home", minutes: 40, text };
        steps.push(Step { at: at(day_of(months()[0], 29), hour, 50), who, act });
        let act = Act::MonthRecord { household, month: months()[0], reason: None };
        steps.push(Step { at: at(day_of(months()[1], 2), 19, 0), who, act });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight villages of two helpers each, six households a helper.
    fn roster() -> Vec<Pair> {
        let id = |n: u8, k: u8| Id::from_bytes([n, k, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let pair = |n: u8| Pair {
            id: id(1, n),
            household: id(2, n),
            place: format!("61080220920{}", n / 12).parse().unwrap(),
            cadre: id(3, n / 6),
        };
        (0..96_u8).map(pair).collect()
    }

    #[test]
    fn time_only_runs_forward_and_the_same_seed_tells_the_same_story() {
        let told = story(&roster(), 7);
        assert!(told.windows(2).all(|two| two[0].at <= two[1].at));
        assert_eq!(told, story(&roster(), 7));
        assert_ne!(told, story(&roster(), 8));
    }

    #[test]
    fn one_backfill_is_declared_one_is_not_and_two_villages_share_a_text() {
        let (pairs, told) = (roster(), story(&roster(), 7));
        let count = |test: fn(&Act) -> bool| told.iter().filter(|step| test(&step.act)).count();
        assert_eq!(count(|act| matches!(act, Act::Backfill { .. })), 1);
        assert_eq!(count(|act| matches!(act, Act::Undeclared { .. })), 1);
        let copied = told.iter().filter_map(|step| match &step.act {
            Act::Visit { household, text, .. } if text == COPIED => pairs.iter().find(|pair| pair.household == *household),
            _ => None,
        });
        let places: Vec<Place> = copied.map(|pair| pair.place).collect();
        assert_eq!(places.len(), 2);
        assert_ne!(places[0], places[1]);
    }

    #[test]
    fn who_left_does_nothing_any_more_and_who_takes_over_visits_first_on_the_day_after() {
        let (pairs, told) = (roster(), story(&roster(), 7));
        let cast = cast(&pairs);
        let handed = |to: Option<Id>| told.iter().filter(|step| matches!(step.act, Act::HandOver { to: found, .. } if found == to)).count();
        assert_eq!((handed(cast.takes_over), handed(None)), (6, 6));
        assert!(told.iter().all(|step| Some(step.who) != cast.left.map(Who::Helper)), "who left does nothing");
        let last = told.iter().rfind(|step| Some(step.who) == cast.leaves.map(Who::Helper)).unwrap();
        assert_eq!((last.at, &last.act), (at(day_of(months()[0], 30), 21, 0), &Act::Sync), "nothing is left on the phone");
        let households: Vec<Id> = pairs.iter().filter(|pair| Some(pair.cadre) == cast.left).map(|pair| pair.household).collect();
        let first = told.iter().find(|step| matches!(&step.act, Act::Visit { household, .. } if households.contains(household))).unwrap();
        assert_eq!((Some(first.who), first.at.day()), (cast.takes_over.map(Who::Helper), day_of(months()[0], 29)));
    }
}
