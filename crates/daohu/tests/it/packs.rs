//! First pulls by packs, between the real field core and the real office: they end where rows end, whatever happens on the way.

mod world;

use daohu_field::{Request, ReviewInput, SyncOptions};
use daohu_server::sync::PackSizes;
use daohu_wire::{ChunkRef, PackChunk, PackOffer, SyncAnswer, merkle::sha256};
use std::fs;
use world::{Dice, Phone, TOWN, VILLAGE, World};

fn is_pack(request: &Request) -> bool {
    request.path.starts_with("/v1/packs/")
}

/// The helper's and the assistant's phones write for a while: visits, edits of one note at once, corrections, reviews.
fn write_for_a_while(world: &World, phones: &mut [Phone; 3], steps: usize, dice: &Dice) {
    let mut visits = Vec::new();
    for _ in 0..steps {
        world.pass(&[&phones[0], &phones[1], &phones[2]]);
        let household = world.households[dice.below(world.households.len())];
        let who = dice.below(2);
        match dice.below(6) {
            0 | 1 => visits.extend(phones[who].visit(household, &dice.words(20))),
            2 => {
                for phone in &mut phones[..2] {
                    _ = phone.ledger.edit(household, &[("contact_note".to_owned(), dice.words(6))]);
                }
            }
            3 if !visits.is_empty() => {
                let input = ReviewInput {
                    result: ["pass", "return"][dice.below(2)].to_owned(),
                    reason: Some("写得太简单".to_owned()),
                    ..ReviewInput::default()
                };
                _ = phones[2].ledger.review(visits[dice.below(visits.len())], &input);
            }
            4 if !visits.is_empty() => {
                let visit = visits[dice.below(visits.len())];
                _ = phones[who].ledger.withdraw_visit(visit);
            }
            _ => {
                let each = dice.below(3);
                phones[each].sync(world);
            }
        }
    }
    for phone in phones {
        phone.sync(world);
    }
}

fn phones(world: &World) -> [Phone; 3] {
    let mut phones = ["helper", "assistant", "secretary"].map(|login| world.phone(login));
    for phone in &mut phones {
        phone.sync(world);
    }
    phones
}

/// A village in which some visits were written, packed into chunks of that many bytes.
fn packed(visits: usize, letters: usize, chunk_bytes: usize) -> World {
    let world = World::new(3);
    let mut helper = world.phone("helper");
    helper.sync(&world);
    let dice = Dice::new(7);
    for n in 0..visits {
        world.pass(&[&helper]);
        helper.visit(world.households[n % 3], &dice.words(letters)).unwrap();
    }
    helper.sync(&world);
    world.make_packs(chunk_bytes);
    world
}

/// What a phone that pulled by rows shows, and how many changes it got.
fn by_rows(world: &World) -> (serde_json::Value, u64) {
    let sizes = PackSizes { changes_min: u64::MAX, ..PackSizes::default() };
    world.office.set_pack_sizes(sizes);
    world.without_packs(|| {
        let mut phone = world.phone("secretary");
        let mut asked = 0;
        let report = phone.sync_over(SyncOptions::default(), |request| {
            asked += usize::from(is_pack(request));
            Some(world.carry(request))
        });
        assert_eq!(asked, 0);
        (phone.shown_and_sound(world), report.unwrap().pulled)
    })
}

#[test]
fn a_pack_and_what_came_after_it_say_what_the_whole_log_says() {
    for seed in 0..12 {
        let (world, dice) = (World::new(3), Dice::new(seed));
        let mut phones = phones(&world);
        let before = dice.below(40);
        write_for_a_while(&world, &mut phones, before, &dice);
        world.make_packs(400 + dice.below(3_000));
        world.phone("secretary").sync(&world);
        world.make_none();
        let after = dice.below(30);
        write_for_a_while(&world, &mut phones, after, &dice);

        let mut fresh = world.phone("secretary");
        let mut chunks = 0;
        let report = fresh.sync_over(SyncOptions::default(), |request| {
            chunks += usize::from(is_pack(request));
            Some(world.carry(request))
        });

        assert!(chunks > 0, "seed {seed} fetched no pack");
        let (rows, pulled) = by_rows(&world);
        assert_eq!(fresh.shown_and_sound(&world), rows, "seed {seed}");
        assert_eq!(report.unwrap().pulled, pulled, "seed {seed}");
        assert_eq!(phones[2].shown(&world)["households"], rows["households"], "seed {seed}: the phone that was there all the time");
    }
}

