//! What can be wrong with bytes from outside: one small enum with stable codes and a sentence in two languages.

use daohu_domain::codes::sentence_or_plain;

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
    pub fn zh(&self) -> &'static str {
        sentence_or_plain(self.code()).0
    }

    /// Returns the sentence in English that says what to do.
    #[must_use]
    pub fn en(&self) -> &'static str {
        sentence_or_plain(self.code()).1
    }
}
