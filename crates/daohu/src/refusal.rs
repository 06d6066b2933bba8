//! Why a command did not do what was asked: a stable code, two sentences, and the exit status.

use daohu_domain::codes;
use serde_json::{Value as Json, json};
use std::fmt;

/// A command's refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The stable code.
    pub(crate) code: &'static str,
    /// The sentence in Chinese.
    pub(crate) zh: String,
    /// The sentence in English.
    pub(crate) en: String,
    /// What a script may want to know, never a person's facts.
    pub(crate) detail: Box<Json>,
    /// 1 refused or failed, 2 wrong usage.
    pub(crate) exit: u8,
    /// An answer that is complete although the exit is not 0: an import with refused rows, a log with a bad batch.
    pub(crate) answer: Option<Box<Json>>,
}

impl Refusal {
    /// Refuses with the code's own sentences.
    pub(crate) fn of(code: &'static str) -> Self {
        let (zh, en) = at_the_office(code).or_else(|| codes::sentence(code)).unwrap_or(("这一步没做成。", "This could not be done."));
        Self { code, zh: zh.to_owned(), en: en.to_owned(), detail: Box::new(json!({})), exit: 1, answer: None }
    }

    /// Refuses words that make no sense, exit 2.
    pub(crate) fn usage(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code: "usage", zh: zh.into(), en: en.into(), detail: Box::new(json!({})), exit: 2, answer: None }
    }

    /// Refuses a file that is not there or cannot be read. The path is not repeated: anything may have been typed.
    pub(crate) fn no_file() -> Self {
        Self::of("not_found").saying(
            "没有这个文件，或者打不开：核对路径和权限再试。",
            "There is no such file, or it cannot be read: check its path and its rights, then try again.",
        )
    }

    /// Refuses where a data folder is wanted and none is.
    pub(crate) fn no_office() -> Self {
        Self::of("not_found").saying(
            "这里没有办公室的资料夹，什么都没做：核对 --data 再试。",
            "There is no data folder of an office here, nothing was done: check --data, then try again.",
        )
    }

    /// Refuses what this version does not have, exit 2.
    pub(crate) fn later(what: &str) -> Self {
        Self {
            code: "not_in_this_version",
            // Both languages at once: `--lang` may stand among words that were not read.
            zh: format!("本版没有“{what}”，以后的版本才有。(`{what}` is not in this version.)"),
            en: format!("`{what}` is not in this version."),
            detail: Box::new(json!({ "what": what })),
            exit: 2,
            answer: None,
        }
    }

    /// Gives a whole answer with exit 1.
    pub(crate) fn answered(answer: Json) -> Self {
        Self { answer: Some(Box::new(answer)), ..Self::of("refused") }
    }

    /// Says it in other words.
    pub(crate) fn saying(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        (self.zh, self.en) = (zh.into(), en.into());
        self
    }

    /// Adds what a script may want to know.
    pub(crate) fn with(mut self, detail: Json) -> Self {
        *self.detail = detail;
        self
    }

    /// Returns the one JSON value of a refusal.
    pub(crate) fn to_json(&self) -> Json {
        json!({"error": {"code": self.code, "zh": self.zh, "en": self.en, "detail": self.detail}})
    }
}

/// Returns what an office is told under codes whose own sentences speak to somebody with a phone in her hand.
pub(crate) fn at_the_office(code: &str) -> Option<(&'static str, &'static str)> {
    OFFICE.iter().find(|(known, _, _)| *known == code).map(|(_, zh, en)| (*zh, *en))
}

const OFFICE: [(&str, &str, &str); 6] = [
    (
        "disk_full",
        "盘满了，没有写成，原来的都没动。腾出空间或换一块盘再试。",
        "The disk is full: it was not written, and what was there is as it was. Make room or choose another disk, then try again.",
    ),
    (
        "server_full",
        "资料夹所在的盘满了，什么都没改。腾出空间再试。",
        "The disk of the data folder is full, nothing was changed; make room, then try again.",
    ),
    (
        "store_damaged",
        "数据库读不出来或有损坏，什么都没改。先停服务，复制整个资料夹，再照运行手册第 12 节从备份恢复。",
        "The database cannot be read or is damaged, nothing was changed. Stop serving, copy the whole folder, then restore a backup as in section 12 of OPERATIONS.",
    ),
    (
        "wrong_key",
        "打不开：keys 里的钥匙缺了，或不是这份资料的。从保险柜取回原来的，不要新做；主密钥真丢了用 key lost。",
        "This does not open: a key file is missing or another store's. Bring back the ones that belong to it and make none; where the master key is truly lost, use key lost.",
    ),
    (
        "busy",
        "另一个命令正在写，什么都没改。等十秒再试。",
        "Another command is writing, nothing was changed; wait ten seconds, then try again.",
    ),
    (
        "log_damaged",
        "存证日志对不上，没有做。停用这个资料夹，看 daohu verify 说的第一处，照运行手册第 12 节从备份恢复。",
        "The log does not verify, so this was not done. Stop using the folder, see the first place that daohu verify names, and restore a backup as in section 12 of OPERATIONS.",
    ),
];

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Refusal {}