#[test]
fn a_first_pull_that_is_cut_and_killed_at_any_request_ends_where_rows_end() {
    let world = packed(24, 40, 2_500);
    let mut whole = world.phone("secretary");
    let requests = whole.sync(&world).requests;
    assert!(requests >= 8, "{requests} requests");
    let shown = whole.shown_and_sound(&world);
    let (rows, pulled) = by_rows(&world);
    assert_eq!(shown, rows);

    for cut in 1..requests {
        let mut phone = world.phone("secretary");
        let first = SyncOptions { requests_max: Some(cut), ..SyncOptions::default() };
        let before = phone.sync_over(first, |request| Some(world.carry(request))).unwrap();
        let mut phone = phone.killed();
        let after = phone.sync(&world);

        assert!(before.more, "cut at {cut}");
        assert_eq!(before.pulled + after.pulled, pulled, "cut at {cut}");
        assert_eq!(phone.shown_and_sound(&world), shown, "cut at {cut}");
    }
}

#[test]
fn a_pull_goes_on_with_the_chunk_that_was_missing_and_fetches_none_twice() {
    let world = packed(24, 40, 2_500);
    let mut asked: Vec<String> = Vec::new();
    let mut phone = world.phone("secretary");
    for _ in 0..40 {
        let options = SyncOptions { requests_max: Some(2), ..SyncOptions::default() };
        let report = phone.sync_over(options, |request| {
            asked.extend(is_pack(request).then(|| request.path.clone()));
            Some(world.carry(request))
        });
        phone = phone.killed();
        if !report.unwrap().more {
            break;
        }
    }

    let mut once = asked.clone();
    once.dedup();
    assert_eq!(asked, once);
    assert!(asked.len() > 5, "{asked:?}");
    assert_eq!(phone.shown_and_sound(&world), by_rows(&world).0);
}

#[test]
fn a_lost_answer_costs_one_part_of_a_chunk_on_a_poor_link() {
    let world = packed(30, 1_000, 60_000);
    let mut phone = world.phone("secretary");
    let (mut ranges, mut lost, clock) = (Vec::new(), false, phone.clock.clone());
    let poor = SyncOptions { first_bytes: Some(16 * 1024), ..SyncOptions::default() };
    let report = phone.sync_over(poor, |request| {
        clock.advance(6_000);
        let range = request.headers.iter().find(|(name, _)| name == "range").map(|(_, value)| value.clone());
        let answer = world.carry(request);
        if is_pack(request) && range.is_some() {
            ranges.push(range.unwrap_or_default());
            if ranges.len() == 2 && !lost {
                lost = true;
                return None;
            }
        }
        Some(answer)
    });

    assert_eq!(report.unwrap().refused, Vec::new());
    assert!(ranges.len() >= 3, "{ranges:?}");
    assert_eq!(ranges[1].split('-').next(), ranges[2].split('-').next(), "it goes on where it was: {ranges:?}");
    assert_eq!(phone.shown_and_sound(&world), by_rows(&world).0);
}

#[test]
fn a_pack_that_has_gone_is_asked_for_anew_and_one_that_goes_again_is_left_for_rows() {
    for times in [1, 2, 9] {
        let world = packed(24, 40, 2_500);
        let mut phone = world.phone("secretary");
        let mut gone = 0;
        let report = phone.sync_over(SyncOptions::default(), |request| {
            if is_pack(request) && request.path.ends_with("/3") && gone < times {
                gone += 1;
                for name in world.names(VILLAGE) {
                    fs::remove_dir_all(world.packs().join(name)).unwrap();
                }
            }
            Some(world.carry(request))
        });

        assert_eq!(report.unwrap().refused, Vec::new());
        assert_eq!(gone, times.min(2));
        world.make_packs(2_500);
        assert_eq!(phone.sync(&world).pulled, 0);
        assert_eq!(phone.shown_and_sound(&world), by_rows(&world).0, "{times} times");
    }
}

#[test]
fn a_chunk_that_was_damaged_on_the_disk_takes_its_pack_away_and_costs_nothing() {
    let world = packed(24, 40, 2_500);
    world.phone("secretary").sync(&world);
    let chunk = world.packs().join(world.names(VILLAGE).remove(0)).join("2");
    let mut bytes = fs::read(&chunk).unwrap();
    bytes[40] ^= 1;
    fs::write(&chunk, bytes).unwrap();
    let mut phone = world.phone("secretary");
    let mut codes = Vec::new();
    phone
        .sync_over(SyncOptions::default(), |request| {
            let answer = world.carry(request);
            codes.extend(is_pack(request).then_some(answer.status));
            Some(answer)
        })
        .unwrap();

    assert!(codes.contains(&404), "{codes:?}");
    assert_eq!(phone.shown_and_sound(&world), by_rows(&world).0);
    world.make_packs(2_500);
    assert!(!world.phone("secretary").sync(&world).more);
}

