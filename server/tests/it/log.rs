//! The log proves what was received: a byte turned anywhere in what it covers is found and named.

use daohu_domain::id::Id;
use daohu_wire::receipt;

use crate::world::{Outcome, VILLAGE, World};

const AT: &str = "2019-05-06T10:00:00+08:00";

/// A store with batches of the office and of a phone, an accepted and a quarantined item.
fn ready() -> Outcome<World> {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.at(AT)?;
    for n in 0..3 {
        phone.visit(household, AT, &format!("第{n}次。"))?;
        phone.waiting.push(daohu_wire::Item::change(household, VILLAGE.parse()?, format!("rubbish {n}").into_bytes()));
        phone.sync(&world.office)?;
    }
    assert_eq!(world.office.verify()?["first_bad"], serde_json::Value::Null);
    Ok(world)
}

/// Turns one bit in the middle of a column of the last row and returns what verify then says.
fn turned(world: &World, table: &str, column: &str, key: &str) -> Outcome<String> {
    let sql = world.sql()?;
    sql.execute_batch("PRAGMA foreign_keys = OFF; SAVEPOINT turn")?;
    let (id, mut bytes): (i64, Vec<u8>) =
        sql.query_row(&format!("SELECT {key}, {column} FROM {table} ORDER BY {key} DESC LIMIT 1"), [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let old = bytes.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    sql.execute_batch("RELEASE turn")?;
    sql.execute(&format!("UPDATE {table} SET {column} = ?2 WHERE {key} = ?1"), rusqlite::params![id, bytes])?;
    let verified = world.office.verify()?;
    sql.execute(&format!("UPDATE {table} SET {column} = ?2 WHERE {key} = ?1"), rusqlite::params![id, old])?;
    assert_eq!(world.office.verify()?["ok"], true, "turned back, all is well");
    assert_eq!(verified["ok"], false, "{table}.{column}");
    Ok(verified["first_bad"]["reason"].as_str().ok_or("no reason")?.to_owned())
}

#[test]
fn a_bit_turned_in_a_change_a_batch_or_a_leaf_is_found_and_named() -> Outcome {
    let world = ready()?;

    assert_eq!(turned(&world, "change", "bytes", "n")?, "change_hash");
    assert_eq!(turned(&world, "change", "hash", "n")?, "change_hash");
    assert_eq!(turned(&world, "batch", "cose", "n")?, "batch_hash");
    assert_eq!(turned(&world, "batch", "body_hash", "n")?, "batch_hash");
    assert_eq!(turned(&world, "leaf", "bytes", "n")?, "leaf_hash");
    assert_eq!(turned(&world, "quarantine", "bytes", "rowid")?, "quarantine_item");
    assert_eq!(turned(&world, "device", "public_key", "n")?, "batch_signature");
    Ok(())
}

#[test]
fn every_bit_of_a_batchs_items_is_covered() -> Outcome {
    let world = ready()?;
    let sql = world.sql()?;
    let (n, items): (i64, Vec<u8>) =
        sql.query_row("SELECT n, items FROM batch ORDER BY n DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for at in 0..items.len() {
        let mut bytes = items.clone();
        bytes[at] ^= 1;
        sql.execute("UPDATE batch SET items = ?2 WHERE n = ?1", rusqlite::params![n, bytes])?;
        assert_eq!(world.office.verify()?["ok"], false, "byte {at}");
    }
    sql.execute("UPDATE batch SET items = ?2 WHERE n = ?1", rusqlite::params![n, items])?;
    assert_eq!(world.office.verify()?["ok"], true);
    Ok(())
}

#[test]
fn every_node_of_the_tree_is_checked() -> Outcome {
    let world = ready()?;
    let sql = world.sql()?;
    let nodes: Vec<(i64, i64)> =
        sql.prepare("SELECT level, n FROM tree_node")?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    assert!(nodes.iter().any(|(level, _)| *level > 1), "the tree has inner nodes");
    for (level, n) in nodes {
        let old: Vec<u8> = sql.query_row("SELECT hash FROM tree_node WHERE level = ?1 AND n = ?2", [level, n], |row| row.get(0))?;
        let mut flipped = old.clone();
        flipped[31] ^= 1;
        let write = "UPDATE tree_node SET hash = ?3 WHERE level = ?1 AND n = ?2";
        sql.execute(write, rusqlite::params![level, n, flipped])?;
        let found = world.office.verify()?;
        sql.execute(write, rusqlite::params![level, n, old])?;
        assert_eq!(found["ok"], false, "node {level}/{n}");
    }
    Ok(())
}

#[test]
fn a_log_row_or_change_that_was_taken_away_is_missed() -> Outcome {
    for (deed, reason) in [
        ("DELETE FROM log WHERE seq = (SELECT max(seq) FROM log WHERE place = 610802209201) AND place = 610802209201", "log_row"),
        ("UPDATE log SET seq = seq + 100 WHERE place = 610802209201 AND seq = 1", "log_row"),
        ("DELETE FROM log; DELETE FROM change WHERE n = (SELECT max(n) FROM change)", "log_row"),
        ("DELETE FROM change WHERE n = (SELECT max(n) FROM change)", "change_missing"),
        ("DELETE FROM quarantine WHERE rowid = (SELECT max(rowid) FROM quarantine)", "item_missing"),
        ("DELETE FROM batch WHERE n = (SELECT max(n) FROM batch)", "batch_missing"),
        ("DELETE FROM leaf WHERE n = 3", "leaf_missing"),
        ("UPDATE leaf SET received_at_ms = received_at_ms - 86400000 WHERE n = 3", "received_at"),
    ] {
        let world = ready()?;
        world.sql()?.execute_batch(&format!("PRAGMA foreign_keys = OFF; BEGIN; {deed}; COMMIT"))?;

        let found = world.office.verify()?;

        assert_eq!(found["first_bad"]["reason"], reason, "{deed}");
        assert!(found["first_bad"]["batch"].is_string());
    }
    Ok(())
}

#[test]
fn a_receipt_proves_a_visit_with_the_logs_key_alone() -> Outcome {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    world.at(AT)?;
    let visit = phone.visit(household, AT, "月底前。")?;
    phone.seal()?;
    let request = phone.request();
    let answer = phone.send(&world.office, &request)?;
    let batch = phone.outbox.first().ok_or("no batch")?;
    let mut receipt = answer.receipts[0].clone();
    receipt.cose.clone_from(&batch.cose);

    let file = receipt::to_file(std::slice::from_ref(&receipt));
    let read = receipt::from_file(&file)?;
    let header = read[0].verify(&world.office.server_key())?;

    assert_eq!((header.device, header.number), (phone.id, 1));
    assert_eq!(read[0].leaf.received_at_ms, AT.parse::<daohu_domain::calendar::Instant>()?.0);
    assert_eq!(read[0].leaf.places.first().map(|range| range.place.to_string()).as_deref(), Some(VILLAGE));
    assert!(batch.items.iter().any(|item| item.record == visit));
    assert!(read[0].verify(&[1; 32]).is_err(), "another key proves nothing");
    Ok(())
}

#[test]
fn starts_of_the_server_are_leaves_with_key_and_clock() -> Outcome {
    let world = World::new()?;
    let before = world.office.verify()?["tree_size"].as_u64().ok_or("no size")?;

    world.office.begin_serving()?;

    let leaves = world.office.store().leaves(before, 10)?;
    let leaf = daohu_wire::Leaf::from_cbor(&leaves[0].bytes)?;
    assert_eq!(leaf.start, Some((world.office.server_key(), daohu_wire::ClockKind::Set)));
    assert_eq!(world.office.verify()?["ok"], true);
    Ok(())
}

#[test]
fn everything_the_office_writes_is_in_signed_batches_of_its_own_device() -> Outcome {
    let world = World::new()?;
    let household: Id = world.household(VILLAGE, "610802209201001")?;

    let changes = world.office.store().changes(household)?;

    assert_eq!(changes[0].device, world.office.own_device());
    let header = daohu_wire::batch::header_of(&changes[0].cose)?;
    assert_eq!(header.device, world.office.own_device());
    assert_eq!(header.number, 4, "after three places");
    Ok(())
}
