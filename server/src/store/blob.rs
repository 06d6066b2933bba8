//! What the store knows of files that records name: which are there, who names them, which are on their way. Their bytes are elsewhere.

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::place::Place;

/// What a record names a file as: the field in which it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlobRole {
    /// The file that is kept: the smaller copy of a photo, or the file itself.
    File,
    /// The thumbnail.
    Thumb,
    /// The bytes as they were taken.
    Original,
}

impl BlobRole {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::File, Self::Thumb, Self::Original];

    /// Returns the field of the record, which is also what an upload says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Thumb => "thumb",
            Self::Original => "original",
        }
    }

    /// Finds a role by its name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A file that is in the blob store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRow {
    /// SHA-256 of its bytes: its name.
    pub hash: [u8; 32],
    /// Its bytes.
    pub size: u64,
}

/// A record of evidence that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobUseRow {
    /// The record.
    pub record: Id,
    /// As what.
    pub role: BlobRole,
    /// The record's place.
    pub place: Place,
    /// The household it belongs to.
    pub household: Option<Id>,
    /// What the record says the file is.
    pub media_type: String,
}

/// How an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// It takes bytes.
    Open,
    /// The file is in the blob store.
    Done,
    /// It was given up; nothing of it is kept.
    Gone,
}

/// A file on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Its id.
    pub id: Id,
    /// The device that sends it: nobody else may.
    pub device: Id,
    /// The record that names the file, or will.
    pub record: Id,
    /// As what.
    pub role: BlobRole,
    /// SHA-256 of the whole.
    pub hash: [u8; 32],
    /// Bytes of the whole.
    pub length: u64,
    /// Bytes from the beginning that are surely on the disk.
    pub received: u64,
    /// How it stands.
    pub state: UploadState,
    /// When it began.
    pub began_at: Instant,
    /// When it is given up unless more comes.
    pub expires_at: Instant,
}

/// What a device may have on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadQuota {
    /// Open uploads.
    pub open_max: u32,
    /// Uploads of a day, arrived and given up ones too.
    pub day_max: u32,
    /// Bytes of them.
    pub day_bytes_max: u64,
}

/// What became of an upload that was to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It takes bytes.
    Open,
    /// The file is there already.
    Done,
    /// The file is there and has another length than was said.
    OtherLength,
    /// The device has as much on its way as it may.
    TooMuch,
}

/// What happens to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadStep {
    /// Bytes reached the disk.
    Received {
        /// How many there were.
        from: u64,
        /// How many there are.
        to: u64,
        /// When it is given up unless more comes.
        expires_at: Instant,
    },
    /// The file is in the blob store.
    Finished {
        /// When.
        at: Instant,
        /// When the upload is forgotten.
        expires_at: Instant,
    },
    /// It is given up.
    Ended,
}

/// What a sweep took out of the tables; the files are the caller's to delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Uploads.
    pub uploads: Vec<Id>,
    /// Files that no record names.
    pub blobs: Vec<[u8; 32]>,
}
