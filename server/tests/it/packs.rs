//! Packs at the server: who gets which chunk, when a pack is made and when it is believed, and how it goes over HTTP.

use std::collections::BTreeSet;
use std::fs;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use daohu_domain::id::Id;
use daohu_domain::kinds;
use daohu_domain::role::Role;
use daohu_server::sync::PackSizes;
use daohu_wire::limits::{PACK_CHUNK_BYTES_MAX, PACK_CHUNK_CUT_BYTES};
use daohu_wire::pack::path;
use daohu_wire::{PackChunk, PackOffer, SyncAnswer};

use crate::edge::Client;
use crate::phone::Phone;
use crate::world::{OTHER_VILLAGE, Outcome, TOWN, VILLAGE, World, open};

const AT: &str = "2019-05-06T10:00:00+08:00";

/// A village with a helper who wrote some visits, and packs from the first change on.
fn ready(visits: usize) -> Outcome<(World, Phone, Id)> {
    let world = World::new()?;
    let (mut helper, household, _) = world.helper("一号", "610802209201001")?;
    world.household(OTHER_VILLAGE, "610802209202001")?;
    helper.sync(&world.office)?;
    world.at(AT)?;
    write(&world, &mut helper, household, visits)?;
    world.office.set_pack_sizes(PackSizes { changes_min: 1, chunk_bytes: 2_000 });
    Ok((world, helper, household))
}

fn write(world: &World, helper: &mut Phone, household: Id, visits: usize) -> Outcome {
    for n in 0..visits {
        helper.visit(household, AT, &format!("第{n}次,核对了收入台账。"))?;
    }
    helper.sync(&world.office)?;
    Ok(())
}

/// A new phone of a user with a role over a place.
fn phone_of(world: &World, login: &str, role: &str, place: &str) -> Outcome<Phone> {
    world.user(login, role, Some(place), None)?;
    world.phone(login)
}

fn names(world: &World, place: &str) -> Outcome<Vec<String>> {
    let all = fs::read_dir(world.data().join("packs"))?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = all.collect::<Outcome<Vec<String>>>()?.into_iter().filter(|name| name.starts_with(place)).collect();
    names.sort_by_key(|name| name.rsplit('-').next().and_then(|seq| seq.parse::<u64>().ok()));
    Ok(names)
}

/// Fetches a chunk: the status, and what it holds.
fn fetch(world: &World, phone: &mut Phone, path: &str) -> Outcome<Result<PackChunk, u16>> {
    let signature = phone.sign_get(path)?;
    Ok(match world.office.pack_chunk(&signature, path) {
        Ok(chunk) => Ok(PackChunk::decode(&chunk.body)?),
        Err(refusal) => Err(refusal.status),
    })
}

fn place_of(phone: &Phone, offer: &PackOffer) -> String {
    phone.policy.grants.iter().find(|grant| grant.id == offer.grant).map_or_else(String::new, |grant| grant.place.to_string())
}

/// The kinds in the chunks that a phone is offered, and in those that it can fetch by guessing.
fn reach(world: &World, phone: &mut Phone) -> Outcome<(BTreeSet<String>, BTreeSet<String>)> {
    let answer = phone.ask_for_packs(&world.office)?;
    let (mut offered, mut guessed) = (BTreeSet::new(), BTreeSet::new());
    for offer in &answer.packs {
        for chunk in &offer.chunks {
            let path = path(place_of(phone, offer).parse()?, answer.epoch, offer.seq, chunk.n);
            let read = fetch(world, phone, &path)?.map_err(|status| format!("{path}: {status}"))?;
            offered.extend(kinds_in(world, &read)?);
        }
    }
    for place in [TOWN, VILLAGE, OTHER_VILLAGE] {
        for name in names(world, place)? {
            let seq = name.rsplit('-').next().unwrap_or_default().to_owned();
            for n in 0..20 {
                if let Ok(read) = fetch(world, phone, &format!("/v1/packs/{place}/{}/{seq}/{n}", answer.epoch))? {
                    guessed.extend(kinds_in(world, &read)?);
                }
            }
        }
    }
    Ok((offered, guessed))
}

