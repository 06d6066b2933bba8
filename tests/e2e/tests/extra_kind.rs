//! One more kind in one more file works everywhere: `record add`, sync, masks, list, schema and glossary.
//!
//! `cargo xtask extra-kind` runs this in a copy of the tree that has the file; in the tree itself it shows the opposite: a kind
//! that no file declares is refused.

use daohu_e2e::{Outcome, World, built, text};

#[test]
fn a_kind_works_where_its_file_is_and_is_refused_where_it_is_not() -> Outcome<()> {
    let mut world = World::new("2019-05-05T09:00:00+08:00")?;
    world.serve()?;
    let pairing = world.daohu(&["pairing", "list", "--on", "2019-05-05"])?[0].clone();
    let (household, cadre) = (text(&pairing, "household")?, text(&pairing, "cadre")?);
    let phone = world.phone("helper", &["--role", "helper", "--cadre", cadre])?;
    phone.call(&["sync"])?;
    let of = format!("household={household}");
    let add =
        ["record", "add", "well", of.as_str(), "name=东沟井", "water=甜水", "depth=80", "dug_on=2018.6.4", "keeper_phone=13912345678"];
    let declared = std::env::var_os("DAOHU_EXTRA_KIND").is_some();

    let added = phone.attempt(&add)?;

    if !declared {
        assert_eq!((added.status, &added.json["error"]["code"]), (1, &"unknown_kind".into()), "{}", added.json);
        return Ok(());
    }
    assert_eq!(added.status, 0, "{}", added.json);
    let id = text(&added.json, "id")?;
    phone.call(&["sync"])?;
    let listed = world.daohu(&["record", "list", "well"])?;
    assert_eq!(listed["records"][0]["id"], id, "{listed}");
    assert_eq!(listed["records"][0]["fields"]["water"], "sweet", "the Chinese label was understood: {listed}");
    assert_eq!(listed["records"][0]["fields"]["dug_on"], "2018-06-04");
    assert!(!listed.to_string().contains("13912345678"), "a secret is in no list: {listed}");
    let shown = world.daohu(&["record", "show", id])?;
    assert_eq!(shown["fields"]["keeper_phone"], "139****5678", "sealed on the phone, masked at the office: {shown}");
    assert_eq!(shown["masked"], serde_json::json!(["keeper_phone"]));
    let bad = phone.attempt(&["record", "add", "well", &of, "water=苦水"])?;
    assert_eq!(bad.json["error"]["code"], "invalid_record", "{}", bad.json);
    let schema = example("schema", "well")?;
    assert!(schema.contains("\"water\"") && schema.contains("bitter"), "{schema}");
    let glossary = example("glossary", "")?;
    assert!(glossary.contains("水井") && glossary.contains("干涸"), "the glossary names it");
    Ok(())
}

/// What an example of the domain crate prints.
fn example(name: &str, word: &str) -> Outcome<String> {
    let output = std::process::Command::new(built(&format!("examples/{name}"))?).arg(word).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
