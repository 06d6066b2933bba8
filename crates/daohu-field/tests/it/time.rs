//! Time evidence: what a visit's time rests on when clocks are wrong, phones restart, people write down later.

use crate::{
    fake::VILLAGE,
    phone::{DAY, HOUR, KEY, MAY_5, Phone, Seeded, World, input},
};
use daohu_domain::calendar::Instant;
use daohu_field::{Ledger, SetClock, SyncOptions, Until, VisitInput};

fn world_with_clock(clock: SetClock) -> (World, Phone) {
    let mut world = World::new(1);
    let user = world.server.user(world.cadres[0], "张三");
    world.server.grant(user, Some("helper"), VILLAGE, Some(world.households[0]));
    let mut phone = Phone::with_clock(9, clock);
    phone.enrol(&mut world.server, user);
    phone.sync(&mut world.server);
    (world, phone)
}

#[test]
fn a_wall_clock_that_is_wrong_moves_no_visit() {
    let clock = SetClock::at(MAY_5).with_mono(1_000_000).with_boot("b1");
    let (mut world, mut phone) = world_with_clock(clock);
    phone.clock.advance(5 * DAY);
    world.server.now_ms += 6 * DAY;
    phone.clock.set_wall(MAY_5 - 4 * DAY);

    let visit = phone.visit(world.households[0], "核对了收入台账。");

    let shown = phone.ledger.visit(visit).unwrap().visit;
    assert_eq!((shown.occurred_day.to_string().as_str(), shown.time.as_str()), ("2019-05-10", "trusted"));
    assert_eq!(shown.skew_s, Some(-9 * 86_400));
    phone.sync(&mut world.server);
    assert_eq!(phone.ledger.visit(visit).unwrap().visit.occurred_day.to_string(), "2019-05-10");
    assert_eq!(phone.ledger.rebuild().unwrap().differences, 0);
}

#[test]
fn a_clock_that_is_set_between_start_and_submission_moves_nothing() {
    let clock = SetClock::at(MAY_5).with_mono(1_000_000).with_boot("b1");
    let (world, mut phone) = world_with_clock(clock);
    let visit = phone.ledger.start_visit(&world.households[0].to_string()).unwrap().visit.id;
    phone.clock.advance(2 * HOUR);
    phone.clock.set_wall(MAY_5 + 40 * DAY);
    phone.ledger.set_visit(visit, &input("核对了台账。")).unwrap();

    let shown = phone.ledger.submit_visit(visit).unwrap().visit;

    assert_eq!((shown.occurred_day.to_string().as_str(), shown.time.as_str()), ("2019-05-05", "trusted"));
}

#[test]
fn an_earlier_moment_of_the_same_day_is_trusted_and_one_of_last_week_is_a_claim() {
    let (world, mut phone) = world_with_clock(SetClock::at(MAY_5));
    let household = world.households[0].to_string();
    let at = |ms: i64| Some(Instant(ms).to_string());
    let earlier = VisitInput { start: at(MAY_5 - 3 * HOUR), end: at(MAY_5 - 2 * HOUR), ..input("上午的走访,核对台账。") };
    let shown = phone.ledger.new_visit(&household, &earlier, Until::Submit).unwrap().visit;
    assert_eq!((shown.time.as_str(), shown.fields["start"].clone()), ("trusted", serde_json::json!(Instant(MAY_5 - 3 * HOUR))));

    let week = VisitInput { start: at(MAY_5 - 7 * DAY), end: at(MAY_5 - 7 * DAY + HOUR), ..input("上周的走访,核对台账。") };
    let shown = phone.ledger.new_visit(&household, &week, Until::Submit).unwrap().visit;
    assert_eq!((shown.time.as_str(), shown.occurred_day.to_string().as_str(), shown.skew_s), ("doubtful", "2019-04-28", None));

    let future = VisitInput { start: at(MAY_5 + HOUR), ..input("明天的走访。") };
    assert_eq!(phone.ledger.new_visit(&household, &future, Until::Submit).unwrap_err().code(), "invalid_record");
}

#[test]
fn after_a_restart_one_empty_exchange_gives_the_visit_its_time_before_it_is_sealed() {
    let clock = SetClock::at(MAY_5).with_mono(1_000_000).with_boot("b1");
    let (mut world, phone) = world_with_clock(clock);
    let Phone { folder, ledger, .. } = phone;
    drop(ledger);
    let clock = SetClock::at(MAY_5 + DAY).with_mono(HOUR).with_boot("b2");
    let ledger = Ledger::open(&folder.path().join("a.db"), &KEY, Box::new(clock.clone()), Box::new(Seeded::new(77))).unwrap();
    let mut phone = Phone { folder, clock, ledger, seed: 77 };
    let visit = phone.visit(world.households[0], "重启后的走访,核对台账。");
    assert_eq!(phone.ledger.visit(visit).unwrap().visit.time.as_str(), "doubtful");
    phone.clock.advance(2 * HOUR);
    world.server.now_ms = MAY_5 + DAY + 2 * HOUR;

    let report = phone.sync(&mut world.server);

    assert_eq!((report.requests, report.pushed), (2, 1));
    let shown = phone.ledger.visit(visit).unwrap().visit;
    assert_eq!((shown.time.as_str(), shown.skew_s), ("trusted", Some(0)));
    let header = world.server.requests.iter().flat_map(|request| &request.batches).last().unwrap().header().unwrap();
    assert_eq!(header.boots.last().unwrap().id, "b2");
    assert_eq!(header.boots.last().unwrap().anchors.len(), 1);
}

