//! The conversation under a bad link: lost requests, lost answers, repeated and stale ones, strangers in between.

use crate::{
    fake::{Fake, problem},
    phone::{DAY, MAY_5, Phone, Seeded, World},
};
use daohu_field::{Response, SyncOptions};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

#[test]
fn a_lost_answer_costs_nothing_and_the_retry_sends_the_same_batch() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    let server = &mut world.server;
    let lost = phone.sync_over(SyncOptions::default(), |request| {
        server.handle(request);
        None
    });
    assert_eq!(lost.unwrap_err().code(), "offline");
    assert_eq!(phone.ledger.status().unwrap().unsent, 1);

    let report = phone.sync(server);

    assert_eq!((report.receipts, report.pushed), (1, 1));
    assert_eq!(server.count("visit"), 1);
    let sent: Vec<_> = server.requests.iter().flat_map(|request| &request.batches).collect();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|batch| **batch == *sent[0]));
}

#[test]
fn a_page_of_a_captive_portal_is_not_our_server_and_marks_nothing_as_sent() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let visit = phone.visit(world.households[0], "核对了收入台账。");
    let portal = Response { status: 200, headers: Vec::new(), body: "<html>欢迎使用免费上网</html>".as_bytes().to_vec() };
    let refused = phone.sync_over(SyncOptions::default(), |_| Some(portal.clone())).unwrap_err();
    assert_eq!(refused.code(), "not_our_server");
    assert_eq!(phone.ledger.visit(visit).unwrap().visit.state, "submitted");
    assert_eq!(phone.sync(&mut world.server).pushed, 1);
}

#[test]
fn another_office_that_answers_in_our_tongue_is_not_our_server() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    let server = &mut world.server;
    let refused = phone.sync_over(SyncOptions::default(), |request| {
        server.handle(request);
        let mut stranger = Fake::new(MAY_5);
        stranger.key = daohu_wire::DeviceKey::from_seed(&[66; 32]);
        let head = daohu_wire::SignedHead::sign(&stranger.key, 9, [1; 32], MAY_5, daohu_wire::ClockKind::System).unwrap();
        Some(Response { status: 200, headers: Vec::new(), body: daohu_wire::SyncAnswer::new(1, MAY_5, head, 65536).encode().unwrap() })
    });
    assert_eq!(refused.unwrap_err().code(), "not_our_server");
    assert_eq!(phone.ledger.status().unwrap().unsent, 1);
}

#[test]
fn the_servers_own_codes_come_through_and_a_busy_server_is_busy() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    for (status, code, expected) in [
        (426, "too_old", "too_old"),
        (503, "busy", "server_busy"),
        (507, "server_full", "server_full"),
        (507, "", "server_full"),
        (413, "too_big", "too_big"),
        (502, "", "server_busy"),
    ] {
        let refused = phone.sync_over(SyncOptions::default(), |_| Some(problem(status, code))).unwrap_err();
        assert_eq!(refused.code(), expected);
    }
    // Nobody signs a refusal: whoever stands in the way may not name what a host takes for the state of its own store.
    for code in ["interrupted", "store_damaged", "wrong_key", "disk_full", "store_closed", "offline", "usage", "no_such_code"] {
        for (status, expected) in [(400, "not_our_server"), (503, "server_busy")] {
            let refused = phone.sync_over(SyncOptions::default(), |_| Some(problem(status, code))).unwrap_err();
            assert_eq!(refused.code(), expected, "{code}");
        }
    }
    let redirect = Response { status: 302, ..Response::default() };
    assert_eq!(phone.sync_over(SyncOptions::default(), |_| Some(redirect.clone())).unwrap_err().code(), "not_our_server");
    assert_eq!(phone.sync(&mut world.server).requests, 1);
}

