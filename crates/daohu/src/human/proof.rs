//! What a check of the log or of a receipt came to: one sentence that says what happened and what to do, then what a person may compare.

use super::labels::label;
use serde_json::Value as Json;

/// Returns the text of a check.
pub(super) fn text(value: &Json, en: bool) -> String {
    let mut text = sentence(value, en);
    let colon = if en { ": " } else { "：" };
    for key in ["tree_size", "root"] {
        let plain = value[key].as_str().map_or_else(|| value[key].to_string(), str::to_owned);
        text.push_str(&format!("\n{}{colon}{plain}", label(key, en)));
    }
    if value["clock"] == "set" {
        text.push_str(if en {
            "\nThe clock of this log was set by hand: its times are for trying out."
        } else {
            "\n这本日志的时钟是人设定的，时间只供试用。"
        });
    }
    text + "\n"
}

fn sentence(value: &Json, en: bool) -> String {
    let (batch, reason) = (&value["first_bad"]["batch"], &value["first_bad"]["reason"]);
    let (batch, reason) = (batch.as_str().unwrap_or_default(), reason.as_str().unwrap_or_default());
    match (value["ok"] == true, reason, en) {
        (false, "too_new", false) => "这份日志是更新的程序写的，请换新程序再核对。".to_owned(),
        (false, "too_new", true) => "A newer program wrote this log; check it with that one.".to_owned(),
        (true, _, false) => format!("核对无误：{} 批都对得上。", value["batches"]),
        (true, _, true) => format!("Checked, all is well: batches that fit: {}.", value["batches"]),
        (false, "bad_signature", false) => {
            format!(
                "核对不过：第 {batch} 批的签名和这把公钥对不上。先看公钥是不是办公室公布的那一把；公钥没错，就是文件被改过，请告诉办公室。"
            )
        }
        (false, "bad_signature", true) => format!(
            "It does not check: the signature of batch {batch} does not fit this key. See first whether the key is the one that the office published; if it is, the file was changed: tell the office."
        ),
        (false, _, false) => format!("核对不过：{batch} 对不上（{reason}）。什么都不要改，先停用，告诉办公室。"),
        (false, _, true) => {
            format!("It does not check: {batch} does not fit ({reason}). Change nothing, stop using it, and tell the office.")
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::human;
    use serde_json::{Value as Json, json};

    fn checked(reason: Option<&str>) -> Json {
        let bad = reason.map(|reason| json!({"batch": "01a20cc7/1", "reason": reason}));
        json!({"ok": reason.is_none(), "tree_size": 6, "root": "ab".repeat(32), "batches": 1, "clock": "set", "first_bad": bad})
    }

    #[test]
    fn a_wrong_key_is_told_as_one_sentence_with_what_to_do() {
        let (zh, en) = (human::text(&checked(Some("bad_signature")), false), human::text(&checked(Some("bad_signature")), true));

        assert!(zh.starts_with("核对不过：第 01a20cc7/1 批的签名和这把公钥对不上。先看公钥"), "{zh}");
        assert!(en.starts_with("It does not check: the signature of batch 01a20cc7/1 does not fit this key. See first"), "{en}");
        for word in ["false", "bad_signature", "set\n"] {
            assert!(!zh.contains(word) && !en.contains(word), "{word}: {zh}{en}");
        }
    }

    #[test]
    fn what_fits_is_told_with_its_root_whole() {
        let zh = human::text(&checked(None), false);

        assert!(zh.starts_with("核对无误：1 批都对得上。\n") && zh.contains(&"ab".repeat(32)), "{zh}");
        assert!(zh.contains("时钟是人设定的"), "{zh}");
    }

    #[test]
    fn any_other_fault_names_the_place_and_its_word() {
        let zh = human::text(&checked(Some("change_hash")), false);

        assert!(zh.starts_with("核对不过：01a20cc7/1 对不上（change_hash）。什么都不要改"), "{zh}");
    }
}
