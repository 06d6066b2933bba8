//! The master key: replaced without loss whenever it is cut, and what its loss costs.

use std::fs;

use daohu_domain::id::Id;
use daohu_server::auth::users;
use daohu_server::clock::ServerClock;
use daohu_server::error::OfficeError;
use daohu_server::office::replace_lost_master;
use daohu_server::random::SystemRandom;
use serde_json::{Value, json};

use crate::backup::{beside, open_at};
use crate::world::{Outcome, VILLAGE, World};

const PHONE: &str = "13812345678";

/// A store with two secrets and a second factor.
fn ready() -> Outcome<(World, Id)> {
    let world = World::new()?;
    let cadre = world.cadre("李秀英")?;
    world.cadre("高有福")?;
    world.household(VILLAGE, "610802209201001")?;
    world.user("office", "town_office", Some(crate::world::TOWN), None)?;
    users::set_totp(&world.office, "office", false)?;
    Ok((world, cadre))
}

fn phone_of(office: &daohu_server::office::Office, cadre: Id) -> Result<Value, OfficeError> {
    office.read_secret((cadre, "phone"), None, "核对")
}

fn code<T>(result: Result<T, OfficeError>) -> String {
    result.err().map(|error| error.code().to_owned()).unwrap_or_default()
}

#[test]
fn a_new_master_key_opens_all_and_the_old_one_nothing() -> Outcome {
    let (world, cadre) = ready()?;
    let old = fs::read(world.data().join("keys/master.key"))?;
    let digest = world.office.digest("612722198001010011");

    let told = world.office.rotate_master("换人")?;

    assert_eq!((told["key"]["secrets"].clone(), told["key"]["second_factors"].clone()), (json!(2), json!(1)));
    assert_eq!(told["key"]["unreadable"], 0);
    assert_ne!(fs::read(world.data().join("keys/master.key"))?, old);
    assert_eq!(phone_of(&world.another_office()?, cadre)?, PHONE);
    assert_eq!(world.another_office()?.digest("612722198001010011"), digest, "imports still know people");
    fs::write(world.data().join("keys/master.key"), old)?;
    assert_eq!(code(open_at(&world, &world.data())), "wrong_key");
    Ok(())
}

#[test]
fn a_process_that_was_open_all_along_goes_on_with_the_new_key() -> Outcome {
    let (world, cadre) = ready()?;
    let serving = world.another_office()?;
    assert_eq!(phone_of(&serving, cadre)?, PHONE);

    world.office.rotate_master("换人")?;
    let added = serving.record_add("cadre", &[("name", "新来的"), ("phone", "13900001111")])?;

    assert_eq!(phone_of(&serving, cadre)?, PHONE);
    let id: Id = added["id"].as_str().ok_or("no id")?.parse()?;
    assert_eq!(phone_of(&world.another_office()?, id)?, "13900001111");
    Ok(())
}

#[test]
fn a_replacement_that_is_killed_anywhere_loses_nothing() -> Outcome {
    let (world, cadre) = ready()?;
    let (kept, next) = (world.data().join("keys/master.key"), world.data().join("keys/master.key.next"));
    // Killed while the new key was being written, or before everything was wrapped under it.
    for half in ["", "abcd", "00000000000000000000000000000000000000000000000000000000000000ff\n"] {
        fs::write(&next, half)?;
        assert_eq!(phone_of(&open_at(&world, &world.data())?, cadre)?, PHONE, "{half:?}");
    }
    // Killed after that, before the new key took the old one's place.
    let old = fs::read(&kept)?;
    world.office.rotate_master("换人")?;
    fs::rename(&kept, &next)?;
    fs::write(&kept, &old)?;

    let opened = open_at(&world, &world.data())?;

    assert_eq!(phone_of(&opened, cadre)?, PHONE);
    assert!(!next.exists(), "what was begun is finished");
    assert_eq!(phone_of(&world.office, cadre)?, PHONE, "and the one that was open goes on");
    world.office.rotate_master("再换")?;
    assert_eq!(phone_of(&opened, cadre)?, PHONE);
    Ok(())
}

#[test]
fn two_do_not_replace_it_at_once_and_a_backup_never_gets_half_of_each() -> Outcome {
    let (world, _) = ready()?;
    let lock = fs::File::options().write(true).open(world.data().join("keys/.lock"));
    // Made at the first use.
    let lock = lock.or_else(|_| fs::File::create(world.data().join("keys/.lock")))?;
    lock.try_lock()?;

    assert_eq!(code(world.office.rotate_master("换人")), "busy");
    assert_eq!(code(world.office.backup(&beside(&world, "backup"), true)), "busy");
    drop(lock);
    world.office.rotate_master("换人")?;
    world.office.backup(&beside(&world, "backup"), true)?;
    Ok(())
}

#[test]
fn without_the_master_key_records_stay_and_secrets_say_that_their_key_is_lost() -> Outcome {
    let (world, cadre) = ready()?;
    let before = world.office.verify()?;
    fs::remove_file(world.data().join("keys/master.key"))?;
    assert_eq!(code(open_at(&world, &world.data())), "wrong_key");

    let clock = ServerClock::file(world.folder.path().join("now"))?;
    let told = replace_lost_master(&world.data(), &clock, &SystemRandom, "机房进水")?;
    let office = open_at(&world, &world.data())?;

    assert_eq!((told["key"]["unreadable"].clone(), told["key"]["secrets"].clone()), (json!(3), json!(0)));
    assert_eq!(office.verify()?, before, "the log is what it was");
    let shown = office.record_show(cadre)?;
    assert_eq!((shown["fields"]["name"].as_str(), &shown["fields"]["phone"]), (Some("李秀英"), &Value::Null), "{shown}");
    let refused = phone_of(&office, cadre).err().ok_or("it was read")?;
    assert_eq!(refused.code(), "secret_lost");
    assert!(refused.zh().contains("密钥丢了") && refused.en().contains("is lost"));
    // Nothing but lost secrets would open under the new key: it is the store's all the same.
    assert_eq!(code(replace_lost_master(&world.data(), &clock, &SystemRandom, "又一次")), "key_not_lost");
    office.record_edit(cadre, &[("phone", "13911112222")])?;
    assert_eq!(phone_of(&office, cadre)?, "13911112222", "what is entered again is kept again");
    let again = office.rotate_master("换人")?;
    assert_eq!((again["key"]["secrets"].clone(), again["key"]["unreadable"].clone()), (json!(1), json!(2)));
    Ok(())
}

#[test]
fn another_key_in_the_place_of_one_is_noticed() -> Outcome {
    for name in ["master.key", "seal.key", "log.key"] {
        let (world, _) = ready()?;
        let other = World::new()?;
        fs::copy(other.data().join("keys").join(name), world.data().join("keys").join(name))?;

        assert_eq!(code(open_at(&world, &world.data())), "wrong_key", "{name}");
    }
    Ok(())
}