fn kinds_in(world: &World, chunk: &PackChunk) -> Outcome<BTreeSet<String>> {
    let kind = |record: Id| -> Outcome<String> { Ok(world.office.record(record)?.kind) };
    chunk.items.iter().map(|item| kind(item.record)).collect()
}

fn names_of(kinds: &[&str]) -> BTreeSet<String> {
    kinds.iter().map(|kind| (*kind).to_owned()).collect()
}

#[test]
fn nobody_gets_by_pack_what_rows_do_not_bring() -> Outcome {
    let (world, mut helper, _) = ready(20)?;
    let everything = names_of(&["household", "pairing", "visit"]);
    let reference = names_of(&["region", "cadre"]);
    let mut office = phone_of(&world, "所", "town_office", TOWN)?;
    let all: BTreeSet<String> = everything.union(&reference).cloned().collect();
    assert_eq!(reach(&world, &mut office)?, (all.clone(), all.clone()), "the township's office reads its villages and itself");

    let mut secretary = phone_of(&world, "书记", "village_secretary", VILLAGE)?;
    assert_eq!(reach(&world, &mut secretary)?, (all.clone(), all), "a village's secretary reads the village and the township's reference");
    let mut other = phone_of(&world, "邻村", "village_secretary", OTHER_VILLAGE)?;
    assert_eq!(reach(&world, &mut other)?.1, names_of(&["region", "cadre", "household"]), "and no other village's visits");
    assert_eq!(reach(&world, &mut helper)?, (BTreeSet::new(), reference.clone()), "a helper's households come by rows");
    for (login, role, place) in [("监委", "village_supervisor", VILLAGE), ("纪委", "town_discipline", TOWN)] {
        assert!(phone_of(&world, login, role, place).is_err(), "{role} is masked by field and has no phone at all");
    }
    Ok(())
}

#[test]
fn each_role_that_may_hold_a_place_gets_by_pack_exactly_the_kinds_it_gets_by_rows() -> Outcome {
    let (world, ..) = ready(5)?;
    for (n, role) in daohu_domain::role::ALL.into_iter().enumerate() {
        let place = if role.slug().starts_with("village") || role == Role::FirstSecretary { VILLAGE } else { TOWN };
        let Ok(mut phone) = phone_of(&world, &format!("某{n}"), role.slug(), place) else { continue };
        let rows: BTreeSet<String> = {
            let mut by_rows = phone_by_rows(&world, &mut phone)?;
            by_rows.retain(|kind| kinds::find(kind).is_some());
            by_rows
        };
        assert_eq!(reach(&world, &mut phone)?.0, rows, "{}", role.slug());
    }
    Ok(())
}

fn phone_by_rows(world: &World, phone: &mut Phone) -> Outcome<BTreeSet<String>> {
    let mut kinds = BTreeSet::new();
    let request = phone.request();
    for item in phone.send(&world.office, &request)?.pulled.into_iter().flat_map(|pulled| pulled.items) {
        kinds.insert(world.office.record(item.record)?.kind);
    }
    Ok(kinds)
}

#[test]
fn a_device_that_left_or_is_unknown_gets_no_chunk() -> Outcome {
    let (world, ..) = ready(5)?;
    let mut secretary = phone_of(&world, "书记", "village_secretary", VILLAGE)?;
    let answer = secretary.ask_for_packs(&world.office)?;
    let offer = answer.packs.iter().find(|offer| place_of(&secretary, offer) == VILLAGE).ok_or("no pack")?;
    let path = path(VILLAGE.parse()?, answer.epoch, offer.seq, offer.chunks[0].n);
    let first = secretary.sign_get(&path)?;
    assert!(fetch(&world, &mut secretary, &path)?.is_ok());

    assert_eq!(world.office.pack_chunk(&first, &format!("{path}1")).map_err(|refusal| refusal.status), Err(401), "another path");
    assert_eq!(world.office.pack_chunk("", &path).map_err(|refusal| refusal.status), Err(401));
    for wrong in
        ["/v1/packs", "/v1/packs/", "/v1/packs/a/1/1/1", &format!("{path}/0"), &path.replace(VILLAGE, "610802209299"), &format!("{path}9")]
    {
        assert_eq!(fetch(&world, &mut secretary, wrong)?, Err(404), "{wrong}");
    }
    world.office.device_revoke(secretary.id, "left")?;
    assert_eq!(fetch(&world, &mut secretary, &path)?, Err(404));
    Ok(())
}

