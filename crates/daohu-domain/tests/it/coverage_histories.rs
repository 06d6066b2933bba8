//! Random histories of a township for property tests.

use daohu_domain::calendar::{Day, Instant, Month, start_of};
use daohu_domain::coverage::scenario::{
    AssistantDuty, Backfill, Cadre, Config, Equivalents, Household, Leave, MonthRecord, Pairing, PairingRole, PlaceSpan, Post, PostTerm,
    RecordAct, RecordEvent, Region, Scenario, Span, StatusSpan, Term, Tier, TierSpan, TimeEvidence, TourVisit, Unit, Visit, VisitAct,
    VisitEvent,
};
use jiff::ToSpan;
use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

/// The township; all villages of the histories lie in it.
pub(crate) const TOWN: &str = "610802209000";

/// The villages of the histories.
pub(crate) const VILLAGES: [&str; 2] = ["610802209201", "610802209202"];

const MINUTE_MS: i64 = 60_000;

const HOUSEHOLDS: [&str; 4] = ["H1", "H2", "H3", "H4"];
const CADRES: [&str; 4] = ["an", "bo", "cui", "ding"];
const PLACES: [&str; 3] = [VILLAGES[0], VILLAGES[1], "group-1"];

/// Returns histories that stay in villages of the township and are asked about June or a month near it.
pub(crate) fn histories() -> impl Strategy<Value = Scenario> {
    let lists = (vec(household(), HOUSEHOLDS.len()), vec(pairing(), 6..18), vec(visit(), 8..40), vec(leave(), 0..3));
    let more = (vec(term(), 0..6), vec(tour(), 0..3), vec(post(), 0..2), vec(record(), 0..4));
    let question = (5..=7i8, 40..200i64, config());
    (question, lists, more).prop_map(|((month, as_of, config), (households, pairings, visits, leaves), (terms, tours, posts, records))| {
        let month = Month::new(2019, month).unwrap_or_else(|| Month::of(day(0)));
        let mut scenario = Scenario::asking(TOWN, month, Instant(start_of(day(120 + as_of)).0 + as_of % 3));
        scenario.config = config;
        scenario.regions = regions();
        scenario.units = ["U1", "U2"].map(|id| Unit { id: id.to_owned(), place: Some(VILLAGES[0].to_owned()), ..Unit::default() }).to_vec();
        scenario.households = numbered(households, HOUSEHOLDS, |household, id| household.id = id);
        scenario.cadres = CADRES.map(|id| Cadre { id: id.to_owned(), terms: Vec::new() }).to_vec();
        for (cadre, term) in terms {
            scenario.cadres[cadre].terms.push(term);
        }
        (scenario.pairings, scenario.leaves, scenario.tours, scenario.posts, scenario.records) = (pairings, leaves, tours, posts, records);
        scenario.visits = visits;
        for (at, visit) in scenario.visits.iter_mut().enumerate() {
            visit.id = format!("V{at:02}");
        }
        for (at, post) in scenario.posts.iter_mut().enumerate() {
            post.id = format!("P{at}");
        }
        scenario
    })
}

/// Returns a roster that may replace that of a history after the freeze.
pub(crate) fn rosters() -> impl Strategy<Value = (Vec<Household>, Vec<Pairing>)> {
    let households = vec(household(), HOUSEHOLDS.len()).prop_map(|list| numbered(list, HOUSEHOLDS, |household, id| household.id = id));
    (households, vec(pairing(), 0..10))
}

/// Returns the day `n` days after 1 January 2019.
pub(crate) fn day(n: i64) -> Day {
    jiff::civil::date(2019, 1, 1).saturating_add(n.days())
}

fn numbered<T>(mut list: Vec<T>, ids: [&str; 4], set: fn(&mut T, String)) -> Vec<T> {
    for (one, id) in list.iter_mut().zip(ids) {
        set(one, id.to_owned());
    }
    list
}

