//! Why a file is not taken as evidence.

/// Says why bytes were refused; nothing was kept of them.
///
/// The text is for logs. What a cadre reads, in Chinese and English, is the sentence of [`EvidenceError::code`] in the table of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Neither a JPEG or PNG nor a PDF.
    #[error("the bytes are no picture and no file that is taken")]
    NotAPicture,
    /// A picture in Apple's format, which few can open.
    #[error("the picture is HEIC")]
    Heic,
    /// The header says more pixels than are decoded.
    #[error("the picture has too many pixels")]
    TooManyPixels,
    /// Cut off, damaged, or of a sort that nobody uses.
    #[error("the picture cannot be read")]
    Unreadable,
    /// More bytes than are taken.
    #[error("too big: {bytes} bytes, at most {max}")]
    TooBig {
        /// How many there are.
        bytes: usize,
        /// How many there may be.
        max: usize,
    },
    /// A copy holds something beside the picture: EXIF, a comment, bytes behind its end.
    #[error("the copy holds more than a picture")]
    CopyNotClean,
}

impl EvidenceError {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAPicture => "not_a_picture",
            Self::Heic => "heic",
            Self::TooManyPixels => "too_many_pixels",
            Self::Unreadable => "unreadable_picture",
            Self::TooBig { .. } => "too_big",
            Self::CopyNotClean => "copy_not_clean",
        }
    }
}
