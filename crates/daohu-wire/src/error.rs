//! What can be wrong with bytes from outside: one small enum with stable codes and a sentence in two languages.

/// Says why bytes were not accepted.
///
/// Nothing is kept of bytes that were refused. The English text is for logs; [`WireError::zh`] is what a cadre reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes are not a frame of this protocol.
    #[error("the bytes are not a frame of daohu: {0}")]
    BadFrame(&'static str),
    /// A hash tree, a proof or a hash over content does not fit.
    #[error("the content does not match its hash: {0}")]
    BadMerkleRoot(&'static str),
    /// A signature does not verify under the key it should.
    #[error("the signature is not valid: {0}")]
    BadSignature(&'static str),
    /// A limit of this protocol is exceeded.
    #[error("too big: {what}, at most {max}")]
    TooBig {
        /// What was counted.
        what: &'static str,
        /// The limit, in the unit of the thing counted.
        max: usize,
    },
    /// The other side speaks only versions that are no longer served.
    #[error("the other side is too old: it speaks up to version {0}")]
    TooOld(u16),
    /// The other side speaks only versions that are not known yet.
    #[error("the other side is too new: it speaks from version {0}")]
    TooNew(u16),
    /// Something sealed cannot be opened with this key.
    #[error("sealed for another key, or changed on the way")]
    WrongKey,
}

impl WireError {
    /// Returns the stable code of `contracts`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadFrame(_) => "bad_frame",
            Self::BadMerkleRoot(_) => "bad_merkle_root",
            Self::BadSignature(_) => "bad_signature",
            Self::TooBig { .. } => "too_big",
            Self::TooOld(_) => "too_old",
            Self::TooNew(_) => "too_new",
            Self::WrongKey => "wrong_key",
        }
    }

    /// Returns the sentence in Chinese that says what to do.
    #[must_use]
    pub const fn zh(&self) -> &'static str {
        match self {
            Self::BadFrame(_) => "收到的内容无法识别,请重新同步;仍不行请更新软件。",
            Self::BadMerkleRoot(_) => "内容与其校验值不符,可能在途中损坏,请重新发送。",
            Self::BadSignature(_) => "签名无效,请确认本机已登记;换机请重新登记。",
            Self::TooBig { .. } => "内容超过上限,请分批发送。",
            Self::TooOld(_) => "对方软件版本过旧,请更新后再试。",
            Self::TooNew(_) => "对方软件版本较新,请更新本机软件后再试。",
            Self::WrongKey => "密钥不符,无法打开,请确认文件是发给本单位的。",
        }
    }

    /// Returns the sentence in English that says what to do.
    #[must_use]
    pub const fn en(&self) -> &'static str {
        match self {
            Self::BadFrame(_) => "The bytes were not understood. Sync again; if it stays so, update the software.",
            Self::BadMerkleRoot(_) => "The content does not match its hash and may be damaged. Send it again.",
            Self::BadSignature(_) => "The signature is not valid. Check that this device is enrolled; a new device enrols first.",
            Self::TooBig { .. } => "The content is over the limit. Send it in smaller parts.",
            Self::TooOld(_) => "The other side's software is too old. Update it and try again.",
            Self::TooNew(_) => "The other side's software is newer. Update this one and try again.",
            Self::WrongKey => "The key does not fit. Check that the file is meant for this office.",
        }
    }
}