fn regions() -> Vec<Region> {
    let region = |code: &str, level: &str, parent: Option<&str>| Region {
        code: code.to_owned(),
        level: level.to_owned(),
        parent: parent.map(str::to_owned),
        ..Region::default()
    };
    let mut regions = vec![region(TOWN, "town", None), region("group-1", "group", Some(VILLAGES[0]))];
    regions.extend(VILLAGES.map(|code| region(code, "village", Some(TOWN))));
    regions
}

fn config() -> impl Strategy<Value = Config> {
    let tiers =
        [("monthly", Tier { months: 1, need: 1 }), ("twice", Tier { months: 1, need: 2 }), ("quarterly", Tier { months: 3, need: 1 })];
    (any::<bool>(), 0..=40u32, option::of(0..3u32)).prop_map(move |(allowed, cap_pct, assistant)| Config {
        tiers: tiers.into_iter().map(|(name, tier)| (name.to_owned(), tier)).collect(),
        equivalents: Equivalents { allowed, cap_pct },
        assistant: assistant.map(|need| AssistantDuty { need, modes: vec!["phone".to_owned(), "home".to_owned()] }),
        ..Config::default()
    })
}

fn days() -> impl Strategy<Value = Day> {
    (100..220i64).prop_map(day)
}

fn span() -> impl Strategy<Value = Span> {
    (-60..200i64, option::of(0..120i64)).prop_map(|(from, length)| Span { from: day(from), to: length.map(|length| day(from + length)) })
}

/// Returns spans that follow each other, one for each value.
fn in_turn<T: Clone + std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<(T, Day, Option<Day>)>> {
    (vec((value, 1..120i64, 0..20i64), 1..3), -60..40i64).prop_map(|(parts, start)| {
        let mut from = start;
        let mut spans = Vec::new();
        for (value, length, pause) in parts {
            spans.push((value, day(from), Some(day(from + length))));
            from += length + pause;
        }
        if let Some(last) = spans.last_mut() {
            last.2 = None;
        }
        spans
    })
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    (0..texts.len()).prop_map(|at| texts[at].to_owned())
}

fn household() -> impl Strategy<Value = Household> {
    let status = in_turn(one_of(&["poor", "monitored", "observed", "ordinary", "exited_with_policy"]));
    let tier = in_turn(one_of(&["monthly", "monthly", "monthly", "twice", "quarterly", "unknown"]));
    let parents = vec(one_of(&HOUSEHOLDS), 0..2);
    (status, tier, in_turn(one_of(&PLACES)), parents, vec(span(), 0..3)).prop_map(|(status, tier, places, parents, away)| Household {
        id: String::new(),
        status: status.into_iter().map(|(status, from, to)| StatusSpan { status, from, to }).collect(),
        tier: tier.into_iter().map(|(tier, from, to)| TierSpan { tier, from, to }).collect(),
        places: places.into_iter().map(|(place, from, to)| PlaceSpan { place, from, to }).collect(),
        parents,
        away,
    })
}

fn pairing() -> impl Strategy<Value = Pairing> {
    let role = prop_oneof![4 => Just(PairingRole::Primary), 1 => Just(PairingRole::Assistant), 1 => Just(PairingRole::Other)];
    (one_of(&HOUSEHOLDS), one_of(&CADRES), role, span(), option::of(one_of(&["U1", "U2"]))).prop_map(
        |(household, cadre, role, span, unit)| Pairing { id: String::new(), household, cadre, role, from: span.from, to: span.to, unit },
    )
}

fn leave() -> impl Strategy<Value = Leave> {
    (one_of(&CADRES), span(), option::of(one_of(&CADRES))).prop_map(|(cadre, span, deputy)| Leave {
        cadre,
        from: span.from,
        to: span.to,
        deputy,
    })
}

fn term() -> impl Strategy<Value = (usize, Term)> {
    (0..CADRES.len(), one_of(&["U1", "U2"]), span()).prop_map(|(cadre, unit, span)| (cadre, Term { unit, from: span.from, to: span.to }))
}

fn tour() -> impl Strategy<Value = TourVisit> {
    (one_of(&HOUSEHOLDS), days()).prop_map(|(household, date)| TourVisit { household, cadre: "secretary".to_owned(), date })
}

