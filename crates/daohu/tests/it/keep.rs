//! `backup`, `restore`, `export`, `verify --log`, `key` as a shell sees them.

use crate::run::{Desk, Outcome, ran};

#[test]
fn a_folder_is_backed_up_restored_and_checked() -> Outcome {
    let desk = Desk::with_township()?;
    let (to, data) = (desk.path("backup").display().to_string(), desk.path("restored").display().to_string());
    let before = desk.done(&["verify"])?;

    let made = desk.done(&["backup", &to])?;
    let mut restore = desk.command(&["restore", &to, "--json"]);
    restore.env("DAOHU_DATA", &data);
    let restored = ran(std::mem::replace(&mut restore, desk.command(&[])), None)?;

    assert_eq!((made["keys"].clone(), made["root"].clone()), (true.into(), before["root"].clone()));
    assert_eq!((restored.status, restored.code().as_str()), (1, "folder_not_empty"), "--data wins: it holds data");
    let mut into = std::process::Command::new(env!("CARGO_BIN_EXE_daohu"));
    into.args(["restore", &to, "--data", &data, "--json"]).env_remove("DAOHU_NOW").env_remove("DAOHU_DATA");
    let restored = ran(into, None)?;
    assert_eq!((restored.status, restored.json()?["missing"].clone()), (0, serde_json::json!([])), "{}", restored.stdout);
    let mut verify = std::process::Command::new(env!("CARGO_BIN_EXE_daohu"));
    verify.args(["verify", "--data", &data, "--json", "--now", &desk.now]);
    assert_eq!(ran(verify, None)?.json()?, before);
    Ok(())
}

#[test]
fn nothing_is_made_where_there_is_no_office() -> Outcome {
    let desk = Desk::new()?;
    for words in
        [vec!["backup", "x"], vec!["export", "--log", "x"], vec!["key", "rotate", "--reason", "r"], vec!["key", "lost", "--reason", "r"]]
    {
        let refused = desk.run(&words)?;
        assert_eq!((refused.status, refused.code().as_str()), (1, "not_found"), "{words:?}");
        assert!(!desk.path("data").exists(), "{words:?}");
    }
    Ok(())
}

#[test]
fn an_auditor_needs_the_file_and_the_key_alone_and_is_told_the_leaf() -> Outcome {
    let desk = Desk::with_township()?;
    let file = desk.path("log.dhl");
    let name = file.display().to_string();
    let told = desk.done(&["export", "--log", &name])?;
    let key = told["server_key"].as_str().ok_or("no key")?.to_owned();
    std::fs::rename(desk.path("data"), desk.path("away"))?;

    let whole = desk.run(&["verify", "--log", &name, "--key", &key])?;
    let mut bytes = std::fs::read(&file)?;
    let last = bytes.len() - 10;
    bytes[last] ^= 1;
    std::fs::write(&file, &bytes)?;
    let changed = desk.run(&["verify", "--log", &name, "--key", &key])?;
    let plain = ran(desk.command(&["verify", "--log", &name, "--key", &key]), None)?;
    let other = desk.run(&["verify", "--log", &name, "--key", &"11".repeat(32)])?;

    assert_eq!((whole.status, whole.json()?["tree_size"].clone()), (0, told["tree_size"].clone()));
    let bad = changed.json()?["first_bad"].clone();
    assert_eq!((changed.status, bad["leaf"].as_u64()), (1, told["tree_size"].as_u64().map(|size| size - 1)), "{bad}");
    assert!(plain.stdout.contains("核对不过"), "{}", plain.stdout);
    assert_eq!(other.json()?["first_bad"]["reason"], "bad_signature");
    assert!(!desk.path("data").exists(), "no store is opened");
    Ok(())
}

#[test]
fn the_master_key_is_replaced_with_a_reason() -> Outcome {
    let desk = Desk::with_township()?;
    let told = desk.done(&["key", "rotate", "--reason", "换人"])?;
    assert_eq!(told["key"]["done"], "rotated");
    assert_eq!(desk.run(&["key", "lost", "--reason", "没丢"])?.code(), "key_not_lost");
    std::fs::remove_file(desk.path("data").join("keys/master.key"))?;
    assert_eq!(desk.run(&["verify"])?.code(), "wrong_key");
    assert_eq!(desk.done(&["key", "lost", "--reason", "机房进水"])?["key"]["done"], "lost");
    assert_eq!(desk.done(&["verify"])?["ok"], true);
    Ok(())
}

#[test]
fn an_export_onto_the_database_destroys_nothing() -> Outcome {
    let desk = Desk::with_township()?;
    let store = desk.path("data").join("daohu.db");

    let refused = desk.run(&["export", "--log", &store.display().to_string()])?;

    assert_eq!((refused.status, refused.code().as_str()), (1, "already_there"));
    assert_eq!(desk.done(&["verify"])?["ok"], true);
    Ok(())
}

#[test]
fn an_office_is_told_what_an_office_can_do() -> Outcome {
    let desk = Desk::with_township()?;
    let said = |words: &[&str]| -> Outcome<(String, String)> {
        let json = desk.run(words)?.json()?["error"].clone();
        Ok((json["code"].as_str().unwrap_or_default().to_owned(), format!("{}{}", json["zh"], json["en"])))
    };
    let inside = desk.path("data").join("nk").display().to_string();
    let (code, text) = said(&["backup", &inside])?;
    assert_eq!(code, "inside_data_folder");
    assert!(text.contains("资料夹里面") && text.contains("inside the data folder"), "{text}");
    let keys = desk.path("data").join("keys");
    std::fs::rename(&keys, desk.path("keys"))?;
    let (code, text) = said(&["verify"])?;
    assert_eq!(code, "wrong_key");
    assert!(text.contains("保险柜") && !text.contains("登记"), "{text}");
    std::fs::remove_dir_all(&keys)?;
    std::fs::rename(desk.path("keys"), &keys)?;
    std::fs::write(desk.path("data").join("daohu.db"), b"this is no database of anybody, whatever its name may say")?;
    let (code, text) = said(&["verify"])?;
    assert_eq!(code, "store_damaged");
    assert!(text.contains("备份恢复") && !text.contains("已另存") && !text.contains("set aside"), "{text}");
    Ok(())
}

#[test]
fn a_file_without_an_end_is_no_receipt() -> Outcome {
    let desk = Desk::new()?;

    let refused = desk.run(&["verify", "--receipt", "/dev/zero", "--key", &"11".repeat(32)])?;

    assert_eq!((refused.status, refused.code().as_str()), (1, "too_big"));
    assert!(refused.stdout.contains("不是回执文件"), "{}", refused.stdout);
    Ok(())
}
