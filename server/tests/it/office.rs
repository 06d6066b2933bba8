//! The data folder: opened by several at once, refused when newer or foreign, with its clock.

use daohu_server::clock::ServerClock;
use daohu_server::office::Office;
use daohu_server::random::SystemRandom;

use crate::world::{Outcome, VILLAGE, World};

#[test]
fn two_processes_work_on_one_folder_at_once() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    let other = world.another_office()?;
    phone.sync(&other)?;
    let at = "2019-05-06T10:00:00+08:00";
    world.at(at)?;
    phone.visit(household, at, "一次。")?;
    phone.sync(&other)?;
    assert_eq!(world.office.record_list("visit", None, None, None, None)?["records"].as_array().map(Vec::len), Some(1));

    std::thread::scope(|scope| {
        let add = |office: Office, from: usize| {
            move || -> Result<(), String> {
                for n in from..from + 20 {
                    let number = format!("6108022092019{n:02}");
                    let pairs = [("place", VILLAGE), ("number", number.as_str()), ("head_name", "王")];
                    office.record_add("household", &pairs).map_err(|error| format!("{error:?}"))?;
                }
                Ok(())
            }
        };
        let threads = [scope.spawn(add(world.office.clone(), 0)), scope.spawn(add(other.clone(), 20)), scope.spawn(add(other.clone(), 40))];
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread panicked".to_owned())?)
    })?;

    let listed = world.office.record_list("household", None, None, Some(500), None)?;
    assert_eq!(listed["records"].as_array().map(Vec::len), Some(61));
    assert_eq!(world.office.verify()?["ok"], true, "own batches of both processes are one chain");
    Ok(())
}

#[test]
fn both_processes_are_the_same_office() -> Outcome {
    let world = World::new()?;
    let other = world.another_office()?;

    assert_eq!(world.office.own_device(), other.own_device());
    assert_eq!(world.office.server_key(), other.server_key());
    assert_eq!(world.office.epoch(), other.epoch());
    Ok(())
}

#[test]
fn folders_that_begin_at_once_get_one_set_of_keys() -> Outcome {
    let folder = tempfile::tempdir()?;
    let keys = std::thread::scope(|scope| {
        let open =
            || Office::open(folder.path(), ServerClock::system(), SystemRandom).map(|office| (office.server_key(), office.own_device()));
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread panicked")).collect::<Result<Vec<_>, _>>()
    })?;

    let opened = keys.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert!(opened.iter().all(|key| *key == opened[0]), "{opened:?}");
    Ok(())
}

#[test]
fn a_newer_store_is_refused_and_left_as_it_was() -> Outcome {
    let world = World::new()?;
    let sql = world.sql()?;
    sql.pragma_update(None, "user_version", 9_999)?;

    let refused = world.another_office().err().ok_or("it was opened")?;

    assert!(format!("{refused:?}").contains("TooNew"), "{refused:?}");
    assert_eq!(sql.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))?, 9_999);
    Ok(())
}

#[test]
fn a_file_of_another_program_is_not_taken_for_a_store() -> Outcome {
    let folder = tempfile::tempdir()?;
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_CREATE;
    rusqlite::Connection::open_with_flags(folder.path().join("daohu.db"), flags)?.execute_batch("CREATE TABLE note (text TEXT)")?;

    let refused = Office::open(folder.path(), ServerClock::system(), SystemRandom).err().ok_or("it was opened")?;
    assert_eq!(refused.code(), "store_damaged");

    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("daohu.db"), "这不是数据库".repeat(1000))?;
    let refused = Office::open(folder.path(), ServerClock::system(), SystemRandom).err().ok_or("it was opened")?;
    assert_eq!(refused.code(), "store_damaged");
    Ok(())
}

#[test]
fn a_store_without_its_keys_is_not_opened_with_new_ones() -> Outcome {
    let world = World::new()?;
    std::fs::remove_file(world.data().join("keys/log.key"))?;

    let refused = Office::open(&world.data(), ServerClock::system(), SystemRandom).err().ok_or("it was opened")?;

    assert_eq!(refused.code(), "wrong_key");
    Ok(())
}

#[test]
fn a_clock_behind_the_log_does_not_serve() -> Outcome {
    let world = World::new()?;
    let at = |text: &str| -> Outcome<Office> { Ok(Office::open(&world.data(), ServerClock::read(text, true)?, SystemRandom)?) };

    let refused = at("2019-05-05T08:59:59+08:00")?.begin_serving().err().ok_or("it served")?;
    assert_eq!(refused.code(), "clock_behind");
    assert_eq!(refused.detail()["last_entry_at"], "2019-05-05T09:00:00+08:00");

    at("2019-05-05T09:00:00+08:00")?.begin_serving()?;
    Ok(())
}

#[test]
fn a_store_that_was_ever_opened_with_a_set_clock_says_so_for_ever() -> Outcome {
    let world = World::new()?;
    let later = Office::open(&world.data(), ServerClock::system(), SystemRandom)?;
    assert_eq!(later.verify()?["clock"], "set");

    let folder = tempfile::tempdir()?;
    let fresh = Office::open(folder.path(), ServerClock::system(), SystemRandom)?;
    assert_eq!(fresh.verify()?["clock"], "system");
    drop(Office::open(folder.path(), ServerClock::read("2019-05-05T09:00:00+08:00", false)?, SystemRandom)?);
    assert_eq!(fresh.verify()?["clock"], "set", "even where nothing else was written");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.path().join("daohu.db"))?.permissions());
    assert_eq!(mode & 0o777, 0o600, "what the store holds is its owner's alone");
    for name in ["daohu.db", "keys/log.key", "keys/seal.key", "keys/master.key", "blobs", "packs", "log"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    Ok(())
}

#[test]
fn the_configuration_names_keys_limits_and_epoch() -> Outcome {
    let world = World::new()?;

    let config = world.office.server_config()?;

    assert_eq!(config.server_key, hex::encode(world.office.server_key()));
    assert_eq!(config.epoch, world.office.epoch());
    assert_eq!(config.clock, "set");
    Ok(())
}