fn post() -> impl Strategy<Value = Post> {
    (one_of(&PLACES), span(), vec(span(), 0..3)).prop_map(|(place, needed, terms)| Post {
        id: String::new(),
        place,
        from: needed.from,
        to: needed.to,
        terms: terms.into_iter().map(|span| PostTerm { cadre: "mu".to_owned(), from: span.from, to: span.to }).collect(),
    })
}

fn record() -> impl Strategy<Value = MonthRecord> {
    let act = prop_oneof![Just(RecordAct::Pass), Just(RecordAct::Return), Just(RecordAct::Refer), Just(RecordAct::Resubmit)];
    (one_of(&HOUSEHOLDS), 4..=7i8, 0..14_000i64, vec((0..20_000i64, act), 0..3)).prop_map(|(household, month, received, log)| {
        let month = Month::new(2019, month).unwrap_or_else(|| Month::of(day(0)));
        let received = Instant(month.plus(1).start().0 + received * MINUTE_MS);
        let log = log.into_iter().map(|(after, act)| RecordEvent { at: Instant(received.0 + after * MINUTE_MS), act }).collect();
        MonthRecord { household, month, submitted_at: None, received_at: Some(received), log }
    })
}

/// What a visit was, before its times.
type Told = (String, String, Vec<String>, String, Option<String>, bool);

fn told() -> impl Strategy<Value = Told> {
    let mode = one_of(&["home", "home", "worksite", "video", "video", "phone", "gathering"]);
    let absent = option::weighted(0.2, one_of(&["migrant_work", "hospital"]));
    (one_of(&HOUSEHOLDS), one_of(&CADRES), vec(one_of(&CADRES), 0..3), mode, absent, weighted(0.8))
}

fn visit() -> impl Strategy<Value = Visit> {
    let delay = option::weighted(0.95, prop_oneof![0..600i64, 0..80_000i64]);
    let times = (160_000..300_000i64, 0..600i64, delay, option::of((-4_000..4_000i64, -4_000..4_000i64)));
    let odds = (0..8u8, option::weighted(0.15, days()), option::weighted(0.15, 0..40usize), vec(one_of(&HOUSEHOLDS), 0..2));
    (told(), times, odds, vec((0..90_000i64, act(), option::of(one_of(&["AR-05", "time_doubt"]))), 0..3)).prop_map(
        |((household, recorder, participants, mode, absent_reason, household_confirmed), times, odds, log)| {
            let (start, length, delay, bounds) = times;
            let (evidence, backfill, duplicate_of, names) = odds;
            let at = |minutes: i64| Instant(start_of(day(0)).0 + minutes * MINUTE_MS);
            let time = match (evidence, bounds) {
                (0, _) => None,
                (1, Some((low, high))) => Some(TimeEvidence::Between([at(start + low), at(start + high)])),
                _ => Some(TimeEvidence::Trusted(at(start + bounds.map_or(0, |(low, _)| low)))),
            };
            let received = start + length + delay.unwrap_or(0);
            Visit {
                id: String::new(),
                household,
                recorder,
                participants,
                mode,
                start: at(start),
                end: at(start + length),
                time,
                submitted_at: (evidence > 2).then(|| at(start + length + 5)),
                received_at: delay.map(|_| at(received)),
                log: log.into_iter().map(|(after, act, rule)| VisitEvent { at: at(received + after), act, rule }).collect(),
                backfill: backfill.map(|original_date| Backfill { original_date, reason: String::new() }),
                duplicate_of: duplicate_of.map(|n| format!("V{n:02}")),
                absent_reason,
                household_confirmed,
                names,
            }
        },
    )
}

fn act() -> impl Strategy<Value = VisitAct> {
    prop_oneof![
        1 => Just(VisitAct::Flag),
        2 => Just(VisitAct::Accept),
        6 => Just(VisitAct::Pass),
        1 => Just(VisitAct::Return),
        1 => Just(VisitAct::Withdraw),
        1 => Just(VisitAct::Resubmit),
        1 => Just(VisitAct::Void),
        1 => Just(VisitAct::Restore),
        1 => Just(VisitAct::OpenPaper),
        1 => Just(VisitAct::ApproveBackfill),
    ]
}