#[test]
fn a_pack_is_made_anew_when_its_tail_is_over_a_fifth_and_the_one_before_stays() -> Outcome {
    let (world, mut helper, household) = ready(20)?;
    let mut secretary = phone_of(&world, "书记", "village_secretary", VILLAGE)?;
    secretary.ask_for_packs(&world.office)?;
    let first = names(&world, VILLAGE)?;
    assert_eq!(first.len(), 1);

    write(&world, &mut helper, household, 4)?;
    secretary.ask_for_packs(&world.office)?;
    assert_eq!(names(&world, VILLAGE)?, first, "22 and 4: the tail comes by rows");
    write(&world, &mut helper, household, 1)?;
    secretary.ask_for_packs(&world.office)?;
    let second = names(&world, VILLAGE)?;
    assert_eq!((second.len(), &second[0]), (2, &first[0]), "whoever fetches the first goes on");
    write(&world, &mut helper, household, 9)?;
    secretary.ask_for_packs(&world.office)?;
    let third = names(&world, VILLAGE)?;
    assert_eq!((third.len(), &third[0]), (2, &second[1]));
    Ok(())
}

#[test]
fn a_request_that_pushes_makes_no_pack_and_one_that_does_not_take_packs_is_offered_none() -> Outcome {
    let (world, ..) = ready(5)?;
    let mut secretary = phone_of(&world, "书记", "village_secretary", VILLAGE)?;
    let plain = secretary.request();
    assert_eq!(secretary.send(&world.office, &plain)?.packs, Vec::new());
    let mut pushing = secretary.request();
    pushing.caps |= daohu_wire::request::CAP_TAKES_PACKS;
    pushing.batches = vec![secretary.sealed(vec![daohu_wire::Item::change(secretary.id, VILLAGE.parse()?, b"rubbish".to_vec())])?];
    let answer = secretary.send(&world.office, &pushing)?;
    assert_eq!((answer.packs.len(), answer.pulled.is_empty()), (0, false));
    assert_eq!(names(&world, "")?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_small_place_gets_no_pack() -> Outcome {
    let (world, ..) = ready(5)?;
    world.office.set_pack_sizes(PackSizes::default());
    let mut secretary = phone_of(&world, "书记", "village_secretary", VILLAGE)?;

    let answer = secretary.ask_for_packs(&world.office)?;

    assert_eq!((answer.packs.len(), answer.pulled.len()), (0, 2));
    Ok(())
}

#[test]
fn packs_of_a_log_that_was_restored_from_a_backup_are_not_believed() -> Outcome {
    let (world, mut helper, household) = ready(5)?;
    let backup = world.folder.path().join("backup.db");
    world.sql()?.execute("VACUUM INTO ?1", [backup.to_string_lossy()])?;
    write(&world, &mut helper, household, 5)?;
    let mut secretary = phone_of(&world, "书记", "village_secretary", VILLAGE)?;
    let before = offered(&world, &mut secretary)?;
    let World { office, folder } = world;
    drop(office);
    for name in ["daohu.db-wal", "daohu.db-shm"] {
        _ = fs::remove_file(folder.path().join("data").join(name));
    }
    fs::copy(&backup, folder.path().join("data/daohu.db"))?;
    let world = World { office: open(folder.path())?, folder };
    world.office.set_pack_sizes(PackSizes { changes_min: 1, chunk_bytes: 2_000 });
    // The log grows past what the pack holds, with other changes.
    let (mut other, of_other, _) = world.helper("二号", "610802209201002")?;
    other.sync(&world.office)?;
    write(&world, &mut other, of_other, 12)?;
    let mut secretary = phone_of(&world, "书记二", "village_secretary", VILLAGE)?;

    let path = path(VILLAGE.parse()?, before.0, before.1, 0);
    assert_eq!(fetch(&world, &mut secretary, &path)?, Err(404));
    let after = offered(&world, &mut secretary)?;
    assert!(after.1 > before.1, "{after:?} {before:?}");
    assert_eq!(names(&world, VILLAGE)?.len(), 1, "the other one is gone");
    Ok(())
}

/// The epoch, and the number of the village's pack.
fn offered(world: &World, phone: &mut Phone) -> Outcome<(u64, u64)> {
    let answer: SyncAnswer = phone.ask_for_packs(&world.office)?;
    let offer = answer.packs.iter().find(|offer| place_of(phone, offer) == VILLAGE).ok_or("no pack")?;
    Ok((answer.epoch, offer.seq))
}

#[test]
fn changes_that_do_not_shrink_are_cut_into_chunks_that_a_phone_reads() -> Outcome {
    let (world, mut helper, household) = ready(0)?;
    world.office.set_pack_sizes(PackSizes { changes_min: 1, chunk_bytes: PACK_CHUNK_CUT_BYTES });
    for n in 0..150 {
        let noise: [u8; 4_000] = daohu_server::random::bytes(&daohu_server::random::SystemRandom);
        let letters = noise.as_chunks::<2>().0.iter().map(|pair| char::from_u32(0x4E00 + u32::from(u16::from_be_bytes(*pair)) % 0x5000));
        helper.visit(household, AT, &letters.map(|letter| letter.unwrap_or('。')).collect::<String>())?;
        if n % 50 == 49 {
            assert_eq!(helper.sync(&world.office)?.ok, 50);
        }
    }
    let mut secretary = phone_of(&world, "书记", "village_secretary", VILLAGE)?;

    let answer = secretary.ask_for_packs(&world.office)?;

    let offer = answer.packs.iter().find(|offer| place_of(&secretary, offer) == VILLAGE).ok_or("no pack")?;
    assert!(offer.chunks.len() >= 2, "{}", offer.chunks.len());
    assert!(offer.chunks.iter().all(|chunk| chunk.bytes as usize <= PACK_CHUNK_BYTES_MAX));
    let mut items = 0;
    for chunk in &offer.chunks {
        items += fetch(&world, &mut secretary, &path(VILLAGE.parse()?, answer.epoch, offer.seq, chunk.n))?.map_err(|_| "gone")?.items.len();
    }
    assert_eq!(items, 152);
    Ok(())
}

#[tokio::test]
async fn over_http_a_chunk_has_a_tag_and_parts() -> Outcome {
    let (world, ..) = ready(5)?;
    let mut secretary = phone_of(&world, "书记", "village_secretary", VILLAGE)?;
    let answer = secretary.ask_for_packs(&world.office)?;
    let offer = answer.packs.iter().find(|offer| place_of(&secretary, offer) == VILLAGE).ok_or("no pack")?;
    let (chunk, path) = (offer.chunks[0], path(VILLAGE.parse()?, answer.epoch, offer.seq, offer.chunks[0].n));
    let client = Client::new(&world);
    let mut get = async |name: &str, value: &str| -> Outcome<_> {
        let request = client.request(Method::GET, &path).header("daohu-signature", secretary.sign_get(&path)?).header(name, value);
        client.send(request.body(Body::empty())?).await
    };

    let whole = get("accept", "*/*").await?;
    let tag = whole.header("etag").to_owned();
    assert_eq!(
        (whole.status, whole.header("accept-ranges"), tag.as_str()),
        (StatusCode::OK, "bytes", format!("\"{}\"", hex::encode(chunk.hash)).as_str())
    );
    assert_eq!(
        (whole.header("content-type"), whole.header("content-length")),
        ("application/octet-stream", chunk.bytes.to_string().as_str())
    );
    let part = get("range", "bytes=10-19").await?;
    assert_eq!((part.status, part.header("content-range")), (StatusCode::PARTIAL_CONTENT, format!("bytes 10-19/{}", chunk.bytes).as_str()));
    assert_eq!(part.header("content-length"), "10");
    assert_eq!(get("if-none-match", &tag).await?.status, StatusCode::NOT_MODIFIED);
    let behind = get("range", "bytes=9999999-").await?;
    assert_eq!(
        (behind.status, behind.header("content-range")),
        (StatusCode::RANGE_NOT_SATISFIABLE, format!("bytes */{}", chunk.bytes).as_str())
    );
    assert_eq!(behind.code(), "bad_range");
    Ok(())
}