#[test]
fn a_phone_that_did_not_hear_the_server_for_fifty_days_asks_the_time_before_it_seals() {
    let clock = SetClock::at(MAY_5).with_mono(1_000_000).with_boot("b1");
    let (mut world, mut phone) = world_with_clock(clock);
    world.advance(&[&phone], 50 * DAY);
    let visit = phone.visit(world.households[0], "五十天没有信号,核对台账。");
    assert_eq!(phone.ledger.visit(visit).unwrap().visit.time.as_str(), "doubtful");

    let report = phone.sync(&mut world.server);

    assert_eq!((report.requests, report.pushed), (2, 1));
    assert_eq!(phone.ledger.visit(visit).unwrap().visit.time.as_str(), "trusted");
}

#[test]
fn a_visit_sealed_in_time_and_handed_in_three_days_later_keeps_its_time() {
    let clock = SetClock::at(MAY_5).with_mono(1_000_000).with_boot("b1");
    let (mut world, mut phone) = world_with_clock(clock);
    let visit = phone.ledger.new_visit(&world.households[0].to_string(), &input("核对了台账。"), Until::Seal).unwrap().visit.id;
    world.advance(&[&phone], 3 * DAY);

    let shown = phone.ledger.submit_visit(visit).unwrap().visit;

    assert_eq!((shown.occurred_day.to_string().as_str(), shown.time.as_str()), ("2019-05-05", "trusted"));
    phone.sync(&mut world.server);
    let shown = phone.ledger.visit(visit).unwrap().visit;
    assert_eq!((shown.occurred_day.to_string().as_str(), shown.time.as_str()), ("2019-05-05", "trusted"));
    assert_eq!(phone.ledger.rebuild().unwrap().differences, 0);
}

#[test]
fn another_phone_sees_the_time_that_the_server_worked_out() {
    let clock = SetClock::at(MAY_5 - 9 * DAY).with_mono(1_000_000).with_boot("b1");
    let (mut world, mut phone) = world_with_clock(clock);
    let visit = phone.visit(world.households[0], "钟慢了九天的走访。");
    phone.sync(&mut world.server);
    let mut other = world.assistant();
    other.sync(&mut world.server);
    let shown = other.ledger.visit(visit).unwrap().visit;
    assert_eq!((shown.occurred_day.to_string().as_str(), shown.time.as_str()), ("2019-05-05", "trusted"));
}

#[test]
fn a_store_that_was_ever_opened_with_a_set_clock_says_so() {
    let (_, phone) = world_with_clock(SetClock::at(MAY_5));
    let clock = phone.ledger.status().unwrap().clock;
    assert_eq!((clock.source.as_str(), clock.skew_s, clock.anchor_age_s), ("set", Some(0), Some(0)));
}

#[test]
fn whatever_a_clock_says_nothing_is_lost_and_the_next_sync_goes_on() {
    let (mut world, mut phone) = world_with_clock(SetClock::at(MAY_5).with_mono(1_000_000).with_boot("b1"));
    let household = world.households[0].to_string();
    for (n, (wall, mono)) in
        [(i64::MAX, i64::MAX), (i64::MIN, i64::MIN), (i64::MAX, i64::MIN), (i64::MIN, i64::MAX)].into_iter().enumerate()
    {
        let wild = SetClock::at(wall).with_mono(mono).with_boot(["b1", "b2"][n % 2]);
        let path = phone.path();
        let mut ledger = Ledger::open(&path, &KEY, Box::new(wild), Box::new(Seeded::new(70 + n as u64))).unwrap();
        ledger.status().unwrap();
        let _month_of_no_calendar = ledger.due(None);
        ledger.new_visit(&household, &input("钟坏了的走访。"), Until::Submit).unwrap();
        let mut conversation = ledger.begin_sync(SyncOptions::default()).unwrap();
        while let Some(request) = conversation.next_request(&mut ledger).unwrap() {
            conversation.on_response(&mut ledger, &world.server.handle(&request)).unwrap();
        }
        assert_eq!(ledger.status().unwrap().unsent, 0);
        ledger.rebuild().unwrap();
    }

    phone.visit(world.households[0], "钟修好了。");
    phone.sync(&mut world.server);

    assert_eq!(phone.ledger.status().unwrap().unsent, 0);
    assert_eq!(world.server.count("visit"), 5);
}
