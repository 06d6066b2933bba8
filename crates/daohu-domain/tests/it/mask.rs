//! What people see of a secret.

use daohu_domain::{
    kinds,
    mask::{bank, id_number, masked, masked_keys, name_for, phone, shown_to},
    role::Role,
};
use serde_json::{Value, json};

fn shown(kind: &str, key: &str, value: Value) -> Value {
    masked(kinds::find(kind).unwrap().field(key).unwrap(), &value)
}

#[test]
fn numbers_keep_only_what_tells_namesakes_apart() {
    assert_eq!(id_number("610802197907248979"), "6108************79");
    assert_eq!(phone("13812345678"), "138****5678");
    assert_eq!(phone("3414008"), "*****08");
    assert_eq!(bank("6250442458741245"), "**** 1245");
    assert_eq!((id_number("123"), phone("1"), bank("1245")), ("***".to_owned(), "*".to_owned(), "****".to_owned()));
}

#[test]
fn a_name_is_whole_for_those_who_work_with_the_family() {
    assert_eq!(name_for(Role::Helper, "王建军"), "王建军");
    assert_eq!(name_for(Role::UnitLiaison, "王建军"), "王*军");
    assert_eq!(name_for(Role::UnitLiaison, "王军"), "王*");
    assert_eq!(name_for(Role::UnitLiaison, "欧阳建军"), "欧**军");
    assert_eq!((name_for(Role::UnitLiaison, "王"), name_for(Role::UnitLiaison, "")), ("*".to_owned(), String::new()));
    let head = kinds::find("household").unwrap().field("head_name").unwrap();
    assert_eq!(shown_to(Role::UnitLiaison, head, &json!("杨杰兰")), "杨*兰");
    assert_eq!(shown_to(Role::VillageClerk, head, &json!("杨杰兰")), "杨杰兰");
}

#[test]
fn a_field_is_masked_by_its_declaration() {
    assert_eq!(shown("household", "phone", json!("19977292899")), "199****2899");
    assert_eq!(shown("household", "bank", json!("6250442458741245")), "**** 1245");
    assert_eq!(shown("household", "main_cause", json!("illness")), "****");
    assert_eq!(shown("member", "health", json!(["disabled"])), Value::Null);
    assert_eq!(shown("member", "allowance", json!(true)), Value::Null);
    assert_eq!(shown("household", "head_name", json!("杨杰兰")), "杨杰兰");
    assert_eq!(shown("household", "people", json!(5)), 5);
    assert_eq!(shown("household", "phone", Value::Null), Value::Null, "nothing is shown as nothing");
}

#[test]
fn no_secret_is_shown_whole_by_its_mask() {
    for kind in kinds::all() {
        for field in kind.fields.iter().filter(|field| field.is_secret()) {
            for value in [json!("610802197907248979"), json!(true), json!(7), json!(["x"]), json!({"lat": 1})] {
                assert_ne!(masked(field, &value), value, "{}.{}", kind.name, field.key);
                assert_ne!(shown_to(Role::TownOffice, field, &value), value, "{}.{}", kind.name, field.key);
            }
            assert!(masked_keys(kind).contains(&field.key));
        }
    }
}
