//! Why the office did not do what it was asked: one small enum with a stable code, two sentences and what they are about.

use daohu_domain::codes;
use daohu_domain::validate::Violation;
use daohu_record::RecordError;
use daohu_wire::WireError;
use serde_json::{Value, json};

use crate::store::StoreError;

/// Says why the office refused or failed. Nothing was written, whatever the variant.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// A rule refuses it, under a stable code.
    #[error("refused: {code}")]
    Refused {
        /// The stable code.
        code: &'static str,
        /// What it is about: fields, ids, codes of places. Never personal data.
        detail: Value,
    },
    /// A record breaks its declaration.
    #[error("the record breaks its declaration")]
    Invalid(Vec<Violation>),
    /// The store refused or failed.
    #[error("the store did not do it")]
    Store(#[from] StoreError),
    /// Bytes from outside were refused.
    #[error("the bytes were refused")]
    Wire(#[from] WireError),
    /// A record could not be made or read.
    #[error("the record could not be made or read")]
    Record(#[from] RecordError),
    /// A key file or folder could not be made, read or kept.
    #[error("could not {action}")]
    Folder {
        /// What was being done.
        action: &'static str,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}

impl OfficeError {
    /// Makes a refusal without details.
    #[must_use]
    pub const fn refused(code: &'static str) -> Self {
        Self::Refused { code, detail: Value::Null }
    }

    /// Makes a refusal about a field of a command or record.
    #[must_use]
    pub fn about(code: &'static str, field: &str) -> Self {
        Self::Refused { code, detail: json!({ "field": field }) }
    }

    /// Makes the refusal of a `record` or `household` that is not here. What was asked for is not repeated: somebody may have typed a
    /// telephone number. A door that must not tell what is outside a scope from what does not exist says it in words of its own.
    #[must_use]
    pub fn not_found(what: &'static str) -> Self {
        Self::about("not_found", what)
    }

    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { code, .. } => code,
            Self::Invalid(violations) => {
                let secret = violations.iter().any(|violation| violation.code == "secret_in_text");
                if secret { "secret_in_text" } else { "invalid_record" }
            }
            Self::Store(error) => error.code(),
            Self::Wire(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Folder { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => "disk_full",
            Self::Folder { .. } => "store_failed",
        }
    }

    /// Returns the sentence in Chinese that says what to do.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Invalid(violations) => violations.iter().map(|violation| violation.zh.as_str()).collect::<Vec<_>>().join(""),
            Self::Record(RecordError::Sealed(field)) => format!("“{field}”写下后不能改；写错了请另记一条，原来的更正或作废。"),
            Self::Refused { code, detail } => detail["zh"].as_str().unwrap_or(sentences_about(code, detail).0).to_owned(),
            _ => sentences(self.code()).0.to_owned(),
        }
    }

    /// Returns the sentence in English that says what to do.
    #[must_use]
    pub fn en(&self) -> String {
        match self {
            Self::Invalid(violations) => violations.iter().map(|violation| violation.en.as_str()).collect::<Vec<_>>().join(" "),
            Self::Record(RecordError::Sealed(field)) => {
                format!("{field} never changes once it is written; where it is wrong, write another record and correct or void this one.")
            }
            Self::Refused { code, detail } => detail["en"].as_str().unwrap_or(sentences_about(code, detail).1).to_owned(),
            _ => sentences(self.code()).1.to_owned(),
        }
    }

    /// Returns what it is about: an object, empty where there is nothing to say.
    #[must_use]
    pub fn detail(&self) -> Value {
        match self {
            Self::Refused { detail, .. } if detail.is_object() => detail.clone(),
            Self::Invalid(violations) => json!({ "violations": violations }),
            Self::Record(error) => error.field().map_or_else(|| json!({}), |field| json!({ "field": field })),
            _ => json!({}),
        }
    }
}

/// Returns the sentences of a refusal: of what was not found where that is known, else those of its code.
fn sentences_about(code: &'static str, detail: &Value) -> (&'static str, &'static str) {
    let missing = NOT_FOUND.iter().find(|(field, _, _)| code == "not_found" && detail["field"] == *field);
    missing.map_or_else(|| sentences(code), |(_, zh, en)| (*zh, *en))
}

/// What was not found, and what to do then.
const NOT_FOUND: [(&str, &str, &str); 4] = [
    ("household", "没找到这一户，核对户编号后再试。", "There is no such household; check its number and try again."),
    ("record", "没找到这条记录，核对编号后再试。", "There is no such record; check its id and try again."),
    ("login", "没有这个账号，看看账号列表（user list）再试。", "There is no such user; look at `user list` and try again."),
    (
        "role",
        "这个账号没有这个职务，看看账号列表（user list）再试。",
        "The user does not have this role; look at `user list` and try again.",
    ),
];

/// Returns the sentences of a code: those of the contracts, else those that only this server uses.
fn sentences(code: &'static str) -> (&'static str, &'static str) {
    let own = || OWN.iter().find(|(known, _, _)| *known == code).map(|(_, zh, en)| (*zh, *en));
    codes::sentence(code).or_else(own).unwrap_or((code, code))
}

/// Codes that only this server uses.
const OWN: [(&str, &str, &str); 7] = [
    ("no_device", "这个账号的职务不用手机办公,请在电脑上登录。", "The roles of this account work without a device; sign in on a computer."),
    ("already_taken", "这个名称已被使用,请换一个。", "That name is in use; choose another."),
    (
        "device_id_taken",
        "设备编号与已登记的设备相近,手机会自动换一个再登记。",
        "The device id is too close to another's; the phone draws a new one.",
    ),
    ("no_roster", "还没有行政区划,请先导入。", "There are no places yet; import them first."),
    ("already_released", "这一条已经放行过。", "This item was let in before."),
    (
        "not_releasable",
        "这一条不能放行:它的内容有问题,不是权限问题。",
        "This item cannot be let in: its content is wrong, not the right to send it.",
    ),
    ("overlap", "时间与已有的记录重叠,请先结束旧的。", "The days overlap with an older record; end that one first."),
];

#[cfg(test)]
mod tests {
    use super::OfficeError;
    use crate::store::StoreError;

    #[test]
    fn a_refusal_has_a_code_and_two_sentences() {
        let refused = OfficeError::about("already_taken", "login");

        assert_eq!(refused.code(), "already_taken");
        assert_ne!(refused.zh(), refused.code());
        assert_eq!(refused.detail(), serde_json::json!({ "field": "login" }));
    }

    #[test]
    fn a_store_error_keeps_its_code_on_the_way_out() {
        assert_eq!(OfficeError::from(StoreError::TooNew).code(), "too_new");
        assert_eq!(OfficeError::from(StoreError::Full).code(), "server_full");
    }
}