#[test]
fn requests_grow_on_a_fast_link_and_shrink_after_a_failure() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let mut conversation = phone.ledger.begin_sync(SyncOptions::default()).unwrap();
    assert_eq!(conversation.link_bytes(), 64 * 1024);
    conversation.next_request(&mut phone.ledger).unwrap();
    conversation.on_failure(&mut phone.ledger).unwrap();
    assert_eq!(conversation.link_bytes(), 32 * 1024);
    let request = conversation.next_request(&mut phone.ledger).unwrap().unwrap();
    let response = world.server.handle(&request);
    conversation.on_response(&mut phone.ledger, &response).unwrap();
    assert_eq!(conversation.link_bytes(), 64 * 1024);

    for _ in 0..4 {
        phone.sync_over(SyncOptions::default(), |_| None).unwrap_err();
    }
    assert_eq!(phone.ledger.begin_sync(SyncOptions::default()).unwrap().link_bytes(), 16 * 1024);
}

#[test]
fn a_day_of_work_goes_over_a_thin_link_in_requests_that_it_bears() {
    const LINK: usize = 16 * 1024;
    let mut world = World::new(4);
    let mut phone = world.helper();
    for n in 0..120 {
        // Nothing that could be packed well.
        let narrative: String = Seeded::new(n).letters(400);
        phone.visit(world.households[(n % 4) as usize], &narrative);
    }
    let (mut sizes, server) = (Vec::new(), &mut world.server);
    let options = SyncOptions { first_bytes: Some(LINK as u32), ..SyncOptions::default() };
    let report = phone
        .sync_over(options, |request| {
            if request.path == "/v1/sync" {
                sizes.push(request.body.len());
            }
            Some(server.handle(request))
        })
        .unwrap();

    assert_eq!((report.receipts > 4, phone.ledger.status().unwrap().unsent, world.server.count("visit")), (true, 0, 120));
    assert!(sizes[0] <= 2 * LINK, "the first request is one of {} bytes", sizes[0]);
    let mut batches = world.server.requests.iter().flat_map(|request| &request.batches);
    let raw = |batch: &daohu_wire::Batch| batch.items.iter().map(|item| item.bytes.len()).sum::<usize>();
    assert!(batches.all(|batch| batch.items.len() == 1 || raw(batch) <= 2 * LINK));
}

#[test]
fn a_slow_answer_does_not_grow_the_next_request() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let mut conversation = phone.ledger.begin_sync(SyncOptions::default()).unwrap();
    let request = conversation.next_request(&mut phone.ledger).unwrap().unwrap();
    phone.clock.advance(6_000);
    let response = world.server.handle(&request);
    conversation.on_response(&mut phone.ledger, &response).unwrap();
    assert_eq!(conversation.link_bytes(), 64 * 1024);
}

#[test]
fn a_bounded_sync_stops_and_says_that_there_is_more() {
    let mut world = World::new(120);
    let user = world.server.user(world.cadres[0], "张三");
    world.server.grant(user, Some("village_secretary"), crate::fake::VILLAGE, None);
    let mut phone = Phone::new(4, MAY_5);
    phone.enrol(&mut world.server, user);
    let small = |max| SyncOptions { requests_max: max, first_bytes: Some(16 * 1024), ..SyncOptions::default() };
    let first = phone.try_sync(&mut world.server, small(Some(1))).unwrap();
    assert_eq!((first.requests, first.more), (1, true));
    let rest = phone.try_sync(&mut world.server, small(None)).unwrap();
    assert!(first.pulled > 0 && rest.pulled > 0 && !rest.more);
    assert_eq!(first.pulled + rest.pulled, 242);
}

#[test]
fn an_answer_that_begins_further_on_than_was_asked_moves_no_cursor() {
    let mut world = World::new(3);
    let user = world.server.user(world.cadres[0], "张三");
    world.server.grant(user, Some("village_secretary"), crate::fake::VILLAGE, None);
    let mut phone = Phone::new(4, MAY_5);
    phone.enrol(&mut world.server, user);
    let server = &mut world.server;
    // As an answer to a question that this store, put back since, has not asked yet.
    let first = phone.sync_over(SyncOptions { requests_max: Some(1), ..SyncOptions::default() }, |request| {
        let response = server.handle(request);
        let mut answer = daohu_wire::SyncAnswer::decode(&response.body).unwrap();
        for pulled in &mut answer.pulled {
            (pulled.from, pulled.items) = (pulled.to, Vec::new());
        }
        Some(Response { body: answer.encode().unwrap(), ..response })
    });
    assert_eq!(first.unwrap().pulled, 0);

    let report = phone.sync(server);

    assert_eq!(report.pulled, 8, "two of each household, and the two of the township");
    assert_eq!(phone.ledger.due(None).unwrap().households.len(), 3);
}

