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

/// What is done to the store, what `verify` then names it by, and how the place begins that it names. VISIT is a phone's change, LAST the
/// office's leaf at the end.
const DEEDS: [(&str, &str, &str); 22] = [
    ("UPDATE change SET received_at_ms = received_at_ms - 3456000000 WHERE n = VISIT", "change_received_at", "PHONE/"),
    ("UPDATE batch SET received_at_ms = received_at_ms - 1 WHERE leaf = LAST", "batch_received_at", "OFFICE/"),
    ("UPDATE quarantine SET received_at_ms = received_at_ms - 1", "quarantine_item", "PHONE/"),
    ("UPDATE change SET device = 1 WHERE n = VISIT", "change_device", "record "),
    ("UPDATE change SET batch = batch - 1 WHERE n = VISIT", "log_row", "PHONE/"),
    ("DELETE FROM leaf WHERE n = LAST; NODES", "batch_without_leaf", "OFFICE/"),
    (
        "CREATE TEMP TABLE gone AS SELECT n FROM batch WHERE leaf = LAST; DELETE FROM leaf WHERE n = LAST; NODES; \
         DELETE FROM log WHERE change IN (SELECT n FROM change WHERE batch IN (SELECT n FROM gone)); \
         UPDATE place_head SET head = (SELECT max(seq) FROM log WHERE log.place = place_head.place); \
         DELETE FROM change WHERE batch IN (SELECT n FROM gone); DELETE FROM batch WHERE n IN (SELECT n FROM gone)",
        "device_batches",
        "device OFFICE",
    ),
    ("DELETE FROM log WHERE change = VISIT", "log_row", "PHONE/"),
    ("UPDATE log SET household = x'00000000000000000000000000000001' WHERE change = VISIT", "log_index", "place 610802209201/"),
    ("UPDATE log SET kind = 'review' WHERE change = VISIT", "log_index", "place 610802209201/"),
    ("UPDATE log SET reference = 1 WHERE change = VISIT", "log_index", "place 610802209201/"),
    ("UPDATE log SET device = 1 WHERE change = VISIT", "log_device", "place 610802209201/"),
    ("UPDATE place_head SET head = head + 1 WHERE place = 610802209201", "place_head", "place 610802209201"),
    ("DELETE FROM place_head WHERE place = 610802209201", "place_head", "place 610802209201"),
    ("UPDATE doc SET heads = zeroblob(32) WHERE kind = 'visit'", "doc_heads", "record "),
    ("UPDATE doc SET changes = 2 WHERE kind = 'visit'", "doc_changes", "record "),
    ("UPDATE doc SET author = x'00000000000000000000000000000001' WHERE kind = 'visit'", "doc_header", "record "),
    ("UPDATE doc SET received_at_ms = received_at_ms - 3456000000 WHERE kind = 'visit'", "doc_received_at", "record "),
    (
        "UPDATE doc SET snapshot = (SELECT bytes FROM change WHERE record = doc.record ORDER BY n LIMIT 1) WHERE kind = 'household'",
        "doc_snapshot",
        "record ",
    ),
    ("UPDATE doc SET snapshot = NULL WHERE kind = 'household'", "doc_snapshot", "record "),
    ("DELETE FROM doc WHERE kind = 'visit'", "doc_missing", "record "),
    ("UPDATE doc SET place = 610802209202 WHERE kind = 'visit'", "doc_header", "record "),
];

#[test]
fn whatever_a_receipt_proves_or_a_record_is_read_by_is_named_when_it_was_changed() -> Outcome {
    for (deed, reason, place) in DEEDS {
        let world = ready()?;
        let sql = world.sql()?;
        let id = |ask: &str| -> Outcome<Id> {
            let bytes: Vec<u8> = sql.query_row(ask, [], |row| row.get(0))?;
            Ok(Id::from_slice(&bytes).ok_or("no id")?)
        };
        let phone = id("SELECT id FROM device WHERE account IS NOT NULL")?.to_string();
        let office = world.office.own_device().to_string();
        world.office.record_edit(id("SELECT record FROM doc WHERE kind = 'household'")?, &[("contact_note", "记")])?;
        let (visit, last): (i64, i64) = sql.query_row(
            "SELECT (SELECT max(change.n) FROM change JOIN doc ON doc.record = change.record WHERE kind = 'visit'), max(n) FROM leaf",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let deed = deed
            .replace("NODES", "DELETE FROM tree_node WHERE (n + 1) << level > LAST")
            .replace("VISIT", &visit.to_string())
            .replace("LAST", &last.to_string());
        assert_eq!(world.office.verify()?["first_bad"], serde_json::Value::Null);

        sql.execute_batch(&format!("PRAGMA foreign_keys = OFF; BEGIN; {deed}; COMMIT"))?;
        let found = world.office.verify()?["first_bad"].clone();

        assert_eq!(found["reason"], reason, "{deed}");
        let named = found["batch"].as_str().ok_or("no place")?;
        assert!(named.starts_with(&place.replace("PHONE", &phone).replace("OFFICE", &office)), "{named}: {deed}");
    }
    Ok(())
}

#[test]
fn a_rebuild_stores_nothing_that_the_log_does_not_prove() -> Outcome {
    let world = ready()?;
    let received = |world: &World| -> Outcome<Vec<i64>> {
        let sql = world.sql()?;
        let mut ask = sql.prepare("SELECT received_at_ms FROM visit_fact ORDER BY record")?;
        Ok(ask.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    let before = received(&world)?;
    world.sql()?.execute_batch("UPDATE change SET received_at_ms = received_at_ms - 3456000000 WHERE n = (SELECT max(n) FROM change)")?;

    let refused = world.office.rebuild().err().ok_or("it was rebuilt")?;

    assert_eq!((refused.code(), refused.detail()["reason"].as_str()), ("log_damaged", Some("change_received_at")));
    assert_eq!(received(&world)?, before);
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