#[test]
fn whatever_a_link_makes_of_chunks_rows_bring_the_same() {
    for bend in 0..6 {
        let world = packed(24, 40, 2_500);
        let mut phone = world.phone("secretary");
        let mut bent = 0;
        let report = phone.sync_over(SyncOptions::default(), |request| {
            let mut answer = world.carry(request);
            if is_pack(request) && request.path.ends_with("/1") {
                bent += 1;
                match bend {
                    0 => answer.body[50] ^= 0x20,
                    1 => answer.body.truncate(60),
                    2 => answer.body = b"<html>please sign in</html>".to_vec(),
                    3 => answer.body.extend(vec![0; 500_000]),
                    4 => answer = daohu_field::Response { status: 500, ..answer },
                    _ => answer = daohu_field::Response { status: 206, body: Vec::new(), ..answer },
                }
            }
            Some(answer)
        });

        assert_eq!((report.unwrap().refused, bent), (Vec::new(), 1), "{bend}");
        assert_eq!(phone.shown_and_sound(&world), by_rows(&world).0, "{bend}");
        assert_eq!(phone.sync(&world).requests, 1, "{bend}: both are level");
    }
}

#[test]
fn a_hostile_pack_gets_no_further_than_hostile_rows() {
    let world = packed(24, 40, 2_500);
    let mut phone = world.phone("secretary");
    let mut forged: Vec<u8> = Vec::new();
    let mut bad = 0;
    let report = phone.sync_over(SyncOptions::default(), |request| {
        if is_pack(request) {
            if request.path.ends_with("/1") {
                return Some(daohu_field::Response { status: 200, headers: Vec::new(), body: forged.clone() });
            }
            return Some(world.carry(request));
        }
        let mut response = world.carry(request);
        let mut answer = SyncAnswer::decode(&response.body).unwrap();
        for offer in &mut answer.packs {
            let Some(mut chunk) = real_chunk(&world, offer, 1) else { continue };
            chunk.items[0].bytes[90] ^= 1;
            bad += 1;
            forged = chunk.encode().unwrap();
            let Some(chunk) = offer.chunks.iter_mut().find(|chunk| chunk.n == 1) else { continue };
            *chunk = ChunkRef { n: 1, bytes: u32::try_from(forged.len()).unwrap(), hash: sha256(&[&forged]) };
        }
        response.body = answer.encode().unwrap();
        Some(response)
    });

    let report = report.unwrap();
    assert_eq!((report.refused.len(), bad), (1, 1), "{:?}", report.refused);
    assert_eq!(report.refused[0].code, "unreadable");
    assert_eq!(phone.ledger.quarantine().unwrap().len(), 1, "it is kept and told, as with rows");
    assert_eq!(phone.ledger.rebuild().unwrap().differences, 0);
    assert_eq!(report.pulled + 1, by_rows(&world).1, "and everything beside it is there");
}

/// A chunk of the village's pack, where that is what is offered.
fn real_chunk(world: &World, offer: &PackOffer, n: u32) -> Option<PackChunk> {
    let name = world.names(VILLAGE).pop().filter(|name| name.ends_with(&format!("-{}", offer.seq)))?;
    Some(PackChunk::decode(&fs::read(world.packs().join(name).join(n.to_string())).unwrap()).unwrap())
}

#[test]
fn what_is_unsent_goes_before_the_first_chunk() {
    let world = packed(24, 40, 2_500);
    let mut secretary = world.phone("secretary");
    secretary.sync_over(SyncOptions { requests_max: Some(4), ..SyncOptions::default() }, |request| Some(world.carry(request))).unwrap();
    let visit = secretary.visit(world.households[0], "到了第一批就出去走访。").unwrap();
    let mut secretary = secretary.killed();
    let mut unsent_at_chunk = Vec::new();
    let mut conversation = secretary.ledger.begin_sync(SyncOptions::default()).unwrap();
    while let Some(request) = conversation.next_request(&mut secretary.ledger).unwrap() {
        if is_pack(&request) {
            unsent_at_chunk.push(secretary.ledger.status().unwrap().unsent);
        }
        conversation.on_response(&mut secretary.ledger, &world.carry(&request)).unwrap();
    }

    assert!(!unsent_at_chunk.is_empty() && unsent_at_chunk.iter().all(|unsent| *unsent == 0), "{unsent_at_chunk:?}");
    assert_eq!(secretary.ledger.visit(visit).unwrap().visit.state, "received");
}

#[test]
fn a_grant_of_a_household_and_a_small_place_pull_rows() {
    let world = packed(24, 40, 2_500);
    let mut helper = world.phone("helper");
    let mut places = Vec::new();
    helper
        .sync_over(SyncOptions::default(), |request| {
            places.extend(is_pack(request).then(|| request.path.split('/').nth(3).unwrap().to_owned()));
            Some(world.carry(request))
        })
        .unwrap();
    places.dedup();
    assert_eq!(places, [TOWN], "what everybody reads of the township comes as a pack, the village's households do not");

    world.office.set_pack_sizes(PackSizes::default());
    let small = world.without_packs(|| world.phone("secretary").sync(&world).requests);
    assert!(small <= 3, "{small} requests");
}
