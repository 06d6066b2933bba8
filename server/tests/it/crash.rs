//! A transaction that is cut at any step leaves nothing behind: for each table that a batch writes, a trigger ends the transaction there.

use daohu_domain::id::Id;
use daohu_wire::Item;

use crate::phone::Phone;
use crate::world::{Outcome, VILLAGE, World};

const AT: &str = "2019-05-06T10:00:00+08:00";

/// Every statement of a batch's transaction: the table and what is done to it.
const STEPS: [(&str, &str); 12] = [
    ("place_head", "UPDATE"),
    ("leaf", "INSERT"),
    ("tree_node", "INSERT"),
    ("batch", "INSERT"),
    ("device", "UPDATE"),
    ("change", "INSERT"),
    ("log", "INSERT"),
    ("quarantine", "INSERT"),
    ("doc", "INSERT"),
    ("doc", "UPDATE"),
    ("event_fact", "INSERT"),
    ("visit_fact", "INSERT"),
];

/// Every row of every table but the statistics, as text.
fn all_rows(world: &World) -> Outcome<Vec<String>> {
    let sql = world.sql()?;
    let mut tables = sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    for table in tables {
        let mut ask = sql.prepare(&format!("SELECT * FROM {table}"))?;
        let width = ask.column_count();
        let mut cursor = ask.query([])?;
        while let Some(row) = cursor.next()? {
            let values = (0..width).map(|column| row.get::<_, rusqlite::types::Value>(column)).collect::<Result<Vec<_>, _>>()?;
            rows.push(format!("{table} {values:?}"));
        }
    }
    Ok(rows)
}

/// A phone whose next batch touches everything: a new visit, an edit of a stored record, and an item for quarantine.
fn ready() -> Outcome<(World, Phone, Id)> {
    let world = World::new()?;
    let (mut phone, household, _) = world.helper("一号", "610802209201001")?;
    phone.sync(&world.office)?;
    phone.visit(household, AT, "先有一次。")?;
    phone.sync(&world.office)?;
    world.at(AT)?;
    phone.visit(household, AT, "断电的那次。")?;
    let note = serde_json::json!({ "contact_note": "上午" }).as_object().cloned().unwrap_or_default();
    phone.edit(household, &note, world.office.now().0)?;
    phone.waiting.push(Item::change(household, VILLAGE.parse()?, b"rubbish".to_vec()));
    phone.seal()?;
    Ok((world, phone, household))
}

#[test]
fn a_cut_at_any_step_leaves_nothing_half_written_and_a_retry_completes_it() -> Outcome {
    for (table, deed) in STEPS {
        let (world, mut phone, household) = ready()?;
        let before = all_rows(&world)?;
        let sql = world.sql()?;
        sql.execute_batch(&format!("CREATE TRIGGER cut BEFORE {deed} ON {table} BEGIN SELECT RAISE(ABORT, 'cut'); END"))?;

        let request = phone.request();
        let refused = phone.send(&world.office, &request);

        assert_eq!(refused.map_err(|refusal| refusal.status).err(), Some(500), "{deed} {table} is a step of the transaction");
        assert_eq!(all_rows(&world)?, before, "{deed} {table}");
        sql.execute_batch("DROP TRIGGER cut")?;
        let answer = phone.send(&world.office, &request)?;
        assert_eq!(answer.statuses.first().map(|status| status.ok), Some(2), "{deed} {table}");
        assert_eq!(world.office.record_show(household)?["fields"]["contact_note"], "上午");
        assert_eq!(world.office.verify()?["ok"], true);
    }
    Ok(())
}

#[test]
fn a_cut_import_remembers_none_of_its_rows() -> Outcome {
    use daohu_server::record::{RecordWrite, Writes};
    use daohu_server::store::rows::ImportedRow;
    let world = World::new()?;
    let id = world.office.new_id();
    let fields = serde_json::json!({ "number": "1", "head_name": "王" }).as_object().cloned().unwrap_or_default();
    let kind = daohu_domain::kinds::find("household").ok_or("no such kind")?;
    let record = RecordWrite { id, kind, place: VILLAGE.parse()?, subject: Some(id), is_new: true, fields: fields.clone() };
    let row = ImportedRow { kind: "household".to_owned(), key: "1".to_owned(), record: id, values: fields };
    let writes = Writes { records: vec![record], imported: vec![row.clone()], ..Writes::default() };
    let sql = world.sql()?;
    sql.execute_batch("CREATE TRIGGER cut BEFORE INSERT ON import_row BEGIN SELECT RAISE(ABORT, 'cut'); END")?;

    assert!(world.office.write_records(&writes).is_err());
    assert_eq!(world.office.record(id).map_err(|error| error.code()).err(), Some("not_found"));
    sql.execute_batch("DROP TRIGGER cut")?;
    world.office.write_records(&writes)?;

    assert_eq!(world.office.store().last_import("household", "1")?, Some(row));
    assert_eq!(world.office.store().last_import("household", "2")?, None);
    Ok(())
}