#[test]
fn an_answer_that_was_long_under_way_brings_no_earlier_policy_back() {
    let mut world = World::new(2);
    let user = world.server.user(world.cadres[0], "张三");
    world.server.grant(user, Some("helper"), crate::fake::VILLAGE, Some(world.households[0]));
    let mut phone = Phone::new(4, MAY_5);
    phone.enrol(&mut world.server, user);
    let mut late = None;
    phone
        .sync_over(SyncOptions::default(), |request| {
            let response = world.server.handle(request);
            if request.path == "/v1/sync" {
                // With the policy in every answer, as a server tells it that was asked by somebody who knew none.
                let mut answer = daohu_wire::SyncAnswer::decode(&response.body).unwrap();
                answer.policy = Some(world.server.policy(user));
                late = Some(Response { body: answer.encode().unwrap(), ..response.clone() });
            }
            Some(response)
        })
        .unwrap();
    world.server.now_ms += DAY;
    world.server.grant(user, Some("helper"), crate::fake::VILLAGE, Some(world.households[1]));
    phone.sync(&mut world.server);
    let given = phone.ledger.status().unwrap().grants.len();

    phone.sync_over(SyncOptions { requests_max: Some(1), ..SyncOptions::default() }, |_| late.clone()).unwrap();

    assert_eq!(phone.ledger.status().unwrap().grants.len(), given);
    assert!(phone.ledger.household(&world.households[1].to_string()).is_ok());
}

#[test]
fn a_server_restored_from_a_backup_gets_again_what_it_lacks() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    phone.visit(world.households[0], "第一次。核对了收入台账。");
    phone.sync(&mut world.server);
    phone.visit(world.households[1], "第二次。核对了收入台账。");
    phone.sync(&mut world.server);
    world.server.restore(1);
    assert_eq!(world.server.count("visit"), 1);

    let report = phone.sync(&mut world.server);

    assert!(report.restored);
    assert_eq!(world.server.count("visit"), 2);
    assert_eq!(phone.ledger.status().unwrap().unsent, 0);
    let after = phone.sync(&mut world.server);
    assert_eq!((after.requests, after.restored), (1, false));
}

#[test]
fn a_fork_of_the_batches_closes_the_enrolment_and_a_new_one_hands_everything_in() {
    let mut world = World::new(2);
    let mut phone = world.helper();
    let visit = phone.visit(world.households[0], "核对了收入台账。");
    world.server.closed = Some((409, "batch_fork"));
    assert_eq!(phone.try_sync(&mut world.server, SyncOptions::default()).unwrap_err().code(), "batch_fork");
    assert_eq!(phone.try_sync(&mut world.server, SyncOptions::default()).unwrap_err().code(), "batch_fork");
    world.server.closed = None;
    phone.visit(world.households[1], "还能继续记。核对了台账。");

    let user = world.server.user_of(world.cadres[0]);
    phone.enrol(&mut world.server, user);
    let report = phone.sync(&mut world.server);

    assert_eq!((report.pushed, report.refused.len()), (2, 0));
    assert_eq!(phone.ledger.visit(visit).unwrap().visit.state, "received");
    assert_eq!(phone.ledger.rebuild().unwrap().differences, 0);
}

#[test]
fn a_revoked_device_is_told_so_and_keeps_its_work() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    world.server.closed = Some((403, "device_revoked"));
    assert_eq!(phone.try_sync(&mut world.server, SyncOptions::default()).unwrap_err().code(), "device_revoked");
    let status = phone.ledger.status().unwrap();
    assert_eq!((status.unsent, status.closed.as_deref()), (1, Some("device_revoked")));
}

#[test]
fn a_stranger_who_says_that_the_phone_is_closed_does_not_close_it() {
    for (status, code) in [(403, "device_revoked"), (401, "unknown_device"), (409, "batch_fork")] {
        let mut world = World::new(1);
        let mut phone = world.helper();
        phone.visit(world.households[0], "核对了收入台账。");
        let refused = phone.sync_over(SyncOptions::default(), |_| Some(problem(status, code))).unwrap_err();
        assert_eq!(refused.code(), code);
        assert_eq!(phone.ledger.status().unwrap().closed.as_deref(), Some(code), "it is shown");

        let report = phone.sync(&mut world.server);

        assert_eq!((report.requests, report.pushed), (1, 1));
        assert_eq!(phone.ledger.status().unwrap().closed, None);
    }
}

#[test]
fn another_address_gets_nothing_before_it_names_the_enrolled_key() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    let elsewhere = || SyncOptions { server: Some("http://elsewhere".to_owned()), ..SyncOptions::default() };
    let mut stranger = Fake::new(MAY_5);
    stranger.key = daohu_wire::DeviceKey::from_seed(&[66; 32]);
    let mut asked = Vec::new();
    let refused = phone.sync_over(elsewhere(), |request| {
        asked.push(request.path.clone());
        Some(stranger.handle(request))
    });
    assert_eq!((refused.unwrap_err().code(), asked), ("not_our_server", vec!["/v1/config".to_owned()]));
    let revoked = phone.sync_over(elsewhere(), |_| Some(problem(403, "device_revoked"))).unwrap_err();
    assert_eq!(revoked.code(), "not_our_server");
    let status = phone.ledger.status().unwrap();
    assert_eq!((status.server.as_deref(), status.closed, status.unsent), (Some("http://office"), None, 1));

    let report = phone.try_sync(&mut world.server, elsewhere()).unwrap();

    assert_eq!((report.requests, report.pushed), (1, 1));
    assert_eq!(phone.ledger.status().unwrap().server.as_deref(), Some("http://elsewhere"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever the link loses, repeats or brings late: once it is whole, every visit has arrived exactly once, both
    /// phones and the server agree, and nothing was shown as received before.
    #[test]
    fn any_loss_and_repetition_ends_with_everything_exactly_once(seed in any::<u64>()) {
        let chance = Seeded::new(seed);
        let mut world = World::new(3);
        let mut phones = [world.helper(), world.assistant()];
        let mut made = 0;
        let mut late: [Vec<Response>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..8 {
            for (phone, late) in phones.iter_mut().zip(&mut late) {
                phone.clock.advance(DAY / 3);
                if chance.below(2) == 0 {
                    phone.visit(world.households[chance.below(3) as usize], "核对了收入台账。");
                    made += 1;
                }
                let server = &mut world.server;
                let outcome = phone.sync_over(SyncOptions::default(), |request| match chance.below(6) {
                    0 => None,
                    1 => { server.handle(request); None }
                    2 => { server.handle(request); Some(server.handle(request)) }
                    3 if !late.is_empty() => Some(late[chance.below(late.len() as u64) as usize].clone()),
                    _ => {
                        let answer = server.handle(request);
                        // This small server compares nothing: its 404 to that is no answer that a sync could meet late.
                        if answer.status == 200 {
                            late.push(answer.clone());
                        }
                        Some(answer)
                    }
                });
                if let Err(error) = outcome {
                    prop_assert!(["offline", "not_our_server"].contains(&error.code()), "{error}");
                }
                let shown: usize = world.households.iter().map(|household| {
                    let visits = phone.ledger.household(&household.to_string()).unwrap().visits;
                    visits.iter().filter(|visit| visit.state == "received" && !server.documents.contains_key(&visit.id)).count()
                }).sum();
                prop_assert_eq!(shown, 0);
            }
            world.server.now_ms += DAY / 3;
        }
        for _ in 0..2 {
            for phone in &mut phones {
                phone.sync(&mut world.server);
            }
        }
        prop_assert_eq!(world.server.count("visit"), made);
        for household in &world.households {
            prop_assert_eq!(phones[0].digest(*household), phones[1].digest(*household));
        }
        for phone in &mut phones {
            prop_assert_eq!(phone.ledger.status().unwrap().unsent, 0);
            prop_assert_eq!(phone.ledger.rebuild().unwrap().differences, 0);
        }
    }
}
